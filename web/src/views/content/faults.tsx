/** What is wrong with a text, line by line; each leads to its line. */
import { CircleCheck, LoaderCircle } from "lucide";
import type { LineFault } from "../../api/types";
import { Icon, Notice } from "../../ui";

/** How many are listed; the rest is told by its number. */
const MOST = 50;

export function Verdict({
  id,
  faults,
  waiting,
  good,
  onLine,
}: {
  id: string;
  faults: readonly LineFault[];
  waiting: boolean;
  /** What to say when nothing is wrong. */
  good: string;
  onLine: (line: number) => void;
}) {
  if (faults.length === 0) {
    return (
      <p id={id} role="status" class="flex items-center gap-2 text-[13px] text-soft">
        <Icon
          of={waiting ? LoaderCircle : CircleCheck}
          size={15}
          class={waiting ? "animate-spin text-faint" : "text-ok"}
        />
        {waiting ? "Checking…" : good}
      </p>
    );
  }
  const things = faults.length === 1 ? "One thing is" : `${faults.length} things are`;
  return (
    <div id={id}>
      <Notice tone="bad" live title={`${things} to be put right before this can be saved`}>
        <ul class="mt-1.5 flex max-h-44 flex-col gap-1 overflow-y-auto">
          {faults.slice(0, MOST).map(({ line, field, message }, at) => (
            <li key={at} class="flex gap-2">
              {line ? (
                <button
                  type="button"
                  class="shrink-0 self-start font-mono text-[13px] text-bad underline underline-offset-2"
                  onClick={() => onLine(line)}
                >
                  line {line}
                </button>
              ) : (
                <span class="shrink-0 text-bad">The text</span>
              )}
              <span class="min-w-0 [overflow-wrap:anywhere]">
                {field && `${field}: `}
                {message}
              </span>
            </li>
          ))}
          {faults.length > MOST && <li>and {faults.length - MOST} more</li>}
        </ul>
      </Notice>
    </div>
  );
}
