/** Events: what visitors click and what else happens to them, as a text to edit and as a sample of it. */
import { MousePointerClick, Shuffle } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { EventCheck, Events } from "../../api/types";
import { count, percent } from "../../format";
import { status } from "../../state/status";
import { Button, Card, Empty, Segments, Table } from "../../ui";
import { Desk } from "../content/desk";
import { draw, readEvents, type SampleEvent } from "./sample";

export default function EventsView() {
  return (
    <Desk<Events, EventCheck>
      title="Events"
      about="What visitors do on a page. The load generator uses what is saved here from its next start on."
      things="events"
      file="events"
      ending="json"
      load={(signal) => api("GET /api/events", { signal })}
      check={(content, signal) => api("POST /api/events/validate", { body: { content }, signal })}
      save={(content) => api("POST /api/events", { body: { content } })}
      reset={() => api("DELETE /api/events")}
      good={({ counts }) =>
        counts
          ? `Nothing is wrong: ${count(counts.click_events)} click events, ${count(counts.random_events)} random events.`
          : "Nothing is wrong."
      }
      preview={(verdict, content) => <Sample content={verdict ? content : undefined} />}
      help={
        <>
          JSON with the lists <code class="font-mono">click_events</code> and{" "}
          <code class="font-mono">random_events</code>. An event has a category, an action, a name and a
          value, which may be null.
        </>
      }
    />
  );
}

const KINDS = [
  ["click", "Click events"],
  ["random", "Random events"],
] as const;

/** How many are drawn. */
const MANY = 8;

function Sample({ content }: { content: string | undefined }) {
  const [kind, setKind] = useState<"click" | "random">("click");
  const [round, setRound] = useState(0);
  const file = useMemo(() => (content === undefined ? undefined : readEvents(content)), [content]);
  const list = file?.[kind] ?? [];
  const drawn = useMemo(() => draw(list, MANY).map((event, at) => ({ ...event, at })), [file, kind, round]);
  const own = kind === "click" ? file?.clickProbability : file?.randomProbability;
  const setting = kind === "click" ? "CLICK_EVENTS_PROBABILITY" : "RANDOM_EVENTS_PROBABILITY";
  const set = Number(status.value?.config[setting] ?? Number.NaN);
  const share = own ?? (Number.isFinite(set) ? set : undefined);
  return (
    <Card
      title="Sample"
      about={share === undefined ? "Drawn as visitors draw them" : `${percent(share)} of all visits have one`}
      flush
      actions={
        <Button small icon={Shuffle} disabled={list.length === 0} onClick={() => setRound(round + 1)}>
          Draw again
        </Button>
      }
    >
      <div class="px-4 pb-2">
        <Segments label="Kind of event" options={KINDS} active={kind} onPick={setKind} />
      </div>
      {drawn.length > 0 ? (
        <Table
          caption="Events drawn at random"
          columns={COLUMNS}
          rows={drawn}
          keyOf={({ at }) => `${round}-${at}`}
        />
      ) : (
        <Empty icon={MousePointerClick} title="Nothing to draw from">
          {file
            ? "There are no such events in the text."
            : "A sample appears when nothing is wrong with the text."}
        </Empty>
      )}
      {list.length > MANY && (
        <p class="border-t border-line px-4 py-2 text-[13px] text-faint">
          {MANY} of {count(list.length)}
        </p>
      )}
    </Card>
  );
}

const COLUMNS = [
  { title: "Category", cell: (event: SampleEvent) => event.category },
  { title: "Action", cell: (event: SampleEvent) => event.action },
  { title: "Name", cell: (event: SampleEvent) => event.name },
  {
    title: "Value",
    figures: true,
    cell: (event: SampleEvent) => (event.value === null ? <span class="text-faint">none</span> : event.value),
  },
];
