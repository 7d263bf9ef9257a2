#!/usr/bin/env python3
"""Gives a control plane something to show: a load generator that runs, a configuration, a preset, a funnel, a backfill.

From the environment: BASE_URL, API_KEY, TARGET, TOKEN; session.py tells what they are.
"""

import json
import os
import urllib.request

CONFIG = {
    "MATOMO_URL": os.environ["TARGET"],
    "MATOMO_TOKEN_AUTH": os.environ["TOKEN"],
    "TARGET_VISITS_PER_DAY": 86400,
    "GRACE_PERIOD": 1,
}


def post(path, body):
    request = urllib.request.Request(os.environ["BASE_URL"] + path, data=json.dumps(body).encode())
    request.add_header("X-API-Key", os.environ["API_KEY"])
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request, timeout=60).close()


post("/api/start", {"config": CONFIG})
post("/api/configs", {"name": "seeded", "config": CONFIG})
post("/api/presets", {"name": "seeded", "config": {"CONCURRENCY": 5}})
post("/api/funnels", {"name": "seeded", "probability": 0.5, "steps": [{"type": "pageview", "url": "https://shop.example/"}]})
post("/api/backfill/run", {"name": "seeded", "BACKFILL_DAYS_BACK": 1, "BACKFILL_DURATION_DAYS": 1, "BACKFILL_MAX_VISITS_PER_DAY": 5})
