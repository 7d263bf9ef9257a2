/** `await confirm({...})`: asks before something that cannot be taken back, and tells what it will do. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Button } from "./button";
import { Dialog } from "./dialog";

interface Question {
  title: string;
  body: ComponentChildren;
  /** What the button says: a verb. */
  action: string;
  danger?: boolean;
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | undefined>(undefined);

export function confirm(question: Question): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (yes) => {
        asked.value = undefined;
        resolve(yes);
      },
    };
  });
}

/** Where the question appears. Stands once, in the page's frame. */
export function Confirmation() {
  const question = asked.value;
  if (!question) return null;
  return (
    <Dialog
      title={question.title}
      onClose={() => question.answer(false)}
      actions={
        <>
          {/* Enter does what was meant, unless that cannot be taken back. */}
          <Button autofocus={question.danger === true} onClick={() => question.answer(false)}>
            Cancel
          </Button>
          <Button
            kind={question.danger ? "danger" : "primary"}
            autofocus={!question.danger}
            onClick={() => question.answer(true)}
          >
            {question.action}
          </Button>
        </>
      }
    >
      <div class="text-soft">{question.body}</div>
    </Dialog>
  );
}
