-- Clubs, the ledger of points, and rewards.
--
-- The ledger only grows: entries, settlements and discount operations are inserted and never touched again; the application has no right to
-- update or delete them. Lots are not stored. A lot opens with its entry, which says when it runs out; what entries took from lots or gave back
-- stands with them; so what is left of a lot follows from the ledger and the open holds. Instants are whole numbers of 100 nanoseconds since
-- 0001-01-01 UTC, as the hash chain has them.

CREATE TABLE loyalty.points_book (
    tenant_id bigint NOT NULL,
    version bigint NOT NULL,
    arrivals bigint NOT NULL,
    redemptions bigint NOT NULL,
    issued bigint NOT NULL,
    as_of date NOT NULL,
    name text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    program_digest text COLLATE "C" NOT NULL,
    CONSTRAINT points_book_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT points_book_counts_not_negative CHECK (version >= 0 AND arrivals >= 0 AND redemptions >= 0 AND issued >= 0)
);
COMMENT ON TABLE loyalty.points_book IS
    'One row for each tenant with points: how far days are closed, and how often the book was written to. Its row lock is the lock of whoever writes. Cost: one lock and one update for each batch of operations and for each run.';
COMMENT ON COLUMN loyalty.points_book.version IS 'Goes up by one with each batch and each run, so that who remembers members knows whether they are still right.';
COMMENT ON COLUMN loyalty.points_book.issued IS 'All earned and bonus points ever recorded, of all members.';
COMMENT ON COLUMN loyalty.points_book.arrivals IS 'How many rows have taken a key, in all runs.';

CREATE TABLE loyalty.points_program (
    tenant_id bigint NOT NULL,
    digest text COLLATE "C" NOT NULL,
    json text COLLATE "C" NOT NULL,
    CONSTRAINT points_program_pkey PRIMARY KEY (tenant_id, digest),
    CONSTRAINT points_program_belongs_to_book FOREIGN KEY (tenant_id) REFERENCES loyalty.points_book (tenant_id)
);
COMMENT ON TABLE loyalty.points_program IS
    'Every program that a run of points was made with, in canonical JSON by its SHA-256. Cost: one row for each change of the program.';

CREATE TABLE loyalty.points_run (
    tenant_id bigint NOT NULL,
    rows_read bigint NOT NULL,
    rows_new bigint NOT NULL,
    rows_rejected bigint NOT NULL,
    entries_new bigint NOT NULL,
    started_at timestamptz NOT NULL,
    completed_at timestamptz NOT NULL,
    as_of date NOT NULL,
    run_id uuid NOT NULL,
    program_digest text COLLATE "C" NOT NULL,
    CONSTRAINT points_run_pkey PRIMARY KEY (tenant_id, run_id),
    CONSTRAINT points_run_has_program FOREIGN KEY (tenant_id, program_digest) REFERENCES loyalty.points_program (tenant_id, digest)
);
COMMENT ON TABLE loyalty.points_run IS
    'One line for each completed run of points; stands if and only if the run does. Cost: one insert for each run. Append-only.';

CREATE TABLE loyalty.points_member (
    tenant_id bigint NOT NULL,
    version bigint NOT NULL,
    balance bigint NOT NULL,
    held bigint NOT NULL,
    lifetime bigint NOT NULL,
    entries integer NOT NULL,
    settlements integer NOT NULL,
    last_activity_on date,
    enrolled_until date,
    next_due date,
    has_ordered boolean NOT NULL,
    member text COLLATE "C" NOT NULL,
    stage text COLLATE "C",
    head bytea NOT NULL,
    CONSTRAINT points_member_pkey PRIMARY KEY (tenant_id, member),
    CONSTRAINT points_member_counts_not_negative CHECK (entries >= 0 AND settlements >= 0 AND held >= 0 AND lifetime >= 0),
    CONSTRAINT points_member_enrolled_has_stage CHECK ((stage IS NULL) = (enrolled_until IS NULL))
);
CREATE INDEX points_member_due ON loyalty.points_member (tenant_id, next_due);
COMMENT ON TABLE loyalty.points_member IS
    'One row for each member: balances, and the count and last hash of the entries, apart from them. Cost: one upsert for each member of a batch; a run writes touched and due members only. No foreign key to the book: who writes it holds the book''s row locked.';
COMMENT ON COLUMN loyalty.points_member.next_due IS 'The day on which the enrollment or a lot runs out; null: never.';
COMMENT ON COLUMN loyalty.points_member.head IS 'The hash of the last entry, or the start of the chain.';
COMMENT ON INDEX loyalty.points_member_due IS 'Finds the members due on a date without reading the others.';

