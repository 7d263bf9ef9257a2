/** Keeps a person from losing what was typed: asks before the view or the page is left. */
import { useEffect } from "preact/hooks";
import { guardLeaving } from "../../router";

export function useUnsaved(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return undefined;
    const free = guardLeaving(() => window.confirm("Leave without saving? What was changed here is lost."));
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", hold);
    return () => {
      free();
      removeEventListener("beforeunload", hold);
    };
  }, [unsaved]);
}
