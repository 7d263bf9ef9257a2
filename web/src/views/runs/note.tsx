/** What a person wants to remember of a run. */
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { RunSummary } from "../../api/types";
import { Button, Card, TextArea, toast, useAction } from "../../ui";

/** As the API's. */
const LONGEST = 2000;

export function Note({ run, onSaved }: { run: RunSummary; onSaved: (run: RunSummary) => void }) {
  const [draft, setDraft] = useState<string>();
  const text = draft ?? run.note;
  const changed = draft !== undefined && draft !== run.note;
  const [save, saving] = useAction(async () => {
    onSaved(await api("PUT /api/runs/{id}", { path: { id: run.id }, body: { note: text.trim() } }));
    setDraft(undefined);
    toast("The note is saved");
  });
  return (
    <Card title="Note">
      <TextArea
        aria-label="Note about this run"
        rows={3}
        maxLength={LONGEST}
        placeholder="What was changed before this run, what it is to be compared with…"
        value={text}
        onText={setDraft}
      />
      {changed && (
        <div class="mt-2 flex gap-2">
          <Button kind="primary" small busy={saving} onClick={() => void save()}>
            Save the note
          </Button>
          <Button small onClick={() => setDraft(undefined)}>
            Discard
          </Button>
        </div>
      )}
    </Card>
  );
}
