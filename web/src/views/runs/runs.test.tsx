import { fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { expect, test } from "vitest";
import type { Comparison, ProofSummary, RunDetail, RunSummary } from "../../api/types";
import { path } from "../../router";
import { answering, Refusal, withKey } from "../../testing";
import { Confirmation } from "../../ui/confirm";
import { Toasts } from "../../ui/toast";
import RunsView from ".";

withKey();
HTMLDialogElement.prototype.showModal ??= () => undefined;

const run = (id: string, more: Partial<RunSummary> = {}): RunSummary => ({
  id,
  started_at: "2026-01-31T12:00:00Z",
  ended_at: "2026-01-31T12:10:00Z",
  state: "ended",
  mode: "live",
  transport: "single",
  seed: 7,
  version: "0.1.0",
  target: "https://matomo.example/matomo.php",
  site_id: 1,
  note: "",
  visits: 700,
  visits_failed: 0,
  visits_skipped: 0,
  hits: 4000,
  visits_per_day: 1_728_000,
  success_rate: 1,
  latency_p95_ms: 20.5,
  verifying: false,
  ...more,
});

const detail = (more: Partial<RunDetail> = {}): RunDetail => ({
  summary: run("b-7"),
  settings: { MATOMO_TOKEN_AUTH: "***MASKED***", SEED: "7" },
  time_zone: "Europe/Berlin",
  processes: 1,
  series: { resolution_s: 1, points: [] },
  verification: { state: "idle" },
  ...more,
});

const proof: ProofSummary = {
  made_at: "2026-01-31T12:11:00Z",
  proved: false,
  verdict: "2 page views were acknowledged and are not in the reports.",
  totals: { lines: 900, exact: 897, possible: 1, explained: 1, unexplained: 1 },
  tables: [{ table: "pages", lines: 50, exact: 49, possible: 0, explained: 0, unexplained: 1 }],
  missing: [
    {
      day: "2026-01-31",
      kind: "page_view",
      count: 2,
      at_least: false,
      labels: [{ label: "/cart", count: 2 }],
    },
  ],
  notes: [],
  lines: [
    {
      day: "2026-01-31",
      table: "orders",
      label: "",
      figure: "revenue",
      scale: 100,
      before: 1000,
      expected: [250_050, 250_050],
      recorded: 249_000,
      difference: -2050,
      explained: [{ cause: "rounding", amount: 50 }],
      unexplained: -2000,
    },
  ],
  lines_left_out: 3,
};

function show(rest: string, replies: Parameters<typeof answering>[0]) {
  const asked = answering(replies);
  render(
    <>
      <RunsView rest={rest} />
      <Confirmation />
      <Toasts />
    </>,
  );
  return asked;
}
const button = (name: string | RegExp) => screen.getByRole("button", { name }) as HTMLButtonElement;

test("two runs are picked and set side by side, the earlier one as the baseline", async () => {
  const runs = [run("c-7"), run("b-7"), run("a-7")];
  show("", { "GET /api/runs?limit=50": () => ({ runs, total: 3, next: null, warnings: [] }) });
  fireEvent.click(await screen.findByLabelText("Compare c-7"));
  expect(button("Compare").disabled).toBe(true);
  fireEvent.click(screen.getByLabelText("Compare a-7"));
  fireEvent.click(button("Compare"));
  expect(path.value).toBe("runs/compare/a-7/c-7");
});

test("what lies behind the first part is loaded when it is asked for", async () => {
  const first = Array.from({ length: 50 }, (_, index) => run(`r${index}`));
  show("", {
    "GET /api/runs?limit=50": () => ({
      runs: first,
      total: 51,
      next: "r49",
      warnings: ["runs/x: unreadable"],
    }),
    "GET /api/runs?limit=50&before=r49": () => ({ runs: [run("last")], total: 51, next: null, warnings: [] }),
  });
  await screen.findByText(/50 of 51/);
  expect(screen.getByText("runs/x: unreadable")).toBeTruthy();
  fireEvent.click(button("Show more"));
  await screen.findByText("last");
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
});

test("no run is no error", async () => {
  show("", { "GET /api/runs?limit=50": () => ({ runs: [], total: 0, next: null, warnings: [] }) });
  await screen.findByText("No run was written down yet");
});

test("a proof says what is missing and where, in the reports' own units", async () => {
  show("b-7", { "GET /api/runs/b-7": () => detail({ proof }) });
  await screen.findByText("Not proved");
  expect(screen.getByText("2 page views")).toBeTruthy();
  expect(screen.getByText("/cart")).toBeTruthy();
  // what was there before counts: 10.00 + 2,500.50
  expect(screen.getByText("2,510.50")).toBeTruthy();
  expect(screen.getByText("-20.50")).toBeTruthy();
  expect(screen.getByText("the target rounds (0.50)")).toBeTruthy();
  expect(screen.getByText("20.00 by nothing")).toBeTruthy();
  expect(screen.getByText(/3 more are/)).toBeTruthy();
});

test("a verification is asked for, watched, and told when it is done", async () => {
  let answer = detail();
  const asked = show("b-7", {
    "GET /api/runs/b-7": () => answer,
    "POST /api/runs/b-7/verify": () => {
      answer = detail({
        verification: { state: "running", started_at: new Date().toISOString(), wait_s: 60 },
      });
      return answer.verification;
    },
    "DELETE /api/runs/b-7/verify": () => {
      answer = detail({ verification: { state: "stopped" } });
      return answer.verification;
    },
  });
  fireEvent.click(await screen.findByRole("button", { name: "Verify" }));
  fireEvent.input(await screen.findByLabelText("Longest wait"), { target: { value: "60" } });
  fireEvent.click(screen.getAllByRole("button", { name: "Verify" }).at(-1) as HTMLElement);
  await screen.findByText("The reports of the target are read");
  expect(asked.find(({ what }) => what === "POST /api/runs/b-7/verify")?.body).toEqual({ wait_s: 60 });
  fireEvent.click(button("Stop"));
  fireEvent.click(await screen.findByRole("button", { name: "Stop it" }));
  await screen.findByText("The verification was stopped");
});

test("what the API refuses stands at its field", async () => {
  show("b-7", {
    "GET /api/runs/b-7": () => detail(),
    "POST /api/runs/b-7/verify": () =>
      new Refusal(422, {
        detail: "invalid",
        code: "invalid",
        errors: [{ field: "wait_s", message: "9999 is out of range: give 0 to 3600 seconds" }],
      }),
  });
  fireEvent.click(await screen.findByRole("button", { name: "Verify" }));
  fireEvent.click(screen.getAllByRole("button", { name: "Verify" }).at(-1) as HTMLElement);
  await screen.findByText("9999 is out of range: give 0 to 3600 seconds");
});

test("thresholds, settings and a note of a run", async () => {
  const asked = show("b-7", {
    "GET /api/runs/b-7": () =>
      detail({
        report: {
          judgements: [
            { threshold: "p95<500ms", observed: 20.5, held: true },
            { threshold: "success>99.9%", observed: 0.9876, held: false },
            { threshold: "lag_p99<50ms" },
          ],
          hits: { planned: 4000, unknown: 0 },
          latency_ms: { count: 0 },
          lag_ms: { count: 0 },
          faults: [],
        } as unknown as NonNullable<RunDetail["report"]>,
      }),
    "PUT /api/runs/b-7": (question) => run("b-7", question.body as { note: string }),
  });
  await screen.findByText("p95<500ms");
  expect(screen.getByText("98.8%")).toBeTruthy();
  expect(screen.getByText("Nothing to observe yet")).toBeTruthy();
  expect(screen.getByText("***MASKED***")).toBeTruthy();
  fireEvent.input(screen.getByLabelText("Note about this run"), { target: { value: " with an index " } });
  fireEvent.click(button("Save the note"));
  await screen.findByText("The note is saved");
  expect(asked.find(({ what }) => what.startsWith("PUT"))?.body).toEqual({ note: "with an index" });
});

test("a comparison tells what changed, how sure that is, and what weakens it", async () => {
  const brief = (id: string) => ({
    id,
    started_at: "2026-01-31T12:00:00Z",
    seed: 7,
    version: "0.1.0",
    target: "https://matomo.example/matomo.php",
    site_id: 1,
    seconds: 31,
  });
  const compared: Comparison = {
    a: brief("a-7"),
    b: brief("b-7"),
    same_seed: true,
    differing_settings: [{ name: "CONCURRENCY", a: "50", b: null }],
    cautions: ["not the target alone may have changed: CONCURRENCY differ"],
    confidence: 0.95,
    figures: [
      {
        figure: "latency_p95_ms",
        a: 20.7,
        b: 88.6,
        difference: 67.9,
        low: 66.3,
        high: 69.6,
        relative: 3.28,
        change: "worse",
      },
      { figure: "probe_dashboard_ms", a: null, b: 40, change: "unknown" },
    ],
    verdict: "Worse: latency p95 rose.",
  };
  show("compare/a-7/b-7", {
    "GET /api/runs/compare?a=a-7&b=b-7": () => compared,
    "GET /api/runs/a-7": () => detail(),
    "GET /api/runs/b-7": () => detail(),
  });
  await screen.findByText("Worse: latency p95 rose.");
  expect(screen.getByText("+66 ms to +70 ms")).toBeTruthy();
  expect(screen.getByText("+328%")).toBeTruthy();
  expect(screen.getByText("Reports: dashboard")).toBeTruthy();
  expect(screen.getByText("not given")).toBeTruthy();
  expect(screen.getByText("Worse")).toBeTruthy();
  fireEvent.click(button("Swap"));
  await waitFor(() => expect(path.value).toBe("runs/compare/b-7/a-7"));
});
