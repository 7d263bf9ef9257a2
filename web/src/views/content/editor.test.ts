import { expect, test } from "vitest";
import { rangeOf } from "./editor";

test("a line is found by its number", () => {
  expect(rangeOf("ab\ncd\n\nef", 1)).toEqual([0, 2]);
  expect(rangeOf("ab\ncd\n\nef", 2)).toEqual([3, 5]);
  expect(rangeOf("ab\ncd\n\nef", 3)).toEqual([6, 6]);
  expect(rangeOf("ab\ncd\n\nef", 4)).toEqual([7, 9]);
});

test("a line beyond the end is the last one", () => {
  expect(rangeOf("ab\ncd", 9)).toEqual([3, 5]);
  expect(rangeOf("", 1)).toEqual([0, 0]);
});
