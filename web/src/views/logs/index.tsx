/** Logs: what the load generator writes, as it writes it, searched and filtered. */
import {
  ArrowDown,
  ArrowDownToLine,
  ArrowUp,
  Clock,
  Copy,
  Download,
  Eraser,
  Pause,
  Play,
  Regex,
  ScrollText,
  Search as SearchIcon,
  WrapText,
} from "lucide";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { tell } from "../../api/client";
import { copy, download, fileName } from "../../download";
import { count } from "../../format";
import { prefer, preferences } from "../../preferences";
import { useShortcuts } from "../../shortcuts";
import { status } from "../../state/status";
import {
  Badge,
  Button,
  Check,
  Empty,
  Icon,
  Input,
  Notice,
  PageHead,
  Select,
  toast,
  useAction,
} from "../../ui";
import { type ListHandle, LogList } from "./list";
import { type Filter, LEVELS, type Level, type Line, LogLines, searchOf } from "./store";
import { openStream, type StreamState } from "./stream";

const AMOUNTS = [50, 100, 500, 1000, 10_000].map((n) => [String(n), `Last ${count(n)}`] as const);
const LEVEL_NAMES: Record<Level, string> = {
  DEBUG: "All levels",
  INFO: "Info and graver",
  WARNING: "Warnings and errors",
  ERROR: "Errors",
};

