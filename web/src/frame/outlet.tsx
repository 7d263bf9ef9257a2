/** Where the view stands. Its code is loaded when it is first seen; coming to it moves the focus to its heading. */
import { Bug, Compass } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";
import { path } from "../router";
import { Button, Empty, Loading } from "../ui";
import { type Route, routeOf, type View } from "../views";

const loaded = new Map<string, View>();

// The browser fetches the first view's code while the frame around it is being drawn.
routeOf(path.peek())
  .route?.load()
  .catch(() => undefined);

export function Outlet() {
  const { route, rest } = routeOf(path.value);
  const box = useRef<HTMLDivElement>(null);
  const entered = useRef<string | undefined>(undefined);
  const [, redraw] = useState(0);
  const [failed, setFailed] = useState(false);
  const View = route && loaded.get(route.path);

  useEffect(() => {
    document.title = `${route?.title ?? "Not found"} · Trafficinator`;
    setFailed(false);
    if (route && !loaded.has(route.path)) void load(route, redraw, setFailed);
  }, [route]);

  useEffect(() => {
    if (!View || entered.current === route.path) return;
    // The first view of all leaves the focus where the browser has put it.
    if (entered.current !== undefined) {
      box.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    entered.current = route.path;
  }, [View, route]);

  if (!route) {
    return (
      <Empty
        icon={Compass}
        title="There is nothing at this address"
        actions={
          <a href="/ui" class="text-accent underline">
            Go to Status
          </a>
        }
      />
    );
  }
  if (failed) {
    return (
      <Empty
        icon={Compass}
        title="This view could not be loaded"
        actions={<Button onClick={() => location.reload()}>Load the page again</Button>}
      >
        The control plane does not answer, or it has been updated since this page was opened.
      </Empty>
    );
  }
  return (
    <div ref={box}>
      {View ? (
        <Kept key={route.path}>
          <View rest={rest} />
        </Kept>
      ) : (
        <Loading rows={6} />
      )}
    </div>
  );
}

/** A view that fails takes only itself down, and says so. */
function Kept({ children }: { children: ComponentChildren }) {
  const [error, again] = useErrorBoundary();
  if (error === undefined) return <>{children}</>;
  return (
    <div role="alert">
      <Empty icon={Bug} title="This view has failed" actions={<Button onClick={again}>Try again</Button>}>
        This is a fault of the page: {error instanceof Error ? error.message : String(error)}. What runs goes
        on; the other views are not touched.
      </Empty>
    </div>
  );
}

async function load(
  route: Route,
  redraw: (change: (n: number) => number) => void,
  setFailed: (failed: boolean) => void,
) {
  try {
    loaded.set(route.path, (await route.load()).default);
    redraw((n) => n + 1);
  } catch {
    setFailed(true);
  }
}
