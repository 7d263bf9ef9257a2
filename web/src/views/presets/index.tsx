/** Presets: ready-made loads as cards, the one in use marked, and the person's own beside them. */
import { ArrowRight, CircleCheck, Download, Gauge, Pencil, Plus, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Preset, Schema, Settings } from "../../api/types";
import { download, fileName } from "../../download";
import { count } from "../../format";
import { go } from "../../router";
import { status } from "../../state/status";
import {
  Badge,
  Button,
  Card,
  confirm,
  Empty,
  Failed,
  FileButton,
  Loading,
  PageHead,
  Select,
  toast,
  useAction,
  useLoad,
} from "../../ui";
import { draft } from "../config/draft";
import { type Config, draftOf, follows, overlay } from "../config/model";
import { PresetDialog } from "./dialog";
import { type PresetFile, readPresets } from "./file";

export default function PresetsView() {
  const loaded = useLoad(async (signal) => {
    const [schema, list] = await Promise.all([
      api("GET /api/schema", { signal }),
      api("GET /api/presets", { signal }),
    ]);
    return { schema, presets: list.presets };
  });
  const [dialog, setDialog] = useState<Preset | "new">();
  const own = loaded.data?.presets.filter(({ builtin }) => !builtin) ?? [];

  const [importFile, importing] = useAction(async (chosen: File) => {
    const presets = readPresets(await chosen.text());
    const done: string[] = [];
    try {
      for (const preset of presets) {
        const same = own.find(({ name }) => name === preset.name);
        const { name, description, config } = preset;
        const body = { name, description, config: config as Settings };
        if (same) await api("PUT /api/presets/{id}", { path: { id: same.id }, body });
        else await api("POST /api/presets", { body });
        done.push(name);
      }
    } finally {
      if (done.length > 0) toast(`Imported: ${done.join(", ")}`);
      await loaded.reload();
    }
  });

  const exportAll = (presets: Preset[]) => {
    const content: PresetFile = {
      version: 1,
      presets: presets.map(({ name, description, config }) => ({ name, description, config })),
    };
    download(fileName("presets"), `${JSON.stringify(content, null, 2)}\n`);
  };

  const use = (preset: Preset, schema: Schema) => {
    const before = draft.value;
    draft.value = overlay(before ?? draftOf({ kind: "new" }, {}), schema, preset.config);
    go("config");
    toast(`${preset.name} is in the form. Apply it to use it.`, "neutral", () => {
      draft.value = before;
    });
  };

  const running = status.value?.config;
  const isActive = (preset: Preset, schema: Schema) =>
    running !== undefined && Object.keys(running).length > 0 && follows(running, preset.config, schema);

  return (
    <>
      <PageHead
        title="Presets"
        about="Ready-made loads. One click puts one into the form; your Matomo, site and token stay."
        actions={
          <>
            <FileButton
              busy={importing}
              accept=".json,application/json"
              file="File of presets to import"
              onFile={(chosen) => void importFile(chosen)}
            >
              Import
            </FileButton>
            <Button icon={Download} disabled={own.length === 0} onClick={() => exportAll(own)}>
              Export
            </Button>
            <Button kind="primary" icon={Plus} disabled={!loaded.data} onClick={() => setDialog("new")}>
              New preset
            </Button>
          </>
        }
      />
      {content()}
      {dialog && loaded.data && (
        <PresetDialog
          preset={dialog === "new" ? undefined : dialog}
          schema={loaded.data.schema}
          onClose={() => setDialog(undefined)}
          onSaved={() => {
            setDialog(undefined);
            void loaded.reload();
          }}
        />
      )}
    </>
  );

  function content() {
    if (!loaded.data) {
      return loaded.error ? <Failed error={loaded.error} onRetry={loaded.reload} /> : <Loading rows={6} />;
    }
    const { schema, presets } = loaded.data;
    const active = presets.find((preset) => isActive(preset, schema));
    return (
      <>
        <div class="mb-4 flex max-w-md flex-wrap items-center gap-2.5 sm:flex-nowrap">
          <label for="use-preset" class="font-medium whitespace-nowrap">
            Use a preset
          </label>
          <Select
            id="use-preset"
            value={active?.id ?? ""}
            options={[
              ...(active ? [] : ([["", "None is in use"]] as const)),
              ...presets.map(({ id, name, config }) => [id, `${name}: ${perDay(config)}`] as const),
            ]}
            onPick={(id) => {
              const picked = presets.find((preset) => preset.id === id);
              if (picked) use(picked, schema);
            }}
          />
        </div>
        <h2 class="sr-only">Built in</h2>
        <ul class="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
          {presets
            .filter(({ builtin }) => builtin)
            .map((preset) => (
              <Item
                key={preset.id}
                preset={preset}
                active={preset === active}
                onUse={() => use(preset, schema)}
              />
            ))}
        </ul>
        <h2 class="mt-8 mb-3 text-[16px] font-semibold">Your own</h2>
        {own.length === 0 ? (
          <Card>
            <Empty
              icon={Gauge}
              title="No preset of your own yet"
              actions={
                <Button icon={Plus} onClick={() => setDialog("new")}>
                  New preset
                </Button>
              }
            >
              Save what is in the form, or what is in use, as a preset: without address, site and token.
            </Empty>
          </Card>
        ) : (
          <ul class="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
            {own.map((preset) => (
              <Item
                key={preset.id}
                preset={preset}
                active={preset === active}
                onUse={() => use(preset, schema)}
                onEdit={() => setDialog(preset)}
                onExport={() => exportAll([preset])}
                onChanged={loaded.reload}
              />
            ))}
          </ul>
        )}
      </>
    );
  }
}

