/** Config: the form of all settings, what it would change, and the ways to keep and to apply it. */
import { Play, RotateCcw, Save, Search, Upload } from "lucide";
import { useCallback, useMemo, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Schema, Setting, Settings } from "../../api/types";
import { isWaiting } from "../../frame/state";
import { refreshStatus, status } from "../../state/status";
import {
  Badge,
  Button,
  Card,
  confirm,
  Empty,
  Failed,
  Icon,
  Input,
  Loading,
  Notice,
  PageHead,
  Select,
  Tabs,
  toast,
  useAction,
  useLoad,
} from "../../ui";
import { useServerCheck } from "./check";
import { Connection } from "./connection";
import { Consequences, Diff, plural } from "./diff";
import { draft, fromRunning } from "./draft";
import { labelOf } from "./labels";
import {
  type Chapter,
  type Config,
  changes,
  chapters,
  configOf,
  type Draft,
  edit,
  fault,
  follows,
  isShown,
  overlay,
  textOf,
} from "./model";
import { SaveDialog, SavedConfigs, secretsOf } from "./saved";
import { SettingInput, ZONES_ID } from "./setting";

export default function ConfigView() {
  const schema = useLoad((signal) => api("GET /api/schema", { signal }));
  const current = draft.value;
  if (schema.error && !schema.data) return <Failed error={schema.error} onRetry={schema.reload} />;
  if (!schema.data || !current) {
    return (
      <>
        <PageHead title="Config" />
        <Card>
          <Loading rows={8} />
        </Card>
      </>
    );
  }
  return <Form schema={schema.data} current={current} running={status.value?.config ?? {}} />;
}

