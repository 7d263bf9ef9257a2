/** Builds a funnel: its fields, its steps, and beside them what one run of it would send. */
import { Plus, Save } from "lucide";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, api } from "../../api/client";
import type { FieldError, Funnel, NewFunnel, StepType } from "../../api/types";
import { percent } from "../../format";
import { go } from "../../router";
import { Button, Card, Check, Field, Input, Notice, PageHead, toast, toastError, useAction } from "../../ui";
import { useCheck } from "../content/check";
import { useUnsaved } from "../content/unsaved";
import { PreviewCard } from "./preview";
import { type Draft, draftOf, funnelOf, moved, newStep, sortFaults } from "./shape";
import { Steps } from "./steps";

/** What an error says about fields; 409 is about the name. */
function faultsIn(error: unknown): FieldError[] {
  if (!(error instanceof ApiError)) return [];
  if (error.code === "name_taken") return [{ field: "name", message: error.message }];
  return error.errors;
}

export function Builder({ funnel }: { funnel: NewFunnel | Funnel }) {
  const id = "id" in funnel ? funnel.id : undefined;
  const [draft, setDraft] = useState<Draft>(() => draftOf(funnel));
  const [kept, setKept] = useState(() => JSON.stringify(funnelOf(draftOf(funnel))));
  const [refused, setRefused] = useState<{ of: string; error: unknown }>();
  const sent = useMemo(() => funnelOf(draft), [draft]);
  const now = JSON.stringify(sent);
  // A new one that nobody has touched may be left; one from a template is more than nothing, but is quickly made again.
  const changed = now !== kept;
  useUnsaved(changed);
  // Only when it is drawn as saved does the guard against leaving let it go.
  const [made, setMade] = useState<number>();
  useEffect(() => {
    if (made !== undefined && !changed) go(`funnels/${made}`);
  }, [made, changed]);

  // A name is needed to save; what the steps send can be seen before there is one.
  const preview = useCheck({ ...sent, name: sent.name || "Unnamed" }, (body, signal) =>
    api("POST /api/funnels/preview", { body, signal }),
  );
  const current = refused?.of === now ? refused.error : undefined;
  const faults = sortFaults([...faultsIn(current ?? preview.error)], draft);
  if (refused && sent.name === "") faults.own.name ??= "is missing: give the funnel a name";

  const edit = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const [save, saving] = useAction(
    async () => {
      if (sent.name === "") {
        setRefused({ of: now, error: undefined });
        document.querySelector<HTMLElement>("#view input[name=name]")?.focus();
        return;
      }
      if (id === undefined) {
        const made = await api("POST /api/funnels", { body: sent });
        setKept(now);
        toast(`The funnel ${made.name} was saved`);
        setMade(made.id);
      } else {
        const before = JSON.parse(kept) as NewFunnel;
        await api("PUT /api/funnels/{id}", { path: { id }, body: sent });
        setKept(now);
        toast(`The funnel ${sent.name} was saved`, "ok", () => {
          api("PUT /api/funnels/{id}", { path: { id }, body: before }).then(() => {
            setDraft(draftOf(before));
            setKept(JSON.stringify(funnelOf(draftOf(before))));
            toast("The earlier funnel is back");
          }, toastError);
        });
      }
    },
    (error) => {
      setRefused({ of: now, error });
      if (faultsIn(error).length === 0) toastError(error);
    },
  );

  const share = Number(draft.probability.replace(",", "."));
  return (
    <>
      <PageHead
        title={id === undefined ? "New funnel" : (funnel.name ?? "Funnel")}
        actions={
          <>
            <span role="status" class="text-[13px] text-faint">
              {changed ? "Not saved yet" : id === undefined ? "" : "Saved"}
            </span>
            <Button
              kind="primary"
              icon={Save}
              busy={saving}
              disabled={!changed && id !== undefined}
              onClick={() => void save()}
            >
              Save
            </Button>
          </>
        }
      />
      <div class="grid gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div class="flex min-w-0 flex-col gap-4">
          {faults.rest.length > 0 && (
            <Notice tone="bad" live title="This cannot be saved yet">
              <ul>
                {faults.rest.map((text) => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            </Notice>
          )}
          <Card>
            <div class="grid gap-4 sm:grid-cols-6">
              <Field label="Name" required error={faults.own.name} class="sm:col-span-6">
                {(wired) => (
                  <Input {...wired} name="name" value={draft.name} onText={(name) => edit({ name })} />
                )}
              </Field>
              <Field label="Description" error={faults.own.description} class="sm:col-span-6">
                {(wired) => (
                  <Input
                    {...wired}
                    value={draft.description}
                    onText={(description) => edit({ description })}
                  />
                )}
              </Field>
              <Field
                label="Share of visits"
                hint="0 to 1"
                error={faults.own.probability}
                help={
                  Number.isFinite(share) && share >= 0 && share <= 1 ? `${percent(share)} of them` : undefined
                }
                class="sm:col-span-3"
              >
                {(wired) => (
                  <Input
                    {...wired}
                    inputMode="decimal"
                    value={draft.probability}
                    onText={(probability) => edit({ probability })}
                  />
                )}
              </Field>
              <Field
                label="Priority"
                hint="from 0"
                error={faults.own.priority}
                help="Lower ones are tried first."
                class="sm:col-span-3"
              >
                {(wired) => (
                  <Input
                    {...wired}
                    inputMode="numeric"
                    value={draft.priority}
                    onText={(priority) => edit({ priority })}
                  />
                )}
              </Field>
              <div class="flex flex-wrap gap-x-6 gap-y-2 sm:col-span-6">
                <Check checked={draft.enabled} onToggle={(enabled) => edit({ enabled })}>
                  Visits follow it
                </Check>
                <Check checked={draft.exits} onToggle={(exits) => edit({ exits })}>
                  The visit ends with the last step
                </Check>
              </div>
            </div>
          </Card>
          <Card
            title="Steps"
            about="The first is a page view. Drag a step by its handle, or focus the handle and press the arrow keys."
          >
            {faults.own.steps && (
              <div class="mb-3">
                <Notice tone="bad" live>
                  {faults.own.steps}
                </Notice>
              </div>
            )}
            <Steps
              steps={draft.steps}
              faults={faults.steps}
              onChange={(steps) => edit({ steps })}
              onMove={(from, to) =>
                setDraft((before) => ({ ...before, steps: moved(before.steps, from, to) }))
              }
            />
            <div class="mt-3">
              <Button
                icon={Plus}
                onClick={() => edit({ steps: [...draft.steps, nextStep(draft)] })}
                disabled={draft.steps.length >= 100}
              >
                Add a step
              </Button>
            </div>
          </Card>
        </div>
        <PreviewCard check={preview} wrong={faultsIn(preview.error).length > 0} />
      </div>
    </>
  );
}

/** A step to go on with: a page of the same host as the one before. */
function nextStep(draft: Draft) {
  const type: StepType = "pageview";
  const before = draft.steps.map(({ values }) => values.url).findLast((url) => url);
  let url = "";
  try {
    url = before ? `${new URL(before).origin}/` : "";
  } catch {
    // It is not an address yet.
  }
  return newStep(type, { url });
}
