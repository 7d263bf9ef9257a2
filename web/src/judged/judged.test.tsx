import { render, screen } from "@testing-library/preact";
import { expect, test } from "vitest";
import type { ProbeReport, Stats, Status } from "../api/types";
import { withKey } from "../testing";
import { Held } from "./cards";
import { inShort, judgementsOf, probesOf } from "./judged";

withKey();

const TIMES = { count: 2, max: 900, mean: 500, p50: 410, p90: 800, p95: 870, p99: 900, p999: 900 };
const probe = (more: Partial<ProbeReport>): ProbeReport => ({
  name: "pages",
  answered: 2,
  failed: 0,
  last_ms: 1200,
  duration_ms: TIMES,
  ...more,
});

function show(stats: Partial<Stats> | null, config: Status["config"] = {}): string {
  const all = stats && ({ judgements: [], probes: [], ...stats } as unknown as Stats);
  const status = { config, stats: all } as Status;
  const { container } = render(<Held judgements={judgementsOf(status)} probes={probesOf(status)} />);
  return container.textContent ?? "";
}

test("nothing stands there when nothing is set", () => {
  expect(show(null)).toBe("");
  expect(show({})).toBe("");
});

test("each threshold tells what was observed, and whether it holds", () => {
  show({
    judgements: [
      { threshold: "p95<500ms", observed: 812.3, held: false },
      { threshold: "success>=99.9%", observed: 0.9995, held: true },
      { threshold: "lag_p99<50ms", observed: null, held: null },
    ],
  });
  const rows = screen.getAllByRole("row").map((row) => row.textContent);
  expect(rows[1]).toContain("812 ms");
  expect(rows[1]).toContain("Broken");
  expect(rows[2]).toContain("99.95%");
  expect(rows[2]).toContain("Holds");
  expect(rows[3]).toContain("Nothing to observe yet");
  screen.getByText("What the run is held to: 1 of 3 broken");
  expect(screen.queryByText("Reports of the target")).toBeNull();
});

test("what is set stands there before the run tells of it", () => {
  const text = show(null, { THRESHOLDS: "p95<1s,success>99%", REPORT_PROBES: "dashboard" });
  expect(text).toContain("success>99%");
  expect(text).toContain("Dashboard");
  expect(text).toContain("not asked yet");
});

test("a probe tells its times, and why it failed", () => {
  show({
    probes: [
      probe({}),
      probe({ name: "segment", answered: 0, failed: 3, last_ms: null, fault: "Live: 403" }),
    ],
  });
  const rows = screen.getAllByRole("row").map((row) => row.textContent);
  expect(rows[1]).toContain("Pages");
  expect(rows[1]).toMatch(/1\.2 s.*410 ms.*870 ms.*2/);
  expect(rows[2]).toContain("Last fault: Live: 403");
  expect(rows[2]).toContain("3 failed");
});

test("thresholds are summed up", () => {
  const held = (of: (boolean | null)[]) => inShort(of.map((held) => ({ threshold: "p95<1s", held })));
  expect(held([true, true])).toBe("all hold");
  expect(held([null])).toBe("nothing to observe yet");
  expect(held([true, null])).toBe("1 of 2 hold, the rest shows nothing yet");
});
