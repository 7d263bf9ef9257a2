/** Makes a preset of the person's own, or changes one: its name, what it is for, and its settings. */
import { Save } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { ApiError, api, tell } from "../../api/client";
import type { Preset, Schema, Settings } from "../../api/types";
import { status } from "../../state/status";
import { Button, Dialog, Field, Input, Select, TextArea, toast, useAction } from "../../ui";
import { draft } from "../config/draft";
import { labelOf } from "../config/labels";
import { type Config, configOf } from "../config/model";

/** What belongs to a place and not to a load. */
const OF_A_PLACE = ["MATOMO_URL", "MATOMO_SITE_ID"];

/** A configuration without what belongs to one Matomo or one machine. */
export function loadOnly(config: Config, schema: Schema): Config {
  const kept = schema.settings.filter(
    ({ name, type, secret }) =>
      !secret && type !== "path" && !OF_A_PLACE.includes(name) && name !== "METRICS_PORT",
  );
  const names = new Set(kept.map(({ name }) => name));
  return Object.fromEntries(Object.entries(config).filter(([name]) => names.has(name.toUpperCase())));
}

type From = "form" | "running" | "itself";

export function PresetDialog({
  preset,
  schema,
  onClose,
  onSaved,
}: {
  preset: Preset | undefined;
  schema: Schema;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [name, setName] = useState(preset?.name ?? "");
  const [about, setAbout] = useState(preset?.description ?? "");
  const [from, setFrom] = useState<From>(preset ? "itself" : "form");
  const [fault, setFault] = useState<string>();
  const form = draft.value;
  const config = useMemo((): Config => {
    if (from === "itself") return preset?.config ?? {};
    if (from === "running") return loadOnly(status.peek()?.config ?? {}, schema);
    return form ? loadOnly(configOf(form, schema), schema) : {};
  }, [from, preset, form, schema]);
  const entries = Object.entries(config);

  const [save, busy] = useAction(
    async () => {
      const body = { name: name.trim(), description: about.trim(), config: config as Settings };
      const saved = preset
        ? await api("PUT /api/presets/{id}", { path: { id: preset.id }, body })
        : await api("POST /api/presets", { body });
      toast(`The preset “${saved.name}” is saved`);
      onSaved();
    },
    (error) => setFault(error instanceof ApiError ? error.story : tell(error)),
  );
  const sources: (readonly [From, string])[] = [
    ...(preset ? [["itself", "Its settings as they are"] as const] : []),
    ["form", "What is in the form"],
    ["running", "What is in use"],
  ];
  return (
    <Dialog
      title={preset ? `Edit “${preset.name}”` : "New preset"}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            icon={Save}
            busy={busy}
            disabled={name.trim() === "" || entries.length === 0}
            onClick={save}
          >
            Save
          </Button>
        </>
      }
    >
      <form
        class="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Name" error={fault}>
          {(wired) => <Input {...wired} value={name} onText={setName} maxLength={100} autofocus />}
        </Field>
        <Field label="Description">
          {(wired) => <TextArea {...wired} rows={2} maxLength={500} value={about} onText={setAbout} />}
        </Field>
        <Field
          label="Settings from"
          help="Address, site, token and paths are left out: a preset fits every Matomo."
        >
          {(wired) => (
            <Select {...wired} value={from} options={sources} onPick={(picked) => setFrom(picked as From)} />
          )}
        </Field>
        {entries.length === 0 ? (
          <p class="text-warn">There all settings have their defaults: change some in the form first.</p>
        ) : (
          <details>
            <summary class="text-soft">{entries.length} settings</summary>
            <dl class="mt-2 grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5 text-[13px]">
              {entries.map(([setting, value]) => (
                <div key={setting} class="contents">
                  <dt class="text-faint">{labelOf(setting)}</dt>
                  <dd class="figures text-right">{String(value)}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </form>
    </Dialog>
  );
}
