#!/usr/bin/env python3
"""Speaks to the control plane as scripts for the earlier Python service do: its routes, bodies, shapes and status codes.

Nothing here knows what is new: what such a script reads must be there, under the same name and of the same type. What
the Python service did wrong (an answer of 200 for what failed, null for figures) is not asked for.

From the environment: BASE_URL, API_KEY, TARGET, TOKEN; session.py tells what they are.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8000")
KEY = os.environ["API_KEY"]
CONFIG = {
    # in lower case, as the page of the Python service sent them
    "matomo_url": os.environ["TARGET"],
    "matomo_site_id": 1,
    "matomo_token_auth": os.environ["TOKEN"],
    "target_visits_per_day": 43200,
    "pageviews_min": 2,
    "pageviews_max": 3,
    "concurrency": 10,
    "pause_between_pvs_min": 0.1,
    "pause_between_pvs_max": 0.3,
    "auto_stop_after_hours": 1,
    "max_total_visits": 10000,
    "sitesearch_probability": 0.15,
    "randomize_visitor_countries": True,
    "timezone": "UTC",
    "log_level": "INFO",
}
STATES = {"running", "stopped", "created", "restarting", "paused", "not_found", "error"}
checks = 0


def call(method, path, body=None, key=KEY, headers=None):
    """The status, the headers and the JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data=data, method=method, headers=headers or {})
    if key:
        request.add_header("X-API-Key", key)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=90) as response:
            return response.status, response.headers, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read())


def ok(method, path, body=None, status=200):
    """The JSON of an answer that must be a success."""
    found, _, answer = call(method, path, body)
    check(found == status, f"{method} {path}: {found} {answer}")
    return answer


def check(holds, what):
    global checks
    if not holds:
        sys.exit(f"not as documented: {what}")
    checks += 1


def has(answer, what, **fields):
    """That an object has these fields, of these types."""
    for name, kind in fields.items():
        check(name in answer, f"{what} has no {name}: {answer}")
        value = answer[name]
        # JSON knows one kind of number; a bool is none
        wanted = (int, float) if kind is float else kind
        right = isinstance(value, wanted) and not (kind in (int, float) and isinstance(value, bool))
        check(right, f"{what}.{name} is {value!r}")


def until(what, holds):
    for _ in range(40):
        if holds():
            return
        time.sleep(1.5)
    sys.exit(f"never: {what}")


def service():
    status, headers, root = call("GET", "/", key=None)
    check(status == 200, f"GET /: {status}")
    has(root, "GET /", name=str, version=str, status=str, docs=str, health=str)
    health = ok("GET", "/health")
    has(health, "GET /health", status=str, service=str, version=str, docker=str, container_found=bool, auth_enabled=bool)
    check(health["docker"] == "connected", f"docker: {health['docker']}")
    for name, value in {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}.items():
        check(headers[name] == value, f"{name}: {headers[name]}")
    check("unsafe-inline" not in headers["Content-Security-Policy"], "the content security policy")


def keys():
    status, headers, answer = call("GET", "/api/status", key=None)
    check(status == 401 and headers["WWW-Authenticate"] == "ApiKey", f"no key: {status}")
    has(answer, "an error", detail=str)
    status, _, answer = call("GET", "/api/status", key="not-the-key")
    check(status == 403 and isinstance(answer["detail"], str), f"a wrong key: {status}")


def validation():
    answer = ok("POST", "/api/validate", {"config": CONFIG})
    check(answer["valid"] is True and answer["errors"] == [], f"{answer}")
    upper = {name.upper(): value for name, value in CONFIG.items()}
    check(ok("POST", "/api/validate", {"config": upper})["valid"] is True, "names in upper case")
    wrong = ok("POST", "/api/validate", {"config": {**CONFIG, "concurrency": 0, "pageviews_min": 9}})
    check(wrong["valid"] is False and len(wrong["errors"]) == 2, f"{wrong}")
    for error in wrong["errors"]:
        has(error, "an error of validation", field=str, message=str, severity=str)
    has(wrong, "validation", warnings=list)


def connection():
    body = {"matomo_url": CONFIG["matomo_url"], "site_id": 1, "token_auth": CONFIG["matomo_token_auth"], "timeout": 10}
    answer = ok("POST", "/api/test-connection", body)
    has(answer, "test-connection", success=bool, reachable=bool, status_code=int, response_time_ms=float, message=str)
    check(answer["success"] and answer["error"] is None, f"{answer}")
    check(CONFIG["matomo_token_auth"] not in json.dumps(answer), "the token is returned")


def life():
    answer = ok("POST", "/api/start", {"config": CONFIG, "restart_if_running": True})
    has(answer, "start", success=bool, message=str, state=str)
    check(answer["success"] and answer["error"] is None, f"{answer}")
    until("it runs", lambda: ok("GET", "/api/status")["container"]["state"] == "running")
    status = ok("GET", "/api/status")
    has(status, "status", container=dict, config=dict)
    container = status["container"]
    has(container, "status.container", state=str, name=str, id=str, uptime=str, created=str, started_at=str)
    check(container["state"] in STATES, container["state"])
    check(status["config"]["MATOMO_TOKEN_AUTH"] == "***MASKED***", "the token is not masked")
    until("there are figures", lambda: (ok("GET", "/api/status")["stats"] or {}).get("visits_generated"))
    stats = ok("GET", "/api/status")["stats"]
    has(stats, "status.stats", uptime=str, visits_generated=int, current_rate=str, hits_sent=int, success_rate=float)
    has(stats, "status.stats", latency=dict, cap=dict)
    check(stats["current_rate"].endswith("/sec"), stats["current_rate"])
    has(stats["cap"], "status.stats.cap", limit=int, used=int)

    faster = {**CONFIG, "target_visits_per_day": 86400, "matomo_token_auth": "***MASKED***"}
    answer = ok("POST", "/api/config/apply", {"config": faster})
    has(answer, "apply", success=bool, message=str, container_restarted=bool, state=str)
    check(answer["success"] and answer["container_restarted"] and answer["error"] is None, f"{answer}")
    check(ok("GET", "/api/status")["config"]["TARGET_VISITS_PER_DAY"] == "86400", "what was applied is not shown")

    logs = ok("GET", "/api/logs?lines=100&filter=traffic")
    has(logs, "logs", logs=list, lines_returned=int, container_state=str)
    check(logs["lines_returned"] == len(logs["logs"]) and all(isinstance(line, str) for line in logs["logs"]), f"{logs}")
    check(CONFIG["matomo_token_auth"] not in json.dumps(logs), "the token is in the log")

    answer = ok("POST", "/api/restart?timeout=20")
    check(answer["success"] and answer["state"] == "running", f"{answer}")


