/** The lines that are looked at: as many as a list can hold, filtered, and cut to rows of the screen. No page in here. */

export const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"] as const;
export type Level = (typeof LEVELS)[number];

export interface Line {
  /** Counts up; never used twice. */
  id: number;
  ts: string;
  level: Level | "";
  /** As it was written. */
  raw: string;
  /** Without the time and the level, which have columns of their own. */
  text: string;
}

/** The most lines that are kept; the oldest go first. */
export const MOST = 100_000;
/** So many go at once, so that a full list is not rebuilt for every line. */
const SLICE = 10_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals begin with one
const COLOURS = /\x1b\[[0-9;]*m/g;
const HEAD =
  /^\s*\d{4}-\d{2}-\d{2}[T ][\d:.,]+(?:Z|[+-]\d{2}:?\d{2})?\s+(?:\[?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)\]?:?\s+)?/;

let last = 0;

export function lineOf({ ts, level, text }: { ts: string; level: string | null; text: string }): Line {
  const raw = text.replace(COLOURS, "");
  last += 1;
  const known = LEVELS.find((name) => name === level);
  return { id: last, ts, level: known ?? "", raw, text: raw.replace(HEAD, "") };
}

/** What is looked for in a line. */
export interface Search {
  /** Finds the next match from an index on; it has the flags g and i. */
  pattern: RegExp;
}

/** A search for a text or a regular expression; undefined when nothing is looked for. */
export function searchOf(text: string, isRegex: boolean): Search | undefined {
  if (text === "") return undefined;
  return { pattern: new RegExp(isRegex ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi") };
}

/** The longest part of a line that is searched: an expression that is slow on more would hold up the page. */
const SEARCHED = 4096;

export function matches(line: Line, search: Search): boolean {
  search.pattern.lastIndex = 0;
  return search.pattern.test(line.raw.slice(0, SEARCHED));
}

/** A text in parts, those that match marked. */
export function marked(text: string, search: Search | undefined): { text: string; hit: boolean }[] {
  if (!search) return [{ text, hit: false }];
  const parts: { text: string; hit: boolean }[] = [];
  let from = 0;
  search.pattern.lastIndex = 0;
  for (const match of text.slice(0, SEARCHED).matchAll(search.pattern)) {
    // An expression may match nothing at all, as `x*` does; that marks nothing.
    if (match[0] === "") continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index), hit: false });
    parts.push({ text: match[0], hit: true });
    from = match.index + match[0].length;
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), hit: false });
  return parts;
}

export interface Filter {
  /** The least grave level. */
  level: Level;
  search: Search | undefined;
  /** Only lines that match; else all, with marks. */
  onlyMatches: boolean;
}

export class LogLines {
  readonly all: Line[] = [];
  /** Those that the filter lets through, in order. */
  shown: Line[] = [];
  /** Places among `shown` that match what is looked for. */
  hits: number[] = [];
  #filter: Filter = { level: "DEBUG", search: undefined, onlyMatches: false };

  append(lines: readonly Line[]): void {
    for (const line of lines) {
      this.all.push(line);
      this.#show(line);
    }
    if (this.all.length > MOST) {
      this.all.splice(0, this.all.length - MOST + SLICE);
      this.filter = this.#filter;
    }
  }

  clear(): void {
    this.all.length = 0;
    this.filter = this.#filter;
  }

  set filter(filter: Filter) {
    this.#filter = filter;
    this.shown = [];
    this.hits = [];
    for (const line of this.all) this.#show(line);
  }

  #show(line: Line): void {
    const { level, search, onlyMatches } = this.#filter;
    // A line without a level may be of any.
    if (LEVELS.indexOf(level) > LEVELS.indexOf(line.level || "ERROR")) return;
    const isHit = search !== undefined && matches(line, search);
    if (search && onlyMatches && !isHit) return;
    if (isHit) this.hits.push(this.shown.length);
    this.shown.push(line);
  }
}

/** How many rows of so many characters a text takes, when it is broken anywhere. */
export function rowsOf(text: string, columns: number): number {
  if (columns <= 0) return 1;
  let rows = 0;
  for (const piece of text.split("\n")) rows += Math.max(1, Math.ceil(piece.length / columns));
  return rows;
}

/** Where each line begins, in rows; one entry more than there are lines. Without columns every line is one row. */
export function offsets(lines: readonly Line[], columns: number | undefined): Int32Array {
  const at = new Int32Array(lines.length + 1);
  let row = 0;
  for (let index = 0; index < lines.length; index += 1) {
    at[index] = row;
    row += columns === undefined ? 1 : rowsOf(lines[index]?.text ?? "", columns);
  }
  at[lines.length] = row;
  return at;
}

/** The line at a row. */
export function lineAt(at: Int32Array, row: number): number {
  let [low, high] = [0, at.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((at[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}
