"""A control plane over the local process engine, and a receiver as its target: what the other scripts here talk to.

Everything listens on loopback, on ports that are free, and lies in a folder that is removed at the end. All that the
programs print is kept, to be searched for secrets.
"""

import contextlib
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# How long a program may take to say where it listens, and to end, in seconds.
PATIENCE = 60


class Program:
    """A child that says `listening on URL` when it is ready."""

    def __init__(self, name, command, env, printed):
        self.name = name
        self.printed = printed
        self.child = subprocess.Popen(
            [str(word) for word in command], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._ready = threading.Event()
        self.url = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(PATIENCE) or self.url is None:
            self.end()
            sys.exit(f"{name} did not start:\n{b''.join(printed).decode(errors='replace')}")

    def _read(self):
        for line in self.child.stdout:
            self.printed.append(line)
            if line.startswith(b"listening on ") and self.url is None:
                self.url = line.split()[2].decode()
                self._ready.set()
        self._ready.set()

    def end(self, how=signal.SIGTERM):
        """Ends it, and returns how many seconds that took."""
        began = time.monotonic()
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self._reader.join(PATIENCE)
        return time.monotonic() - began


class Stack:
    """Both programs. Use it with `with`."""

    def __init__(self, **settings):
        """`settings` are variables of the control plane, beside those that every stack has."""
        self.programs = pathlib.Path(os.environ.get("PROGRAMS", ROOT / "target/debug"))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trafficinator-api-"))
        self.data = self.folder / "data"
        self.key = secrets.token_hex(32)
        self.token = secrets.token_hex(16)
        self.settings = settings
        self.printed = []
        self.control = None
        self.sink = None

    def __enter__(self):
        plain = {"PATH": os.environ.get("PATH", "")}
        self.sink = Program(
            "the receiver",
            [self.programs / "sink", "--listen", "127.0.0.1:0"],
            {**plain, "SINK_TOKEN": self.token, "RUST_LOG": "warn"},
            [],
        )
        self.target = f"{self.sink.url}/matomo.php"
        self.port = "0"
        self.start_control()
        # A restart must come back where its clients look for it.
        self.port = self.control.url.rsplit(":", 1)[1]
        return self

    def start_control(self):
        env = {
            "PATH": os.environ.get("PATH", ""),
            "CONTROL_UI_API_KEY": self.key,
            "CONTROL_UI_HOST": "127.0.0.1",
            "CONTROL_UI_PORT": self.port,
            "DATA_DIR": str(self.data),
            "ENGINE": "process",
            "LOADGEN_BINARY": str(self.programs / "loadgen"),
            "LOG_LEVEL": "DEBUG",
            # Whatever a script sends, load goes to this machine only.
            "ALLOWED_TARGET_HOSTS": "127.0.0.1",
            **self.settings,
        }
        self.control = Program("the control plane", [self.programs / "control"], env, self.printed)
        self.url = self.control.url

    def restart_control(self):
        """Ends the control plane as a deployment does, and starts another one over what it left."""
        took = self.control.end()
        self.start_control()
        return took

    def environment(self):
        """What the scripts here take from their environment."""
        return {
            **os.environ,
            "BASE_URL": self.url,
            "API_KEY": self.key,
            "TARGET": self.target,
            "TOKEN": self.token,
        }

    def __exit__(self, *_):
        if self.control:
            self.control.end()
        # Load generators outlive the control plane, as they should; here nobody needs them any more.
        for unit in (self.data / "engine").glob("*/unit.json"):
            with contextlib.suppress(OSError, ValueError):
                end_unit(unit)
        if self.sink:
            self.sink.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def end_unit(record):
    """Ends the process that a record of the local engine names, when it still is the one."""
    import json

    run = json.loads(record.read_text()).get("run") or {}
    identity = run.get("identity")
    if not identity or run.get("exit_code") is not None:
        return
    process = pathlib.Path("/proc") / str(identity["pid"])
    if run["marker"].encode() in (process / "environ").read_bytes():
        os.kill(identity["pid"], signal.SIGKILL)
