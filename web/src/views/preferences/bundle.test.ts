import { expect, test, vi } from "vitest";
import { answering, Refusal, withKey } from "../../testing";
import { type Bundle, collect, type Outcome, PARTS, readBundle, replacing, restore } from "./bundle";

withKey();

const FUNNEL = {
  name: "Buy",
  probability: 0.1,
  steps: [{ type: "pageview" as const, url: "https://e.com/" }],
};
const bundle = (change: Partial<Bundle> = {}): Bundle => ({
  kind: "trafficinator",
  version: 1,
  exported_at: "2026-01-01T00:00:00Z",
  configs: [],
  presets: [],
  funnels: [],
  urls: null,
  events: null,
  ...change,
});
const NOTHING = () => undefined;

test("everything is collected; built-in things and masked secrets are not", async () => {
  const asked = answering({
    "GET /api/configs/export?include_tokens=false": () => ({
      version: 1,
      configs: [{ name: "c", config: {} }],
    }),
    "GET /api/presets": () => ({
      total: 2,
      presets: [
        { id: "light", name: "Light", description: "", config: {}, builtin: true },
        {
          id: "4",
          name: "Mine",
          description: "d",
          config: { CONCURRENCY: 3, MATOMO_TOKEN_AUTH: "***MASKED***" },
          builtin: false,
        },
      ],
    }),
    "GET /api/funnels": () => ({
      total: 1,
      funnels: [{ ...FUNNEL, id: 9, created_at: "x", updated_at: "y" }],
    }),
    "GET /api/urls": () => ({
      content: "https://e.com/",
      source: "custom",
      errors: [],
      structure: [],
      total: 1,
    }),
    "GET /api/events": () => ({ content: "{}", source: "built-in", errors: [] }),
  });
  const all = await collect(false);
  expect(all.presets).toEqual([{ name: "Mine", description: "d", config: { CONCURRENCY: 3 } }]);
  expect(all.funnels).toEqual([FUNNEL]);
  expect([all.urls, all.events]).toEqual(["https://e.com/", null]);
  expect(asked).toHaveLength(5);
  expect(readBundle(JSON.stringify(all))).toEqual(all);
});

test("a file that is none of ours is told what it is not", () => {
  expect(() => readBundle("{")).toThrow(/not JSON/);
  expect(() => readBundle("[1]")).toThrow(/not exported here/);
  expect(() => readBundle('{"kind": "trafficinator", "version": 2}')).toThrow(/layout 2/);
  expect(() => readBundle('{"kind": "trafficinator", "version": 1, "funnels": [{}], "urls": 3}')).toThrow(
    "funnels[0] has no name; urls is no text",
  );
});

test("what would be replaced is known beforehand", () => {
  const here = bundle({ funnels: [FUNNEL], urls: "https://mine.example/" });
  const file = bundle({ funnels: [FUNNEL, { ...FUNNEL, name: "New" }], urls: "https://other.example/" });
  expect(replacing(file, here, "funnels")).toEqual(["Buy"]);
  expect(replacing(file, here, "urls")).toEqual(["urls"]);
  expect(replacing(here, here, "urls")).toEqual([]);
});

test("what is there stays or is replaced, as was chosen", async () => {
  const here = { total: 1, funnels: [{ ...FUNNEL, id: 9, created_at: "", updated_at: "" }] };
  const asked = answering({
    "GET /api/funnels": () => here,
    "POST /api/funnels": ({ body }) => body,
    "PUT /api/funnels/9": ({ body }) => body,
  });
  const file = bundle({ funnels: [FUNNEL, { ...FUNNEL, name: "New" }] });
  const what = (outcomes: Outcome[]) => outcomes.map((outcome) => outcome.what);
  expect(what(await restore(file, new Set(PARTS), false, NOTHING, NOTHING))).toEqual(["kept", "created"]);
  expect(asked.some((one) => one.what.startsWith("PUT"))).toBe(false);
  expect(what(await restore(file, new Set(PARTS), true, NOTHING, NOTHING))).toEqual(["replaced", "created"]);
});

test("one that fails is told and does not stop the rest; a limit is waited for", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 1000 });
  let limited = true;
  answering({
    "GET /api/funnels": () => ({ total: 0, funnels: [] }),
    "POST /api/funnels": ({ body }) => {
      if ((body as { name: string }).name === "Bad") {
        return new Refusal(422, {
          detail: "no",
          code: "invalid",
          errors: [{ field: "step 1, url", message: "missing" }],
        });
      }
      if (!limited) return body;
      limited = false;
      return new Refusal(429, { detail: "wait", code: "rate_limited" }, { "Retry-After": "3" });
    },
  });
  const waited: number[] = [];
  const file = bundle({ funnels: [{ ...FUNNEL, name: "Bad" }, FUNNEL] });
  const outcomes = await restore(file, new Set(PARTS), true, NOTHING, (seconds) => waited.push(seconds));
  expect(outcomes).toEqual([
    { part: "funnels", name: "Bad", what: "failed", why: "step 1, url missing" },
    { part: "funnels", name: "Buy", what: "created" },
  ]);
  expect(waited).toEqual([3]);
});
