import { describe, expect, test } from "vitest";
import type { Schema, Setting } from "../../api/types";
import {
  changes,
  chapters,
  configOf,
  draftOf,
  edit,
  fault,
  follows,
  isShown,
  MASK,
  overlay,
  textOf,
} from "./model";

const setting = (name: string, type: string, more: Partial<Setting> = {}): Setting => ({
  name,
  type,
  group: "Core",
  default: null,
  required: false,
  secret: false,
  help: "",
  ...more,
});

const schema: Schema = {
  groups: [
    { name: "Core", about: "" },
    { name: "Features", about: "" },
    { name: "Something new", about: "" },
  ],
  settings: [
    setting("MATOMO_URL", "url", { required: true }),
    setting("MATOMO_TOKEN_AUTH", "secret", { secret: true }),
    setting("TIMEZONE", "time_zone", { default: "UTC" }),
    setting("CONCURRENCY", "integer", { default: 50, min: 1, max: 10_000 }),
    setting("SEED", "integer", { min: 0 }),
    setting("PAGEVIEWS_MIN", "integer", { default: 3 }),
    setting("PAGEVIEWS_MAX", "integer", { default: 6 }),
    setting("COUNTRIES", "boolean", { default: true }),
    setting("ORDERS", "number", { default: 0.05, min: 0, max: 1, group: "Features" }),
    setting("CURRENCY", "currency", {
      default: "USD",
      group: "Features",
      shown_when: { name: "ORDERS", is_not: "0" },
    }),
    setting("MIX", "weights", { choices: ["a", "b"], group: "Something new" }),
  ],
};

const of = (name: string): Setting => schema.settings.find((known) => known.name === name) as Setting;

const RUNNING = {
  MATOMO_URL: "https://matomo.example.com/matomo.php?a=b=c",
  MATOMO_TOKEN_AUTH: MASK,
  TIMEZONE: "Pacific/Auckland",
  CURRENCY: "NZD",
  OWN_VARIABLE: "kept",
};

describe("an untouched form", () => {
  test("sends back what came, to the letter", () => {
    expect(configOf(draftOf({ kind: "running" }, RUNNING), schema)).toEqual(RUNNING);
    expect(changes(draftOf({ kind: "running" }, RUNNING), RUNNING, schema)).toEqual([]);
  });

  test("is untouched again when what was typed is taken back", () => {
    let draft = draftOf({ kind: "running" }, RUNNING);
    draft = edit(draft, of("TIMEZONE"), "UTC");
    draft = edit(draft, of("TIMEZONE"), "Pacific/Auckland");
    draft = edit(draft, of("COUNTRIES"), "false");
    draft = edit(draft, of("COUNTRIES"), "true");
    expect(draft.edits).toEqual({});
  });

  test("knows names in lower case", () => {
    const draft = draftOf({ kind: "saved", id: 1, name: "x" }, { concurrency: 7 });
    expect(textOf(draft, "CONCURRENCY")).toBe("7");
    expect(changes(draft, { CONCURRENCY: "7" }, schema)).toEqual([]);
  });
});

describe("a change", () => {
  test("goes out in the setting's type, and an emptied field not at all", () => {
    let draft = draftOf({ kind: "running" }, RUNNING);
    for (const [name, typed] of [
      ["CONCURRENCY", " 20 "],
      ["ORDERS", "0.25"],
      ["COUNTRIES", "false"],
      ["SEED", "18446744073709551615"],
      ["TIMEZONE", ""],
    ] as const) {
      draft = edit(draft, of(name), typed);
    }
    const config = configOf(draft, schema);
    expect(config).toMatchObject({
      CONCURRENCY: 20,
      ORDERS: 0.25,
      COUNTRIES: false,
      MATOMO_TOKEN_AUTH: MASK,
    });
    // a number that JavaScript cannot hold stays a text
    expect(config.SEED).toBe("18446744073709551615");
    expect(config).not.toHaveProperty("TIMEZONE");
    expect(
      changes(draft, RUNNING, schema).map(({ setting: { name }, from, to }) => [name, from, to]),
    ).toEqual([
      ["TIMEZONE", "Pacific/Auckland", "UTC"],
      ["CONCURRENCY", "50", "20"],
      ["SEED", "", "18446744073709551615"],
      ["COUNTRIES", "true", "false"],
      ["ORDERS", "0.05", "0.25"],
    ]);
  });
});

test("a field is shown when it matters, and never hidden once it is set", () => {
  const none = edit(draftOf({ kind: "new" }, {}), of("ORDERS"), "0.0");
  expect(isShown(draftOf({ kind: "new" }, {}), schema, of("CURRENCY"))).toBe(true);
  expect(isShown(none, schema, of("CURRENCY"))).toBe(false);
  expect(isShown(edit(none, of("CURRENCY"), "EUR"), schema, of("CURRENCY"))).toBe(true);
});

test("a text that is the default on the way to another one stays in the field", () => {
  const draft = edit(draftOf({ kind: "new" }, {}), of("CONCURRENCY"), "50");
  expect(textOf(draft, "CONCURRENCY")).toBe("50");
  expect(textOf(edit(draft, of("CONCURRENCY"), "500"), "CONCURRENCY")).toBe("500");
  expect(changes(draft, {}, schema)).toEqual([]);
});

test("a preset is put on top, and recognised", () => {
  const preset = { CONCURRENCY: 10, ORDERS: 0.05 };
  const draft = overlay(draftOf({ kind: "running" }, RUNNING), schema, preset);
  // what is the default anyway is no change
  expect(draft.edits).toEqual({ CONCURRENCY: "10" });
  expect(follows(configOf(draft, schema), preset, schema)).toBe(true);
  expect(follows(RUNNING, preset, schema)).toBe(false);
  expect(follows({ CONCURRENCY: "10.0", ORDERS: "5e-2" }, preset, schema)).toBe(true);
});

test.each([
  ["MATOMO_URL", "", /needed/],
  ["MATOMO_URL", "matomo.example.com", /not a URL/],
  ["MATOMO_URL", "ftp://example.com/x", /http or https/],
  ["MATOMO_URL", "https://example.com/matomo.php?x=1=2", undefined],
  ["MATOMO_TOKEN_AUTH", MASK, undefined],
  ["CONCURRENCY", "1.5", /whole number/],
  ["CONCURRENCY", "0", /at least 1 and at most 10000/],
  ["SEED", "-1", /at least 0/],
  ["ORDERS", "0,5", /with a point/],
  ["ORDERS", "5e-1", undefined],
  ["TIMEZONE", "Mars/Olympus", /no time zone/],
  ["TIMEZONE", "Europe/Berlin", undefined],
  ["CURRENCY", "eur", /capital letters/],
  ["PAGEVIEWS_MIN", "7", /more than the maximum, 6/],
  ["PAGEVIEWS_MAX", "2", /less than the minimum, 3/],
  ["MIX", "a=2,b", /gives no weights/],
  ["MIX", "a=2, b=0.5", undefined],
])("%s = %j", (name, typed, expected) => {
  const draft = edit(draftOf({ kind: "new" }, {}), of(name), typed);
  const found = fault(draft, schema, of(name));
  if (expected) expect(found).toMatch(expected);
  else expect(found).toBeUndefined();
});

test("groups that are new to the page have a chapter, too", () => {
  expect(chapters(schema).map(({ title, groups }) => [title, groups.map(({ name }) => name)])).toEqual([
    ["Core", ["Core"]],
    ["Features", ["Features"]],
    ["Advanced", ["Something new"]],
  ]);
});
