/** What a configuration would change, and what applying it would do. */
import { CircleX, Undo2 } from "lucide";
import { Button, Card, Icon } from "../../ui";
import { labelOf } from "./labels";
import type { Change } from "./model";

/** `1 setting`, `2 settings`. */
export const plural = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? "" : "s"}`;

export function Consequences({
  diff,
  runs,
  begin,
  exists,
}: {
  diff: Change[];
  runs: boolean;
  begin: boolean;
  exists: boolean;
}) {
  return (
    <p>
      {exists && diff.length > 0 && `${plural(diff.length, "setting")} will be different. `}
      {runs
        ? "Visits under way are finished, and the load generator begins again with the new configuration. If it does not come up, the old one is put back."
        : begin
          ? "The load generator is set up with this configuration, and visits begin."
          : "The load generator is set up with this configuration and stays stopped."}
    </p>
  );
}

/** What would be different from what is in use. */
export function Diff({
  diff,
  touched,
  faults,
  checking,
  onFault,
  onDiscard,
}: {
  diff: Change[];
  touched: number;
  faults: number;
  checking: boolean;
  onFault: () => void;
  onDiscard: () => void;
}) {
  return (
    <Card
      title="Changes"
      about="Compared with what is in use."
      actions={
        touched > 0 && (
          <Button small kind="quiet" icon={Undo2} onClick={onDiscard}>
            Discard
          </Button>
        )
      }
    >
      <div role="status" class="mb-2 text-[13px]">
        {faults > 0 ? (
          <button type="button" class="flex items-center gap-1.5 text-bad underline" onClick={onFault}>
            <Icon of={CircleX} size={14} />
            {plural(faults, "setting")} to mend
          </button>
        ) : checking ? (
          <span class="text-faint">Checking…</span>
        ) : (
          <span class="text-ok">All settings are valid.</span>
        )}
      </div>
      {diff.length === 0 ? (
        <p class="text-faint">Nothing is different.</p>
      ) : (
        <ul class="flex max-h-96 flex-col gap-2 overflow-y-auto">
          {diff.map(({ setting, from, to }) => (
            <li key={setting.name} class="min-w-0">
              <p class="text-[12.5px] text-faint">{labelOf(setting.name)}</p>
              <p class="figures break-words">
                <del class="text-faint">{setting.secret && from ? "hidden" : from || "not set"}</del>
                <span class="text-faint"> → </span>
                <ins class="font-medium no-underline">
                  {setting.secret && to ? "a new one" : to || "not set"}
                </ins>
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
