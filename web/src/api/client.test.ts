import { afterEach, expect, test, vi } from "vitest";
import { ApiError, address, api, connection } from "./client";
import { currentKey, lock, lockReason, unlock, unlocked } from "./session";

const answers = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.stubGlobal(
    "fetch",
    vi.fn(
      async () => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }),
    ),
  );

afterEach(() => {
  vi.unstubAllGlobals();
  lock();
  connection.value = { state: "ok" };
});

test("an address is filled in, and nothing that is not given is asked for", () => {
  expect(address("GET /api/presets/{id}", { id: "a/b" }, {})).toEqual({
    method: "GET",
    url: "/api/presets/a%2Fb",
  });
  expect(address("GET /api/logs", {}, { lines: 50, filter: "a&b", level: "", since: undefined }).url).toBe(
    "/api/logs?lines=50&filter=a%26b",
  );
});

test.each([
  ['a%b|c "d"', 'a%b|c "d"'],
  ["schlüssel", "schl\u00c3\u00bcssel"],
  ["鍵", "\u00e9\u008d\u00b5"],
  ["two\nlines", "not-a-key"],
])("a key may be %j", async (key, sent) => {
  answers(200, {});
  unlock(key, false);
  await api("GET /api/status");
  const [, request] = vi.mocked(fetch).mock.calls[0] ?? [];
  expect(new Headers(request?.headers).get("X-API-Key")).toBe(sent);
});

test("the key goes into the header and never into the address", async () => {
  answers(200, {});
  unlock("a-key", false);
  await api("GET /api/status");
  const [url, request] = vi.mocked(fetch).mock.calls[0] ?? [];
  expect(url).toBe("/api/status");
  expect(new Headers(request?.headers).get("X-API-Key")).toBe("a-key");
});

test("a key that is refused locks the page; another refusal does not", async () => {
  unlock("a-key", false);
  answers(403, { detail: "not a target", code: "target_forbidden", errors: [] });
  await expect(api("GET /api/status")).rejects.toMatchObject({ code: "target_forbidden" });
  expect(unlocked.value).toBe(true);
  answers(403, { detail: "wrong", code: "wrong_key", errors: [] });
  await expect(api("GET /api/status")).rejects.toBeInstanceOf(ApiError);
  expect(currentKey()).toBeUndefined();
  expect(lockReason.value).toMatch(/not accepted/);
});

test("what failed is told by field, and by whom", async () => {
  answers(422, {
    detail: "invalid",
    code: "invalid",
    errors: [{ field: "lines", message: "is out of range" }],
  });
  await expect(api("GET /api/logs")).rejects.toMatchObject({ story: "lines is out of range" });
  answers(502, "<html>Bad Gateway</html>");
  await expect(api("GET /api/logs")).rejects.toMatchObject({ code: "not_ours", status: 502 });
});

test("a page of a proxy is no answer, and says nothing about the connection", async () => {
  answers(200, "<html>Log in first</html>");
  await expect(api("GET /api/status")).rejects.toMatchObject({ code: "not_ours" });
  expect(connection.value.state).toBe("ok");
});

test("that nothing answers is known, and known to be over", async () => {
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.reject(new TypeError("failed"))),
  );
  await expect(api("GET /api/status")).rejects.toMatchObject({ code: "unreachable" });
  expect(connection.value.state).toBe("lost");
  answers(200, {});
  await api("GET /api/status");
  expect(connection.value.state).toBe("ok");
});

test("too many requests say when to come again", async () => {
  answers(429, { detail: "too many", code: "rate_limited", errors: [] }, { "Retry-After": "7" });
  await expect(api("GET /api/status")).rejects.toMatchObject({ retryAfter: 7 });
  expect(connection.value.state).toBe("limited");
});
