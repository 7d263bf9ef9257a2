/** The `?` sheet: every shortcut there is, and the switch to turn them off. */
import { signal } from "@preact/signals";
import { prefer, preferences } from "../preferences";
import { shortcuts } from "../shortcuts";
import { Dialog, Key, Switch } from "../ui";

export const sheetOpen = signal(false);

export function ShortcutSheet() {
  if (!sheetOpen.value) return null;
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => (sheetOpen.value = false)}>
      <div class="mb-3 flex items-center gap-3 border-b border-line pb-3">
        <span class="grow">Use shortcuts</span>
        <Switch
          label="Use shortcuts"
          checked={preferences.value.shortcuts}
          onToggle={(on) => prefer({ shortcuts: on })}
        />
      </div>
      <dl class="grid grid-cols-[1fr_auto] items-center gap-y-2">
        {shortcuts.value.map(({ keys, label }) => (
          <div key={keys} class="contents">
            <dt class="text-soft">{label}</dt>
            <dd class="flex items-center justify-end gap-1">
              {keys.split(" ").map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
