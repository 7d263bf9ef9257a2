import { fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { expect, test, vi } from "vitest";
import type { CapacityStatus, Status } from "../../api/types";
import { status } from "../../state/status";
import { answering, Refusal, withKey } from "../../testing";
import { Confirmation } from "../../ui/confirm";
import { Toasts } from "../../ui/toast";
import CapacityView from ".";
import { findingsOf, searchOf, stepOf } from "./made";

withKey();
HTMLDialogElement.prototype.showModal ??= () => undefined;
// What draws is not what is tested; a graph that cannot be loaded is a table.
vi.mock("../../graphs/graph", () => ({ default: () => null }));

const CONFIG = { MATOMO_URL: "https://m.example/matomo.php", TARGET_VISITS_PER_DAY: 50_000 };

function show(
  known: Partial<CapacityStatus>,
  replies: Parameters<typeof answering>[0] = {},
  state = "stopped",
) {
  const asked = answering({
    "GET /api/capacity/status": () => ({ running: false, active: null, history: [], ...known }),
    "GET /api/status": () => status.peek(),
    ...replies,
  });
  status.value = { config: CONFIG, container: { state, name: "x", engine: "process" } } as Status;
  render(
    <>
      <CapacityView />
      <Confirmation />
      <Toasts />
    </>,
  );
  return asked;
}
const button = (name: string | RegExp) => screen.getByRole("button", { name }) as HTMLButtonElement;
const type = (label: string, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });

const STEPS = [stepOf(20_000, true), stepOf(32_000, false), stepOf(20_000, true, true)];
const FOUND = findingsOf(STEPS, {
  held: STEPS[2] ?? null,
  too_much: 32_000,
  caution: "this machine may be the limit",
  verdict: "The target held 20000 visits a day for 60 s; 32000 were too much.",
});

test("what is asked of the API is what was typed, after a question", async () => {
  const asked = show(
    {},
    {
      "POST /api/capacity/run": () => ({
        success: true,
        message: "",
        container_name: "x-capacity-first",
        search: searchOf({ state: "searching" }),
        warnings: [{ field: "", message: "x runs, too" }],
      }),
    },
  );
  await screen.findByText(/From 50,000 visits a day on. Takes 3 min 28 s at the least/);
  type("First rate", "20,000");
  type("Thresholds", "success>90%");
  type("Time for each rate", "1");
  fireEvent.click(button("Look for the limit"));
  await screen.findByText(/load is raised until something breaks/);
  await screen.findByText(/Real visits are recorded/);
  fireEvent.click(button("Begin the search"));
  await screen.findByText("first is under way");
  await screen.findByText("x runs, too");
  expect(asked.find(({ what }) => what === "POST /api/capacity/run")?.body).toEqual({
    from: 20_000,
    thresholds: "success>90%",
    step_time: 1,
  });
});

test("what the API refuses stands at its field, and the field is shown", async () => {
  show(
    {},
    {
      "POST /api/capacity/run": () =>
        new Refusal(422, {
          detail: "not valid",
          code: "invalid",
          errors: [{ field: "precision", message: "99 is out of range: give 0.1 to 50" }],
        }),
    },
  );
  await screen.findByText("No search has run yet");
  type("Precision", "99");
  fireEvent.click(button("Look for the limit"));
  fireEvent.click(await screen.findByRole("button", { name: "Begin the search" }));
  await screen.findByText("99 is out of range: give 0.1 to 50");
  await waitFor(() => expect(document.querySelector("details")?.open).toBe(true));
});

test("what is no number is told at once", async () => {
  show({});
  await screen.findByText("No search has run yet");
  type("First rate", "many");
  await screen.findByText("Give a number.");
  expect(button("Look for the limit").disabled).toBe(true);
});

test("without a load generator there is nothing to take the address from", async () => {
  show({}, {}, "not_found");
  await screen.findByText("There is no load generator yet");
  expect(screen.queryByLabelText("First rate")).toBeNull();
});

test("a search under way tells what is tried and what is known, and is cancelled after a question", async () => {
  const active = searchOf({
    state: "searching",
    finished_at: null,
    findings: findingsOf(STEPS.slice(0, 2), {
      state: "searching",
      trying: {
        visits_per_day: 25_298,
        confirmation: false,
        began_at: new Date(Date.now() - 612_000).toISOString(),
        seconds: 2400,
      },
    }),
  });
  const asked = show(
    { running: true, active },
    { "POST /api/capacity/cancel": () => ({ success: true, message: "", state: "cancelled" }) },
  );
  await screen.findByText("25,298");
  screen.getByText("The limit lies between 20,000 and 32,000 visits a day.");
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("25");
  const rows = screen.getAllByRole("row").map((row) => row.textContent);
  expect(rows.some((row) => /32,000.*Too much.*success>90% was 50%/.test(row ?? ""))).toBe(true);
  expect(screen.queryByLabelText("First rate")).toBeNull();
  fireEvent.click(button("Cancel"));
  fireEvent.click(await screen.findByRole("button", { name: "Cancel the search" }));
  await screen.findByText("first was cancelled");
  expect(asked.find(({ what }) => what === "POST /api/capacity/cancel")?.body).toEqual({
    container_name: "x-capacity-first",
  });
});

test("the result tells what held, what was too much, and what to be careful with", async () => {
  show({ history: [searchOf({ findings: FOUND })] });
  await screen.findByText("visits a day held");
  screen.getByText("The target held 20,000 visits a day for 60 s; 32,000 were too much.");
  screen.getByText("This machine may be the limit.");
  screen.getByText("All 3 rates tried");
  expect(screen.getByText("Confirmed for").nextSibling?.textContent).toBe("1 min");
  const write = vi.fn(async (_: string) => undefined);
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: write } });
  fireEvent.click(button("Copy as JSON"));
  await screen.findByText("The findings of first are in the clipboard");
  expect(JSON.parse(write.mock.calls[0]?.[0] ?? "")).toEqual(FOUND);
});

test("earlier searches unfold, and one is repeated", async () => {
  const nothing = searchOf({
    id: 2,
    name: "second",
    state: "failed",
    error: "it ended with 2",
    request: { ...searchOf().request, from: 7000 },
  });
  show({ history: [searchOf({ findings: FOUND }), nothing] });
  fireEvent.click(await screen.findByRole("button", { name: /^second/, expanded: false }));
  await screen.findByText("it ended with 2");
  fireEvent.click(button("Repeat second"));
  await screen.findByText("Repeat second", { selector: "h2" });
  expect((screen.getByLabelText("First rate") as HTMLInputElement).value).toBe("7000");
});
