import { CircleX, TriangleAlert } from "lucide";
import type { ComponentChildren, TextareaHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./icon";

const BOX =
  "w-full min-w-0 rounded-lg border bg-surface px-2.5 text-ink transition-colors disabled:opacity-60 aria-invalid:border-bad border-edge hover:border-soft";
export const INPUT = `${BOX} h-9`;
export const AREA = `${BOX} py-2`;

/** What an input needs to be tied to its label, its help and its fault. */
export interface Wired {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

/** A label, an input, what it is for, and what is wrong with it. */
export function Field({
  label,
  hint,
  help,
  error,
  warning,
  required = false,
  children,
  class: extra = "",
}: {
  label: ComponentChildren;
  /** Beside the label: the variable's name, a unit. */
  hint?: ComponentChildren;
  help?: ComponentChildren;
  error?: string | undefined;
  warning?: string | undefined;
  required?: boolean;
  children: (wired: Wired) => ComponentChildren;
  class?: string;
}) {
  const id = useId();
  const described = [help && `${id}-help`, error && `${id}-error`, warning && `${id}-warning`].filter(
    Boolean,
  );
  return (
    <div class={`min-w-0 ${extra}`}>
      <div class="mb-1 flex flex-wrap items-baseline gap-x-2">
        <label for={id} class="font-medium">
          {label}
          {required && <span class="text-faint font-normal"> (required)</span>}
        </label>
        {hint && <span class="text-[12.5px] text-faint">{hint}</span>}
      </div>
      {children({
        id,
        "aria-describedby": described.join(" ") || undefined,
        "aria-invalid": error !== undefined,
      })}
      {error && (
        <p id={`${id}-error`} class="mt-1 flex gap-1.5 text-[13px] text-bad">
          <Icon of={CircleX} size={14} class="mt-0.5" />
          <span class="min-w-0">{error}</span>
        </p>
      )}
      {warning && (
        <p id={`${id}-warning`} class="mt-1 flex gap-1.5 text-[13px] text-warn">
          <Icon of={TriangleAlert} size={14} class="mt-0.5" />
          <span class="min-w-0">{warning}</span>
        </p>
      )}
      {help && (
        <p id={`${id}-help`} class="mt-1 text-[13px] text-faint">
          {help}
        </p>
      )}
    </div>
  );
}

interface InputProps extends Partial<Wired> {
  type?: "text" | "password" | "search" | "number" | "date" | "url";
  value: string | number;
  onText: (text: string) => void;
  onBlur?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  name?: string;
  placeholder?: string;
  autocomplete?: string;
  autofocus?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  inputMode?: "text" | "numeric" | "decimal" | "url" | "search";
  min?: string | number;
  max?: string | number;
  step?: string | number;
  list?: string;
  maxLength?: number;
  class?: string;
  /** Where there is no label to be seen. */
  "aria-label"?: string;
}

export function Input({ onText, class: extra = "", ...rest }: InputProps) {
  return (
    <input
      class={`${INPUT} ${extra}`}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => onText(event.currentTarget.value)}
      {...(rest as object)}
    />
  );
}

type AreaProps = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onInput"> & {
  onText: (text: string) => void;
};

export function TextArea({ onText, class: extra = "", ...rest }: AreaProps) {
  return (
    <textarea
      class={`${AREA} ${extra}`}
      spellcheck={false}
      onInput={(event) => onText(event.currentTarget.value)}
      {...rest}
    />
  );
}

interface SelectProps extends Partial<Wired> {
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onPick: (value: string) => void;
  name?: string;
  disabled?: boolean;
  class?: string;
  /** Where there is no label to be seen. */
  "aria-label"?: string;
}

export function Select({ options, onPick, class: extra = "", value, ...rest }: SelectProps) {
  return (
    <select
      class={`${INPUT} pr-7 ${extra}`}
      value={value}
      onChange={(event) => onPick(event.currentTarget.value)}
      {...rest}
    >
      {options.map(([option, label]) => (
        <option key={option} value={option} selected={option === value}>
          {label}
        </option>
      ))}
    </select>
  );
}

/** A box to tick, with its label beside it. */
export function Check({
  checked,
  onToggle,
  children,
  disabled = false,
}: {
  checked: boolean;
  onToggle: (checked: boolean) => void;
  children: ComponentChildren;
  disabled?: boolean;
}) {
  return (
    <label class={`inline-flex items-center gap-2 ${disabled ? "opacity-60" : ""}`}>
      <input
        type="checkbox"
        class="size-4 accent-(--accent)"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onToggle(event.currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}

/** On or off, of something that has an effect at once or is a setting. Needs `id` or `label`. */
export function Switch({
  checked,
  onToggle,
  label,
  ...rest
}: {
  checked: boolean;
  onToggle: (checked: boolean) => void;
  label?: string;
} & Partial<Wired>) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      onClick={() => onToggle(!checked)}
      class={`relative inline-flex h-6 w-11 shrink-0 rounded-full border transition-colors ${checked ? "border-accent bg-accent" : "border-edge bg-sunken"}`}
      {...rest}
    >
      <span
        class={`absolute top-[3px] size-4 rounded-full transition-all ${checked ? "left-[23px] bg-on-accent" : "left-[3px] bg-edge"}`}
      />
    </button>
  );
}
