-- Orders, what they come to for each customer, and the scores. Amounts are exact decimals as text, without trailing zeros.

CREATE TABLE score_run (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    as_of TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    is_given INTEGER NOT NULL
) STRICT;

CREATE TABLE email_owner (
    email TEXT PRIMARY KEY NOT NULL,
    customer TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customer_order (
    platform INTEGER NOT NULL, -- the rank of the platform, by which a timeline is ordered
    id TEXT NOT NULL,
    placed_at TEXT NOT NULL,
    day TEXT NOT NULL,
    customer_key TEXT,
    customer TEXT, -- who owns customer_key
    contact TEXT NOT NULL,
    gross TEXT NOT NULL,
    fees TEXT NOT NULL,
    refunded TEXT NOT NULL,
    net TEXT NOT NULL,
    standing TEXT NOT NULL,
    status TEXT NOT NULL,
    item TEXT NOT NULL,
    purchaser TEXT NOT NULL,
    PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_order_of_customer ON customer_order (customer, placed_at DESC, platform, id) WHERE customer IS NOT NULL;
CREATE INDEX customer_order_of_key ON customer_order (customer_key) WHERE customer_key IS NOT NULL;
CREATE INDEX customer_order_by_day ON customer_order (day);

CREATE TABLE customer (
    customer TEXT PRIMARY KEY NOT NULL,
    orders INTEGER NOT NULL,
    dead_orders INTEGER NOT NULL,
    gross TEXT NOT NULL,
    fees TEXT NOT NULL,
    refunded TEXT NOT NULL,
    net TEXT NOT NULL,
    first_order_on TEXT,
    last_order_on TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE score (
    customer TEXT PRIMARY KEY NOT NULL,
    scored_on TEXT NOT NULL,
    last_order_on TEXT,
    orders INTEGER NOT NULL,
    net TEXT NOT NULL,
    cell INTEGER NOT NULL,
    lead_score INTEGER NOT NULL,
    segment TEXT NOT NULL,
    next_change TEXT -- the day on which time alone moves the customer; null: never
) STRICT, WITHOUT ROWID;
CREATE INDEX score_next_change ON score (next_change) WHERE next_change IS NOT NULL;
CREATE INDEX score_of_segment ON score (segment);
