import { fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { expect, test } from "vitest";
import type { Backfills, Run, Status } from "../../api/types";
import { status } from "../../state/status";
import { answering, Refusal, withKey } from "../../testing";
import { Confirmation } from "../../ui/confirm";
import { Toasts } from "../../ui/toast";
import BackfillView from ".";
import { addDays, today } from "./days";
import { requestOf } from "./form";

withKey();
HTMLDialogElement.prototype.showModal ??= () => undefined;

const CONFIG = {
  MATOMO_URL: "https://m.example/matomo.php",
  MATOMO_SITE_ID: 1,
  MATOMO_TOKEN_AUTH: "***MASKED***",
};
const day = (back: number) => addDays(today("UTC"), -back);
const ran: Run = {
  id: 1,
  name: "earlier",
  container_name: "x-backfill-earlier",
  config: { MATOMO_URL: "https://m.example/matomo.php", MATOMO_SITE_ID: "1" },
  first_day: day(3),
  last_day: day(2),
  started_at: new Date().toISOString(),
  finished_at: new Date().toISOString(),
  state: "finished",
  progress: { days: 2, days_done: 2, visits_planned: 10, visits_sent: 10 },
};

function show(backfills: Partial<Backfills>, replies: Parameters<typeof answering>[0] = {}) {
  const asked = answering({
    "GET /api/backfill/status": () => ({ running: false, active: [], history: [], ...backfills }),
    "GET /api/status": () => status.peek(),
    ...replies,
  });
  status.value = { config: CONFIG, container: { state: "created", name: "x", engine: "process" } } as Status;
  render(
    <>
      <BackfillView />
      <Confirmation />
      <Toasts />
    </>,
  );
  return asked;
}
const button = (name: string | RegExp) => screen.getByRole("button", { name }) as HTMLButtonElement;

test("days that were sent are sent again only when somebody says so", async () => {
  show({ history: [ran] });
  await screen.findByText("2 of these days were sent to this site before");
  expect(button("Run the backfill").disabled).toBe(true);
  fireEvent.click(screen.getByLabelText("Send these days again"));
  await waitFor(() => expect(button("Run the backfill").disabled).toBe(false));
  fireEvent.click(button("Yesterday"));
  await waitFor(() => expect(screen.queryByText(/sent to this site before/)).toBeNull());
});

test("what the API refuses stands at its field", async () => {
  const asked = show(
    {},
    {
      "POST /api/backfill/run": () =>
        new Refusal(422, {
          detail: "not valid",
          code: "invalid",
          errors: [{ field: "BACKFILL_MAX_VISITS_PER_DAY", message: "0: give 1 or more" }],
        }),
    },
  );
  await screen.findByText("No backfill has run yet");
  fireEvent.input(screen.getByLabelText("Most visits a day"), { target: { value: "0" } });
  fireEvent.click(button("Run the backfill"));
  fireEvent.click(await screen.findByRole("button", { name: "Send them" }));
  await screen.findByText("0: give 1 or more");
  const body = asked.find(({ what }) => what === "POST /api/backfill/run")?.body as Record<string, string>;
  expect(body.BACKFILL_START_DATE).toBe(day(7));
  expect(body.BACKFILL_DAYS_BACK).toBeUndefined();
});

test("a window that ends before it begins is told at once", async () => {
  show({});
  fireEvent.input(await screen.findByLabelText("Last day"), { target: { value: day(30) } });
  await screen.findByText(/It ends before it begins/);
  expect(button("Run the backfill").disabled).toBe(true);
});

test("progress is told, and a run is cancelled after a question", async () => {
  const active: Run = {
    ...ran,
    state: "running",
    finished_at: null,
    progress: { days: 2, days_done: 1, visits_planned: 200, visits_sent: 50 },
  };
  const asked = show(
    { running: true, active: [active] },
    {
      "POST /api/backfill/cancel": () => ({
        success: true,
        message: "",
        state: "cancelled",
        progress: active.progress,
      }),
    },
  );
  const bar = await screen.findByRole("progressbar");
  expect(bar.getAttribute("aria-valuenow")).toBe("25");
  fireEvent.click(button("Cancel"));
  fireEvent.click(await screen.findByRole("button", { name: "Cancel the backfill" }));
  await screen.findByText("earlier was cancelled after 50 visits");
  expect(asked.find(({ what }) => what === "POST /api/backfill/cancel")?.body).toEqual({
    container_name: "x-backfill-earlier",
  });
});

test("days are chosen in the calendar by keyboard", async () => {
  show({});
  const first = day(7);
  await screen.findByLabelText("First day");
  const cell = (of: string) => document.querySelector<HTMLElement>(`[data-day="${of}"]`);
  const yesterday = day(1);
  fireEvent.keyDown(cell(yesterday) as Element, { key: "ArrowUp" });
  await waitFor(() => expect(document.activeElement?.getAttribute("data-day")).toBe(day(8)));
  fireEvent.click(cell(day(8)) as Element);
  await waitFor(() => expect((screen.getByLabelText("First day") as HTMLInputElement).value).toBe(day(8)));
  fireEvent.keyDown(cell(day(8)) as Element, { key: "ArrowRight" });
  await waitFor(() => expect(document.activeElement?.getAttribute("data-day")).toBe(first));
  fireEvent.click(cell(first) as Element);
  await waitFor(() => expect((screen.getByLabelText("Last day") as HTMLInputElement).value).toBe(first));
  expect((screen.getByLabelText("First day") as HTMLInputElement).value).toBe(day(8));
});

test("empty fields are not sent", () => {
  const draft = {
    name: " ",
    first: "2026-01-01",
    last: "2026-01-02",
    perDay: "5",
    total: "",
    rps: "",
    seed: "7",
  };
  expect(requestOf(draft)).toEqual({
    BACKFILL_START_DATE: "2026-01-01",
    BACKFILL_END_DATE: "2026-01-02",
    BACKFILL_MAX_VISITS_PER_DAY: "5",
    BACKFILL_SEED: "7",
  });
});
