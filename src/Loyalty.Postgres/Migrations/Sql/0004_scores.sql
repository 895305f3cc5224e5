-- Orders of all platforms, whose they are, what they come to, and the scores made from that.
--
-- A customer is known by a name, mostly the normalised e-mail. Amounts are numeric, because platforms give up to 15 decimals and scores use the
-- unrounded sums. Texts compare by bytes (COLLATE "C").

CREATE TABLE loyalty.scoring (
    tenant_id bigint NOT NULL,
    orders bigint NOT NULL,
    orders_linked bigint NOT NULL,
    customers bigint NOT NULL,
    as_of date NOT NULL,
    all_scored_on date NOT NULL,
    is_given boolean NOT NULL,
    name text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    program_digest text COLLATE "C" NOT NULL,
    CONSTRAINT scoring_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT scoring_counts_not_negative CHECK (orders >= 0 AND orders_linked >= 0 AND customers >= 0)
);
COMMENT ON TABLE loyalty.scoring IS
    'One row for each tenant that scores: how far, and what is stored. Its row lock is the lock of a run of scoring, so that scoring and syncing do not wait for each other. Cost: one row read by key and one update for each run.';
COMMENT ON COLUMN loyalty.scoring.all_scored_on IS 'The last date on which everybody was scored together; a score was made on this date or on its own, whichever is later.';
COMMENT ON COLUMN loyalty.scoring.is_given IS 'Customers were given as a list, without their orders.';
COMMENT ON COLUMN loyalty.scoring.program_digest IS 'The SHA-256 of limits, weights and the segment of each cell; another one scores everybody anew.';

CREATE TABLE loyalty.customer (
    tenant_id bigint NOT NULL,
    gross numeric NOT NULL,
    fees numeric NOT NULL,
    refunded numeric NOT NULL,
    net numeric NOT NULL,
    orders integer NOT NULL,
    dead_orders integer NOT NULL,
    orders_listed integer NOT NULL,
    first_order_on date,
    last_order_on date,
    customer text COLLATE "C" NOT NULL,
    CONSTRAINT customer_pkey PRIMARY KEY (tenant_id, customer),
    CONSTRAINT customer_counts_not_negative CHECK (orders >= 0 AND dead_orders >= 0 AND orders_listed >= 0)
);
COMMENT ON TABLE loyalty.customer IS
    'One row for each customer with at least one order that is not after the date of scoring: what the orders come to. Corrected by differences. Cost: a read of totals is one row by key; a run writes the rows of customers whose orders changed. No foreign key to scoring: the run that writes it holds that row locked.';
COMMENT ON COLUMN loyalty.customer.orders_listed IS 'All orders of the timeline: those that count, dead ones, and credits; at 0 the row goes. 0 for a customer that was given without orders.';

CREATE TABLE loyalty.customer_email (
    tenant_id bigint NOT NULL,
    email text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    CONSTRAINT customer_email_pkey PRIMARY KEY (tenant_id, email),
    CONSTRAINT customer_email_belongs_to_scoring FOREIGN KEY (tenant_id) REFERENCES loyalty.scoring (tenant_id)
);
COMMENT ON TABLE loyalty.customer_email IS
    'E-mails that were given to a customer; any other belongs to the customer named as it. A customer may be named here before any order comes. Cost: one row for each link.';

CREATE TABLE loyalty.customer_order (
    tenant_id bigint NOT NULL,
    placed_at timestamp NOT NULL,
    gross numeric NOT NULL,
    fees numeric NOT NULL,
    refunded numeric NOT NULL,
    net numeric NOT NULL,
    platform smallint NOT NULL,
    standing smallint NOT NULL,
    id text COLLATE "C" NOT NULL,
    customer text COLLATE "C",
    customer_key text COLLATE "C",
    contact text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    item text COLLATE "C" NOT NULL,
    purchaser text COLLATE "C" NOT NULL,
    CONSTRAINT customer_order_pkey PRIMARY KEY (tenant_id, platform, id),
    CONSTRAINT customer_order_platform_known CHECK (platform BETWEEN 0 AND 5),
    CONSTRAINT customer_order_standing_known CHECK (standing BETWEEN 0 AND 3)
);
CREATE INDEX customer_order_timeline ON loyalty.customer_order (tenant_id, customer, placed_at DESC, platform, id) WHERE customer IS NOT NULL;
CREATE INDEX customer_order_waiting ON loyalty.customer_order (tenant_id, placed_at) WHERE customer IS NULL AND customer_key IS NOT NULL;
COMMENT ON TABLE loyalty.customer_order IS
    'One row for each order, the source of truth; unlinked ones and those after the date of scoring are kept. It is the timeline, too. Cost: a row and two index entries for a new order, an update for a changed one, nothing for an unchanged one. No foreign key to the customer, as for activity; `score` of everybody equals what is stored.';