const perDay = (config: Config): string =>
  config.TARGET_VISITS_PER_DAY
    ? `${count(Number(config.TARGET_VISITS_PER_DAY))} visits a day`
    : "any number of visits";

/** How large a load is, as bars: each ten times the one before, from a thousand visits a day on. */
function Bars({ config }: { config: Config }) {
  const visits = Number(config.TARGET_VISITS_PER_DAY ?? 0);
  const level = visits < 5000 ? 1 : visits < 30_000 ? 2 : visits < 80_000 ? 3 : 4;
  return (
    <span class="flex h-7 items-end gap-1" aria-hidden="true">
      {[1, 2, 3, 4].map((bar) => (
        <span
          key={bar}
          class={`w-2 rounded-sm ${bar <= level ? "bg-accent" : "bg-line"} ${["h-2", "h-3.5", "h-5", "h-7"][bar - 1]}`}
        />
      ))}
    </span>
  );
}

function Item({
  preset,
  active,
  onUse,
  onEdit,
  onExport,
  onChanged,
}: {
  preset: Preset;
  active: boolean;
  onUse: () => void;
  onEdit?: () => void;
  onExport?: () => void;
  onChanged?: () => Promise<void>;
}) {
  const [remove, removing] = useAction(async () => {
    const yes = await confirm({
      title: `Delete the preset “${preset.name}”?`,
      body: "What is running goes on. You can put it back right after.",
      action: "Delete",
      danger: true,
    });
    if (!yes) return;
    await api("DELETE /api/presets/{id}", { path: { id: preset.id } });
    await onChanged?.();
    const { name, description, config } = preset;
    toast(`“${name}” was deleted`, "ok", async () => {
      await api("POST /api/presets", { body: { name, description, config: config as Settings } });
      await onChanged?.();
    });
  });
  const { config } = preset;
  const facts: [string, string | undefined][] = [
    ["Pages a visit", range(config.PAGEVIEWS_MIN, config.PAGEVIEWS_MAX)],
    ["Requests at once", config.CONCURRENCY ? String(config.CONCURRENCY) : undefined],
    ["Visit length", withUnit(range(config.VISIT_DURATION_MIN, config.VISIT_DURATION_MAX), "min")],
    ["Orders", share(config.ECOMMERCE_PROBABILITY)],
    ["Site searches", share(config.SITESEARCH_PROBABILITY)],
    [
      "Countries",
      config.RANDOMIZE_VISITOR_COUNTRIES === undefined
        ? undefined
        : String(config.RANDOMIZE_VISITOR_COUNTRIES) === "true"
          ? "many"
          : "one",
    ],
  ];
  return (
    <li
      class={`flex min-w-0 flex-col rounded-xl border bg-surface p-4 shadow-card ${active ? "border-accent ring-1 ring-accent" : "border-line"}`}
    >
      <div class="mb-2 flex items-start gap-2">
        <div class="min-w-0 grow">
          <h3 class="truncate text-[16px] font-semibold" title={preset.name}>
            {preset.name}
          </h3>
          {active && (
            <Badge tone="accent" icon={CircleCheck}>
              In use
            </Badge>
          )}
        </div>
        <Bars config={config} />
      </div>
      <p class="figures mb-1 font-medium">{perDay(config)}</p>
      {preset.description && <p class="mb-3 text-soft">{preset.description}</p>}
      <dl class="mb-4 grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 text-[13px]">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name} class="contents">
                <dt class="text-faint">{name}</dt>
                <dd class="figures text-right">{value}</dd>
              </div>
            ),
        )}
      </dl>
      <div class="mt-auto flex items-center gap-1">
        <Button class="grow" icon={ArrowRight} onClick={onUse} label={`Use ${preset.name}`}>
          Use
        </Button>
        {onEdit && <Button kind="quiet" icon={Pencil} label={`Edit ${preset.name}`} onClick={onEdit} />}
        {onExport && (
          <Button kind="quiet" icon={Download} label={`Export ${preset.name}`} onClick={onExport} />
        )}
        {onChanged && (
          <Button
            kind="quiet"
            icon={Trash2}
            busy={removing}
            label={`Delete ${preset.name}`}
            onClick={remove}
          />
        )}
      </div>
    </li>
  );
}

type Value = Config[string] | undefined;

const range = (from: Value, to: Value): string | undefined =>
  from === undefined || to === undefined ? undefined : `${from} to ${to}`;
const withUnit = (text: string | undefined, unit: string): string | undefined => text && `${text} ${unit}`;
const share = (value: Value): string | undefined =>
  value === undefined || value === null ? undefined : `${Math.round(Number(value) * 1000) / 10}% of visits`;
