-- Saved configurations and the user's own presets: the same shape, names unique within their kind.
-- `config` is a JSON object with a mask in the place of every secret.
CREATE TABLE saved (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('config', 'preset')),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    config TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (kind, name)
) STRICT;

-- What the masks stand for. Read only where a secret is really needed.
CREATE TABLE secrets (
    saved_id INTEGER NOT NULL REFERENCES saved (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (saved_id, name)
) STRICT, WITHOUT ROWID;

-- `definition` is a JSON object as in the load generator's file.
CREATE TABLE funnels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- Single facts about this installation.
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