CREATE TABLE loyalty.points_entry (
    tenant_id bigint NOT NULL,
    points bigint NOT NULL,
    balance bigint NOT NULL,
    recorded_at bigint NOT NULL,
    lot_opened bigint,
    sequence integer NOT NULL,
    effective_on date NOT NULL,
    booked_on date NOT NULL,
    lot_expires_on date,
    lot_inactivity integer,
    expiry integer NOT NULL,
    reversed_lot integer,
    kind text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    hash bytea NOT NULL,
    moved_lots integer[],
    moved_points bigint[],
    CONSTRAINT points_entry_pkey PRIMARY KEY (tenant_id, member, sequence),
    CONSTRAINT points_entry_not_zero CHECK (points <> 0 AND sequence > 0),
    CONSTRAINT points_entry_lot_within CHECK (lot_opened BETWEEN 0 AND points),
    CONSTRAINT points_entry_moves_pair CHECK (cardinality(moved_lots) = cardinality(moved_points)),
    CONSTRAINT points_entry_hash_whole CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE loyalty.points_entry IS
    'The ledger: one row for each entry, never changed. Cost: a row and one index entry. No foreign key to the member, which would double the cost of a load; both are written in one transaction, and `verify` compares them.';
COMMENT ON COLUMN loyalty.points_entry.id IS 'The order, redemption, refund, adjustment, hold or transfer; with source and expiry the key of the entry.';
COMMENT ON COLUMN loyalty.points_entry.expiry IS 'Which expiry of its lot this entry is, from 1; 0: none.';
COMMENT ON COLUMN loyalty.points_entry.lot_opened IS 'Points in the lot that the entry opened: its points less what paid a debt; null: it opened none. Lots are numbered within the member from 0.';
COMMENT ON COLUMN loyalty.points_entry.lot_inactivity IS 'Months (days below zero) after the last activity that the lot runs out; null: lot_expires_on says it.';
COMMENT ON COLUMN loyalty.points_entry.reversed_lot IS 'For what a refund takes: the lot of the order''s entry, from wherever the points came.';
COMMENT ON COLUMN loyalty.points_entry.moved_lots IS 'The lots that the entry took points from or gave them back to, in order; moved_points says how many.';

CREATE TABLE loyalty.points_settlement (
    tenant_id bigint NOT NULL,
    points bigint NOT NULL,
    number integer NOT NULL,
    entry integer NOT NULL,
    lot integer NOT NULL,
    member text COLLATE "C" NOT NULL,
    CONSTRAINT points_settlement_pkey PRIMARY KEY (tenant_id, member, number),
    CONSTRAINT points_settlement_belongs_to_member FOREIGN KEY (tenant_id, member) REFERENCES loyalty.points_member (tenant_id, member)
);
COMMENT ON TABLE loyalty.points_settlement IS
    'Points of ended holds that paid a debt instead of going back to their lot; never changed. Cost: rarely a row.';

CREATE TABLE loyalty.points_operation (
    tenant_id bigint NOT NULL,
    amount bigint NOT NULL,
    points bigint NOT NULL,
    version bigint NOT NULL,
    number integer NOT NULL,
    expires_at bigint,
    result_points bigint NOT NULL,
    balance bigint NOT NULL,
    shortfall bigint NOT NULL,
    refunded bigint NOT NULL,
    first_sequence integer NOT NULL,
    entries integer NOT NULL,
    lot integer NOT NULL,
    bonus_lot integer NOT NULL,
    day date NOT NULL,
    is_given_back boolean NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    hold_state text COLLATE "C" NOT NULL,
    member text COLLATE "C",
    target text COLLATE "C",
    reason text COLLATE "C",
    held_lots integer[],
    held_points bigint[],
    CONSTRAINT points_operation_pkey PRIMARY KEY (tenant_id, kind, id),
    CONSTRAINT points_operation_hold_known CHECK (hold_state IN ('none', 'open', 'committed', 'released', 'timed-out')),
    CONSTRAINT points_operation_open_holds_hold CHECK ((hold_state = 'open') = (held_lots IS NOT NULL) AND cardinality(held_lots) = cardinality(held_points))
);
CREATE INDEX points_operation_holds ON loyalty.points_operation (tenant_id, member) WHERE hold_state = 'open';
COMMENT ON TABLE loyalty.points_operation IS
    'Every operation that took its key, with what became of it: the same key again gets the same answer. Orders of runs stand in points_order instead. Cost: a row and one index entry; an update when a hold ends, a claim is given back, or an order is refunded. No foreign key, as for points_entry.';
COMMENT ON COLUMN loyalty.points_operation.version IS 'The version of the book that it came with; number is its place there.';
COMMENT ON COLUMN loyalty.points_operation.lot IS 'For an order: its lot, -1 for none. For a redemption: its entry.';
COMMENT ON INDEX loyalty.points_operation_holds IS 'Finds the open holds of a member.';

CREATE TABLE loyalty.points_order (
    tenant_id bigint NOT NULL,
    amount bigint NOT NULL,
    arrival bigint NOT NULL,
    result_points bigint,
    balance bigint,
    shortfall bigint,
    refunded bigint,
    first_sequence integer,
    entries integer,
    lot integer,
    bonus_lot integer,
    day date NOT NULL,
    state text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    outcome text COLLATE "C",
    CONSTRAINT points_order_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT points_order_state_known CHECK (state IN ('waiting', 'taken', 'refused')),
    CONSTRAINT points_order_earned_whole CHECK (num_nulls(outcome, result_points, balance, shortfall, refunded, first_sequence, entries, lot, bonus_lot) IN (0, 9))
);
CREATE INDEX points_order_waiting ON loyalty.points_order (tenant_id, day) WHERE state = 'waiting';
COMMENT ON TABLE loyalty.points_order IS
    'One row for each order of a run: its key, and when it was in the ledger what it earned. Cost: a row and one index entry; an update when its day comes or it is refunded. No foreign key, as for points_entry.';
COMMENT ON COLUMN loyalty.points_order.outcome IS 'What the ledger answered; null: the order did not come to the ledger, or its key stands in points_operation.';
COMMENT ON INDEX loyalty.points_order_waiting IS 'Finds the orders whose day has not come.';

CREATE TABLE loyalty.points_refund (
    tenant_id bigint NOT NULL,
    amount bigint NOT NULL,
    arrival bigint NOT NULL,
    day date NOT NULL,
    state text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    CONSTRAINT points_refund_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT points_refund_has_order FOREIGN KEY (tenant_id, order_id) REFERENCES loyalty.points_order (tenant_id, id),
    CONSTRAINT points_refund_state_known CHECK (state IN ('waiting', 'taken', 'refused'))
);
CREATE INDEX points_refund_waiting ON loyalty.points_refund (tenant_id, day) WHERE state = 'waiting';
COMMENT ON TABLE loyalty.points_refund IS 'One row for each refund of a run. Cost: a row and a look-up of the order; an update when its day comes.';
COMMENT ON INDEX loyalty.points_refund_waiting IS 'Finds the refunds whose day has not come.';

CREATE TABLE loyalty.points_happening (
    tenant_id bigint NOT NULL,
    arrival bigint NOT NULL,
    day date NOT NULL,
    event text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    refusal text COLLATE "C" NOT NULL,
    at_column text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    reward text COLLATE "C" NOT NULL,
    CONSTRAINT points_happening_pkey PRIMARY KEY (tenant_id, id, event, day),
    CONSTRAINT points_happening_state_known CHECK (state IN ('waiting', 'taken', 'refused'))
);
CREATE INDEX points_happening_waiting ON loyalty.points_happening (tenant_id, day) WHERE state = 'waiting';
COMMENT ON TABLE loyalty.points_happening IS
    'One row for each claim of a run and for each thing that happened to one. Cost: a row; an update when its day comes. No foreign key: what happens to a claim may be known before the claim.';
COMMENT ON INDEX loyalty.points_happening_waiting IS 'Finds the rows whose day has not come.';

CREATE TABLE loyalty.points_redemption (
    tenant_id bigint NOT NULL,
    number bigint NOT NULL,
    points bigint NOT NULL,
    achievement integer NOT NULL,
    claimed_on date NOT NULL,
    changed_on date NOT NULL,
    fulfilled_on date,
    status text COLLATE "C" NOT NULL,
    refusal text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    reward text COLLATE "C" NOT NULL,
    level text COLLATE "C",
    CONSTRAINT points_redemption_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT points_redemption_belongs_to_member FOREIGN KEY (tenant_id, member) REFERENCES loyalty.points_member (tenant_id, member),
    CONSTRAINT points_redemption_status_known CHECK (status IN ('pending', 'fulfilled', 'concluded', 'cancelled', 'rejected', 'refunded', 'refused'))
);
CREATE INDEX points_redemption_of_member ON loyalty.points_redemption (tenant_id, member);
CREATE INDEX points_redemption_taken ON loyalty.points_redemption (tenant_id, reward) WHERE status IN ('pending', 'fulfilled', 'concluded');
COMMENT ON TABLE loyalty.points_redemption IS
    'One row for each claim, granted or refused, and where it stands. Cost: a row and a look-up of the member; an update for each thing that happens to it.';
COMMENT ON COLUMN loyalty.points_redemption.number IS 'Its place among all claims of the tenant, from 0.';
COMMENT ON INDEX loyalty.points_redemption_of_member IS 'Finds the claims of a member, for limits.';
COMMENT ON INDEX loyalty.points_redemption_taken IS 'Counts what is taken of a reward''s stock.';

CREATE TABLE loyalty.points_enrollment (
    tenant_id bigint NOT NULL,
    number integer NOT NULL,
    enrolled_at date NOT NULL,
    started_on date NOT NULL,
    initial_expires_at date NOT NULL,
    expires_at date NOT NULL,
    ended_on date,
    status text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    stage text COLLATE "C" NOT NULL,
    started_by text COLLATE "C" NOT NULL,
    extended_by text[] COLLATE "C",
    extended_on date[],
    extended_to date[],
    CONSTRAINT points_enrollment_pkey PRIMARY KEY (tenant_id, member, number),
    CONSTRAINT points_enrollment_belongs_to_member FOREIGN KEY (tenant_id, member) REFERENCES loyalty.points_member (tenant_id, member),
    CONSTRAINT points_enrollment_status_known CHECK (status IN ('active', 'upgraded', 'expired') AND (status = 'active') = (ended_on IS NULL))
);
COMMENT ON TABLE loyalty.points_enrollment IS
    'One row for each time of a member on a stage, in the order in which they began. Cost: a row and a look-up of the member; an update when it is extended or ends.';
COMMENT ON COLUMN loyalty.points_enrollment.extended_by IS 'The orders that made it last longer, in order; extended_on says when, extended_to until when.';

CREATE TABLE loyalty.points_discount (
    tenant_id bigint NOT NULL,
    discount_percent numeric NOT NULL,
    sequence integer NOT NULL,
    day date NOT NULL,
    kind text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    stage text COLLATE "C" NOT NULL,
    enrollment_order text COLLATE "C" NOT NULL,
    cause_order text COLLATE "C",
    CONSTRAINT points_discount_pkey PRIMARY KEY (tenant_id, member, sequence),
    CONSTRAINT points_discount_belongs_to_member FOREIGN KEY (tenant_id, member) REFERENCES loyalty.points_member (tenant_id, member),
    CONSTRAINT points_discount_kind_known CHECK (kind IN ('add', 'remove'))
);
COMMENT ON TABLE loyalty.points_discount IS
    'What to do in the shop system, by sequence; never changed. Cost: a row and a look-up of the member for each change of an enrollment.';

ALTER TABLE loyalty.points_book ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_book FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_book
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_program ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_program FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_program
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_run FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_run
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_member FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_member
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_entry
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_settlement ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_settlement FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_settlement
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_operation ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_operation FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_operation
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_order FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_order
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_refund ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_refund FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_refund
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_happening ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_happening FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_happening
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_redemption ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_redemption FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_redemption
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_enrollment ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_enrollment FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_enrollment
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.points_discount ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_discount FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.points_discount
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);

GRANT SELECT, INSERT, UPDATE ON loyalty.points_book, loyalty.points_member, loyalty.points_enrollment TO loyalty_app;
GRANT SELECT, INSERT ON loyalty.points_program, loyalty.points_run, loyalty.points_entry, loyalty.points_settlement, loyalty.points_discount TO loyalty_app;
GRANT SELECT, INSERT, UPDATE (refunded, is_given_back, hold_state, held_lots, held_points) ON loyalty.points_operation TO loyalty_app;
GRANT SELECT, INSERT, UPDATE (state, outcome, result_points, balance, shortfall, refunded, first_sequence, entries, lot, bonus_lot) ON loyalty.points_order TO loyalty_app;
GRANT SELECT, INSERT, UPDATE (state) ON loyalty.points_refund TO loyalty_app;
GRANT SELECT, INSERT, UPDATE (state, refusal, at_column) ON loyalty.points_happening TO loyalty_app;
GRANT SELECT, INSERT, UPDATE (status, changed_on, fulfilled_on) ON loyalty.points_redemption TO loyalty_app;
