#!/usr/bin/env python3
"""The suite `api` of `cargo xtask test`: the control plane from outside, over the local process engine.

    run.py            all parts
    run.py session    only this one; the others are: client, secrets, conformance

PROGRAMS is the folder of the built programs [target/debug]; SCHEMATHESIS the program of that name, without which
`conformance` is left out, loudly.
"""

import os
import pathlib
import signal
import stat
import subprocess
import sys
import threading

import secrets_kept
from stack import Stack

HERE = pathlib.Path(__file__).resolve().parent


def must(command, env, folder=None):
    """Runs a script; ends with its status when it does not end well."""
    done = subprocess.run([str(word) for word in command], env=env, cwd=folder)
    if done.returncode:
        sys.exit(f"{pathlib.Path(str(command[0])).name} ended with {done.returncode}")


class Restarter:
    """A command that restarts the control plane of a stack, and ends when that is done."""

    def __init__(self, stack):
        self.stack = stack
        self.ask, self.done = stack.folder / "ask", stack.folder / "done"
        os.mkfifo(self.ask)
        os.mkfifo(self.done)
        self.command = stack.folder / "restart"
        self.command.write_text(f"#!/bin/sh\necho now > {self.ask}\nread -r took < {self.done}\necho $took\n")
        self.command.chmod(self.command.stat().st_mode | stat.S_IXUSR)
        self.took = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            self.ask.read_text()
            self.took.append(self.stack.restart_control())
            self.done.write_text(f"{self.took[-1]:.1f}\n")


def session():
    """docs/api.md does what it says."""
    with Stack() as stack:
        restarter = Restarter(stack)
        must([HERE / "session.py"], {**stack.environment(), "RESTART_CONTROL": str(restarter.command)})
        if len(restarter.took) != 1:
            sys.exit("the session did not restart the control plane")


def client():
    """A script for the Python service runs unchanged."""
    with Stack(RATE_LIMITS="off") as stack:
        must([HERE / "python_client.py"], stack.environment())


def secrets():
    """Nothing that is printed, answered or written holds a secret."""
    secrets_kept.main()


def conformance():
    """Whatever is sent, the answer is one of those that the description names, and no 5xx."""
    program = os.environ.get("SCHEMATHESIS")
    if not program:
        print("  SKIPPED: SCHEMATHESIS is not set, so nobody compares the API with its description", flush=True)
        return
    # Limits would answer most requests with 429; that they hold is tested elsewhere.
    with Stack(RATE_LIMITS="off", LOG_LEVEL="WARNING") as stack:
        env = stack.environment()
        must([HERE / "seed.py"], env)
        command = [program, "--config-file", HERE / "schemathesis.toml", "run", f"{stack.url}/openapi.json"]
        # It writes what it has found into the folder that it is run in.
        must([*command, "--header", f"X-API-Key: {stack.key}"], env, stack.folder)
        if stack.control.child.poll() is not None:
            sys.exit("the control plane did not outlive it")


PARTS = {"session": session, "client": client, "secrets": secrets, "conformance": conformance}


def main():
    # Also when it is told to end, what was started here is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.exit(f"there is no part {unknown[0]}; there are: {', '.join(PARTS)}")
    for name in wanted:
        print(f"  {name}: {PARTS[name].__doc__}", flush=True)
        PARTS[name]()


if __name__ == "__main__":
    main()
