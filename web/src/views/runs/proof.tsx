/** The proof of a run: the button that asks for it, how it goes, and what it came to. */
import { CircleX, FileText, ShieldCheck } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, api, apiText } from "../../api/client";
import type { ProofSummary, RunDetail, Verification } from "../../api/types";
import { download } from "../../download";
import { count, dateAndTime, span } from "../../format";
import { now } from "../../state/now";
import { Button, Card, confirm, Dialog, Field, Input, Notice, toast, useAction } from "../../ui";
import { Lines, Missing, Tables } from "./proof-tables";

/** As the API's, in seconds. */
const USUAL_WAIT = 900;

export function ProofCard({ detail, refresh }: { detail: RunDetail; refresh: () => Promise<void> }) {
  const { summary, proof, verification } = detail;
  const [asking, setAsking] = useState(false);
  useEnd(verification);
  const [asText, making] = useAction(async () => {
    const text = await apiText("GET /api/runs/{id}/proof", {
      path: { id: summary.id },
      query: { format: "markdown" },
    });
    download(`proof-${summary.id}.md`, text, "text/markdown");
  });
  const runs = verification.state === "running";
  return (
    <Card
      title="Was all of it recorded?"
      about={proof ? `Asked ${dateAndTime(proof.made_at)}` : undefined}
      actions={
        <>
          {proof && (
            <Button small icon={FileText} busy={making} onClick={() => void asText()}>
              As Markdown
            </Button>
          )}
          <Button
            small
            kind={proof ? "plain" : "primary"}
            icon={ShieldCheck}
            disabled={runs}
            onClick={() => setAsking(true)}
          >
            {proof ? "Verify again" : "Verify"}
          </Button>
        </>
      }
    >
      <div class="flex flex-col gap-4">
        {runs && <UnderWay id={summary.id} verification={verification} refresh={refresh} />}
        {verification.state === "failed" && verification.error && (
          <Notice tone="bad" live title="There is no answer">
            {verification.error}
          </Notice>
        )}
        {verification.state === "stopped" && <Notice title="The verification was stopped" />}
        {proof ? (
          <Proof proof={proof} />
        ) : (
          !runs && (
            <p class="text-soft">
              The load generator has kept what the reports of the target should say of this run. Verify asks
              the target, and compares figure by figure.
            </p>
          )
        )}
      </div>
      {asking && <Ask detail={detail} onClose={() => setAsking(false)} refresh={refresh} />}
    </Card>
  );
}

/** Tells the end of a verification that was seen to be under way. */
function useEnd({ state }: Verification): void {
  const before = useRef(state);
  useEffect(() => {
    if (before.current === "running" && state === "done") toast("The verification is done");
    before.current = state;
  }, [state]);
}

function UnderWay({
  id,
  verification,
  refresh,
}: {
  id: string;
  verification: Verification;
  refresh: () => Promise<void>;
}) {
  const [stop, stopping] = useAction(async () => {
    const yes = await confirm({
      title: "Stop the verification?",
      body: "Nothing of it is kept; it can be begun again at any time.",
      action: "Stop it",
    });
    if (!yes) return;
    await api("DELETE /api/runs/{id}/verify", { path: { id } });
    await refresh();
  });
  const since = verification.started_at ? (now.value - Date.parse(verification.started_at)) / 1000 : 0;
  return (
    <Notice
      tone="accent"
      live
      title="The reports of the target are read"
      actions={
        <Button small icon={CircleX} busy={stopping} onClick={() => void stop()}>
          Stop
        </Button>
      }
    >
      For {span(since)} so far. Where the target still archives, it is waited for,{" "}
      {span(verification.wait_s ?? USUAL_WAIT)} at the most.
    </Notice>
  );
}

function Proof({ proof }: { proof: ProofSummary }) {
  const { totals } = proof;
  const facts: [term: string, figure: number, tone: string][] = [
    ["Figures compared", totals.lines, ""],
    ["Exact", totals.exact, "text-ok"],
    ["Within what is possible", totals.possible, ""],
    ["Differ, explained", totals.explained, totals.explained > 0 ? "text-warn" : ""],
    ["Differ, unexplained", totals.unexplained, totals.unexplained > 0 ? "text-bad" : ""],
  ];
  return (
    <>
      <Notice tone={proof.proved ? "ok" : "bad"} title={proof.proved ? "Proved" : "Not proved"}>
        {proof.verdict}
      </Notice>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-3 lg:grid-cols-5">
        {facts.map(([term, figure, tone]) => (
          <div key={term}>
            <dt class="text-[12.5px] text-faint">{term}</dt>
            <dd class={`figures text-[18px] font-semibold ${tone}`}>{count(figure)}</dd>
          </div>
        ))}
      </dl>
      <Part title="What is missing" open={proof.missing.length > 0}>
        {proof.missing.length > 0 && <Missing missing={proof.missing} />}
      </Part>
      <Part title="Figures that differ" open={proof.lines.length > 0}>
        {proof.lines.length > 0 && <Lines lines={proof.lines} leftOut={proof.lines_left_out} />}
      </Part>
      <Part title="Report by report" open={false}>
        <Tables tables={proof.tables} />
      </Part>
      {proof.notes.length > 0 && (
        <ul class="list-disc pl-5 text-soft">
          {proof.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Part({ title, open, children }: { title: string; open: boolean; children: ComponentChildren }) {
  if (!children) return null;
  return (
    <details open={open} class="rounded-lg border border-line">
      <summary class="cursor-pointer rounded-lg px-3 py-2 font-medium hover:bg-sunken">{title}</summary>
      <div class="border-t border-line">{children}</div>
    </details>
  );
}

function Ask({
  detail: { summary },
  onClose,
  refresh,
}: {
  detail: RunDetail;
  onClose: () => void;
  refresh: () => Promise<void>;
}) {
  const [wait, setWait] = useState(String(USUAL_WAIT));
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<unknown>();
  const fault = (field: string): string | undefined =>
    problem instanceof ApiError ? problem.errors.find((error) => error.field === field)?.message : undefined;
  const [verify, beginning] = useAction(async () => {
    await api("POST /api/runs/{id}/verify", {
      path: { id: summary.id },
      body: { wait_s: Number(wait), ...(token !== "" && { token_auth: token }) },
    });
    onClose();
    await refresh();
  }, setProblem);
  const other =
    problem !== undefined && !fault("wait_s") && !fault("token_auth")
      ? problem instanceof Error
        ? problem.message
        : String(problem)
      : undefined;
  return (
    <Dialog
      title="Verify this run"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" icon={ShieldCheck} busy={beginning} onClick={() => void verify()}>
            Verify
          </Button>
        </>
      }
    >
      <form
        class="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void verify();
        }}
      >
        <p class="text-soft">
          {summary.target} is asked for its reports of the days of this run.
          {summary.state === "running" && " The run goes on: what it sends meanwhile is not compared."}
        </p>
        {other && (
          <Notice tone="bad" live>
            {other}
          </Notice>
        )}
        <Field
          label="Longest wait"
          hint="seconds"
          help="A target that archives by schedule needs up to its interval. It is not waited longer than needed."
          error={fault("wait_s")}
        >
          {(wired) => (
            <Input
              {...wired}
              type="number"
              min={0}
              max={3600}
              value={wait}
              onText={setWait}
              inputMode="numeric"
            />
          )}
        </Field>
        <Field
          label="Token"
          help="Empty: that of the load generator. Any token that may view the site will do; it is not kept."
          error={fault("token_auth")}
        >
          {(wired) => <Input {...wired} type="password" value={token} onText={setToken} />}
        </Field>
        {/* Enter sends the form. */}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
