-- What is to be told to outside systems, contacts, consent, and occurrences of jobs. Instants are ticks in UTC.

CREATE TABLE queue_book (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next_position INTEGER NOT NULL,
    next_event INTEGER NOT NULL
) STRICT;
INSERT INTO queue_book (one, next_position, next_event) VALUES (1, 1, 1);

CREATE TABLE queue_delivery (
    position INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('operation', 'message', 'event')),
    route TEXT NOT NULL,
    target TEXT NOT NULL, -- empty until the first attempt
    customer TEXT NOT NULL,
    what TEXT NOT NULL,
    channel TEXT NOT NULL,
    payload TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'leased', 'done', 'parked', 'skipped', 'dropped')),
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease_token TEXT,
    lease_until INTEGER,
    is_begun INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    error TEXT NOT NULL,
    history TEXT NOT NULL, -- JSON
    CHECK ((status = 'leased') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX queue_delivery_open ON queue_delivery (customer, route, position) WHERE status IN ('waiting', 'leased', 'parked');
CREATE INDEX queue_delivery_parked ON queue_delivery (customer, route, position) WHERE status = 'parked';

-- One customer and route: the delivery that goes next, or holds the others back.
CREATE TABLE queue_lane (
    customer TEXT NOT NULL,
    route TEXT NOT NULL,
    head INTEGER NOT NULL,
    next_at INTEGER, -- null: the head is parked
    target TEXT NOT NULL,
    lease_until INTEGER,
    PRIMARY KEY (customer, route)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_lane_new ON queue_lane (route, next_at, head) WHERE target = '' AND next_at IS NOT NULL;
CREATE INDEX queue_lane_tried ON queue_lane (target, next_at, head) WHERE target <> '' AND next_at IS NOT NULL;

CREATE TABLE queue_contact (
    customer TEXT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    locale TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_consent (
    customer TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT,
    channel TEXT,
    allowed INTEGER NOT NULL,
    is_hard INTEGER NOT NULL,
    at INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('import', 'link', 'keyword', 'provider', 'operator')),
    words TEXT NOT NULL,
    PRIMARY KEY (customer, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_occurrence (
    job TEXT NOT NULL,
    occurrence INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    token TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    error TEXT NOT NULL,
    PRIMARY KEY (job, occurrence)
) STRICT, WITHOUT ROWID;
