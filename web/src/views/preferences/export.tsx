/** Everything that was made here, into one file. */
import { Download } from "lucide";
import { useState } from "preact/hooks";
import { download, fileName } from "../../download";
import { Button, Card, Check, confirm, toast, useAction } from "../../ui";
import { collect, PARTS, sizeOf } from "./bundle";

export function ExportCard() {
  const [tokens, setTokens] = useState(false);
  const [run, running] = useAction(async () => {
    if (tokens) {
      const yes = await confirm({
        title: "Write the tokens into the file?",
        body: "Whoever has the file can send visits to your Matomo with them, and may be able to read its reports. Keep it as you keep a password.",
        action: "Write them",
        danger: true,
      });
      if (!yes) return;
    }
    const bundle = await collect(tokens);
    const things = PARTS.reduce((sum, part) => sum + sizeOf(bundle, part), 0);
    download(fileName("everything"), `${JSON.stringify(bundle, null, 2)}\n`);
    toast(things === 0 ? "Exported: there is nothing of your own yet" : `Exported: ${things} in one file`);
  });
  return (
    <Card
      title="Export"
      about="Configurations, presets of your own, funnels, URLs and events in one JSON file."
    >
      <div class="flex flex-wrap items-center gap-x-4 gap-y-3">
        <Button icon={Download} busy={running} onClick={() => void run()}>
          Export everything
        </Button>
        <Check checked={tokens} onToggle={setTokens}>
          With the tokens of configurations
        </Check>
      </div>
    </Card>
  );
}
