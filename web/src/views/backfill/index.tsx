/** Backfill: fills past days with visits, once, beside the load generator that goes on. */
import { CalendarClock, SlidersHorizontal } from "lucide";
import { useState } from "preact/hooks";
import { api, tell } from "../../api/client";
import type { Run } from "../../api/types";
import { go } from "../../router";
import { status } from "../../state/status";
import { Button, Card, Empty, Loading, Notice, PageHead, usePolled } from "../../ui";
import { Active } from "./active";
import { BackfillForm } from "./form";
import { History } from "./history";

/** How often is asked, in milliseconds: 30 times a minute are allowed. */
const EVERY = 3000;

export default function BackfillView() {
  const {
    data: runs,
    error: problem,
    refresh,
  } = usePolled((signal) => api("GET /api/backfill/status", { signal }), EVERY);
  const [again, setAgain] = useState<Run>();
  const none = status.value?.container.state === "not_found";
  return (
    <>
      <PageHead
        title="Backfill"
        about="Fills past days with visits, once. The load generator goes on undisturbed beside it."
      />
      {problem !== undefined && (
        <div class="mb-4">
          <Notice tone="bad" live title="Nobody knows what runs at the moment">
            {tell(problem)} It is asked again every few seconds.
          </Notice>
        </div>
      )}
      <div class="flex flex-col gap-4">
        {runs?.active.map((run) => (
          <Active key={run.container_name} run={run} refresh={refresh} />
        ))}
        {none ? (
          <Card>
            <Empty
              icon={CalendarClock}
              title="There is no load generator yet"
              actions={
                <Button kind="primary" icon={SlidersHorizontal} onClick={() => go("config")}>
                  Write a configuration
                </Button>
              }
            >
              A backfill takes the address, the site and the token from it. Write a configuration and apply it
              first; it need not run.
            </Empty>
          </Card>
        ) : (
          <BackfillForm
            // A run to repeat fills the form anew.
            key={again?.id ?? 0}
            again={again}
            runs={runs ? [...runs.active, ...runs.history] : []}
            refresh={refresh}
          />
        )}
        {runs ? (
          <History
            runs={runs.history}
            refresh={refresh}
            onRepeat={(run) => {
              setAgain(run);
              document.getElementById("view")?.scrollIntoView();
            }}
          />
        ) : (
          <Card>
            <Loading rows={4} />
          </Card>
        )}
      </div>
    </>
  );
}
