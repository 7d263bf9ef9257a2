-- What is said of runs; the runs themselves lie in folders that the load generator writes.
CREATE TABLE notes (
    run TEXT PRIMARY KEY,
    note TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The last comparison of a run with the target's reports. `summary` and `proof` are JSON objects; of proofs long ago only
-- the summary is kept.
CREATE TABLE proofs (
    run TEXT PRIMARY KEY,
    made_at TEXT NOT NULL,
    proved INTEGER NOT NULL CHECK (proved IN (0, 1)),
    summary TEXT NOT NULL,
    proof TEXT
) STRICT;

-- The last verification of a run. `record` is a JSON object.
CREATE TABLE verifications (
    run TEXT PRIMARY KEY,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Searches for the most visits a day that the target bears. `record` is a JSON object.
CREATE TABLE searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    container_name TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    record TEXT NOT NULL
) STRICT;

-- One at a time: a second one would be part of what the first measures.
CREATE UNIQUE INDEX searches_active ON searches (active) WHERE active = 1;

ALTER TABLE series ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;

-- How long the probed reports took in a piece of the series, the last time, and how often they did not come.
CREATE TABLE series_probes (
    resolution_s INTEGER NOT NULL,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    last_ms REAL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (resolution_s, at, name)
) STRICT, WITHOUT ROWID;
