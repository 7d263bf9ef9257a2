/** Reads events from the text of the file, and draws some of them as visitors would. */

export interface SampleEvent {
  category: string;
  action: string;
  name: string;
  value: number | null;
}

export interface EventFile {
  click: SampleEvent[];
  random: SampleEvent[];
  /** Their probabilities per visit, where the file has its own. */
  clickProbability: number | undefined;
  randomProbability: number | undefined;
}

/** The events of a text; undefined when it is no such file. */
export function readEvents(text: string): EventFile | undefined {
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof file !== "object" || file === null) return undefined;
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  return {
    click: list(file.click_events),
    random: list(file.random_events),
    clickProbability: number(file.click_events_probability),
    randomProbability: number(file.random_events_probability),
  };
}

function list(given: unknown): SampleEvent[] {
  if (!Array.isArray(given)) return [];
  return given.flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null) return [];
    const { category, action, name, value } = item as Record<string, unknown>;
    return [
      {
        category: String(category ?? ""),
        action: String(action ?? ""),
        name: String(name ?? ""),
        value: typeof value === "number" ? value : null,
      },
    ];
  });
}

/** `many` of them, drawn with equal chance, none twice while there are others. */
export function draw<T>(from: readonly T[], many: number, random: () => number = Math.random): T[] {
  const left = [...from];
  const drawn: T[] = [];
  while (drawn.length < many && left.length > 0) {
    drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return drawn;
}
