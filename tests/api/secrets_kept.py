"""Looks for secrets in everything that comes out of a control plane and its load generator.

Every route is called, with secrets in all places that take one, everything logged at the highest level. Then all that
was printed, answered and written is searched for the key, the token, the password of an address, and a wrong key.
"""

import json
import os
import pathlib
import re
import sqlite3
import sys
import time
import urllib.error
import urllib.request

from stack import ROOT, Stack

PASSWORD = "pass-word-of-an-address"
GUESS = "a-guess-at-the-key-0123456789"
# The one table that secrets are in.
KEPT_IN = "secrets"


class Client:
    """Calls, and keeps every answer with its headers."""

    def __init__(self, stack):
        self.stack = stack
        self.answers = []

    def call(self, method, path, body=None, key=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.stack.url + path, data=data, method=method)
        request.add_header("X-API-Key", key or self.stack.key)
        request.add_header("Content-Type", "application/json")
        try:
            response = urllib.request.urlopen(request, timeout=90)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode(errors="replace")
            self.answers.append((f"{method} {path}", f"{response.status} {response.headers}\n{text}"))
        return text


def use_everything(stack, client):
    """Calls every route, the changing ones with secrets."""
    target = stack.target.replace("://", f"://me:{PASSWORD}@")
    config = {"MATOMO_URL": target, "MATOMO_TOKEN_AUTH": stack.token, "TARGET_VISITS_PER_DAY": 172800,
              "PAUSE_BETWEEN_PVS_MIN": 0.1, "PAUSE_BETWEEN_PVS_MAX": 0.2, "LOG_LEVEL": "DEBUG"}
    wrong = {**config, "CONCURRENCY": 0, "MATOMO_URL": f"ftp://me:{PASSWORD}@127.0.0.1/?token_auth={stack.token}"}
    dead = {**config, "MATOMO_URL": f"http://me:{PASSWORD}@127.0.0.1:9/matomo.php?token_auth={stack.token}"}
    post = lambda path, body=None: client.call("POST", path, body)
    for given in (config, wrong, dead):
        post("/api/validate", {"config": given})
        post("/api/test-connection", {"matomo_url": given["MATOMO_URL"], "token_auth": stack.token})
        post("/api/configs", {"name": f"saved {given['MATOMO_URL'][:4]} {len(client.answers)}", "config": given})
        post("/api/presets", {"name": f"saved {len(client.answers)}", "config": given})
    post("/api/test-connection", {"matomo_url": target, "token_auth": [stack.token]})
    post("/api/start", {"config": config})
    time.sleep(4)
    post("/api/config/apply", {"config": wrong})
    post("/api/config/apply", {"config": dead})
    time.sleep(3)
    post("/api/restart", {"config": {**config, "MATOMO_TOKEN_AUTH": "***MASKED***", "MATOMO_URL": target}})
    post("/api/backfill/run", {"name": "b", "backfill_days_back": 1, "backfill_duration_days": 1,
                               "backfill_max_visits_per_day": 5, "matomo_token_auth": stack.token})
    post("/api/backfill/run", {"name": "b", "backfill_days_back": 1, "backfill_duration_days": 1,
                               "backfill_max_visits_per_day": 5})
    exported = json.loads(client.call("GET", "/api/configs/export"))
    exported["configs"] = [{**one, "name": one["name"] + " again"} for one in exported["configs"]]
    post("/api/configs/import", exported)
    client.call("GET", "/api/status", key=GUESS)
    time.sleep(3)
    read_everything(client)
    post("/api/stop?timeout=10")
    post("/api/backfill/cleanup")
    stack.restart_control()
    read_everything(client)


def read_everything(client):
    for path, item in json.loads(client.call("GET", "/openapi.json"))["paths"].items():
        if "get" in item:
            client.call("GET", path.replace("{id}", "1"))
    client.call("GET", "/api/logs?lines=10000")


def written(stack):
    """What lies on the disk, but for the files whose purpose it is to hold a secret."""
    for path in stack.data.rglob("*"):
        inside = path.relative_to(stack.data)
        # A load generator needs the address that it sends to; only its owner can look into that folder.
        if not path.is_file() or inside.parts[0] == "secrets" or path.name == "unit.json" or path.suffix.startswith(".db"):
            continue
        yield f"the file {inside}", path.read_bytes().decode(errors="replace")
    database = sqlite3.connect(stack.data / "control.db")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    if KEPT_IN not in tables:
        sys.exit(f"there is no table {KEPT_IN} in the database; there are {tables}")
    for table in tables:
        if table != KEPT_IN:
            yield f"the table {table}", "\n".join(map(repr, database.execute(f"SELECT * FROM {table}")))
    database.close()


def of_processes(stack):
    """Command lines and environments of the load generators that run."""
    for unit in (stack.data / "engine").glob("*/unit.json"):
        pid = ((json.loads(unit.read_text()).get("run") or {}).get("identity") or {}).get("pid")
        for file in ("cmdline", "environ"):
            try:
                yield f"{file} of {unit.parent.name}", pathlib.Path(f"/proc/{pid}/{file}").read_text(errors="replace")
            except OSError:
                continue


def modes(stack):
    """Files that hold a secret and that others may read."""
    held = [*stack.data.glob("secrets/*"), *stack.data.glob("control.db*"), *stack.data.glob("engine")]
    return [str(path.relative_to(stack.data)) for path in held if path.stat().st_mode & 0o077]


def main():
    with Stack(RATE_LIMITS="off", RUST_LOG="trace") as stack:
        client = Client(stack)
        processes = []
        use_everything(stack, client)
        client.call("POST", "/api/start", {})
        processes = list(of_processes(stack))
        client.call("POST", "/api/stop")
        places = [*client.answers, *processes, *written(stack)]
        wrong = [f"{path} can be read by others" for path in modes(stack)]
        stack.control.end()
        places.append(("what the control plane printed", b"".join(stack.printed).decode(errors="replace")))
        secrets = {"key": stack.key, "token": stack.token, "password": PASSWORD, "wrong key": GUESS}
        # The address of the target is in the load generator's environment, and its password with it.
        allowed = {("password", name) for name, _ in processes if name.startswith("environ")}
        for place, text in places:
            for name, secret in secrets.items():
                if secret in text and (name, place) not in allowed:
                    line = next(line for line in text.splitlines() if secret in line)
                    wrong.append(f"the {name} is in {place}: {line[:300]}")
        for document in (ROOT / "docs/api.md", ROOT / "docs/openapi.json"):
            for found in re.findall(r"\b[0-9a-f]{32}\b", document.read_text()):
                wrong.append(f"{document.name} has something like a token: {found}")
        if wrong:
            sys.exit("\n".join(wrong))
        total = sum(len(text) for _, text in places)
        print(f"no secret in {len(places)} answers, files, tables and logs of {total >> 10} KB")


if __name__ == "__main__":
    main()
