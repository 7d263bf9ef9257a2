/** The lines on the screen: only those that are seen are in the document, however many there are. */
import { memo } from "preact/compat";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Line, lineAt, marked, offsets, type Search } from "./store";

/** The height of a row in pixels; the styles below say the same. */
const ROW = 20;
/** Rows that are drawn above and below what is seen. */
const SPARE = 12;

const LEVEL_COLOURS: Record<string, string> = {
  ERROR: "text-bad",
  WARNING: "text-warn",
  INFO: "text-accent",
  DEBUG: "text-faint",
};

export interface ListHandle {
  /** Brings a line of those shown into view. */
  reveal: (index: number) => void;
}

export function LogList({
  lines,
  version,
  wrap,
  times,
  search,
  current,
  follow,
  onFollow,
  handle,
}: {
  lines: readonly Line[];
  /** Changes whenever `lines` does: the list is changed in place. */
  version: number;
  wrap: boolean;
  times: boolean;
  search: Search | undefined;
  /** The match that one has come to. */
  current: number | undefined;
  /** The newest line stays in view. */
  follow: boolean;
  onFollow: (follow: boolean) => void;
  handle: { current: ListHandle | undefined };
}) {
  const box = useRef<HTMLElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [top, setTop] = useState(0);
  const [glyph, setGlyph] = useState(7.2);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
      const width = probe.current?.getBoundingClientRect().width;
      if (width) setGlyph(width / 100);
    };
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  // Columns of text that are left beside the other columns: 2 of padding, 13 for the time, 9 for the level.
  const columns = wrap ? Math.max(20, Math.floor(size.width / glyph) - 2 - (times ? 13 : 0) - 9) : undefined;
  // The list is changed in place: its version tells when.
  const at = useMemo(() => offsets(lines, columns), [lines, version, columns]);
  const rows = at[lines.length] ?? 0;

  useLayoutEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, version, rows, size]);

  useEffect(() => {
    handle.current = {
      reveal: (index) => {
        const element = box.current;
        if (!element) return;
        element.scrollTop = Math.max(0, (at[index] ?? 0) * ROW - element.clientHeight / 2);
      },
    };
  }, [at, handle]);

  const first = lines.length === 0 ? 0 : lineAt(at, Math.max(0, Math.floor(top / ROW) - SPARE));
  const end = lines.length === 0 ? 0 : lineAt(at, Math.ceil((top + size.height) / ROW) + SPARE) + 1;
  const seen = lines.slice(first, end);

  return (
    <section
      ref={box}
      aria-label="Lines of the log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by keyboard
      tabIndex={0}
      class="relative h-full overflow-auto overscroll-contain bg-surface font-mono text-[12.5px] leading-5 -outline-offset-2!"
      onScroll={(event) => {
        const element = event.currentTarget;
        setTop(element.scrollTop);
        const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - ROW;
        if (isAtEnd !== follow) onFollow(isAtEnd);
      }}
    >
      <span ref={probe} aria-hidden="true" class="invisible absolute whitespace-pre">
        {"0".repeat(100)}
      </span>
      <div class={`relative ${wrap ? "" : "w-max min-w-full"}`} style={{ height: rows * ROW }}>
        <div
          class={wrap ? "absolute inset-x-0" : "absolute min-w-full"}
          style={{ top: (at[first] ?? 0) * ROW }}
        >
          {seen.map((line, index) => (
            <Row
              key={line.id}
              line={line}
              wrap={wrap}
              times={times}
              search={search}
              rows={(at[first + index + 1] ?? 0) - (at[first + index] ?? 0)}
              isCurrent={first + index === current}
            />
          ))}
        </div>
      </div>
    </section>
  );
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

interface RowProps {
  line: Line;
  wrap: boolean;
  times: boolean;
  search: Search | undefined;
  rows: number;
  isCurrent: boolean;
}

const Row = memo(({ line, wrap, times, search, rows, isCurrent }: RowProps) => (
  <div
    class={`flex px-[1ch] ${isCurrent ? "bg-accent-soft" : "hover:bg-sunken"}`}
    style={{ height: rows * ROW }}
  >
    {times && (
      <time class="w-[13ch] shrink-0 text-faint" dateTime={line.ts} title={line.ts}>
        {clock.format(new Date(line.ts))}
      </time>
    )}
    <span class={`w-[9ch] shrink-0 font-semibold ${LEVEL_COLOURS[line.level] ?? "text-faint"}`}>
      {line.level}
    </span>
    <span class={`min-w-0 ${wrap ? "grow break-all whitespace-pre-wrap" : "whitespace-pre"}`}>
      {marked(line.text, search).map(({ text, hit }, index) =>
        hit ? <mark key={`${index}m`}>{text}</mark> : text,
      )}
    </span>
  </div>
));
