import { expect, test } from "vitest";
import type { Status } from "../api/types";
import { isWaiting, look } from "./state";

const status = (
  container: Partial<Status["container"]>,
  stats?: Partial<Status["stats"]>,
  config = {},
): Status => ({
  container: { state: "running", name: "matomo-loadgen", engine: "docker", ...container },
  stats: stats ? ({ visits_generated: 0, ...stats } as Status["stats"]) : null,
  config,
});

test.each([
  [status({}), "Running"],
  [status({}, { state: "running" }), "Running"],
  [status({}, { state: "waiting" }), "Waiting"],
  [status({}, undefined, { AUTO_START: "false" }), "Waiting"],
  [status({}, { state: "running" }, { AUTO_START: "false" }), "Running"],
  [status({}, { state: "capped" }), "Cap reached"],
  [status({}, { state: "draining" }), "Finishing"],
  [status({}, { state: "idle" }), "Done"],
  [status({ health: "unhealthy" }, { state: "running" }), "Unhealthy"],
  [status({ state: "stopped", exit_code: 0 }), "Stopped"],
  [status({ state: "stopped", exit_code: 2 }), "Failed"],
  [status({ state: "created" }), "Ready"],
  [status({ state: "not_found" }), "Not set up"],
  [status({ state: "error" }), "Unknown"],
])("%#: a state has its word", (given, word) => {
  expect(look(given).word).toBe(word);
});

test("what is stopped does not wait", () => {
  expect(isWaiting(status({ state: "stopped" }, undefined, { AUTO_START: "false" }))).toBe(false);
});
