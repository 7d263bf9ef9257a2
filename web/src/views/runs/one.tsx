/** One run: what it did, whether it held, whether all of it was recorded. */
import { ArrowLeft, FileJson, FileText, GitCompareArrows } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { api, apiText } from "../../api/client";
import type { RunDetail, RunSummary } from "../../api/types";
import { download } from "../../download";
import { dateAndTime, span } from "../../format";
import { HeldBadge } from "../../judged/badge";
import { Held } from "../../judged/cards";
import { go, href } from "../../router";
import {
  Button,
  Card,
  Dialog,
  Failed,
  Icon,
  Loading,
  PageHead,
  Select,
  useAction,
  useLoad,
  usePolled,
} from "../../ui";
import { comparing } from "./list";
import { ConditionBadge, KIND_OF_RUN, ProofBadge } from "./look";
import { Note } from "./note";
import { OverTime } from "./over-time";
import { ProofCard } from "./proof";
import { Figures, Settings } from "./record";

/** How often a run that goes on, or is being verified, is asked for, in milliseconds. */
const EVERY = 3000;
/** The same for one that is over: somebody else may verify it. */
const SELDOM = 15_000;

export function One({ id }: { id: string }) {
  const [every, setEvery] = useState(SELDOM);
  const {
    data: detail,
    error,
    refresh,
    set: setDetail,
  } = usePolled((signal) => api("GET /api/runs/{id}", { path: { id }, signal }), every, [id]);
  const moves = detail?.summary.state === "running" || detail?.verification.state === "running";
  useEffect(() => setEvery(moves ? EVERY : SELDOM), [moves]);
  const [retry] = useAction(refresh);
  return (
    <>
      <a
        href={href("runs")}
        class="mb-2 inline-flex items-center gap-1.5 text-[13px] text-soft hover:text-ink"
      >
        <Icon of={ArrowLeft} size={14} />
        All runs
      </a>
      <PageHead title={`Run ${id}`} actions={detail && <Actions run={detail.summary} />} />
      {content()}
    </>
  );

  function content() {
    if (!detail) {
      return (
        <Card>
          {error === undefined ? (
            <Loading rows={6} label="Loading the run" />
          ) : (
            <Failed error={error} onRetry={() => void retry()} />
          )}
        </Card>
      );
    }
    const { summary, report } = detail;
    return (
      <div class="flex flex-col gap-4">
        <Head detail={detail} />
        <Figures summary={summary} report={report ?? undefined} />
        <ProofCard detail={detail} refresh={refresh} />
        <Held judgements={report?.judgements ?? []} probes={report?.probes ?? []} />
        <OverTime series={detail.series} />
        <Note run={summary} onSaved={(run) => setDetail({ ...detail, summary: run })} />
        <Settings detail={detail} />
      </div>
    );
  }
}

function Head({ detail: { summary, time_zone, processes } }: { detail: RunDetail }) {
  const { started_at, ended_at } = summary;
  return (
    <div class="flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <ConditionBadge state={summary.state} />
      {summary.thresholds && <HeldBadge held={summary.thresholds === "held"} />}
      {(summary.proof || summary.verifying) && (
        <ProofBadge proof={summary.proof} verifying={summary.verifying} />
      )}
      <span class="figures text-[13px] text-faint">
        {KIND_OF_RUN(summary)} to <span class="[overflow-wrap:anywhere]">{summary.target}</span>, site{" "}
        {summary.site_id} ({time_zone}) · seed {summary.seed} · version {summary.version} · begun{" "}
        {dateAndTime(started_at)}
        {ended_at && ` · took ${span((Date.parse(ended_at) - Date.parse(started_at)) / 1000)}`}
        {processes > 1 && ` · taken up again ${processes - 1} ${processes === 2 ? "time" : "times"}`}
      </span>
    </div>
  );
}

function Actions({ run }: { run: RunSummary }) {
  const [choosing, setChoosing] = useState(false);
  const [asJson, makingJson] = useAction(() => take(run.id, "json"));
  const [asPage, makingPage] = useAction(() => take(run.id, "html"));
  return (
    <>
      <Button icon={GitCompareArrows} onClick={() => setChoosing(true)}>
        Compare
      </Button>
      <Button icon={FileJson} busy={makingJson} onClick={() => void asJson()}>
        JSON
      </Button>
      <Button icon={FileText} busy={makingPage} onClick={() => void asPage()}>
        Report
      </Button>
      {choosing && <Choose run={run} onClose={() => setChoosing(false)} />}
    </>
  );
}

/** The key goes in a header, which a link cannot send: the file is fetched, then handed over. */
async function take(id: string, format: "json" | "html"): Promise<void> {
  const text = await apiText("GET /api/runs/{id}/download", { path: { id }, query: { format } });
  download(`run-${id}.${format}`, text, format === "json" ? "application/json" : "text/html");
}

/** Asks which run this one is compared with. */
function Choose({ run, onClose }: { run: RunSummary; onClose: () => void }) {
  const { data, error, reload } = useLoad((signal) =>
    api("GET /api/runs", { query: { limit: 200 }, signal }),
  );
  const others = (data?.runs ?? []).filter(({ id }) => id !== run.id);
  const [picked, setPicked] = useState<string>();
  const other = others.find(({ id }) => id === picked) ?? others[0];
  const compare = () => {
    if (!other) return;
    const [a, b] = other.started_at < run.started_at ? [other, run] : [run, other];
    go(comparing(a.id, b.id));
  };
  return (
    <Dialog
      title="Compare with another run"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={!other} onClick={compare}>
            Compare
          </Button>
        </>
      }
    >
      {error !== undefined ? (
        <Failed error={error} onRetry={() => void reload()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : other ? (
        <Select
          aria-label="The other run"
          value={other.id}
          onPick={setPicked}
          options={others.map(({ id, started_at, note, seed }) => [
            id,
            `${id}, ${dateAndTime(started_at)}${seed === run.seed ? ", same seed" : ""}${note ? `: ${note}` : ""}`,
          ])}
        />
      ) : (
        <p class="text-soft">There is no other run yet.</p>
      )}
    </Dialog>
  );
}