COMMENT ON COLUMN loyalty.customer_order.placed_at IS 'Local, as the platform printed it.';
COMMENT ON COLUMN loyalty.customer_order.platform IS '0 generic, 1 humanitix, 2 eventbrite, 3 shopify, 4 commerce7, 5 online-retail.';
COMMENT ON COLUMN loyalty.customer_order.standing IS '0 counts, 1 cancelled, 2 refunded in full, 3 a credit that never was an order.';
COMMENT ON COLUMN loyalty.customer_order.customer IS 'Whose order it is; null while unlinked, and until the date of scoring has come to it.';
COMMENT ON COLUMN loyalty.customer_order.customer_key IS 'The normalised e-mail or the platform''s customer by which the order finds its customer.';
COMMENT ON INDEX loyalty.customer_order_timeline IS 'A page of a customer''s timeline, newest first, is one range of it.';
COMMENT ON INDEX loyalty.customer_order_waiting IS 'Finds the orders whose date has come; empty when none is after the date of scoring.';

CREATE TABLE loyalty.score (
    tenant_id bigint NOT NULL,
    net numeric NOT NULL,
    orders integer NOT NULL,
    lead_score integer NOT NULL,
    last_order_on date,
    scored_on date NOT NULL,
    next_change_on date,
    recency smallint NOT NULL,
    frequency smallint NOT NULL,
    money smallint NOT NULL,
    customer text COLLATE "C" NOT NULL,
    segment text COLLATE "C" NOT NULL,
    CONSTRAINT score_pkey PRIMARY KEY (tenant_id, customer),
    CONSTRAINT score_belongs_to_customer FOREIGN KEY (tenant_id, customer) REFERENCES loyalty.customer (tenant_id, customer),
    CONSTRAINT score_from_1_to_5 CHECK (recency BETWEEN 1 AND 5 AND frequency BETWEEN 1 AND 5 AND money BETWEEN 1 AND 5)
);
CREATE INDEX score_due ON loyalty.score (tenant_id, next_change_on);
CREATE INDEX score_by_segment ON loyalty.score (tenant_id, segment);
COMMENT ON TABLE loyalty.score IS
    'One row for each customer: the scores, what they were made from, and when. Cost: a run writes the rows of customers who are touched or due, and reads no others.';
COMMENT ON COLUMN loyalty.score.next_change_on IS 'The day on which time alone lowers the recency score; null: never.';
COMMENT ON INDEX loyalty.score_due IS 'Finds the customers whom the calendar moves without reading the others.';
COMMENT ON INDEX loyalty.score_by_segment IS 'Lists a segment.';

CREATE TABLE loyalty.score_run (
    tenant_id bigint NOT NULL,
    orders_given bigint NOT NULL,
    net_given numeric NOT NULL,
    orders_inserted bigint NOT NULL,
    orders_updated bigint NOT NULL,
    orders_removed bigint NOT NULL,
    customers bigint NOT NULL,
    examined bigint NOT NULL,
    moved bigint NOT NULL,
    started_at timestamptz NOT NULL,
    completed_at timestamptz NOT NULL,
    run_id uuid NOT NULL,
    as_of date NOT NULL,
    is_all boolean NOT NULL,
    program_digest text COLLATE "C" NOT NULL,
    CONSTRAINT score_run_pkey PRIMARY KEY (tenant_id, run_id),
    CONSTRAINT score_run_belongs_to_scoring FOREIGN KEY (tenant_id) REFERENCES loyalty.scoring (tenant_id)
);
CREATE INDEX score_run_by_time ON loyalty.score_run (tenant_id, completed_at);
COMMENT ON TABLE loyalty.score_run IS
    'One line for each completed run of scoring. Cost: one insert for each run. Append-only: the application may not update or delete.';
COMMENT ON COLUMN loyalty.score_run.net_given IS 'The net over all orders that came in, superseded ones aside.';
COMMENT ON COLUMN loyalty.score_run.is_all IS 'Whether the orders were all there are.';
COMMENT ON INDEX loyalty.score_run_by_time IS 'Finds the last runs of a tenant.';

ALTER TABLE loyalty.scoring ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.scoring FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.scoring
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.customer FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.customer
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.customer_email ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.customer_email FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.customer_email
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.customer_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.customer_order FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.customer_order
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.score ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.score FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.score
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.score_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.score_run FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.score_run
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);

GRANT SELECT, INSERT, UPDATE ON loyalty.scoring TO loyalty_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON loyalty.customer, loyalty.customer_email, loyalty.customer_order, loyalty.score TO loyalty_app;
GRANT SELECT, INSERT ON loyalty.score_run TO loyalty_app;
