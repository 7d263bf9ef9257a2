/** Capacity: looks for the most visits a day that the target bears. */
import { SlidersHorizontal, TrendingUp } from "lucide";
import { useState } from "preact/hooks";
import { api, tell } from "../../api/client";
import type { CapacitySearch } from "../../api/types";
import { go } from "../../router";
import { status } from "../../state/status";
import { Button, Card, Empty, Loading, Notice, PageHead, usePolled } from "../../ui";
import { Active } from "./active";
import { CapacityForm } from "./form";
import { History, Repeat } from "./history";
import { SearchBadge } from "./look";
import { Downloads, Result } from "./result";

/** How often is asked, in milliseconds: 30 times a minute are allowed. */
const EVERY = 3000;

export default function CapacityView() {
  const {
    data: known,
    error: problem,
    refresh,
  } = usePolled((signal) => api("GET /api/capacity/status", { signal }), EVERY);
  const [again, setAgain] = useState<CapacitySearch>();
  const begun = async () => {
    setAgain(undefined);
    await refresh();
  };
  const repeat = (search: CapacitySearch) => {
    setAgain(search);
    document.getElementById("view")?.scrollIntoView();
  };
  return (
    <>
      <PageHead
        title="Capacity"
        about="Looks for the most visits a day that the target bears, by raising its load until a threshold breaks."
      />
      {problem !== undefined && (
        <div class="mb-4">
          <Notice tone="bad" live title="Nobody knows what runs at the moment">
            {tell(problem)} It is asked again every few seconds.
          </Notice>
        </div>
      )}
      <div class="flex flex-col gap-4">{content()}</div>
    </>
  );

  function content() {
    if (!known) {
      return (
        <Card>
          <Loading rows={5} />
        </Card>
      );
    }
    const { active, history } = known;
    const [latest, ...earlier] = history;
    return (
      <>
        {/* Two at once would measure each other: while one runs, there is none to begin. */}
        {active ? <Active search={active} refresh={refresh} /> : start()}
        {latest && (
          <Card
            title={
              <span class="flex flex-wrap items-center gap-2">
                <span class="[overflow-wrap:anywhere]">Result of {latest.name}</span>
                <SearchBadge search={latest} />
              </span>
            }
            actions={
              <>
                <Downloads search={latest} />
                {!active && <Repeat search={latest} onRepeat={repeat} />}
              </>
            }
          >
            <Result search={latest} />
          </Card>
        )}
        {(earlier.length > 0 || !latest) && (
          <History searches={earlier} onRepeat={active ? undefined : repeat} />
        )}
      </>
    );
  }

  function start() {
    if (status.value?.container.state === "not_found") {
      return (
        <Card>
          <Empty
            icon={TrendingUp}
            title="There is no load generator yet"
            actions={
              <Button kind="primary" icon={SlidersHorizontal} onClick={() => go("config")}>
                Write a configuration
              </Button>
            }
          >
            A search takes the address, the site and the token from it. Write a configuration and apply it
            first; it need not run.
          </Empty>
        </Card>
      );
    }
    return (
      // A search to repeat fills the form anew.
      <CapacityForm key={again?.id ?? 0} again={again} onBegun={begun} />
    );
  }
}
