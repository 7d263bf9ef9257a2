import { fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { expect, test } from "vitest";
import { answering, withKey } from "../../testing";
import { Confirmation } from "../../ui/confirm";
import { Toasts } from "../../ui/toast";
import UrlsView from ".";
import { depthOf, Tree } from "./tree";

withKey();

const TREE = [{ name: "https://e.com", pages: 2, children: [{ name: "shop", pages: 1, children: [] }] }];
const good = { valid: true, total: 2, structure: TREE, errors: [] };
const page = () => (
  <>
    <UrlsView />
    <Confirmation />
    <Toasts />
  </>
);
const editor = () => screen.findByLabelText("The text of the pages") as Promise<HTMLTextAreaElement>;
const button = (name: string | RegExp) => screen.getByRole("button", { name }) as HTMLButtonElement;

test("a wrong line is told by its number and keeps the text from being saved", async () => {
  answering({
    "GET /api/urls": () => ({
      content: "https://e.com/",
      source: "built-in",
      total: 1,
      structure: TREE,
      errors: [],
    }),
    "POST /api/urls/validate": ({ body }) =>
      (body as { content: string }).content.includes("nonsense")
        ? {
            valid: false,
            total: 0,
            structure: [],
            errors: [{ line: 2, field: "", message: '"nonsense": give a URL' }],
          }
        : good,
  });
  render(page());
  const area = await editor();
  fireEvent.input(area, { target: { value: "https://e.com/\nnonsense" } });
  const line = await screen.findByRole("button", { name: "line 2" }, { timeout: 6000 });
  expect(screen.getByText('"nonsense": give a URL')).toBeTruthy();
  expect(area.getAttribute("aria-invalid")).toBe("true");
  expect(button("Save").disabled).toBe(true);
  fireEvent.click(line);
  expect([area.selectionStart, area.selectionEnd]).toEqual([15, 23]);
}, 10_000);

test("what is saved can be undone, back to the built-in list", async () => {
  const asked = answering({
    "GET /api/urls": () => ({
      content: "https://e.com/",
      source: "built-in",
      total: 1,
      structure: TREE,
      errors: [],
    }),
    "POST /api/urls/validate": () => good,
    "POST /api/urls": () => ({ success: true, message: "2 pages were saved", total: 2, structure: TREE }),
    "DELETE /api/urls": () => ({ success: true, message: "the built-in list is in use" }),
  });
  render(page());
  const area = await editor();
  fireEvent.input(area, { target: { value: "https://e.com/\nhttps://e.com/shop" } });
  await waitFor(() => expect(button("Save").disabled).toBe(false), { timeout: 6000 });
  fireEvent.click(button("Save"));
  await screen.findByText("2 pages were saved");
  expect(screen.getByText("Your own")).toBeTruthy();
  fireEvent.click(button("Undo"));
  await screen.findByText("The earlier pages are back");
  expect(area.value).toBe("https://e.com/");
  expect(asked.map(({ what }) => what)).toContain("DELETE /api/urls");
}, 10_000);

test("going back to the built-in list asks first", async () => {
  const asked = answering({
    "GET /api/urls": () => ({
      content: "https://mine.example/",
      source: "custom",
      total: 1,
      structure: TREE,
      errors: [],
    }),
    "POST /api/urls/validate": () => good,
  });
  HTMLDialogElement.prototype.showModal ??= () => undefined;
  render(page());
  await editor();
  fireEvent.click(button("Built-in pages"));
  await screen.findByText("Go back to the built-in pages?");
  fireEvent.click(button("Cancel"));
  expect(asked.some(({ what }) => what.startsWith("DELETE"))).toBe(false);
});

test("a folder opens and closes", () => {
  render(<Tree nodes={TREE} />);
  const host = screen.getByRole("button");
  expect(host.getAttribute("aria-expanded")).toBe("true");
  expect(screen.getByText("/shop")).toBeTruthy();
  fireEvent.click(host);
  expect(screen.queryByText("/shop")).toBeNull();
  expect(depthOf(TREE)).toBe(2);
});
