/** A file of everything, back into the control plane: first shown, then done, and told thing by thing. */
import { CircleCheck, CircleX, Minus } from "lucide";
import { useState } from "preact/hooks";
import { tell } from "../../api/client";
import { download, fileName } from "../../download";
import { dateAndTime } from "../../format";
import {
  Button,
  Card,
  Check,
  confirm,
  FileButton,
  Icon,
  Notice,
  Segments,
  Table,
  toast,
  useAction,
} from "../../ui";
import {
  type Bundle,
  collect,
  type Outcome,
  PART_NAMES,
  PARTS,
  type Part,
  readBundle,
  replacing,
  restore,
  sizeOf,
} from "./bundle";

/** Files are larger than this only by mistake, in bytes. */
const LARGEST = 20_000_000;

export function ImportCard() {
  const [opened, setOpened] = useState<{ file: string; bundle: Bundle; here: Bundle }>();
  const [fault, setFault] = useState<string>();
  const [open, opening] = useAction(
    async (chosen: File) => {
      setFault(undefined);
      setOpened(undefined);
      if (chosen.size > LARGEST) throw new Error("This file is larger than 20 MB, and so none of ours.");
      const bundle = readBundle(await chosen.text());
      setOpened({ file: chosen.name, bundle, here: await collect(false) });
    },
    (error) => setFault(tell(error)),
  );
  return (
    <Card
      title="Import"
      about="A file that was exported here. It is shown first; nothing changes before you say so."
    >
      <div class="flex flex-col items-start gap-3">
        <FileButton
          busy={opening}
          accept=".json,application/json"
          file="File to import"
          onFile={(chosen) => void open(chosen)}
        >
          Choose a file
        </FileButton>
        {fault && (
          <Notice tone="bad" live>
            {fault}
          </Notice>
        )}
        {opened && <Plan key={opened.file} {...opened} onClose={() => setOpened(undefined)} />}
      </div>
    </Card>
  );
}

function Plan({
  file,
  bundle,
  here,
  onClose,
}: {
  file: string;
  bundle: Bundle;
  here: Bundle;
  onClose: () => void;
}) {
  const there = PARTS.filter((part) => sizeOf(bundle, part) > 0);
  const [parts, setParts] = useState<ReadonlySet<Part>>(new Set(there));
  const [policy, setPolicy] = useState<"keep" | "replace">("keep");
  const [done, setDone] = useState<Outcome[]>();
  const [waiting, setWaiting] = useState(0);
  const clashes = there.filter((part) => parts.has(part)).flatMap((part) => replacing(bundle, here, part));
  const replace = policy === "replace";
  const [run, running] = useAction(async () => {
    if (replace && clashes.length > 0) {
      const yes = await confirm({
        title: `Replace ${clashes.length === 1 ? "one thing" : `${clashes.length} things`} that you have?`,
        body: "A file with what is here now is downloaded first, without tokens. A configuration that is replaced loses its token unless the file has one.",
        action: "Replace",
        danger: true,
      });
      if (!yes) return;
      download(fileName("before-import"), `${JSON.stringify(here, null, 2)}\n`);
    }
    setDone([]);
    const step = (outcome: Outcome) => {
      setWaiting(0);
      setDone((before) => [...(before ?? []), outcome]);
    };
    const outcomes = await restore(bundle, parts, replace, step, setWaiting);
    const failed = outcomes.filter(({ what }) => what === "failed").length;
    toast(failed > 0 ? `${failed} could not be imported: see below` : "Imported", failed > 0 ? "bad" : "ok");
  });
  if (there.length === 0) return <Notice>There is nothing in this file but the built-in content.</Notice>;
  return (
    <div class="w-full rounded-lg border border-line">
      <p class="border-b border-line px-4 py-2.5">
        <span class="font-medium [overflow-wrap:anywhere]">{file}</span>
        {!Number.isNaN(Date.parse(bundle.exported_at)) && (
          <span class="text-[13px] text-faint"> of {dateAndTime(bundle.exported_at)}</span>
        )}
      </p>
      <Table
        caption="What the file holds"
        rows={there}
        keyOf={(part) => part}
        columns={[
          {
            title: "What",
            cell: (part) => (
              <Check
                checked={parts.has(part)}
                disabled={running}
                onToggle={(on) => {
                  const next = new Set(parts);
                  if (on) next.add(part);
                  else next.delete(part);
                  setParts(next);
                }}
              >
                {PART_NAMES[part]}
              </Check>
            ),
          },
          {
            title: "In the file",
            figures: true,
            cell: (part) => (Array.isArray(bundle[part]) ? sizeOf(bundle, part) : "a text"),
          },
          {
            title: "Here already",
            cell: (part) => {
              const names = replacing(bundle, here, part);
              if (names.length === 0) return <span class="text-faint">nothing of the kind</span>;
              return (
                <span class="text-warn [overflow-wrap:anywhere]">
                  {Array.isArray(bundle[part])
                    ? names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "")
                    : "another text of your own"}
                </span>
              );
            },
          },
        ]}
      />
      <div class="flex flex-col gap-3 border-t border-line p-4">
        {clashes.length > 0 && (
          <div class="flex flex-wrap items-center gap-x-3 gap-y-2">
            <span>What is here already</span>
            <Segments
              label="What is here already"
              active={policy}
              onPick={setPolicy}
              options={[
                ["keep", "stays"],
                ["replace", "is replaced"],
              ]}
            />
          </div>
        )}
        <div class="flex flex-wrap items-center gap-2">
          <Button kind="primary" busy={running} disabled={parts.size === 0} onClick={() => void run()}>
            Import
          </Button>
          <Button kind="quiet" disabled={running} onClick={onClose}>
            {done ? "Close" : "Cancel"}
          </Button>
          {waiting > 0 && running && (
            <span role="status" class="text-[13px] text-soft">
              The control plane takes only so many a minute; it goes on in {waiting} s.
            </span>
          )}
        </div>
        {done && done.length > 0 && (
          <ul class="flex flex-col gap-1 text-[13px]" aria-label="What was done">
            {done.map(({ part, name, what, why }) => (
              <li key={`${part} ${name}`} class="flex gap-2">
                <Icon
                  of={what === "failed" ? CircleX : what === "kept" ? Minus : CircleCheck}
                  size={15}
                  class={`mt-0.5 ${what === "failed" ? "text-bad" : what === "kept" ? "text-faint" : "text-ok"}`}
                />
                <span class="min-w-0 [overflow-wrap:anywhere]">
                  {PART_NAMES[part]}: {name}{" "}
                  {what === "kept" ? "stayed as it was" : what === "failed" ? "failed" : `${what}`}
                  {why && <span class="text-bad">: {why}</span>}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
