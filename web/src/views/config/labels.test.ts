import { expect, test } from "vitest";
import { labelOf } from "./labels";

test.each([
  ["MATOMO_URL", "Matomo URL"],
  ["CLICK_EVENTS_PROBABILITY", "Click events"],
  ["VISIT_DURATION_MAX", "Visit duration, max"],
  ["TLS_CA_FILE", "TLS CA file"],
  ["A_SETTING_OF_TOMORROW", "A setting of tomorrow"],
])("%s is %s", (name, label) => expect(labelOf(name)).toBe(label));
