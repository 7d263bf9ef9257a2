import { fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { expect, test } from "vitest";
import { answering, Refusal, withKey } from "../../testing";
import FunnelsView from ".";
import { Builder } from "./builder";
import { type DraftStep, moved, newStep } from "./shape";
import { Steps } from "./steps";

withKey();

function Sortable() {
  const [steps, setSteps] = useState<DraftStep[]>(() => [
    newStep("pageview", { url: "https://e.com/a" }),
    newStep("event"),
    newStep("download"),
  ]);
  return (
    <Steps
      steps={steps}
      faults={[]}
      onChange={setSteps}
      onMove={(from, to) => setSteps((before) => moved(before, from, to))}
    />
  );
}

const kinds = () => screen.getAllByRole("combobox").map((box) => (box as HTMLSelectElement).value);

test("steps are moved by the arrow keys, the focus stays on the moved one, and it is said aloud", async () => {
  render(<Sortable />);
  expect(kinds()).toEqual(["pageview", "event", "download"]);
  const handle = screen.getByRole("button", { name: /Move step 3 of 3/ });
  handle.focus();
  fireEvent.keyDown(handle, { key: "ArrowUp" });
  await waitFor(() => expect(kinds()).toEqual(["pageview", "download", "event"]));
  expect(screen.getByRole("status").textContent).toBe("Step moved to position 2 of 3");
  await waitFor(() =>
    expect(document.activeElement?.getAttribute("aria-label")).toMatch(/^Move step 2 of 3, Download/),
  );
  fireEvent.keyDown(document.activeElement as Element, { key: "Home" });
  await waitFor(() => expect(kinds()).toEqual(["download", "pageview", "event"]));
});

const FUNNEL = {
  name: "Buy",
  probability: 0.1,
  steps: [{ type: "pageview" as const, url: "https://e.com/" }],
};
const PREVIEW = {
  duration_seconds: 12,
  hits: [
    {
      type: "pageview",
      offset_seconds: 0,
      url: "https://e.com/",
      params: { url: "https://e.com/", idsite: "1" },
    },
  ],
};

test("the hits of one run are shown", async () => {
  answering({ "POST /api/funnels/preview": () => PREVIEW });
  render(<Builder funnel={FUNNEL} />);
  await screen.findByText("One hit over 12 s. Nothing is sent.", {}, { timeout: 5000 });
  expect(screen.getByText("2 parameters")).toBeTruthy();
});

test("what the API refuses stands at its field", async () => {
  answering({
    "POST /api/funnels/preview": () =>
      new Refusal(422, {
        detail: "it is not valid",
        code: "invalid",
        errors: [
          { field: "step 1, url", message: "missing: give the page" },
          { field: "probability", message: "2: give 0 to 1" },
        ],
      }),
  });
  render(<Builder funnel={FUNNEL} />);
  await screen.findByText("missing: give the page", {}, { timeout: 5000 });
  const url = screen.getByLabelText(/Address of the page/);
  expect(url.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByLabelText("Share of visits").getAttribute("aria-invalid")).toBe("true");
});

test("a name that is taken is told at the name", async () => {
  answering({
    "POST /api/funnels/preview": () => PREVIEW,
    "POST /api/funnels": () => new Refusal(409, { detail: "the name is taken", code: "name_taken" }),
  });
  render(<Builder funnel={FUNNEL} />);
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("The name is taken");
  expect(screen.getByLabelText(/^Name/).getAttribute("aria-invalid")).toBe("true");
});

test("a name is text, whatever it looks like", async () => {
  const name = '<img src=x onerror="window.broken = true"><script>window.broken = true</script>';
  answering({
    "GET /api/funnels": () => ({
      total: 1,
      funnels: [
        { ...FUNNEL, id: 1, name, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" },
      ],
    }),
  });
  const { container } = render(<FunnelsView rest="" />);
  await screen.findByText(name);
  expect(container.querySelector("img, script")).toBeNull();
});

test("without funnels there are templates to begin with", async () => {
  answering({ "GET /api/funnels": () => ({ total: 0, funnels: [] }) });
  render(<FunnelsView rest="" />);
  await screen.findByText("There are no funnels yet");
  expect(screen.getByRole("link", { name: /Purchase/ }).getAttribute("href")).toBe(
    "/ui/funnels/new/purchase",
  );
});
