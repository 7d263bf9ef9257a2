/** Asks for the key, and finds out whether it is right before anything else is shown. */
import { Eye, EyeOff, KeyRound } from "lucide";
import { useState } from "preact/hooks";
import { ApiError, askWith } from "../api/client";
import { lockReason, unlock } from "../api/session";
import { Button, Check, Field, Input, Notice, useAction } from "../ui";
import { Logo } from "./logo";

export function Gate() {
  const [key, setKey] = useState("");
  const [keep, setKeep] = useState(false);
  const [shown, setShown] = useState(false);
  const [fault, setFault] = useState<string>();
  const [enter, busy] = useAction(
    async () => {
      const given = key.trim();
      if (given === "") {
        setFault("Enter the key: without it nothing is shown.");
        return;
      }
      await askWith(given, "GET /api/status");
      unlock(given, keep);
    },
    (error) => {
      const wrong = error instanceof ApiError && (error.code === "wrong_key" || error.code === "missing_key");
      setFault(wrong ? "This is not the key of this control plane." : (error as Error).message);
    },
  );
  return (
    <main class="grid min-h-dvh place-items-center p-4">
      <div class="w-full max-w-sm">
        <div class="mb-6 flex flex-col items-center gap-3 text-center">
          <Logo size={44} />
          <div>
            <h1 class="text-[22px] font-semibold tracking-tight">Trafficinator</h1>
            <p class="text-soft">A crowd of believable visitors for your Matomo.</p>
          </div>
        </div>
        <form
          class="flex flex-col gap-4 rounded-2xl border border-line bg-surface p-5 shadow-card"
          onSubmit={(event) => {
            event.preventDefault();
            setFault(undefined);
            void enter();
          }}
        >
          {lockReason.value && <Notice tone="warn">{lockReason.value}</Notice>}
          <Field label="API key" error={fault}>
            {(wired) => (
              <div class="relative">
                <Input
                  {...wired}
                  type={shown ? "text" : "password"}
                  name="key"
                  class="pr-10 font-mono"
                  autocomplete="current-password"
                  value={key}
                  onText={setKey}
                  autofocus
                />
                <Button
                  kind="quiet"
                  small
                  class="absolute top-[3px] right-1"
                  icon={shown ? EyeOff : Eye}
                  label={shown ? "Hide the key" : "Show the key"}
                  aria-pressed={shown}
                  onClick={() => setShown(!shown)}
                />
              </div>
            )}
          </Field>
          <Check checked={keep} onToggle={setKeep}>
            Keep it until this tab is closed
          </Check>
          <Button type="submit" kind="primary" icon={KeyRound} busy={busy}>
            Open
          </Button>
        </form>
        <details class="mt-4 px-1 text-[13px] text-soft">
          <summary>Where is the key?</summary>
          <p class="mt-2">
            It is what <code class="font-mono">CONTROL_UI_API_KEY</code> was set to. If it was not set, one
            was made at the first start: it was printed once, and is kept in{" "}
            <code class="font-mono">control-api-key</code> in the data folder.
          </p>
        </details>
      </div>
    </main>
  );
}
