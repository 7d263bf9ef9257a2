import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { afterEach, expect, test, vi } from "vitest";
import { Button, confirm, Field, Input, Tabs, useAction } from ".";
import { Confirmation } from "./confirm";
import { Toasts, toast } from "./toast";

afterEach(cleanup);

test("a field ties its label, its help and its fault to the input", () => {
  render(
    <Field label="Visits" help="How many." error="Visits is out of range.">
      {(wired) => <Input {...wired} value="7" onText={() => undefined} />}
    </Field>,
  );
  const input = screen.getByLabelText("Visits");
  expect(input.getAttribute("aria-invalid")).toBe("true");
  const told = input
    .getAttribute("aria-describedby")
    ?.split(" ")
    .map((id) => document.getElementById(id)?.textContent);
  expect(told).toEqual(["How many.", "Visits is out of range."]);
});

test("a question is answered by its buttons", async () => {
  render(<Confirmation />);
  const yes = confirm({ title: "Delete it?", body: "For good.", action: "Delete" });
  fireEvent.click(await screen.findByText("Delete"));
  expect(await yes).toBe(true);
  const no = confirm({ title: "Delete it?", body: "For good.", action: "Delete" });
  fireEvent.click(await screen.findByText("Cancel"));
  expect(await no).toBe(false);
});

test("arrow keys go from tab to tab", () => {
  function Example() {
    const [active, setActive] = useState("a");
    return (
      <Tabs
        label="Letters"
        active={active}
        onPick={setActive}
        tabs={[
          ["a", "A"],
          ["b", "B"],
        ]}
      >
        panel {active}
      </Tabs>
    );
  }
  render(<Example />);
  fireEvent.keyDown(screen.getByRole("tablist"), { key: "ArrowRight" });
  expect(screen.getByRole("tab", { selected: true }).textContent).toBe("B");
  expect(screen.getByRole("tabpanel").textContent).toBe("panel b");
  fireEvent.keyDown(screen.getByRole("tablist"), { key: "ArrowRight" });
  expect(screen.getByRole("tab", { selected: true }).textContent).toBe("A");
});

test("an action runs once at a time, and its failure is told", async () => {
  const act = vi.fn(() => Promise.reject(new Error("the disk is full")));
  function Example() {
    const [run, busy] = useAction(act);
    return (
      <Button busy={busy} onClick={() => void run()}>
        Save
      </Button>
    );
  }
  render(
    <>
      <Example />
      <Toasts />
    </>,
  );
  fireEvent.click(screen.getByText("Save"));
  fireEvent.click(screen.getByText("Save"));
  expect(await screen.findByText("the disk is full")).toBeTruthy();
  expect(act).toHaveBeenCalledTimes(1);
});

test("a message can be undone, once", async () => {
  const undo = vi.fn();
  render(<Toasts />);
  toast("It was deleted", "ok", undo);
  fireEvent.click(await screen.findByText("Undo"));
  expect(undo).toHaveBeenCalledTimes(1);
  await waitFor(() => expect(screen.queryByText("It was deleted")).toBeNull());
});
