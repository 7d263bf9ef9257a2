/** A text with the numbers of its lines beside it, and marks where something is wrong. Long texts stay quick: only what is seen is drawn. */
import type { RefObject } from "preact";
import { useEffect, useImperativeHandle, useRef, useState } from "preact/hooks";
import type { LineFault } from "../../api/types";

/** The height of a line and the space above the first, in pixels. */
const LINE = 21;
const PAD = 8;

export interface Editor {
  /** Selects a line, counted from 1, and brings it into sight. */
  show: (line: number) => void;
}

/** Where a line begins and ends in a text. */
export function rangeOf(text: string, line: number): [start: number, end: number] {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf("\n", start);
    if (next < 0) break;
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return [start, end < 0 ? text.length : end];
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

export function LineEditor({
  label,
  text,
  onText,
  faults,
  describedBy,
  handle,
}: {
  label: string;
  text: string;
  onText: (text: string) => void;
  faults: readonly LineFault[];
  describedBy?: string | undefined;
  handle?: RefObject<Editor | null>;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 480 });
  const lines = countLines(text);
  const wrong = new Set(faults.map(({ line }) => line));
  const look = () => {
    const box = area.current;
    if (box) setSeen({ top: box.scrollTop, height: box.clientHeight });
  };
  useEffect(() => {
    look();
    if (!area.current || typeof ResizeObserver === "undefined") return undefined;
    const watch = new ResizeObserver(look);
    watch.observe(area.current);
    return () => watch.disconnect();
  }, []);
  useImperativeHandle(handle ?? null, () => ({
    show: (line) => {
      const box = area.current;
      if (!box) return;
      const [start, end] = rangeOf(box.value, line);
      box.focus();
      box.setSelectionRange(start, end);
      box.scrollTop = Math.max(0, (line - 1) * LINE - box.clientHeight / 3);
      box.scrollLeft = 0;
      look();
    },
  }));

  const first = Math.max(0, Math.floor((seen.top - PAD) / LINE) - 5);
  const last = Math.min(lines, first + Math.ceil(seen.height / LINE) + 10);
  const numbers = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at + 1);
  const gutter = `${Math.max(3, String(lines).length) + 2.5}ch`;
  const at = (line: number) => ({ top: `${PAD + (line - 1) * LINE - seen.top}px`, height: `${LINE}px` });

  return (
    <div class="relative h-[min(60dvh,34rem)] min-h-72 overflow-hidden rounded-lg border border-edge bg-surface font-mono text-[13px] focus-within:outline-2 focus-within:outline-accent">
      <div
        aria-hidden="true"
        class="absolute inset-y-0 left-0 overflow-hidden border-r border-line bg-sunken select-none"
        style={{ width: gutter }}
      >
        {numbers.map((line) => (
          <div
            key={line}
            style={at(line)}
            class={`absolute right-0 left-0 pr-[1ch] text-right leading-[21px] ${wrong.has(line) ? "bg-bad-soft font-semibold text-bad" : "text-faint"}`}
          >
            {wrong.has(line) && <span class="absolute left-[0.5ch]">✕</span>}
            {line}
          </div>
        ))}
      </div>
      <div aria-hidden="true" class="pointer-events-none absolute inset-y-0 right-0" style={{ left: gutter }}>
        {numbers
          .filter((line) => wrong.has(line))
          .map((line) => (
            <div key={line} style={at(line)} class="absolute inset-x-0 bg-bad-soft" />
          ))}
      </div>
      <textarea
        ref={area}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={faults.length > 0}
        value={text}
        wrap="off"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        onInput={(event) => onText(event.currentTarget.value)}
        onScroll={look}
        style={{ left: gutter, width: `calc(100% - ${gutter})` }}
        class="absolute inset-y-0 resize-none bg-transparent px-2.5 py-2 leading-[21px] whitespace-pre outline-none"
      />
    </div>
  );
}