function Form({ schema, current, running }: { schema: Schema; current: Draft; running: Config }) {
  const list = useLoad((signal) => api("GET /api/configs", { signal }));
  const presets = useLoad((signal) => api("GET /api/presets", { signal }));
  const [chapter, setChapter] = useState("Core");
  const [wanted, setWanted] = useState("");
  const [saving, setSaving] = useState(false);
  // What nobody has come to yet is not called wrong before it matters.
  const [tried, setTried] = useState(false);
  const [said, checking] = useServerCheck(current, schema);
  const state = status.value?.container.state;
  const runs = state === "running" && !(status.value && isWaiting(status.value));
  const exists = state !== undefined && state !== "not_found";

  const onText = useCallback((setting: Setting, typed: string) => {
    if (draft.value) draft.value = edit(draft.value, setting, typed);
  }, []);
  const onReset = useCallback((setting: Setting) => {
    if (!draft.value) return;
    const { [setting.name]: _, ...edits } = draft.value.edits;
    draft.value = { ...draft.value, edits };
  }, []);

  const all = useMemo(() => chapters(schema), [schema]);
  const faults = useMemo(() => {
    const found = new Map<string, string>();
    for (const setting of schema.settings) {
      const wrong = fault(current, schema, setting);
      if (wrong) found.set(setting.name, wrong);
    }
    for (const { field, message } of said.errors) if (!found.has(field)) found.set(field, message);
    return found;
  }, [schema, current, said]);
  const warnings = useMemo(
    () => new Map(said.warnings.map(({ field, message }) => [field, message])),
    [said],
  );
  const diff = useMemo(() => changes(current, running, schema), [current, running, schema]);
  const known = new Set(schema.settings.map(({ name }) => name));
  const general = [...said.errors, ...said.warnings].filter(({ field }) => !known.has(field));
  const touched = Object.keys(current.edits).length;
  const whole = configOf(current, schema);
  const active = presets.data?.presets.find((preset) => follows(whole, preset.config, schema));

  const load = async (next: Draft) => {
    const unsaved = Object.keys(draft.value?.edits ?? {}).length;
    if (unsaved > 0) {
      const yes = await confirm({
        title: "Replace what is in the form?",
        body: `${plural(unsaved, "change")} in the form would be lost.`,
        action: "Replace",
        danger: true,
      });
      if (!yes) return;
    }
    draft.value = next;
  };

  const firstFault = () => {
    setTried(true);
    const [name] = faults.keys();
    const at = all.find(({ groups }) =>
      groups.some(({ settings }) => settings.some((setting) => setting.name === name)),
    );
    if (at) {
      setWanted("");
      setChapter(at.title);
      setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
    }
  };

  const [apply, applying] = useAction(async (begin: boolean) => {
    if (faults.size > 0) {
      toast(`${plural(faults.size, "setting")} must be mended first`, "bad");
      firstFault();
      return;
    }
    const yes = await confirm({
      title: begin ? "Apply and start?" : "Apply the configuration?",
      body: <Consequences diff={diff} runs={runs} begin={begin} exists={exists} />,
      action: begin ? "Apply and start" : "Apply",
    });
    if (!yes) return;
    const body = { config: configOf(current, schema) as Settings, ...secretsOf(current) };
    const done = begin
      ? await api("POST /api/start", { body: { ...body, restart_if_running: true } })
      : await api("POST /api/config/apply", { body });
    toast(done.message);
    await refreshStatus().catch(() => undefined);
    draft.value = fromRunning(status.value?.config ?? {});
  });

  const shown = (setting: Setting) => {
    const search = wanted.trim().toLowerCase();
    if (search === "") return isShown(current, schema, setting);
    return `${setting.name} ${labelOf(setting.name)} ${setting.help}`.toLowerCase().includes(search);
  };
  const groups = (
    wanted.trim()
      ? all.flatMap((one) => one.groups)
      : (all.find(({ title }) => title === chapter)?.groups ?? [])
  )
    .map((group) => ({ ...group, settings: group.settings.filter(shown) }))
    .filter(({ settings }) => settings.length > 0);

  return (
    <>
      <PageHead
        title="Config"
        about={<Source draft={current} />}
        actions={
          <>
            <div class="w-52">
              <Select
                aria-label="Put a preset on top"
                value=""
                options={[
                  ["", active ? `Preset: ${active.name}` : "Preset: none"],
                  ...(presets.data?.presets ?? []).map(
                    ({ id, name, config }) => [id, `${name}${rateOf(config)}`] as const,
                  ),
                ]}
                onPick={(id) => {
                  const picked = presets.data?.presets.find((preset) => preset.id === id);
                  if (!picked) return;
                  draft.value = overlay(current, schema, picked.config);
                  toast(`${picked.name} is in the form. Apply it to use it.`, "neutral", () => {
                    draft.value = current;
                  });
                }}
              />
            </div>
            <Button icon={Save} onClick={() => setSaving(true)}>
              Save…
            </Button>
            {(runs || exists) && (
              <Button
                kind={runs ? "primary" : "plain"}
                icon={Upload}
                busy={applying}
                disabled={diff.length === 0}
                onClick={() => apply(false)}
              >
                Apply
              </Button>
            )}
            {!runs && (
              <Button kind="primary" icon={Play} busy={applying} onClick={() => apply(true)}>
                Apply and start
              </Button>
            )}
          </>
        }
      />
      <div class="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
        <div class="min-w-0">
          {general.length > 0 && (
            <div class="mb-4 flex flex-col gap-2">
              {general.map(({ field, message, severity }) => (
                <Notice key={field + message} tone={severity === "error" ? "bad" : "warn"}>
                  <strong class="font-medium">{field}</strong> {message}
                </Notice>
              ))}
            </div>
          )}
          <div class="relative mb-3">
            <Icon of={Search} class="pointer-events-none absolute top-2.5 left-2.5 text-faint" />
            <Input
              type="search"
              aria-label="Find a setting"
              placeholder="Find a setting"
              class="pl-8"
              value={wanted}
              onText={setWanted}
            />
          </div>
          {wanted.trim() ? (
            renderGroups()
          ) : (
            <Tabs
              label="Chapters"
              active={chapter}
              onPick={setChapter}
              tabs={all.map((one) => [one.title, tab(one)] as const)}
            >
              <div class="pt-4">{renderGroups()}</div>
            </Tabs>
          )}
        </div>
        <aside class="flex min-w-0 flex-col gap-4" aria-label="Beside the form">
          <Connection draft={current} schema={schema} />
          <Diff
            diff={diff}
            touched={touched}
            faults={faults.size}
            checking={checking}
            onFault={firstFault}
            onDiscard={() => {
              const before = current;
              draft.value = { ...current, edits: {} };
              toast("The changes are taken back", "neutral", () => {
                draft.value = before;
              });
            }}
          />
          <SavedConfigs list={list} draft={current} onLoad={load} />
          {current.origin.kind !== "running" && exists && (
            <Button icon={RotateCcw} onClick={() => load(fromRunning(running))}>
              Load what is in use
            </Button>
          )}
        </aside>
      </div>
      <datalist id={ZONES_ID}>
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      {saving && (
        <SaveDialog
          draft={current}
          schema={schema}
          onClose={() => setSaving(false)}
          onSaved={(saved) => {
            setSaving(false);
            draft.value = {
              origin: { kind: "saved", id: saved.id, name: saved.name },
              base: saved.config,
              edits: {},
            };
            void list.reload();
          }}
        />
      )}
    </>
  );

  function tab({ title, groups: parts }: Chapter) {
    const names = parts.flatMap(({ settings }) => settings.map(({ name }) => name));
    const wrong = names.filter((name) => faults.has(name)).length;
    const edited = names.filter((name) => name in current.edits).length;
    return (
      <span class="inline-flex items-center gap-1.5">
        {title}
        {wrong > 0 && (
          <Badge tone="bad">
            {wrong}
            <span class="sr-only"> to mend</span>
          </Badge>
        )}
        {edited > 0 && (
          <Badge tone="accent">
            {edited}
            <span class="sr-only"> changed</span>
          </Badge>
        )}
      </span>
    );
  }

  function renderGroups() {
    if (groups.length === 0) {
      return (
        <Empty icon={Search} title="No setting matches">
          Look for another word, or for the variable's name.
        </Empty>
      );
    }
    return (
      <div class="flex flex-col gap-4">
        {groups.map((group) => (
          <Card key={group.name} title={group.name} about={group.about}>
            <div class="grid gap-x-6 gap-y-5 pt-2 md:grid-cols-2">
              {group.settings.map((setting) => (
                <SettingInput
                  key={setting.name}
                  setting={setting}
                  text={textOf(current, setting.name)}
                  changed={setting.name in current.edits}
                  error={
                    tried || setting.name in current.edits || !setting.required
                      ? faults.get(setting.name)
                      : undefined
                  }
                  warning={warnings.get(setting.name)}
                  onText={onText}
                  onReset={onReset}
                />
              ))}
            </div>
          </Card>
        ))}
      </div>
    );
  }
}

function rateOf(config: Config): string {
  const visits = Number(config.TARGET_VISITS_PER_DAY);
  return visits > 0 ? ` (${visits >= 1000 ? `${visits / 1000}k` : visits}/day)` : "";
}

function Source({ draft: { origin } }: { draft: Draft }) {
  if (origin.kind === "saved") return <>Saved as “{origin.name}”. Nothing changes until you apply it.</>;
  if (origin.kind === "running") return <>What is in use. Nothing changes until you apply it.</>;
  return <>A new configuration. Nothing happens until you apply it.</>;
}
