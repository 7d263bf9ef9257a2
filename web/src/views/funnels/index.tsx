/** Funnels: the paths that a share of the visits follows. `/ui/funnels` lists them, `/ui/funnels/3` builds one. */
import { ArrowLeft, Copy, Filter, Pencil, Plus, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Funnel, NewFunnel } from "../../api/types";
import { percent } from "../../format";
import { go, href } from "../../router";
import {
  Button,
  Card,
  confirm,
  Dialog,
  Empty,
  Failed,
  Icon,
  Loading,
  PageHead,
  Switch,
  toast,
  toastError,
  useAction,
  useLoad,
} from "../../ui";
import { Builder } from "./builder";
import { iconOf } from "./icons";
import { STEPS } from "./shape";
import { blank, TEMPLATES } from "./templates";

/** Where the pages of visitors lie, when nothing better is known. */
const SOMEWHERE = "https://example.com";

/** The host of the pages in use, so that a template fits the site. */
async function originInUse(): Promise<string> {
  try {
    return (await api("GET /api/urls")).structure[0]?.name || SOMEWHERE;
  } catch {
    return SOMEWHERE;
  }
}

export default function FunnelsView({ rest }: { rest: string }) {
  const [id, template] = rest.split("/");
  if (!id) return <List />;
  return <Opened key={rest} id={id} template={template} />;
}

const BackLink = () => (
  <a
    href={href("funnels")}
    class="mb-2 inline-flex items-center gap-1.5 text-[13px] text-soft hover:text-ink"
  >
    <Icon of={ArrowLeft} size={14} />
    All funnels
  </a>
);

/** The funnel at an address: one that is there, or a new one. */
function Opened({ id, template }: { id: string; template: string | undefined }) {
  const funnel = useLoad<NewFunnel | Funnel>(async (signal) => {
    if (id !== "new") return api("GET /api/funnels/{id}", { path: { id: Number(id) || 0 }, signal });
    const origin = await originInUse();
    return (TEMPLATES.find((one) => one.id === template)?.make ?? blank)(origin);
  });
  if (funnel.data) {
    return (
      <>
        <BackLink />
        <Builder funnel={funnel.data} />
      </>
    );
  }
  return (
    <>
      <BackLink />
      <PageHead title="Funnel" />
      <Card>
        {funnel.error ? (
          <Failed error={funnel.error} onRetry={() => void funnel.reload()} />
        ) : (
          <Loading rows={8} />
        )}
      </Card>
    </>
  );
}

function List() {
  const funnels = useLoad((signal) => api("GET /api/funnels", { signal }));
  const [choosing, setChoosing] = useState(false);
  const list = [...(funnels.data?.funnels ?? [])].sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
  return (
    <>
      <PageHead
        title="Funnels"
        about="Paths that a share of the visits follows step by step. The load generator uses changes from its next start on."
        actions={
          <Button kind="primary" icon={Plus} onClick={() => setChoosing(true)}>
            New funnel
          </Button>
        }
      />
      {choosing && <Choose onClose={() => setChoosing(false)} />}
      {funnels.data ? (
        list.length > 0 ? (
          <>
            <ul class="flex flex-col gap-3">
              {list.map((funnel) => (
                <Row key={funnel.id} funnel={funnel} reload={funnels.reload} />
              ))}
            </ul>
            <p class="mt-3 text-[13px] text-faint">
              They are tried in this order, by priority; the first whose chance comes up is run.
            </p>
          </>
        ) : (
          <Card>
            <Empty icon={Filter} title="There are no funnels yet">
              Visits browse freely. With a funnel, a share of them buys something, asks for a call, or reads
              on. Begin with one of these:
              <Templates />
            </Empty>
          </Card>
        )
      ) : (
        <Card>
          {funnels.error ? (
            <Failed error={funnels.error} onRetry={() => void funnels.reload()} />
          ) : (
            <Loading rows={6} />
          )}
        </Card>
      )}
    </>
  );
}

function Choose({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="New funnel" onClose={onClose}>
      <p class="text-soft">Begin with a template, or with nothing.</p>
      <Templates />
      <div class="mt-3">
        <Button icon={Plus} onClick={() => go("funnels/new")}>
          An empty funnel
        </Button>
      </div>
    </Dialog>
  );
}

function Templates() {
  return (
    <div class="mt-4 grid gap-2 text-left">
      {TEMPLATES.map(({ id, title, about, icon }) => (
        <a
          key={id}
          href={href(`funnels/new/${id}`)}
          class="flex items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2.5 hover:bg-sunken"
        >
          <span class="grid size-9 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent">
            <Icon of={icon} size={18} />
          </span>
          <span class="min-w-0">
            <span class="block font-medium text-ink">{title}</span>
            <span class="block text-[13px] text-faint">{about}</span>
          </span>
        </a>
      ))}
    </div>
  );
}

