/** What stands where nothing is yet: loading, empty, failed. */
import { CircleX } from "lucide";
import type { ComponentChildren } from "preact";
import { tell } from "../api/client";
import { Button } from "./button";
import { Icon, type IconNode } from "./icon";

/** Grey bars in the shape of what is to come. */
export function Loading({ rows = 3, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" class="flex flex-col gap-3 py-2">
      <span class="sr-only">{label}…</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class={`h-4 animate-pulse rounded bg-sunken ${row % 3 === 2 ? "w-2/3" : "w-full"}`} />
      ))}
    </div>
  );
}

export function Empty({
  icon,
  title,
  children,
  actions,
}: {
  icon: IconNode;
  title: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <div class="flex flex-col items-center px-4 py-10 text-center">
      <span class="mb-3 grid size-11 place-items-center rounded-full bg-sunken text-faint">
        <Icon of={icon} size={20} />
      </span>
      <p class="font-semibold">{title}</p>
      {children && <div class="mt-1 max-w-md text-soft">{children}</div>}
      {actions && <div class="mt-4 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div role="alert">
      <Empty
        icon={CircleX}
        title="This could not be loaded"
        actions={<Button onClick={onRetry}>Try again</Button>}
      >
        {tell(error)}
      </Empty>
    </div>
  );
}
