/** Status: what the load generator does, how well, and the buttons that change it. */

import { dateAndTime } from "../../format";
import { look, StateBadge } from "../../frame/state";
import { Held } from "../../judged/cards";
import { judgementsOf, probesOf } from "../../judged/judged";
import { status } from "../../state/status";
import { Card, Loading, Notice, PageHead } from "../../ui";
import { Controls } from "./controls";
import { FirstSteps } from "./first-steps";
import { Graphs } from "./graphs";
import { Summary } from "./summary";
import { Tiles } from "./tiles";

export default function StatusView() {
  const current = status.value;
  if (!current) {
    return (
      <>
        <PageHead title="Status" />
        <Card>
          <Loading rows={6} />
        </Card>
      </>
    );
  }
  const { container } = current;
  const state = look(current);
  return (
    <>
      <PageHead title="Status" actions={<Controls status={current} />} />
      <div class="mb-4 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <StateBadge status={current} />
        <span role="status" class="text-soft">
          {state.says}
        </span>
        <span class="figures text-[13px] text-faint sm:ml-auto">
          {container.name}
          {container.uptime && ` · up ${container.uptime}`}
          {container.started_at &&
            container.state === "running" &&
            ` · since ${dateAndTime(container.started_at)}`}
          {container.finished_at &&
            container.state === "stopped" &&
            ` · ended ${dateAndTime(container.finished_at)}`}
        </span>
      </div>
      {current.error && (
        <div class="mb-4">
          <Notice tone="bad" live title="The load generator cannot be reached">
            {current.error}
          </Notice>
        </div>
      )}
      {container.state === "not_found" ? <FirstSteps /> : <Tiles status={current} />}
      <div class="mt-4 empty:hidden">
        <Held judgements={judgementsOf(current)} probes={probesOf(current)} />
      </div>
      <Summary status={current} />
      <Graphs />
    </>
  );
}
