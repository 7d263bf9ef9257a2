/** Says honestly when what is shown is old: nothing answers, or we must wait before we ask again. */
import { connection } from "../api/client";
import { span } from "../format";
import { now } from "../state/now";
import { statusAt } from "../state/status";
import { Notice } from "../ui";

export function ConnectionNotice() {
  const state = connection.value;
  if (state.state === "ok") return null;
  if (state.state === "limited") {
    const left = Math.ceil((state.until - now.value) / 1000);
    if (left <= 0) return null;
    return (
      <div class="mb-4">
        <Notice tone="warn" live title="Asked too often">
          The control plane limits how often a client may ask. It is asked again in {left} s; until then the
          figures may be old.
        </Notice>
      </div>
    );
  }
  const age = Math.max(0, (now.value - (statusAt.value || state.since)) / 1000);
  return (
    <div class="mb-4">
      <Notice tone="bad" live title="Connection lost">
        The control plane does not answer. What is shown is {span(age)} old. It is asked again every few
        seconds, and this message goes when it answers.
      </Notice>
    </div>
  );
}
