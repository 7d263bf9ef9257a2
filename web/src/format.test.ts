import { expect, test } from "vitest";
import { count, figure, millis, percent, span } from "./format";

test.each([
  [count(1234.4), "1,234"],
  [count(12_345_678), "12.3M"],
  [figure(0), "0"],
  [figure(0.234), "0.23"],
  [figure(4.12), "4.1"],
  [figure(8), "8"],
  [figure(312.4), "312"],
  [millis(0), "0 ms"],
  [millis(0.42), "0.4 ms"],
  [millis(12.4), "12 ms"],
  [millis(1340), "1.3 s"],
  [percent(1), "100%"],
  [percent(0.99999), "99.9%"],
  [percent(0.5), "50%"],
  [span(0), "0 s"],
  [span(59.6), "1 min"],
  [span(3725), "1 h 2 min"],
  [span(200_000), "2 d 7 h"],
  [span(86_400), "1 d"],
])("%s", (told, expected) => expect(told).toBe(expected));
