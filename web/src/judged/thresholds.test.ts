import { expect, test } from "vitest";
import { finePercent, meaning, observed, partsOf } from "./thresholds";

test("a threshold is told in words", () => {
  expect(meaning("p95<500ms")).toBe("From a request to its answer, of 95 in 100");
  expect(meaning("latency_max<2s")).toBe("From a request to its answer, of the slowest");
  expect(meaning("lag_p99<=50ms")).toBe("How late visits start, of 99 in 100");
  expect(meaning("SUCCESS>=99.9%")).toBe("Hits acknowledged, of those whose outcome is known");
  expect(meaning("of_tomorrow<1")).toBe("");
});

test("what was observed can be told from its limit", () => {
  expect(observed("success>=99.9%", 0.9987)).toBe("99.87%");
  expect(observed("success>=99.9%", 0.9999999)).toBe("99.999%");
  expect(observed("skipped<=0.1%", 0)).toBe("0%");
  expect(observed("response_p95<1s", 1312)).toBe("1.3 s");
  expect(finePercent(1)).toBe("100%");
  expect(finePercent(0.0000001)).toBe("0.001%");
  expect(finePercent(0.51234)).toBe("51.2%");
});

test("a list is text or an array", () => {
  expect(partsOf(" p95<1s, ,success>99% ")).toEqual(["p95<1s", "success>99%"]);
  expect(partsOf(["pages"])).toEqual(["pages"]);
  expect(partsOf(undefined)).toEqual([]);
});
