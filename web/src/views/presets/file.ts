/** The file that presets are exported to. */
import type { Config } from "../config/model";

export interface PresetFile {
  version: 1;
  presets: { name: string; description: string; config: Config }[];
}

/** What a file holds; what it is not is said so that a person can mend it. */
export function readPresets(text: string): PresetFile["presets"] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error("This file is not JSON. Choose one that was exported here.");
  }
  const presets = isObject(file) && file.version === 1 ? file.presets : undefined;
  if (!Array.isArray(presets))
    throw new Error("This is no file of presets. Choose one that was exported from this view.");
  return presets.map((preset, index) => {
    if (!isObject(preset) || typeof preset.name !== "string" || !isObject(preset.config)) {
      throw new Error(`Preset ${index + 1} of the file has no name or no settings.`);
    }
    return {
      name: preset.name,
      description: typeof preset.description === "string" ? preset.description : "",
      config: preset.config as Config,
    };
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
