CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE visit (
    id INTEGER PRIMARY KEY,
    site INTEGER NOT NULL,
    visitor INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL,
    first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL
);
CREATE INDEX visit_by_visitor ON visit (site, visitor, last_time);
CREATE INDEX visit_by_fingerprint ON visit (site, fingerprint, last_time);
CREATE TABLE received (
    id INTEGER PRIMARY KEY,
    site INTEGER NOT NULL,
    visit INTEGER NOT NULL,
    visitor INTEGER NOT NULL,
    kind TEXT NOT NULL,
    time INTEGER NOT NULL,
    params TEXT
);
