CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

-- URLs, titles, keywords, events' words, products: every text that hits share, once.
CREATE TABLE action (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    name TEXT NOT NULL,
    prefix INTEGER
);
CREATE UNIQUE INDEX action_by_name ON action (name, type);

CREATE TABLE agent (
    id INTEGER PRIMARY KEY,
    user_agent TEXT NOT NULL UNIQUE,
    parsed TEXT NOT NULL
);

CREATE TABLE visit (
    id INTEGER PRIMARY KEY,
    site INTEGER NOT NULL,
    visitor INTEGER NOT NULL,
    fingerprint INTEGER NOT NULL,
    user_id TEXT,
    first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    total_time INTEGER NOT NULL,
    visitor_kind INTEGER NOT NULL,
    visit_count INTEGER NOT NULL,
    since_first INTEGER,
    since_last INTEGER,
    since_order INTEGER,
    actions INTEGER NOT NULL,
    interactions INTEGER NOT NULL,
    searches INTEGER NOT NULL,
    events INTEGER NOT NULL,
    converted INTEGER NOT NULL,
    buyer INTEGER NOT NULL,
    entry_url INTEGER,
    entry_title INTEGER,
    exit_url INTEGER,
    exit_title INTEGER,
    referrer_kind INTEGER NOT NULL,
    referrer_name TEXT NOT NULL,
    referrer_keyword TEXT NOT NULL,
    referrer_url TEXT NOT NULL,
    agent INTEGER NOT NULL,
    resolution TEXT NOT NULL,
    language TEXT NOT NULL,
    country TEXT NOT NULL,
    region TEXT,
    city TEXT,
    latitude REAL,
    longitude REAL,
    address TEXT NOT NULL,
    local_time TEXT NOT NULL
);
CREATE INDEX visit_by_visitor ON visit (site, visitor);
CREATE INDEX visit_by_fingerprint ON visit (site, fingerprint);
CREATE INDEX visit_by_time ON visit (site, last_time);

-- What visitors did: page views, searches, events, contents, outlinks, downloads.
CREATE TABLE hit (
    id INTEGER PRIMARY KEY,
    visit INTEGER NOT NULL,
    site INTEGER NOT NULL,
    visitor INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    url INTEGER,
    name INTEGER,
    url_before INTEGER,
    name_before INTEGER,
    time_before INTEGER NOT NULL,
    position INTEGER,
    page_view TEXT,
    search_category TEXT,
    search_count INTEGER,
    event_category INTEGER,
    event_action INTEGER,
    value REAL,
    network INTEGER,
    server INTEGER,
    transfer INTEGER,
    dom_processing INTEGER,
    dom_completion INTEGER,
    on_load INTEGER,
    content_name INTEGER,
    content_piece INTEGER,
    content_target INTEGER,
    content_interaction INTEGER,
    product_sku INTEGER,
    product_name INTEGER,
    product_category INTEGER,
    product_price REAL
);
CREATE INDEX hit_by_time ON hit (site, time);
CREATE INDEX hit_by_visit ON hit (visit);

-- Goals reached (goal > 0), orders (0) and carts (-1).
CREATE TABLE conversion (
    id INTEGER PRIMARY KEY,
    visit INTEGER NOT NULL,
    goal INTEGER NOT NULL,
    -- Tells apart what one visit may do more than once.
    nonce INTEGER NOT NULL,
    site INTEGER NOT NULL,
    visitor INTEGER NOT NULL,
    time INTEGER NOT NULL,
    order_id TEXT,
    items INTEGER,
    url TEXT,
    revenue REAL NOT NULL,
    subtotal REAL,
    tax REAL,
    shipping REAL,
    discount REAL,
    pages_before INTEGER,
    visitor_kind INTEGER NOT NULL,
    visit_count INTEGER NOT NULL,
    since_first INTEGER,
    country TEXT NOT NULL,
    agent INTEGER NOT NULL,
    referrer_kind INTEGER NOT NULL,
    referrer_name TEXT NOT NULL,
    referrer_keyword TEXT NOT NULL
);
CREATE UNIQUE INDEX conversion_once ON conversion (visit, goal, nonce);
CREATE UNIQUE INDEX conversion_by_order ON conversion (site, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX conversion_by_time ON conversion (site, time);

CREATE TABLE item (
    visit INTEGER NOT NULL,
    -- Empty while it lies in a cart.
    order_id TEXT NOT NULL,
    sku INTEGER NOT NULL,
    site INTEGER NOT NULL,
    time INTEGER NOT NULL,
    name INTEGER,
    category1 INTEGER,
    category2 INTEGER,
    category3 INTEGER,
    category4 INTEGER,
    category5 INTEGER,
    price REAL NOT NULL,
    quantity INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (visit, order_id, sku)
) WITHOUT ROWID;
CREATE INDEX item_by_time ON item (site, time);

-- Every recorded hit as it was sent, without its token: what tests compare with what they sent.
CREATE TABLE received (
    id INTEGER PRIMARY KEY,
    site INTEGER NOT NULL,
    visit INTEGER NOT NULL,
    visitor INTEGER NOT NULL,
    kind TEXT NOT NULL,
    time INTEGER NOT NULL,
    params TEXT
);
