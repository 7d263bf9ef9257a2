-- What the load generator did, in pieces of time of several lengths. Counts are those of the piece; the rest is its largest.
CREATE TABLE series (
    resolution_s INTEGER NOT NULL,
    at INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    successes INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    latency_p50_ms REAL,
    latency_p95_ms REAL,
    latency_p99_ms REAL,
    in_flight INTEGER NOT NULL,
    lag_ms REAL,
    PRIMARY KEY (resolution_s, at)
) STRICT, WITHOUT ROWID;

-- One-off backfills: those that run, and those that ran. `record` is a JSON object.
CREATE TABLE backfills (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    container_name TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    record TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX backfills_active ON backfills (container_name) WHERE active = 1;