/** What is sent to make a funnel once more. */
function bare({ id: _, created_at: __, updated_at: ___, ...funnel }: Funnel): NewFunnel {
  return funnel;
}

/** A name that is not taken yet. */
async function freeName(name: string): Promise<string> {
  const taken = new Set((await api("GET /api/funnels")).funnels.map((funnel) => funnel.name));
  for (let n = 1; ; n++) {
    const next = `${name} (copy${n > 1 ? ` ${n}` : ""})`;
    if (!taken.has(next)) return next;
  }
}

function Row({ funnel, reload }: { funnel: Funnel; reload: () => Promise<void> }) {
  const enabled = funnel.enabled ?? true;
  const [toggle] = useAction(async (on: boolean) => {
    await api("PUT /api/funnels/{id}", { path: { id: funnel.id }, body: { ...bare(funnel), enabled: on } });
    await reload();
  });
  const [duplicate, duplicating] = useAction(async () => {
    const copy = { ...bare(funnel), name: await freeName(funnel.name), enabled: false };
    const made = await api("POST /api/funnels", { body: copy });
    toast(`${made.name} is a copy. It is off until you turn it on.`);
    go(`funnels/${made.id}`);
  });
  const [remove, removing] = useAction(async () => {
    const yes = await confirm({
      title: "Delete this funnel?",
      body: `No visit follows "${funnel.name}" from the load generator's next start on.`,
      action: "Delete",
      danger: true,
    });
    if (!yes) return;
    await api("DELETE /api/funnels/{id}", { path: { id: funnel.id } });
    await reload();
    toast(`The funnel ${funnel.name} was deleted`, "ok", () => {
      api("POST /api/funnels", { body: bare(funnel) })
        .then(reload)
        .catch(toastError);
    });
  });
  return (
    <li class="rounded-xl border border-line bg-surface p-4 shadow-card">
      <div class="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div class="min-w-0 grow basis-60">
          <h2 class="font-semibold [overflow-wrap:anywhere]">
            <a href={href(`funnels/${funnel.id}`)} class="hover:text-accent hover:underline">
              {funnel.name}
            </a>
          </h2>
          {funnel.description && (
            <p class="text-[13px] text-soft [overflow-wrap:anywhere]">{funnel.description}</p>
          )}
        </div>
        <div class="flex flex-wrap items-center gap-1.5">
          <Switch
            label={`${funnel.name} is ${enabled ? "on" : "off"}`}
            checked={enabled}
            onToggle={(on) => void toggle(on)}
          />
          <span class="mr-2 w-6 text-[13px] text-soft" aria-hidden="true">
            {enabled ? "On" : "Off"}
          </span>
          <Button
            small
            kind="quiet"
            icon={Pencil}
            label={`Edit ${funnel.name}`}
            onClick={() => go(`funnels/${funnel.id}`)}
          />
          <Button
            small
            kind="quiet"
            icon={Copy}
            label={`Duplicate ${funnel.name}`}
            busy={duplicating}
            onClick={() => void duplicate()}
          />
          <Button
            small
            kind="quiet"
            icon={Trash2}
            label={`Delete ${funnel.name}`}
            busy={removing}
            onClick={() => void remove()}
          />
        </div>
      </div>
      <dl class="figures mt-3 flex flex-wrap gap-x-6 gap-y-1 text-[13px]">
        {[
          ["Share of visits", percent(funnel.probability)],
          ["Priority", String(funnel.priority ?? 0)],
          ["Afterwards", (funnel.exit_after_completion ?? true) ? "the visit ends" : "browsing goes on"],
        ].map(([term, value]) => (
          <div key={term} class="flex gap-1.5">
            <dt class="text-faint">{term}</dt>
            <dd class="font-medium">{value}</dd>
          </div>
        ))}
      </dl>
      <ol class="mt-3 flex flex-wrap items-center gap-1" aria-label="Steps">
        {funnel.steps.map((step, at) => (
          <li key={at} class="flex items-center gap-1">
            {at > 0 && <span class="h-px w-3 bg-edge" aria-hidden="true" />}
            <span
              class="grid size-7 place-items-center rounded-md bg-sunken text-soft"
              title={STEPS[step.type]?.label}
            >
              <Icon of={iconOf(step.type)} size={14} />
              <span class="sr-only">{STEPS[step.type]?.label}</span>
            </span>
          </li>
        ))}
      </ol>
    </li>
  );
}
