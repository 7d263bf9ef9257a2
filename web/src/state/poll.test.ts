import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../api/client";
import { poll } from "./poll";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("asks at once and then again and again, until it is stopped", async () => {
  const ask = vi.fn(async () => undefined);
  const stop = poll(ask, 1000);
  await vi.advanceTimersByTimeAsync(2500);
  expect(ask).toHaveBeenCalledTimes(3);
  stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(ask).toHaveBeenCalledTimes(3);
});

test("never asks a second time while the first is not answered", async () => {
  const ask = vi.fn(() => new Promise<void>(() => undefined));
  const stop = poll(ask, 1000);
  await vi.advanceTimersByTimeAsync(60_000);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(ask).toHaveBeenCalledTimes(1);
  stop();
});

test("waits as long as it is told to", async () => {
  const ask = vi.fn(async () => {
    throw new ApiError(429, "rate_limited", "too many", [], 30);
  });
  const stop = poll(ask, 1000);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(ask).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2000);
  expect(ask).toHaveBeenCalledTimes(2);
  stop();
});

test("is silent in a hidden tab", async () => {
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  const ask = vi.fn(async () => undefined);
  const stop = poll(ask, 1000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ask).not.toHaveBeenCalled();
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(ask).toHaveBeenCalledTimes(1);
  stop();
});
