import { expect, test } from "vitest";
import { draftOf, funnelOf, moved, newStep, sortFaults } from "./shape";
import { TEMPLATES } from "./templates";

test("every template comes out of the form as it went in", () => {
  for (const { make } of TEMPLATES) {
    const funnel = make("https://shop.example");
    expect(funnelOf(draftOf(funnel))).toEqual(funnel);
  }
});

test("fields of another type are not sent, and empty ones neither", () => {
  const draft = draftOf(TEMPLATES[0]?.make("https://e.com") as never);
  draft.steps = [newStep("pageview", { url: " https://e.com/ ", event_category: "left over", title: "" })];
  expect(funnelOf(draft).steps).toEqual([{ type: "pageview", url: "https://e.com/" }]);
});

test("a comma is a decimal point; what is no number goes as it is, for the API to say so", () => {
  const draft = draftOf(TEMPLATES[0]?.make("https://e.com") as never);
  expect(funnelOf({ ...draft, probability: "0,25" }).probability).toBe(0.25);
  expect(funnelOf({ ...draft, probability: "often" }).probability).toBe("often");
  expect(funnelOf({ ...draft, priority: "" }).priority).toBe(0);
});

test("a step moves, and not beyond the ends", () => {
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 1, 9)).toEqual(["a", "c", "b"]);
});

test("faults go to their fields; nothing is lost", () => {
  const draft = draftOf(TEMPLATES[1]?.make("https://e.com") as never);
  const faults = sortFaults(
    [
      { field: "probability", message: "2: give 0 to 1" },
      { field: "step 1, url", message: "missing" },
      { field: "step 2, delay_seconds_max", message: "less than the least" },
      { field: "step 2, colour", message: "unknown" },
      { field: "step 99, url", message: "out of reach" },
      { field: "somewhere", message: "else" },
    ],
    draft,
  );
  expect(faults.own).toEqual({ probability: "2: give 0 to 1" });
  expect(faults.steps[0]).toEqual({ url: "missing" });
  expect(faults.steps[1]).toEqual({ delay_seconds_max: "less than the least", "": "colour: unknown" });
  expect(faults.rest).toEqual(["step 99, url: out of reach", "somewhere: else"]);
});
