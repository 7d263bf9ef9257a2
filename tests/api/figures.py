#!/usr/bin/env python3
"""How quick and how small the control plane is: the table that `cargo xtask bench control` writes down.

One client, one connection that stays open, and the time that this client takes is in every figure. PROGRAMS is the folder
of the built programs.
"""

import http.client
import json
import pathlib
import time

from stack import Stack

CALLS = 2000
APPLIES = 5


def times_ms(connection, path, key):
    """What each of many calls took, sorted."""
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        connection.request("GET", path, headers={"X-API-Key": key})
        response = connection.getresponse()
        response.read()
        times.append((time.perf_counter() - began) * 1000)
        assert response.status == 200, response.status
    return sorted(times)


def change(connection, path, body, key):
    """How many milliseconds a change took."""
    began = time.perf_counter()
    connection.request("POST", path, json.dumps(body), {"X-API-Key": key, "Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 200, answer
    return (time.perf_counter() - began) * 1000


def main():
    with Stack(RATE_LIMITS="off", LOG_LEVEL="WARNING") as stack:
        restarted = time.perf_counter()
        ended = stack.restart_control()
        cold = time.perf_counter() - restarted - ended
        connection = http.client.HTTPConnection("127.0.0.1", int(stack.port), timeout=60)
        config = {"MATOMO_URL": stack.target, "MATOMO_TOKEN_AUTH": stack.token, "TARGET_VISITS_PER_DAY": 86400}
        change(connection, "/api/start", {"config": config}, stack.key)
        rows = [("start, until it listens", f"{cold * 1000:.0f} ms")]
        for path in ("/health", "/api/status"):
            times = times_ms(connection, path, stack.key)
            middle, late = times[CALLS // 2], times[CALLS * 99 // 100]
            rows.append((f"GET {path}, p50 / p99", f"{middle:.2f} / {late:.2f} ms"))
        applies = sorted(
            change(connection, "/api/config/apply", {"config": {**config, "CONCURRENCY": 10 + number}}, stack.key)
            for number in range(APPLIES)
        )
        rows.append(("apply, until the new process is up, p50", f"{applies[APPLIES // 2]:.0f} ms"))
        status = pathlib.Path(f"/proc/{stack.control.child.pid}/status").read_text()
        resident = int(status.split("VmRSS:")[1].split()[0])
        rows.append(("resident memory after all this", f"{resident / 1024:.0f} MB"))
    width = max(len(what) for what, _ in rows)
    print("\n".join(f"| {what:<{width}} | {value} |" for what, value in [("", ""), ("---", "---"), *rows]))


if __name__ == "__main__":
    main()
