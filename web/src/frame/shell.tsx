/** The frame around every view: where one is, where one can go, and what the load generator does. */
import { Keyboard, LogOut, Menu, Monitor, Moon, Sun, X } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { lock } from "../api/session";
import { prefer, preferences, type Theme } from "../preferences";
import { follow, go, href, path } from "../router";
import { useShortcuts } from "../shortcuts";
import { status } from "../state/status";
import { Button, Icon } from "../ui";
import { ROUTES, routeOf } from "../views";
import { ConnectionNotice } from "./connection";
import { Logo } from "./logo";
import { Outlet } from "./outlet";
import { sheetOpen } from "./sheet";
import { StateBadge } from "./state";

const THEMES: Record<Theme, { icon: typeof Sun; next: Theme; label: string }> = {
  system: { icon: Monitor, next: "light", label: "Theme: as the system" },
  light: { icon: Sun, next: "dark", label: "Theme: light" },
  dark: { icon: Moon, next: "system", label: "Theme: dark" },
};

const nextTheme = () => prefer({ theme: THEMES[preferences.peek().theme].next });

function Nav({ onGo }: { onGo?: () => void }) {
  const here = routeOf(path.value).route;
  return (
    <nav aria-label="Views">
      <ul class="flex flex-col gap-0.5">
        {ROUTES.map((route) => (
          <li key={route.path}>
            <a
              href={href(route.path)}
              aria-current={route === here ? "page" : undefined}
              onClick={onGo}
              class={`flex h-9 items-center gap-2.5 rounded-lg px-2.5 font-medium transition-colors ${route === here ? "bg-accent-soft text-accent" : "text-soft hover:bg-sunken hover:text-ink"}`}
            >
              <Icon of={route.icon} size={17} />
              {route.title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Tools() {
  const theme = THEMES[preferences.value.theme];
  return (
    <div class="flex items-center gap-1">
      <Button kind="quiet" icon={theme.icon} label={theme.label} onClick={nextTheme} />
      <Button
        kind="quiet"
        icon={Keyboard}
        label="Keyboard shortcuts"
        onClick={() => (sheetOpen.value = true)}
      />
      <Button kind="quiet" icon={LogOut} label="Forget the key" onClick={() => lock()} />
    </div>
  );
}

export function Shell() {
  const [open, setOpen] = useState(false);
  const current = status.value;
  useShortcuts([
    { keys: "?", label: "Show this sheet", run: () => (sheetOpen.value = true) },
    { keys: "t", label: "Change the theme", run: nextTheme },
    ...ROUTES.map((route) => ({
      keys: `g ${route.key}`,
      label: `Go to ${route.title}`,
      run: () => go(route.path),
    })),
  ]);
  useEffect(() => {
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
  }, []);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [open]);
  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a
        href="#view"
        class="sr-only z-50 rounded-lg bg-raised px-3 py-2 shadow-float focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        Skip to the view
      </a>
      <header class="sticky top-0 z-30 border-b border-line bg-surface lg:h-dvh lg:border-r lg:border-b-0">
        <div class="flex h-14 items-center gap-3 px-4 lg:hidden">
          <Logo />
          <span class="grow font-semibold tracking-tight">Trafficinator</span>
          {current && <StateBadge status={current} />}
          <Button
            kind="quiet"
            icon={open ? X : Menu}
            label={open ? "Close the menu" : "Open the menu"}
            aria-expanded={open}
            aria-controls="menu"
            onClick={() => setOpen(!open)}
          />
        </div>
        <div
          id="menu"
          class={`${open ? "flex" : "hidden"} max-h-[calc(100dvh-3.5rem)] flex-col gap-4 overflow-y-auto border-t border-line p-3 lg:flex lg:h-full lg:max-h-none lg:border-0`}
        >
          <div class="hidden items-center gap-2.5 px-1.5 pt-1.5 lg:flex">
            <Logo />
            <span class="text-[16px] font-semibold tracking-tight">Trafficinator</span>
          </div>
          <Nav onGo={() => setOpen(false)} />
          <div class="mt-auto flex flex-col gap-3">
            {current && (
              <a href={href("")} class="hidden rounded-lg border border-line p-2.5 hover:bg-sunken lg:block">
                <span class="mb-1 block text-[12.5px] text-faint">Load generator</span>
                <StateBadge status={current} />
              </a>
            )}
            <Tools />
          </div>
        </div>
      </header>
      <main id="view" tabIndex={-1} class="mx-auto w-full max-w-7xl min-w-0 px-4 py-5 sm:px-6 lg:py-7">
        <ConnectionNotice />
        <Outlet />
      </main>
    </div>
  );
}
