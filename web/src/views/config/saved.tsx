/** Saved configurations: load, save, duplicate, rename, delete; export and import of all. */
import { Copy, Download, FolderOpen, Save, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { type Answer, ApiError, api, tell } from "../../api/client";
import type { ConfigFile, SavedConfig, Schema, Settings } from "../../api/types";
import { download, fileName } from "../../download";
import { dateAndTime } from "../../format";
import {
  Button,
  Card,
  Check,
  confirm,
  Dialog,
  Empty,
  Failed,
  Field,
  FileButton,
  Input,
  type Loaded,
  Loading,
  TextArea,
  toast,
  useAction,
} from "../../ui";
import { configOf, type Draft, draftOf } from "./model";

type List = Loaded<Answer<"GET /api/configs">>;

/** The id whose secrets stand behind the masks of a draft. */
export const secretsOf = (draft: Draft): { config_id?: number } =>
  draft.origin.kind === "saved" ? { config_id: draft.origin.id } : {};

export function SavedConfigs({
  list,
  draft,
  onLoad,
}: {
  list: List;
  draft: Draft;
  onLoad: (draft: Draft) => Promise<void>;
}) {
  const [exporting, setExporting] = useState(false);
  const [importFile, importing] = useAction(async (chosen: File) => {
    const content = parsed(await chosen.text());
    let done: { message: string };
    try {
      done = await api("POST /api/configs/import", { body: content });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "name_taken") throw error;
      const yes = await confirm({
        title: "Replace configurations of the same name?",
        body: tell(error),
        action: "Replace",
        danger: true,
      });
      if (!yes) return;
      done = await api("POST /api/configs/import", { query: { replace: true }, body: content });
    }
    toast(done.message);
    await list.reload();
  });
  const loadedId = draft.origin.kind === "saved" ? draft.origin.id : undefined;
  return (
    <Card
      title="Saved configurations"
      actions={
        <>
          <FileButton
            small
            kind="quiet"
            label="Import from a file"
            busy={importing}
            accept=".json,application/json"
            file="File of configurations to import"
            onFile={(chosen) => void importFile(chosen)}
          />
          <Button
            small
            kind="quiet"
            icon={Download}
            label="Export to a file"
            disabled={!list.data?.configs.length}
            onClick={() => setExporting(true)}
          />
        </>
      }
    >
      {list.data ? (
        list.data.configs.length === 0 ? (
          <Empty icon={Save} title="None yet">
            Save what is in the form to come back to it.
          </Empty>
        ) : (
          <ul class="-mx-2 flex flex-col">
            {list.data.configs.map((saved) => (
              <Row
                key={saved.id}
                saved={saved}
                loaded={saved.id === loadedId}
                onLoad={() =>
                  onLoad(draftOf({ kind: "saved", id: saved.id, name: saved.name }, saved.config))
                }
                onChanged={list.reload}
              />
            ))}
          </ul>
        )
      ) : list.error ? (
        <Failed error={list.error} onRetry={list.reload} />
      ) : (
        <Loading />
      )}
      {exporting && <Export onClose={() => setExporting(false)} />}
    </Card>
  );
}

function parsed(text: string): ConfigFile {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("This file is not JSON. Choose one that was exported here.");
  }
}

