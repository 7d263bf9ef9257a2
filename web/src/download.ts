/** Hands the person a file that was made here. */
export function download(name: string, content: string, type = "application/json"): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** `trafficinator-presets-2026-01-31.json` */
export const fileName = (what: string, ending = "json"): string =>
  `trafficinator-${what}-${new Date().toISOString().slice(0, 10)}.${ending}`;

export async function copy(text: string): Promise<void> {
  // Pages that came over plain http from another host than loopback have no clipboard.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  throw new Error(
    "This browser lets only pages served over https copy. Select the text and copy it by hand.",
  );
}
