import { LoaderCircle } from "lucide";
import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconNode } from "./icon";

type Kind = "primary" | "plain" | "quiet" | "danger";

const KINDS: Record<Kind, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:bg-accent-strong",
  plain: "bg-surface text-ink border-line hover:bg-sunken",
  quiet: "bg-transparent text-soft border-transparent hover:bg-sunken hover:text-ink",
  danger: "bg-surface text-bad border-line hover:bg-bad-soft hover:border-bad",
};

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "size"> {
  kind?: Kind;
  icon?: IconNode;
  small?: boolean;
  /** Something is under way: it turns, and cannot be pressed again. */
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  /** What it does, where there is no text. */
  label?: string;
  children?: ComponentChildren;
}

export function Button({
  kind = "plain",
  icon,
  small = false,
  busy = false,
  disabled = false,
  type = "button",
  label,
  children,
  class: extra = "",
  ...rest
}: ButtonProps) {
  const size = small ? "h-7.5 px-2 gap-1.5 text-[13px]" : "h-9 px-3 gap-2";
  const square = children === undefined ? (small ? "w-7.5 px-0" : "w-9 px-0") : "";
  return (
    <button
      type={type}
      disabled={disabled || busy}
      aria-busy={busy}
      aria-label={label}
      title={label}
      class={`inline-flex items-center justify-center rounded-lg border font-medium whitespace-nowrap select-none transition-colors disabled:opacity-50 ${size} ${square} ${KINDS[kind]} ${extra}`}
      {...rest}
    >
      {busy ? <Icon of={LoaderCircle} class="animate-spin" /> : icon && <Icon of={icon} />}
      {children}
    </button>
  );
}