export default function LogsView() {
  const chosen = preferences.value.logs;
  const choose = (change: Partial<typeof chosen>) =>
    prefer({ logs: { ...preferences.peek().logs, ...change } });
  const level = LEVELS.find((name) => name === chosen.level) ?? "DEBUG";

  const lines = useRef(new LogLines()).current;
  const [version, setVersion] = useState(0);
  const changed = () => setVersion((n) => n + 1);
  const [stream, setStream] = useState<{ state: StreamState; error?: unknown }>({ state: "connecting" });
  const [follow, setFollow] = useState(true);
  const [paused, setPaused] = useState(false);
  const held = useRef<Line[]>([]);
  const pausedNow = useRef(false);
  pausedNow.current = paused;

  const [text, setText] = useState("");
  const [isRegex, setIsRegex] = useState(false);
  const [onlyMatches, setOnlyMatches] = useState(false);
  // Before one goes to a match there is none that one has come to.
  const [at, setAt] = useState(-1);
  const field = useRef<HTMLDivElement>(null);
  const list = useRef<ListHandle | undefined>(undefined);

  useEffect(() => {
    lines.clear();
    held.current = [];
    changed();
    return openStream(
      chosen.lines,
      (added) => {
        if (pausedNow.current) held.current = [...held.current, ...added].slice(-50_000);
        else lines.append(added);
        changed();
      },
      (state, error) => setStream({ state, error }),
    );
  }, [chosen.lines, lines]);

  const wanted = useResting(text, 150);
  const [search, fault] = useMemo(() => {
    try {
      return [searchOf(wanted, isRegex), undefined] as const;
    } catch (error) {
      return [undefined, (error as Error).message.replace(/^Invalid regular expression: /, "")] as const;
    }
  }, [wanted, isRegex]);

  // The filter is set before the list is drawn with it.
  const filter = useMemo<Filter>(() => ({ level, search, onlyMatches }), [level, search, onlyMatches]);
  const used = useRef<Filter | undefined>(undefined);
  if (used.current !== filter) {
    used.current = filter;
    lines.filter = filter;
  }
  const hits = lines.hits;
  const hit = Math.min(at, hits.length - 1);

  useEffect(() => setAt(-1), [search]);

  const goTo = (next: number) => {
    if (hits.length === 0) return;
    const index = (next + hits.length) % hits.length;
    setAt(index);
    setFollow(false);
    list.current?.reveal(hits[index] ?? 0);
  };

  const resume = () => {
    lines.append(held.current);
    held.current = [];
    setPaused(false);
    changed();
  };
  const togglePause = () => (paused ? resume() : setPaused(true));

  const content = () => lines.shown.map(({ raw }) => raw).join("\n");
  const [copyAll, copying] = useAction(async () => {
    await copy(content());
    toast(`${count(lines.shown.length)} lines are in the clipboard`);
  });
  const clear = () => {
    lines.clear();
    changed();
  };

  useShortcuts(
    [
      { keys: "/", label: "Search the log", run: () => field.current?.querySelector("input")?.focus() },
      { keys: "p", label: "Pause or go on", run: togglePause },
      { keys: "w", label: "Wrap lines", run: () => choose({ wrap: !preferences.peek().logs.wrap }) },
      { keys: "e", label: "Go to the newest line", run: () => setFollow(true) },
    ],
    [paused],
  );

  const toggles = [
    { on: chosen.wrap, icon: WrapText, label: "Wrap lines", toggle: () => choose({ wrap: !chosen.wrap }) },
    { on: chosen.times, icon: Clock, label: "Show times", toggle: () => choose({ times: !chosen.times }) },
    { on: follow, icon: ArrowDownToLine, label: "Scroll with new lines", toggle: () => setFollow(!follow) },
  ];

  return (
    <div class="flex h-[calc(100dvh-5.5rem)] min-h-96 flex-col lg:h-[calc(100dvh-3.5rem)]">
      <PageHead
        title="Logs"
        about={<StreamWord stream={stream} paused={paused} />}
        actions={
          <>
            <Button icon={paused ? Play : Pause} onClick={togglePause}>
              {paused
                ? `Go on${held.current.length > 0 ? ` (${count(held.current.length)} new)` : ""}`
                : "Pause"}
            </Button>
            <Button icon={Copy} label="Copy the lines shown" busy={copying} onClick={copyAll} />
            <Button
              icon={Download}
              label="Download the lines shown"
              onClick={() => download(fileName("log", "txt"), `${content()}\n`, "text/plain")}
            />
            <Button icon={Eraser} label="Clear the display" onClick={clear} />
          </>
        }
      />
      {stream.error !== undefined && stream.state === "broken" && (
        <div class="mb-3">
          <Notice tone="bad" live>
            {tell(stream.error)} It is tried again.
          </Notice>
        </div>
      )}
      <div class="mb-3 flex flex-wrap items-center gap-2">
        <div ref={field} class="relative min-w-56 grow">
          <Icon of={SearchIcon} class="pointer-events-none absolute top-2.5 left-2.5 text-faint" />
          <Input
            type="search"
            aria-label={isRegex ? "Search by a regular expression" : "Search for a text"}
            placeholder={isRegex ? "Regular expression" : "Search"}
            class={`pr-44 pl-8 ${isRegex ? "font-mono" : ""}`}
            value={text}
            onText={setText}
            aria-invalid={fault !== undefined}
            aria-describedby={fault ? "search-fault" : undefined}
            onKeyDown={(event) => {
              if (event.key === "Enter") goTo(event.shiftKey ? Math.max(hit, 0) - 1 : hit + 1);
            }}
          />
          <div class="absolute top-[3px] right-1 flex items-center gap-0.5">
            {search && (
              <>
                <span role="status" class="figures px-1 text-[12.5px] text-faint">
                  {hits.length === 0
                    ? "none"
                    : hit < 0
                      ? count(hits.length)
                      : `${count(hit + 1)} of ${count(hits.length)}`}
                </span>
                <Button
                  small
                  kind="quiet"
                  icon={ArrowUp}
                  label="Previous match"
                  disabled={hits.length === 0}
                  onClick={() => goTo(Math.max(hit, 0) - 1)}
                />
                <Button
                  small
                  kind="quiet"
                  icon={ArrowDown}
                  label="Next match"
                  disabled={hits.length === 0}
                  onClick={() => goTo(hit + 1)}
                />
              </>
            )}
            <Button
              small
              kind="quiet"
              class={isRegex ? "bg-accent-soft! text-accent!" : ""}
              icon={Regex}
              label="Regular expression"
              aria-pressed={isRegex}
              onClick={() => setIsRegex(!isRegex)}
            />
          </div>
        </div>
        <Check checked={onlyMatches} onToggle={setOnlyMatches}>
          Only matches
        </Check>
        <div class="w-48">
          <Select
            aria-label="Levels"
            value={level}
            options={LEVELS.map((name) => [name, LEVEL_NAMES[name]] as const)}
            onPick={(picked) => choose({ level: picked })}
          />
        </div>
        <div class="w-36">
          <Select
            aria-label="How many lines of the past"
            value={String(chosen.lines)}
            options={AMOUNTS}
            onPick={(picked) => choose({ lines: Number(picked) })}
          />
        </div>
        <div class="flex gap-1">
          {toggles.map(({ on, icon, label, toggle }) => (
            <Button
              key={label}
              icon={icon}
              label={label}
              aria-pressed={on}
              class={on ? "border-accent! bg-accent-soft! text-accent!" : ""}
              onClick={toggle}
            />
          ))}
        </div>
      </div>
      {fault && (
        <p id="search-fault" role="alert" class="-mt-1 mb-2 text-[13px] text-bad">
          This is no regular expression: {fault}
        </p>
      )}
      <div class="relative min-h-0 grow overflow-hidden rounded-xl border border-line bg-surface shadow-card">
        {lines.shown.length === 0 ? (
          <Nothing any={lines.all.length > 0} connecting={stream.state === "connecting"} />
        ) : (
          <LogList
            lines={lines.shown}
            version={version}
            wrap={chosen.wrap}
            times={chosen.times}
            search={search}
            current={search ? hits[hit] : undefined}
            follow={follow && !paused}
            onFollow={(at) => !paused && setFollow(at)}
            handle={list}
          />
        )}
      </div>
      <p class="figures mt-2 text-[13px] text-faint">
        {count(lines.shown.length)}{" "}
        {lines.shown.length === lines.all.length ? "lines" : `of ${count(lines.all.length)} lines`}
      </p>
    </div>
  );
}

function StreamWord({ stream, paused }: { stream: { state: StreamState }; paused: boolean }) {
  if (paused) return <Badge tone="warn">Paused</Badge>;
  if (stream.state === "open") return <Badge tone="ok">Live</Badge>;
  return (
    <Badge tone="warn">
      {stream.state === "connecting" ? "Connecting" : "Connection lost, trying again"}
    </Badge>
  );
}

function Nothing({ any, connecting }: { any: boolean; connecting: boolean }) {
  if (any) {
    return (
      <Empty icon={SearchIcon} title="No line matches">
        Look for something else, or let more levels through.
      </Empty>
    );
  }
  const state = status.value?.container.state;
  return (
    <Empty icon={ScrollText} title={connecting ? "Reading the log" : "No lines yet"}>
      {state === "running"
        ? "The load generator runs and has not written anything that is still kept."
        : "Lines appear here as soon as the load generator runs."}
    </Empty>
  );
}

/** A value that has not changed for a moment. */
function useResting<T>(value: T, ms: number): T {
  const [resting, setResting] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setResting(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return resting;
}
