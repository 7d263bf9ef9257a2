import { expect, test } from "vitest";
import { draw, readEvents } from "./sample";

test("events are read as far as they are events", () => {
  const file = readEvents(
    '{"click_events": [{"category": "C", "action": "A", "name": "N", "value": 3}, 7], "random_events_probability": 0.5}',
  );
  expect(file).toEqual({
    click: [{ category: "C", action: "A", name: "N", value: 3 }],
    random: [],
    clickProbability: undefined,
    randomProbability: 0.5,
  });
});

test("what is no JSON has no events", () => {
  expect(readEvents("{")).toBeUndefined();
  expect(readEvents("null")).toBeUndefined();
});

test("nothing is drawn twice while there is something else", () => {
  const drawn = draw([1, 2, 3, 4, 5], 4);
  expect(new Set(drawn).size).toBe(4);
  expect(draw([1, 2], 8).sort()).toEqual([1, 2]);
  expect(draw(["a", "b", "c"], 2, () => 0.999)).toEqual(["c", "b"]);
});