function Row({
  saved,
  loaded,
  onLoad,
  onChanged,
}: {
  saved: SavedConfig;
  loaded: boolean;
  onLoad: () => Promise<void>;
  onChanged: () => Promise<void>;
}) {
  const [load, loading] = useAction(onLoad);
  const [duplicate, duplicating] = useAction(async () => {
    const name = `${saved.name.slice(0, 90)} (copy)`;
    await api("POST /api/configs", {
      body: { name, description: saved.description, config: saved.config as Settings, config_id: saved.id },
    });
    toast(`Saved as “${name}”`);
    await onChanged();
  });
  const [remove, removing] = useAction(async () => {
    const yes = await confirm({
      title: `Delete “${saved.name}”?`,
      body: "It is gone for good, its token too. What is running goes on.",
      action: "Delete",
      danger: true,
    });
    if (!yes) return;
    await api("DELETE /api/configs/{id}", { path: { id: saved.id } });
    toast(`“${saved.name}” was deleted`);
    await onChanged();
  });
  return (
    <li class={`flex items-center gap-1 rounded-lg px-2 py-1.5 ${loaded ? "bg-accent-soft" : ""}`}>
      <div class="min-w-0 grow">
        <p class="truncate font-medium" title={saved.description || saved.name}>
          {saved.name}
          {loaded && <span class="font-normal text-accent"> · in the form</span>}
        </p>
        <p class="figures truncate text-[12.5px] text-faint">{dateAndTime(saved.updated_at)}</p>
      </div>
      <Button
        small
        kind="quiet"
        icon={FolderOpen}
        busy={loading}
        label={`Load ${saved.name}`}
        onClick={load}
      />
      <Button
        small
        kind="quiet"
        icon={Copy}
        busy={duplicating}
        label={`Duplicate ${saved.name}`}
        onClick={duplicate}
      />
      <Button
        small
        kind="quiet"
        icon={Trash2}
        busy={removing}
        label={`Delete ${saved.name}`}
        onClick={remove}
      />
    </li>
  );
}

function Export({ onClose }: { onClose: () => void }) {
  const [tokens, setTokens] = useState(false);
  const [run, busy] = useAction(async () => {
    const file = await api("GET /api/configs/export", { query: { include_tokens: tokens } });
    download(fileName("configs"), `${JSON.stringify(file, null, 2)}\n`);
    onClose();
  });
  return (
    <Dialog
      title="Export all configurations"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" icon={Download} busy={busy} onClick={run}>
            Export
          </Button>
        </>
      }
    >
      <Check checked={tokens} onToggle={setTokens}>
        With tokens and passwords
      </Check>
      <p class="mt-2 text-[13px] text-soft">
        {tokens
          ? "Whoever has the file can use the tokens. Keep it as you would keep a password."
          : "The file holds no secrets."}
      </p>
    </Dialog>
  );
}

export function SaveDialog({
  draft,
  schema,
  onClose,
  onSaved,
}: {
  draft: Draft;
  schema: Schema;
  onClose: () => void;
  onSaved: (saved: SavedConfig) => void;
}) {
  const { origin } = draft;
  const [name, setName] = useState(origin.kind === "saved" ? origin.name : "");
  const [about, setAbout] = useState("");
  const [fault, setFault] = useState<string>();
  const replaces = origin.kind === "saved" && name.trim() === origin.name;
  const [save, busy] = useAction(
    async () => {
      const config = configOf(draft, schema) as Settings;
      const described = about.trim() ? { description: about.trim() } : {};
      const saved = replaces
        ? await api("PUT /api/configs/{id}", { path: { id: origin.id }, body: { config, ...described } })
        : await api("POST /api/configs", {
            body: { name: name.trim(), config, ...described, ...secretsOf(draft) },
          });
      toast(`“${saved.name}” is saved`);
      onSaved(saved);
    },
    (error) => setFault(tell(error)),
  );
  return (
    <Dialog
      title="Save the configuration"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" icon={Save} busy={busy} disabled={name.trim() === ""} onClick={save}>
            {replaces ? "Save changes" : "Save"}
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
        <Field
          label="Name"
          error={fault}
          {...(origin.kind === "saved"
            ? {
                help: replaces
                  ? `Replaces what was saved as “${origin.name}”.`
                  : "Another name saves another configuration.",
              }
            : {})}
        >
          {(wired) => <Input {...wired} value={name} onText={setName} maxLength={100} autofocus />}
        </Field>
        <Field label="Description">
          {(wired) => <TextArea {...wired} rows={2} maxLength={500} value={about} onText={setAbout} />}
        </Field>
      </form>
    </Dialog>
  );
}
