import { describe, expect, test } from "vitest";
import { type Level, LogLines, lineAt, lineOf, MOST, marked, offsets, rowsOf, searchOf } from "./store";

const line = (text: string, level: string | null = "INFO") =>
  lineOf({ ts: "2026-01-31T12:00:00Z", level, text });
const texts = (lines: LogLines) => lines.shown.map(({ text }) => text);

test.each([
  ["2026-11-23T17:45:41.246127Z  INFO stats visits=1", "stats visits=1"],
  ["2026-11-23 17:45:41,246 WARNING slow", "slow"],
  ["\u001b[32m2026-11-23T17:45:41Z\u001b[0m ERROR broken", "broken"],
  ['{"ts":"2026-11-23T17:45:41Z"}', '{"ts":"2026-11-23T17:45:41Z"}'],
  ["a line of its own", "a line of its own"],
])("time and level of %j have columns of their own", (raw, text) => expect(line(raw).text).toBe(text));

describe("the filter", () => {
  const filled = () => {
    const lines = new LogLines();
    lines.append([
      line("all is well"),
      line("slow", "WARNING"),
      line("broken", "ERROR"),
      line("who knows", null),
    ]);
    return lines;
  };
  const filter = (level: Level, text = "", onlyMatches = false) => ({
    level,
    search: searchOf(text, false),
    onlyMatches,
  });

  test("lets graver levels through, and lines whose level is not known", () => {
    const lines = filled();
    lines.filter = filter("WARNING");
    expect(texts(lines)).toEqual(["slow", "broken", "who knows"]);
    lines.append([line("well again"), line("broken again", "ERROR")]);
    expect(texts(lines)).toEqual(["slow", "broken", "who knows", "broken again"]);
  });

  test("marks matches, or shows nothing else", () => {
    const lines = filled();
    lines.filter = filter("DEBUG", "OK");
    expect(lines.hits).toEqual([2]);
    lines.filter = filter("DEBUG", "l", true);
    expect(texts(lines)).toEqual(["all is well", "slow"]);
    lines.append([line("well")]);
    expect(lines.hits).toEqual([0, 1, 2]);
  });

  test("forgets the oldest lines when there are too many", () => {
    const lines = new LogLines();
    lines.append(Array.from({ length: MOST }, (_, n) => line(`line ${n}`)));
    lines.append([line("the newest")]);
    expect(lines.all.length).toBeLessThan(MOST);
    expect(lines.shown.length).toBe(lines.all.length);
    expect(texts(lines).at(-1)).toBe("the newest");
  });
});

describe("marks", () => {
  const of = (text: string, wanted: string, isRegex = false) =>
    marked(text, searchOf(wanted, isRegex))
      .map((part) => (part.hit ? `[${part.text}]` : part.text))
      .join("");

  test("stand around what matches, in upper and lower case", () => {
    expect(of("Visit after visit", "VISIT")).toBe("[Visit] after [visit]");
    expect(of("a.b", ".")).toBe("a[.]b");
    expect(of("n=12, n=3", "n=\\d+", true)).toBe("[n=12], [n=3]");
    expect(of("nothing here", "x")).toBe("nothing here");
    expect(of("empty matches", "x*", true)).toBe("empty matches");
  });

  test("do not depend on what was searched before", () => {
    const search = searchOf("visit", false);
    search?.pattern.test("a visit");
    expect(marked("visit", search)).toEqual([{ text: "visit", hit: true }]);
  });

  test("an expression that is none is told", () => {
    expect(() => searchOf("(", true)).toThrow();
    expect(searchOf("", true)).toBeUndefined();
  });
});

test("lines are cut to rows of the screen, and found by their row", () => {
  const lines = [line("x".repeat(25)), line(""), line("y".repeat(10))];
  expect(rowsOf("x".repeat(25), 10)).toBe(3);
  expect([...offsets(lines, 10)]).toEqual([0, 3, 4, 5]);
  expect([...offsets(lines, undefined)]).toEqual([0, 1, 2, 3]);
  const at = offsets(lines, 10);
  expect([0, 2, 3, 4, 99].map((row) => lineAt(at, row))).toEqual([0, 0, 1, 2, 2]);
});
