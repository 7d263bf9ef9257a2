import { unlocked } from "./api/session";
import { Gate } from "./frame/gate";
import { ShortcutSheet } from "./frame/sheet";
import { Shell } from "./frame/shell";
import { Confirmation } from "./ui/confirm";
import { Toasts } from "./ui/toast";

export function App() {
  return (
    <>
      {unlocked.value ? <Shell /> : <Gate />}
      <ShortcutSheet />
      <Confirmation />
      <Toasts />
    </>
  );
}