def backfill():
    name = f"client-{int(time.time())}"
    body = {"name": name, "backfill_days_back": 2, "backfill_duration_days": 1, "backfill_max_visits_per_day": 10, "backfill_seed": 7}
    started = ok("POST", "/api/backfill/run", body)
    has(started, "backfill/run", success=bool, message=str, container_name=str)
    until("it is over", lambda: not ok("GET", "/api/backfill/status")["running"])
    status = ok("GET", "/api/backfill/status")
    has(status, "backfill/status", running=bool, history=list)
    last = ok("GET", "/api/backfill/last")["run"]
    check(last["container_name"] == started["container_name"] and last["state"] == "finished", f"{last}")
    impossible = {"backfill_start_date": "2026-01-05", "backfill_end_date": "2026-01-01"}
    check(call("POST", "/api/backfill/run", impossible)[0] == 422, "an impossible window")
    check(call("POST", "/api/backfill/cancel", {"container_name": "nobody"})[0] == 404, "cancelling nothing")
    has(ok("POST", "/api/backfill/cleanup"), "backfill/cleanup", success=bool, message=str)


def saved():
    name = f"of a script {time.time()}"
    one = ok("POST", "/api/configs", {"name": name, "description": "x", "config": CONFIG}, 201)
    has(one, "a configuration", id=int, name=str, description=str, config=dict, created_at=str, updated_at=str)
    check(one["config"]["matomo_token_auth"] == "***MASKED***", "the token is not masked")
    check(call("POST", "/api/configs", {"name": name, "config": CONFIG})[0] == 409, "a name that is taken")
    place = f"/api/configs/{one['id']}"
    check(ok("PUT", place, {"description": "y"})["description"] == "y", "an update")
    check(ok("GET", place)["name"] == name, "reading it again")
    check(any(each["id"] == one["id"] for each in ok("GET", "/api/configs")["configs"]), "the list")
    answer = ok("POST", "/api/start", {"config": ok("GET", place)["config"], "config_id": one["id"], "restart_if_running": True})
    check(answer["success"], "a saved configuration can be started with")
    check(ok("DELETE", place)["success"], "removing it")
    check(call("GET", place)[0] == 404, "it is gone")
    presets = ok("GET", "/api/presets")["presets"]
    names = {preset["name"] for preset in presets}
    check({"Light", "Medium", "Heavy", "Extreme"} <= names, f"presets: {names}")


def content():
    pages = "https://shop.example/ Home\nhttps://shop.example/a/b Page B\n"
    check(ok("POST", "/api/urls/validate", {"content": pages})["valid"] is True, "validation of pages")
    check(ok("POST", "/api/urls", {"content": pages})["success"], "saving pages")
    has(ok("GET", "/api/urls"), "urls", content=str, structure=list)
    status, _, answer = call("POST", "/api/urls", {"content": "https://shop.example/\nnonsense"})
    check(status in (409, 422) and "2" in json.dumps(answer["errors"]), f"a wrong line: {status} {answer}")
    check(ok("DELETE", "/api/urls")["success"], "back to the built-in pages")
    events = ok("GET", "/api/events")["content"]
    check(ok("POST", "/api/events/validate", {"content": events})["valid"] is True, "validation of events")
    check(ok("POST", "/api/events", {"content": events})["success"], "saving events")
    check(ok("DELETE", "/api/events")["success"], "back to the built-in events")
    funnel = {
        "name": f"funnel {time.time()}",
        "description": "",
        "probability": 0.1,
        "priority": 1,
        "enabled": True,
        "exit_after_completion": True,
        "steps": [
            {"type": "pageview", "url": "https://shop.example/", "title": "Home", "delay_seconds_min": 1, "delay_seconds_max": 2},
            {"type": "event", "event_category": "c", "event_action": "a", "event_name": "n", "event_value": 1},
        ],
    }
    one = ok("POST", "/api/funnels", funnel, 201)
    has(one, "a funnel", id=int, name=str, probability=float, priority=int, enabled=bool, steps=list)
    place = f"/api/funnels/{one['id']}"
    check(ok("PUT", place, {**funnel, "enabled": False})["enabled"] is False, "changing a funnel")
    check(len(ok("GET", "/api/funnels")["funnels"]) >= 1, "the list of funnels")
    check(ok("DELETE", place)["success"], "removing it")


def end():
    answer = ok("POST", "/api/stop?timeout=20")
    check(answer["success"] and answer["state"] == "stopped", f"{answer}")
    check(call("POST", "/api/stop?timeout=61")[0] == 422, "a timeout beyond a minute")


def main():
    for part in (service, keys, validation, connection, life, backfill, saved, content, end):
        part()
        print(f"  ok    {part.__name__}", flush=True)
    print(f"{checks} things are as the Python service documented them")


if __name__ == "__main__":
    main()
