/** Tries the Matomo in the form, and tells what was found. It leaves no visit there. */
import { CircleCheck, CircleHelp, CircleX, type IconNode, PlugZap } from "lucide";
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import type { ConnectionResult, Schema } from "../../api/types";
import { millis } from "../../format";
import { Button, Card, Icon, Notice, useAction } from "../../ui";
import { type Draft, defaultOf, textOf } from "./model";

export function Connection({ draft, schema }: { draft: Draft; schema: Schema }) {
  const [result, setResult] = useState<{ of: string; found: ConnectionResult }>();
  const url = textOf(draft, "MATOMO_URL").trim();
  const token = textOf(draft, "MATOMO_TOKEN_AUTH").trim();
  const site = textOf(draft, "MATOMO_SITE_ID").trim() || siteByDefault(schema);
  // What was found says nothing about another address.
  const of = JSON.stringify([url, token, site]);
  const [test, busy] = useAction(async () => {
    setResult(undefined);
    const found = await api("POST /api/test-connection", {
      body: {
        matomo_url: url,
        site_id: Number(site),
        token_auth: token || null,
        ...(draft.origin.kind === "saved" ? { config_id: draft.origin.id } : {}),
      },
    });
    setResult({ of, found });
  });
  const found = result?.of === of ? result.found : undefined;
  return (
    <Card title="Connection" about="Asks the Matomo; leaves no visit there.">
      <Button class="w-full" icon={PlugZap} busy={busy} disabled={url === ""} onClick={test}>
        {busy ? "Asking Matomo…" : "Test connection"}
      </Button>
      {url === "" && <p class="mt-2 text-[13px] text-faint">Enter the Matomo URL first.</p>}
      <div role="status" class="mt-3 empty:hidden">
        {found && <Found result={found} />}
      </div>
    </Card>
  );
}

const siteByDefault = (schema: Schema): string => {
  const setting = schema.settings.find(({ name }) => name === "MATOMO_SITE_ID");
  return setting ? defaultOf(setting) : "1";
};

function Found({ result }: { result: ConnectionResult }) {
  const time = result.response_time_ms;
  return (
    <div class="flex flex-col gap-3">
      <Notice tone={result.success ? "ok" : "bad"} title={sentence(result.message)}>
        {result.error && sentence(result.error)}
      </Notice>
      <ul class="flex flex-col gap-1.5">
        <Line ok={result.reachable}>
          {result.reachable
            ? `Answers${result.status_code ? ` with status ${result.status_code}` : ""}${time ? ` in ${millis(time)}` : ""}`
            : "Does not answer"}
        </Line>
        {result.version && <Line ok>Matomo {result.version}</Line>}
        {result.site_name && <Line ok>Site “{result.site_name}”</Line>}
        <Line ok={result.token_valid}>
          {result.token_valid
            ? "The token is good"
            : result.token_valid === false
              ? "The token is not good"
              : "No token was tried"}
        </Line>
        <Line ok={result.may_override_country}>Visitors from many countries</Line>
        <Line ok={result.may_send_old_dates}>Visits in the past, for backfills</Line>
      </ul>
      {result.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          {sentence(warning)}
        </Notice>
      ))}
    </div>
  );
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Line({ ok, children }: { ok: boolean | null | undefined; children: preact.ComponentChildren }) {
  const [icon, colour, word]: [IconNode, string, string] = ok
    ? [CircleCheck, "text-ok", "yes"]
    : ok === false
      ? [CircleX, "text-bad", "no"]
      : [CircleHelp, "text-faint", "not known"];
  return (
    <li class="flex items-start gap-2">
      <Icon of={icon} class={`mt-0.5 ${colour}`} />
      <span class="min-w-0">
        {children}
        <span class="sr-only">: {word}</span>
      </span>
    </li>
  );
}
