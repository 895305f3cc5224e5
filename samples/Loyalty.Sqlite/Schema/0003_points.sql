-- Clubs, points and rewards: rows and their keys, members with entries and lots, enrollments, claims. Amounts are minor units, instants are ticks in UTC.

CREATE TABLE points_run (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    tenant TEXT NOT NULL,
    currency TEXT NOT NULL,
    program TEXT NOT NULL,
    as_of TEXT NOT NULL,
    arrivals INTEGER NOT NULL,
    issued INTEGER NOT NULL
) STRICT;

CREATE TABLE points_member (
    member TEXT PRIMARY KEY NOT NULL,
    balance INTEGER NOT NULL,
    held INTEGER NOT NULL,
    lifetime INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    settlements INTEGER NOT NULL,
    last_activity_on TEXT,
    first_order_on TEXT,
    stage TEXT, -- of the active enrollment
    next_due TEXT,
    head BLOB NOT NULL -- the hash of the last entry
) STRICT, WITHOUT ROWID;
CREATE INDEX points_member_due ON points_member (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX points_member_on_stage ON points_member (stage) WHERE stage IS NOT NULL;

CREATE TABLE points_entry (
    member TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    expiry INTEGER NOT NULL,
    points INTEGER NOT NULL,
    balance INTEGER NOT NULL,
    effective_on TEXT NOT NULL,
    booked_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    lot_opened INTEGER,
    lot_expires_on TEXT,
    lot_inactivity INTEGER,
    reversed_lot INTEGER,
    hash BLOB NOT NULL,
    PRIMARY KEY (member, sequence)
) STRICT, WITHOUT ROWID;

-- What entries took from lots and gave back to them.
CREATE TABLE points_movement (
    member TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    place INTEGER NOT NULL,
    lot INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (member, sequence, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE points_settlement (
    member TEXT NOT NULL,
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    lot INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (member, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE points_operation (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    owner TEXT, -- whose points, also where the operation says it by its target
    member TEXT,
    target TEXT,
    day TEXT NOT NULL,
    amount INTEGER NOT NULL,
    points INTEGER NOT NULL,
    expires_at INTEGER,
    reason TEXT,
    outcome TEXT NOT NULL,
    first_sequence INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    result_points INTEGER NOT NULL,
    balance INTEGER NOT NULL,
    shortfall INTEGER NOT NULL,
    lot INTEGER NOT NULL,
    bonus_lot INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    is_given_back INTEGER NOT NULL,
    hold_state TEXT NOT NULL,
    is_hold INTEGER NOT NULL, -- an open hold
    number INTEGER NOT NULL, -- the order in which operations were decided
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX points_operation_of_owner ON points_operation (owner, number) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX points_operation_by_number ON points_operation (number);
CREATE INDEX points_hold ON points_operation (expires_at, number) WHERE is_hold;

-- What open holds keep.
CREATE TABLE points_held (
    id TEXT NOT NULL,
    place INTEGER NOT NULL,
    lot INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE points_order (
    id TEXT PRIMARY KEY NOT NULL,
    customer TEXT NOT NULL,
    day TEXT NOT NULL,
    amount INTEGER NOT NULL,
    arrival INTEGER NOT NULL,
    state TEXT NOT NULL,
    refusal TEXT NOT NULL,
    at_column TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX points_order_waiting ON points_order (customer) WHERE state = 'waiting';

CREATE TABLE points_refund (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL,
    day TEXT NOT NULL,
    amount INTEGER NOT NULL,
    arrival INTEGER NOT NULL,
    state TEXT NOT NULL,
    refusal TEXT NOT NULL,
    at_column TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX points_refund_waiting ON points_refund (order_id) WHERE state = 'waiting';

CREATE TABLE points_redemption_row (
    id TEXT NOT NULL,
    event TEXT NOT NULL,
    day TEXT NOT NULL,
    customer TEXT NOT NULL,
    reward TEXT NOT NULL,
    arrival INTEGER NOT NULL,
    state TEXT NOT NULL,
    refusal TEXT NOT NULL,
    at_column TEXT NOT NULL,
    PRIMARY KEY (id, event, day)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX points_claim_once ON points_redemption_row (id) WHERE event = 'claimed';
CREATE INDEX points_redemption_row_waiting ON points_redemption_row (customer) WHERE state = 'waiting';

CREATE TABLE points_enrollment (
    member TEXT NOT NULL,
    number INTEGER NOT NULL,
    stage TEXT NOT NULL,
    enrolled_at TEXT NOT NULL,
    started_on TEXT NOT NULL,
    started_by TEXT NOT NULL,
    initial_expires_at TEXT NOT NULL,
    status TEXT NOT NULL,
    ended_on TEXT,
    PRIMARY KEY (member, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE points_extension (
    member TEXT NOT NULL,
    number INTEGER NOT NULL,
    place INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    day TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (member, number, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE points_discount (
    member TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    stage TEXT NOT NULL,
    discount_percent TEXT NOT NULL,
    enrollment_order TEXT NOT NULL,
    cause_order TEXT,
    PRIMARY KEY (member, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE points_redemption (
    id TEXT PRIMARY KEY NOT NULL,
    number INTEGER NOT NULL, -- the order of the claims
    member TEXT NOT NULL,
    reward TEXT NOT NULL,
    claimed_on TEXT NOT NULL,
    points INTEGER NOT NULL,
    level TEXT,
    achievement INTEGER NOT NULL,
    status TEXT NOT NULL,
    changed_on TEXT NOT NULL,
    fulfilled_on TEXT,
    refusal TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX points_redemption_of_member ON points_redemption (member, number);
CREATE INDEX points_redemption_taken ON points_redemption (reward) WHERE status IN ('pending', 'fulfilled', 'concluded');
CREATE UNIQUE INDEX points_redemption_by_number ON points_redemption (number);
