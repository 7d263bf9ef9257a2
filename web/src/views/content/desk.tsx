/** Where a file of the load generator is edited: text, checks, save, undo, and the way back to the built-in one. */
import { Download, RotateCcw, Save } from "lucide";
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { ContentSource, LineFault } from "../../api/types";
import { download, fileName } from "../../download";
import {
  Badge,
  Button,
  Card,
  confirm,
  Failed,
  FileButton,
  Loading,
  PageHead,
  toast,
  useAction,
  useLoad,
} from "../../ui";
import { useCheck } from "./check";
import { type Editor, LineEditor } from "./editor";
import { Verdict } from "./faults";
import { useUnsaved } from "./unsaved";

/** What is there now. */
export interface Current {
  content: string;
  source: ContentSource;
}

/** What the API says of a text. */
export interface Verdicts {
  errors: LineFault[];
}

export interface DeskProps<C extends Current, V extends Verdicts> {
  title: string;
  about: ComponentChildren;
  /** What they are called in a sentence: `pages`. */
  things: string;
  /** The file's name when it is downloaded. */
  file: string;
  ending: string;
  load: (signal: AbortSignal) => Promise<C>;
  check: (content: string, signal: AbortSignal) => Promise<V>;
  save: (content: string) => Promise<{ message: string }>;
  reset: () => Promise<{ message: string }>;
  /** What is said when nothing is wrong. */
  good: (verdict: V) => string;
  /** What the text stands for, beside it. */
  preview: (verdict: V | undefined, content: string) => ComponentChildren;
  help: ComponentChildren;
}

export function Desk<C extends Current, V extends Verdicts>(props: DeskProps<C, V>) {
  const { title, about, load } = props;
  const current = useLoad(load);
  return (
    <>
      {!current.data && <PageHead title={title} about={about} />}
      {current.data ? (
        <Opened {...props} current={current.data} reload={current.reload} />
      ) : current.error ? (
        <Failed error={current.error} onRetry={() => void current.reload()} />
      ) : (
        <Card>
          <Loading rows={8} />
        </Card>
      )}
    </>
  );
}

function Opened<C extends Current, V extends Verdicts>({
  title,
  about,
  things,
  file,
  ending,
  check,
  save,
  reset,
  good,
  preview,
  help,
  current,
  reload,
}: DeskProps<C, V> & { current: C; reload: () => Promise<void> }) {
  // What the control plane has; `kept` is replaced by what was saved, so that the view need not be loaded anew.
  const [kept, setKept] = useState<Current>(current);
  const [text, setText] = useState(current.content);
  const id = useId();
  const editor = useRef<Editor>(null);
  const changed = text !== kept.content;
  useUnsaved(changed);
  const verdict = useCheck(text, check);
  const faults = verdict.answer?.errors ?? [];

  const take = (next: Current) => {
    setKept(next);
    setText(next.content);
  };
  const putBack = async (before: Current) => {
    if (before.source === "custom") await save(before.content);
    else await reset();
    take(before);
    toast(`The earlier ${things} are back`);
  };
  const undo = (before: Current) => () =>
    void putBack(before).catch((error: Error) => toast(error.message, "bad"));

  const [doSave, saving] = useAction(async () => {
    const before = kept;
    const { message } = await save(text);
    setKept({ content: text, source: "custom" });
    toast(sentence(message), "ok", undo(before));
  });
  const [doReset, resetting] = useAction(async () => {
    const yes = await confirm({
      title: `Go back to the built-in ${things}?`,
      body: `Your own ${things} are removed from the control plane. You can undo this right afterwards.`,
      action: "Go back",
      danger: true,
    });
    if (!yes) return;
    const before = kept;
    const { message } = await reset();
    setText("");
    await reload();
    toast(sentence(message), "ok", undo(before));
  });
  const [open] = useAction(async (chosen: File) => setText(await chosen.text()));

  // The built-in list comes with the next answer after a reset.
  const seen = useRef(current);
  if (seen.current !== current) {
    seen.current = current;
    take(current);
  }

  return (
    <>
      <PageHead
        title={title}
        about={about}
        actions={
          <>
            <Badge tone={kept.source === "custom" ? "accent" : "neutral"}>
              {kept.source === "custom" ? "Your own" : "Built in"}
            </Badge>
            {kept.source === "custom" && (
              <Button icon={RotateCcw} busy={resetting} onClick={() => void doReset()}>
                Built-in {things}
              </Button>
            )}
          </>
        }
      />
      <div class="grid gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Card
          title="Text"
          actions={
            <>
              <FileButton
                small
                kind="quiet"
                accept={ending === "json" ? ".json,application/json" : ".txt,text/plain"}
                file={`File of ${things} to open`}
                onFile={(chosen) => void open(chosen)}
              >
                Open a file
              </FileButton>
              <Button
                small
                kind="quiet"
                icon={Download}
                onClick={() =>
                  download(
                    fileName(file, ending),
                    text,
                    ending === "json" ? "application/json" : "text/plain;charset=utf-8",
                  )
                }
              >
                Download
              </Button>
            </>
          }
        >
          <div class="flex flex-col gap-3">
            <LineEditor
              label={`The text of the ${things}`}
              text={text}
              onText={setText}
              faults={faults}
              describedBy={id}
              handle={editor}
            />
            <Verdict
              id={id}
              faults={faults}
              waiting={verdict.waiting}
              good={verdict.answer ? good(verdict.answer) : "Not checked yet."}
              onLine={(line) => editor.current?.show(line)}
            />
            <div class="flex flex-wrap items-center gap-2">
              <Button
                kind="primary"
                icon={Save}
                busy={saving}
                disabled={!changed || verdict.waiting || faults.length > 0}
                onClick={() => void doSave()}
              >
                Save
              </Button>
              <Button kind="quiet" disabled={!changed} onClick={() => setText(kept.content)}>
                Discard changes
              </Button>
              <span class="text-[13px] text-faint" role="status">
                {changed ? "Not saved yet" : "Nothing changed"}
              </span>
            </div>
            <div class="border-t border-line pt-3 text-[13px] text-faint">{help}</div>
          </div>
        </Card>
        <div class="min-w-0">{preview(faults.length > 0 ? undefined : verdict.answer, text)}</div>
      </div>
    </>
  );
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
