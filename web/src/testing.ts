/** For tests: an API that answers what the test says, and remembers what it was asked. */
import { cleanup } from "@testing-library/preact";
import { afterEach, beforeEach, vi } from "vitest";
import { lock, unlock } from "./api/session";

export interface Asked {
  /** `POST /api/urls` */
  what: string;
  body: unknown;
}

type Reply = (asked: Asked) => unknown;

/** An answer that is no success. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly body: { detail: string; code: string; errors?: { field: string; message: string }[] },
    readonly headers: Record<string, string> = {},
  ) {}
}

/** Answers by `METHOD /path`; what is not named is answered 404. Returns what was asked so far. */
export function answering(replies: Record<string, Reply>): Asked[] {
  const asked: Asked[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const url = new URL(String(input), "http://localhost");
    const body: unknown = init?.body ? JSON.parse(String(init.body)) : undefined;
    const question = { what: `${init?.method ?? "GET"} ${url.pathname}${url.search}`, body };
    asked.push(question);
    const reply = replies[question.what];
    const answer = reply
      ? reply(question)
      : new Refusal(404, { detail: "there is no such thing", code: "not_found" });
    if (answer instanceof Refusal) {
      return new Response(JSON.stringify({ errors: [], ...answer.body }), {
        status: answer.status,
        headers: answer.headers,
      });
    }
    return new Response(JSON.stringify(answer));
  };
  vi.stubGlobal("fetch", vi.fn(fetch));
  return asked;
}

/** A page that is unlocked, and clean again after each test. */
export function withKey(): void {
  beforeEach(() => {
    answering({});
    unlock("a-key-of-the-tests", false);
  });
  afterEach(() => {
    cleanup();
    // What is asked again and again ends with it; the answers stay, so that nothing goes to a real network.
    lock();
    vi.useRealTimers();
  });
}
