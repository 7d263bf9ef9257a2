/** One setting as a field: the input fits its type, the variable's name stands beside it. */
import { Eye, EyeOff, RotateCcw } from "lucide";
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import type { Setting } from "../../api/types";
import { Button, Field, Input, Select, Switch, type Wired } from "../../ui";
import { labelOf } from "./labels";
import { defaultOf, MASK } from "./model";

export const ZONES_ID = "time-zones";

interface Props {
  setting: Setting;
  text: string;
  changed: boolean;
  error: string | undefined;
  warning: string | undefined;
  onText: (setting: Setting, text: string) => void;
  onReset: (setting: Setting) => void;
}

function SettingField({ setting, text, changed, error, warning, onText, onReset }: Props) {
  const hint = (
    <>
      <code class="font-mono text-[11.5px] break-all">{setting.name}</code>
      {setting.unit && <span> · {setting.unit}</span>}
      {changed && (
        <>
          {" "}
          <span class="rounded bg-accent-soft px-1.5 font-medium text-accent">changed</span>
          <Button
            small
            kind="quiet"
            class="-my-1.5 ml-0.5"
            icon={RotateCcw}
            label={`Undo the change of ${labelOf(setting.name)}`}
            onClick={() => onReset(setting)}
          />
        </>
      )}
    </>
  );
  return (
    <Field
      label={labelOf(setting.name)}
      hint={hint}
      help={setting.help}
      error={error && `${labelOf(setting.name)} ${error}`}
      warning={warning}
      required={setting.required}
    >
      {(wired) => (
        <Control setting={setting} text={text} wired={wired} onText={(typed) => onText(setting, typed)} />
      )}
    </Field>
  );
}

/** Drawn again only when something of it has changed: there are seventy of them. */
export const SettingInput = memo(SettingField);

function Control({
  setting,
  text,
  wired,
  onText,
}: {
  setting: Setting;
  text: string;
  wired: Wired;
  onText: (text: string) => void;
}) {
  const byDefault = defaultOf(setting);
  switch (setting.type) {
    case "boolean":
      return (
        <div class="flex h-9 items-center gap-2.5">
          <Switch {...wired} checked={(text || byDefault) === "true"} onToggle={(on) => onText(String(on))} />
          <span class="text-soft">{(text || byDefault) === "true" ? "On" : "Off"}</span>
        </div>
      );
    case "choice": {
      const choices = setting.choices ?? [];
      const unknown = text !== "" && !choices.includes(text) ? [text] : [];
      return (
        <Select
          {...wired}
          value={text || byDefault}
          options={[...unknown, ...choices].map(
            (choice) => [choice, choice === byDefault ? `${choice} (default)` : choice] as const,
          )}
          onPick={onText}
        />
      );
    }
    case "secret":
      return <Secret text={text} wired={wired} onText={onText} />;
    case "date":
      return <Input {...wired} type="date" value={text} onText={onText} />;
    default:
      return (
        <Input
          {...wired}
          value={text}
          onText={onText}
          placeholder={
            byDefault || (setting.type === "url" ? "https://matomo.example.com/matomo.php" : "not set")
          }
          {...(setting.type === "integer" ? { inputMode: "numeric" as const } : {})}
          {...(setting.type === "number" ? { inputMode: "decimal" as const } : {})}
          {...(setting.type === "time_zone" ? { list: ZONES_ID } : {})}
          {...(setting.type === "url" ? { inputMode: "url" as const } : {})}
        />
      );
  }
}

/** A secret is never shown: that one is kept is said, and a new one can be typed. */
function Secret({ text, wired, onText }: { text: string; wired: Wired; onText: (text: string) => void }) {
  const [shown, setShown] = useState(false);
  if (text === MASK) {
    return (
      <div class="flex gap-2">
        <Input {...wired} type="password" value={MASK} onText={() => undefined} readOnly />
        <Button onClick={() => onText("")}>Replace</Button>
      </div>
    );
  }
  return (
    <div class="relative">
      <Input
        {...wired}
        type={shown ? "text" : "password"}
        class="pr-10 font-mono"
        autocomplete="new-password"
        value={text}
        onText={onText}
        placeholder="none"
      />
      <Button
        kind="quiet"
        small
        class="absolute top-[3px] right-1"
        icon={shown ? EyeOff : Eye}
        label={shown ? "Hide the token" : "Show the token"}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      />
    </div>
  );
}
