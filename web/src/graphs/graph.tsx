/** One graph: uPlot with a cursor and a zoom that it shares with its neighbours, by mouse, touch and keyboard. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { shownTheme } from "../preferences";
import type { Column } from "./series";

export interface Line {
  label: string;
  /** The name of its colour in styles.css. */
  colour: string;
  dash?: number[];
  /** Points that stand out, without a line between them. */
  marks?: boolean;
  values: Column;
}

/** What stands below a graph, from left to right. */
export interface Axis {
  /** In the head of the table: `Time`. */
  title: string;
  /** The order of the rows of the table: `the newest first`. */
  order: string;
  newestFirst: boolean;
  /** Seconds since 1970; else plain numbers. */
  isTime: boolean;
  inTable: (x: number) => string;
  atCursor: (x: number) => string;
  /** Marks, `step` apart. */
  ticks: (ticks: number[], step: number) => string[];
  /** Graphs of the same name share a cursor. */
  shared: string;
}

export interface GraphProps {
  title: string;
  axis: Axis;
  at: number[];
  lines: Line[];
  show: (value: number) => string;
  /** The least upper end of the scale. */
  atLeast: number;
  /** The scale never goes beyond. */
  most?: number;
  /** What is seen of the axis. */
  window: [number, number];
  onZoom: (window: [number, number] | undefined) => void;
}

const HEIGHT = 168;
/** So few points are marked as points. */
const FEW = 12;

const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export default function Graph(props: GraphProps) {
  const { title, axis, at, lines, show, window } = props;
  const place = useRef<HTMLElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [cursor, setCursor] = useState<number>();
  const theme = shownTheme();
  const shape = lines.map(({ label, colour }) => label + colour).join();

  useLayoutEffect(() => {
    const box = place.current;
    if (!box) return undefined;
    plot.current = new uPlot(options(latest, setCursor, box.clientWidth), dataOf(latest.current), box);
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: box.clientWidth, height: HEIGHT }),
    );
    resized.observe(box);
    return () => {
      resized.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [theme, shape]);

  const [from, to] = window;
  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData(dataOf(latest.current), false);
      plot.current?.setScale("x", { min: from, max: to });
    });
    // A plot that was made anew knows nothing of the zoom.
  }, [at, lines, from, to, theme, shape]);

  const move = (event: KeyboardEvent) => {
    const shown = plot.current;
    if (!shown) return;
    const middle = cursor === undefined ? (from + to) / 2 : (at[cursor] ?? (from + to) / 2);
    const width = to - from;
    const zoomTo = (share: number) => {
      const half = (width * share) / 2;
      props.onZoom([middle - half, middle + half]);
    };
    const index = cursor ?? at.findLastIndex((time) => time <= to);
    const goTo = (next: number) => {
      const time = at[Math.min(Math.max(next, 0), at.length - 1)];
      if (time === undefined) return;
      shown.setCursor({ left: shown.valToPos(time, "x"), top: HEIGHT / 3 });
    };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => goTo(index - 1),
      ArrowRight: () => goTo(index + 1),
      "+": () => zoomTo(0.5),
      "-": () => zoomTo(2),
      Escape: () => props.onZoom(undefined),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };

  const shownAt = cursor ?? at.length - 1;
  return (
    <div>
      <output
        class="mb-1 flex flex-wrap gap-x-4 gap-y-0.5 px-4 text-[13px]"
        aria-live={cursor === undefined ? "off" : "polite"}
      >
        {lines.map(({ label, colour, dash, marks, values }) => {
          const value = values[shownAt];
          return (
            <span key={label} class="inline-flex items-center gap-1.5">
              {marks ? (
                <svg width="10" height="10" aria-hidden="true">
                  <circle cx="5" cy="5" r="3.5" fill="none" stroke={`var(${colour})`} stroke-width="2" />
                </svg>
              ) : (
                <svg width="18" height="4" aria-hidden="true">
                  <line
                    x1="0"
                    x2="18"
                    y1="2"
                    y2="2"
                    stroke={`var(${colour})`}
                    stroke-width="2.5"
                    stroke-dasharray={dash?.join(" ")}
                  />
                </svg>
              )}
              <span class="text-faint">{label}</span>
              <span class="figures font-medium">
                {value === null || value === undefined ? "–" : show(value)}
              </span>
            </span>
          );
        })}
        <span class="figures ml-auto text-faint">
          {cursor !== undefined && at[cursor] !== undefined ? axis.atCursor(at[cursor]) : ""}
        </span>
      </output>
      <section
        ref={place}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a graph is read by arrow keys; no element stands for that
        tabIndex={0}
        aria-label={`${title}, graph. Arrow keys move the cursor, plus and minus zoom, Escape shows all. Its table holds the same figures.`}
        onKeyDown={move}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
        class="rounded-lg px-1"
      />
    </div>
  );
}

const dataOf = ({ at, lines }: GraphProps): uPlot.AlignedData => [at, ...lines.map(({ values }) => values)];

function options(
  latest: { current: GraphProps },
  setCursor: (index: number | undefined) => void,
  width: number,
): uPlot.Options {
  const { lines, axis: below } = latest.current;
  const grid = { stroke: colourOf("--line"), width: 1 };
  const axis = {
    stroke: colourOf("--faint"),
    grid,
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 12, 0, 0],
    cursor: {
      sync: { key: below.shared, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      y: false,
    },
    scales: {
      x: { time: below.isTime },
      y: {
        range: (_, __, max) => {
          const { atLeast, most = Number.POSITIVE_INFINITY } = latest.current;
          return [0, Math.min(Math.max((max ?? 0) * 1.1, atLeast), most)];
        },
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 64,
        size: 28,
        values: (_, ticks, __, ___, step) => latest.current.axis.ticks(ticks, step),
      },
      { ...axis, size: 58, space: 32, values: (_, ticks) => ticks.map((tick) => latest.current.show(tick)) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, dash, marks }, index) => ({
        label,
        // The first line stands on a tint of its colour.
        ...(index === 0 ? { fill: `${colourOf(colour)}1f` } : {}),
        stroke: colourOf(colour),
        width: 1.75,
        dash: dash ?? [],
        ...(marks ? { paths: () => null } : {}),
        points: marks
          ? { show: true, size: 11, width: 2, fill: "transparent" }
          : // A point alone has no line; few points are worth seeing.
            { show: (_: uPlot, __: number, first: number, last: number) => last - first < FEW, size: 4 },
        spanGaps: false,
      })),
    ],
    hooks: {
      setCursor: [(plot) => setCursor(plot.cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          if (selected < 8) return;
          latest.current.onZoom([plot.posToVal(left, "x"), plot.posToVal(left + selected, "x")]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [(plot) => plot.over.addEventListener("dblclick", () => latest.current.onZoom(undefined))],
    },
  };
}
