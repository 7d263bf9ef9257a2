/** The one way to the API: typed by its description, with the key, and with every failure in one shape. */
import { signal } from "@preact/signals";
import { currentKey, lock } from "./session";
import type { Code, ErrorBody, FieldError, Operations } from "./types";

export type Operation = keyof Operations;
export type Answer<O extends Operation> = Operations[O]["answer"];

/** What an operation takes: exactly what its description says. */
export type Ask<O extends Operation> = Omit<Operations[O], "answer">;
type Given<O extends Operation> = Ask<O> & { signal?: AbortSignal };
type Arguments<O extends Operation> = Partial<Ask<O>> extends Ask<O> ? [ask?: Given<O>] : [ask: Given<O>];

/** `lost`: nothing answers. `limited`: we asked too often, and wait. */
export type Connection =
  | { state: "ok" }
  | { state: "lost"; since: number }
  | { state: "limited"; until: number };

export const connection = signal<Connection>({ state: "ok" });

/** How long an answer to a question may take before nobody is taken to be there, in milliseconds. A change may take longer. */
const SILENCE = 8000;
/** The same for a file, which is made first and may be large. */
const FILE_SILENCE = 60_000;

/** Why a request has no answer. Its message is for a person. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: Code | "unreachable" | "not_ours";
  readonly errors: FieldError[];
  /** Seconds after which it may be asked again. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    code: ApiError["code"],
    message: string,
    errors: FieldError[] = [],
    retryAfter?: number,
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  /** All that is wrong, in one text. */
  get story(): string {
    if (this.errors.length === 0) return this.message;
    return this.errors.map(({ field, message }) => `${field} ${message}`).join("; ");
  }
}

/** What to tell a person about anything that was thrown. */
export function tell(error: unknown): string {
  if (error instanceof ApiError) return error.story;
  return error instanceof Error ? error.message : String(error);
}

/** The address of an operation, its path's and query's parameters filled in. */
export function address(
  operation: string,
  path: Record<string, unknown> = {},
  query: Record<string, unknown> = {},
): { method: string; url: string } {
  const [method = "GET", pattern = "/"] = operation.split(" ", 2);
  const filled = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const pairs = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== "" && value !== null,
  );
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return { method, url: search ? `${filled}?${search}` : filled };
}

/**
 * Asks the API. A missing or wrong key locks the page; that nothing answers, or that we asked too often, is told to
 * `connection`.
 */
export const api = <O extends Operation>(operation: O, ...[ask]: Arguments<O>): Promise<Answer<O>> =>
  withOurKey((key) => askWith(key, operation, ...([ask] as Arguments<O>)));

/** The same for an answer that is a file: its text, whatever that is. */
export const apiText = <O extends Operation>(operation: O, ...[ask]: Arguments<O>): Promise<string> =>
  withOurKey((key) => send(key, operation, { ...ask } as Parts, (response) => response.text(), FILE_SILENCE));

async function withOurKey<T>(asking: (key: string | undefined) => Promise<T>): Promise<T> {
  const given = currentKey();
  try {
    return await asking(given);
  } catch (error) {
    // A key that was replaced meanwhile is not to be locked out by an answer to the old one.
    if (error instanceof ApiError && given === currentKey()) {
      if (error.code === "wrong_key")
        lock("The key is not accepted any more. Enter the one that is in use now.");
      if (error.code === "missing_key") lock();
    }
    throw error;
  }
}

/** The same with a key that is not the page's yet: to find out whether it is right. */
export const askWith = <O extends Operation>(
  key: string | undefined,
  operation: O,
  ...[ask]: Arguments<O>
): Promise<Answer<O>> =>
  send(key, operation, { ...ask } as Parts, (response) => response.json() as Promise<Answer<O>>, SILENCE);

interface Parts {
  path?: object;
  query?: object;
  body?: unknown;
  signal?: AbortSignal;
}

async function send<T>(
  key: string | undefined,
  operation: Operation,
  parts: Parts,
  read: (response: Response) => Promise<T>,
  silence: number,
): Promise<T> {
  const { method, url } = address(operation, { ...parts.path }, { ...parts.query });
  const headers = new Headers({ Accept: "application/json" });
  if (key !== undefined) headers.set("X-API-Key", headerSafe(key));
  const request: RequestInit = { method, headers, cache: "no-store", credentials: "omit" };
  const ends = [parts.signal, method === "GET" ? AbortSignal.timeout(silence) : undefined].filter(
    (end) => end !== undefined,
  );
  if (ends.length > 0) request.signal = AbortSignal.any(ends);
  if (parts.body !== undefined) {
    headers.set("Content-Type", "application/json");
    request.body = JSON.stringify(parts.body);
  }
  try {
    const response = await fetch(url, request);
    if (!response.ok) throw await failure(response);
    const answer = await read(response);
    if (connection.peek().state !== "ok") connection.value = { state: "ok" };
    return answer;
  } catch (error) {
    if (error instanceof ApiError || parts.signal?.aborted) throw error;
    if (error instanceof SyntaxError)
      throw new ApiError(0, "not_ours", notOurs("with something that is not JSON"));
    if (connection.peek().state !== "lost") connection.value = { state: "lost", since: Date.now() };
    throw new ApiError(
      0,
      "unreachable",
      "The control plane does not answer. Is it running, and is the network up?",
    );
  }
}

/** A proxy in between answers in its own words. */
const notOurs = (how: string): string =>
  `Something between here and the control plane answered ${how}. Try again in a moment.`;

/** A key as a header carries it: its bytes in UTF-8. Control characters it cannot carry; such a key is wrong anyway. */
const headerSafe = (key: string): string => {
  const bytes = [...new TextEncoder().encode(key)];
  return bytes.some((byte) => byte < 32 || byte === 127) ? "not-a-key" : String.fromCharCode(...bytes);
};

async function failure(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  if (response.status === 429) {
    connection.value = { state: "limited", until: Date.now() + (retryAfter ?? 5) * 1000 };
  } else if (connection.peek().state === "lost") {
    connection.value = { state: "ok" };
  }
  try {
    const body = (await response.json()) as ErrorBody;
    const detail = body.detail.charAt(0).toUpperCase() + body.detail.slice(1);
    return new ApiError(response.status, body.code, detail, body.errors ?? [], retryAfter);
  } catch {
    const how = `${response.status} ${response.statusText}`.trim();
    return new ApiError(response.status, "not_ours", notOurs(how), [], retryAfter);
  }
}
