import { expect, test } from "vitest";
import { DEFAULTS, readPreferences } from "./preferences";

test("what was kept is used as far as it is of the right kind", () => {
  const kept = { theme: "dark", shortcuts: "yes", logs: { lines: 50, wrap: null, other: 1 }, unknown: true };
  expect(readPreferences(JSON.stringify(kept))).toEqual({
    ...DEFAULTS,
    theme: "dark",
    logs: { ...DEFAULTS.logs, lines: 50 },
  });
});

test.each([null, "", "null", "[]", "7", "{", '"text"'])("%j is as good as nothing", (text) => {
  expect(readPreferences(text)).toEqual(DEFAULTS);
});
