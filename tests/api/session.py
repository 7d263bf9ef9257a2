#!/usr/bin/env python3
"""Executes the session of docs/api.md from the document itself.

Every ```sh block is run, in order, by one shell. The block after it, if any, says what it must print:

    ```json               JSON. Only the fields that stand there are compared.
    ```json eventually    the same; the command is repeated until it is so, for a minute at the most.
    ```text               text, the whole of it.

In both "..." is whatever is there (in JSON anything but null), and in JSON "> 5" is a larger number.

From the environment:

    BASE_URL          the control plane, http://127.0.0.1:8000
    API_KEY           its key
    TARGET            the tracker's address of the Matomo to load, as the load generator sees it
    TOKEN             a token of that Matomo
    RESTART_CONTROL   the command that restarts the control plane [docker restart trafficinator-control-ui]
    DOCUMENT          another document [docs/api.md]
"""

import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = pathlib.Path(os.environ.get("DOCUMENT", ROOT / "docs/api.md"))
# How long a block may run, and how long an answer is waited for, in seconds.
LONGEST = 90
EVENTUALLY = 60
# Routes take thirty requests a minute.
AGAIN = 2.5
MARK = "--- end of block ---"


class Shell:
    """One shell for all blocks, so that functions and variables stay."""

    def __init__(self):
        self.child = subprocess.Popen(
            ["bash", "-u"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace"
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def run(self, script):
        """Runs a block; what it printed, and what it ended with."""
        self.child.stdin.write(f"{script}\nprintf '\\n%s %s\\n' '{MARK}' $?\n")
        self.child.stdin.flush()
        printed, deadline = [], time.monotonic() + LONGEST
        while True:
            try:
                line = self.lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                fail(f"did not end within {LONGEST} s", script, "".join(printed))
            if line is None:
                fail("ended the shell", script, "".join(printed))
            if line.startswith(MARK):
                # The line end before the mark is ours.
                return "".join(printed)[:-1], int(line.rsplit(" ", 1)[1])
            printed.append(line)


def blocks(text):
    """The fenced blocks: where each begins, its info string, and what is in it."""
    for found in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2]


def differences(expected, found, place=""):
    """Where an answer is not as it should be."""
    if expected == "...":
        return [] if found is not None else [f"{place} is null"]
    more = re.fullmatch(r"> (\d+(?:\.\d+)?)", expected) if isinstance(expected, str) else None
    if more:
        larger = isinstance(found, (int, float)) and found > float(more[1])
        return [] if larger else [f"{place} is {found!r}, not {expected}"]
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            difference
            for name, value in expected.items()
            for difference in (
                differences(value, found[name], f"{place}.{name}")
                if name in found
                else [f"{place}.{name} is missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(found, list):
        if len(found) < len(expected):
            return [f"{place} has {len(found)} members, not {len(expected)}"]
        pairs = enumerate(zip(expected, found))
        return [text for at, (one, other) in pairs for text in differences(one, other, f"{place}[{at}]")]
    return [] if type(expected) is type(found) and expected == found else [f"{place} is {found!r}, not {expected!r}"]


def is_as(kind, expected, printed):
    """What is wrong with what was printed; empty when nothing is."""
    if kind.startswith("json"):
        try:
            return differences(json.loads(expected), json.loads(printed))
        except ValueError as problem:
            return [f"not JSON: {problem}"]
    pattern = r".*?".join(re.escape(part) for part in expected.strip().split("..."))
    return [] if re.fullmatch(pattern, printed.strip(), re.DOTALL) else ["other text"]


def fail(what, script, printed, line=None):
    place = f"{DOCUMENT}:{line}: " if line else ""
    sys.exit(f"{place}{what}\n--- the block\n{script}--- what it printed\n{printed}")


def main():
    os.environ.setdefault("RESTART_CONTROL", "docker restart trafficinator-control-ui")
    for name in ("BASE_URL", "API_KEY", "TARGET", "TOKEN"):
        if not os.environ.get(name):
            sys.exit(f"{name} is not set; the head of this script says what it needs")
    found = list(blocks(DOCUMENT.read_text()))
    shell, checked = Shell(), 0
    for at, (line, kind, script) in enumerate(found):
        if kind != "sh":
            continue
        answer = found[at + 1] if at + 1 < len(found) and found[at + 1][1] != "sh" else None
        began = time.monotonic()
        while True:
            printed, code = shell.run(script)
            wrong = [f"it ended with {code}"] if code else is_as(answer[1], answer[2], printed) if answer else []
            if not wrong or not (answer and "eventually" in answer[1]) or time.monotonic() - began > EVENTUALLY:
                break
            time.sleep(AGAIN)
        if wrong:
            fail("; ".join(wrong), script, printed, line)
        checked += 1
        first = script.strip().splitlines()[0]
        print(f"  ok    line {line}: {first[:90]}", flush=True)
    print(f"{checked} blocks of {DOCUMENT.name} do what they say")


if __name__ == "__main__":
    main()
