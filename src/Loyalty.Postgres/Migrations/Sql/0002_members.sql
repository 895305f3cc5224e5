-- Members, their activity, and what was decided about them.
--
-- A member is known by the handle, which never changes, so the handle is the key. Texts compare by bytes (COLLATE "C"), which is the order
-- in which the suite lists handles.

CREATE TABLE loyalty.member (
    tenant_id bigint NOT NULL,
    lifetime_sales bigint NOT NULL,
    lifetime_units bigint NOT NULL,
    lifetime_videos bigint NOT NULL,
    lifetime_views bigint NOT NULL,
    lifetime_likes bigint NOT NULL,
    lifetime_comments bigint NOT NULL,
    window_sales bigint NOT NULL,
    window_units bigint NOT NULL,
    window_videos bigint NOT NULL,
    window_views bigint NOT NULL,
    window_likes bigint NOT NULL,
    window_comments bigint NOT NULL,
    lifetime_adjusted_sales bigint NOT NULL,
    lifetime_adjusted_units bigint NOT NULL,
    window_adjusted_sales bigint NOT NULL,
    window_adjusted_units bigint NOT NULL,
    joined date NOT NULL,
    achieved_on date NOT NULL,
    window_start date NOT NULL,
    window_end date,
    next_due date,
    decisions integer NOT NULL,
    in_grace boolean NOT NULL,
    handle text COLLATE "C" NOT NULL,
    level text COLLATE "C" NOT NULL,
    history bytea NOT NULL,
    CONSTRAINT member_pkey PRIMARY KEY (tenant_id, handle),
    CONSTRAINT member_window_not_empty CHECK (window_end > window_start)
);
CREATE INDEX member_due ON loyalty.member (tenant_id, next_due);
COMMENT ON TABLE loyalty.member IS
    'One row for each member: where the member stands, and all totals up to the tenant''s as_of. Cost: a progress read is one row by key; a run writes the rows of touched and due members only. No foreign key to the tenant: the run that writes it holds the tenant''s row locked.';
COMMENT ON COLUMN loyalty.member.level IS 'The name of the level, so that a ladder may gain and lose levels.';
COMMENT ON COLUMN loyalty.member.next_due IS 'The day on which the member must be reviewed though nothing comes in; null: never.';
COMMENT ON COLUMN loyalty.member.history IS
    'Sums by day over all activity and adjustments, packed: what a review needs, in about 12 bytes a day. Corrected by differences; `verify` recomputes it from the activity.';
COMMENT ON INDEX loyalty.member_due IS 'Finds the members due on a date without reading the others.';

CREATE TABLE loyalty.activity (
    tenant_id bigint NOT NULL,
    sales bigint NOT NULL,
    views bigint NOT NULL,
    day date NOT NULL,
    units integer NOT NULL,
    likes integer NOT NULL,
    comments integer NOT NULL,
    digest uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    handle text COLLATE "C" NOT NULL,
    ctr text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    url text COLLATE "C",
    CONSTRAINT activity_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT activity_counts_not_negative CHECK (units >= 0 AND views >= 0 AND likes >= 0 AND comments >= 0)
);
COMMENT ON TABLE loyalty.activity IS
    'One row for each activity, the source of truth. Cost: a row and one index entry for a new one, an update for a changed one, nothing for an unchanged one. It has no foreign key to its member, which would double the cost of a load; the one statement that writes it and the one that writes members share a transaction, and `verify` compares them.';
COMMENT ON COLUMN loyalty.activity.digest IS '128 bits over all columns but the URL: a run reads the digests first and does not send a row that is stored already.';
COMMENT ON COLUMN loyalty.activity.sales IS 'Minor units of the tenant''s currency.';
COMMENT ON COLUMN loyalty.activity.url IS 'Null when it is https://www.tiktok.com/@<handle>/video/<key>.';

CREATE TABLE loyalty.adjustment (
    tenant_id bigint NOT NULL,
    sales bigint NOT NULL,
    units bigint NOT NULL,
    day date NOT NULL,
    id text COLLATE "C" NOT NULL,
    handle text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    CONSTRAINT adjustment_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT adjustment_belongs_to_member FOREIGN KEY (tenant_id, handle) REFERENCES loyalty.member (tenant_id, handle)
);
COMMENT ON TABLE loyalty.adjustment IS
    'One row for each manual correction. Cost: as activity, plus a look-up of the member.';

CREATE TABLE loyalty.decision (
    tenant_id bigint NOT NULL,
    threshold_before bigint NOT NULL,
    threshold_after bigint NOT NULL,
    value_activity bigint NOT NULL,
    value_adjustments bigint NOT NULL,
    number integer NOT NULL,
    decided_on date NOT NULL,
    measured_start date NOT NULL,
    measured_end date NOT NULL,
    next_start date NOT NULL,
    next_end date,
    is_lifetime boolean NOT NULL,
    has_later_data boolean NOT NULL,
    handle text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    metric text COLLATE "C" NOT NULL,
    level_before text COLLATE "C" NOT NULL,
    level_after text COLLATE "C" NOT NULL,
    program_version text COLLATE "C" NOT NULL,
    run_id uuid NOT NULL,
    CONSTRAINT decision_pkey PRIMARY KEY (tenant_id, handle, number),
    CONSTRAINT decision_kind_known CHECK (kind IN ('promoted', 'kept', 'demoted', 'grace-started')),
    CONSTRAINT decision_metric_known CHECK (metric IN ('sales', 'units')),
    CONSTRAINT decision_measured_not_empty CHECK (measured_end > measured_start)
);
COMMENT ON TABLE loyalty.decision IS
    'Every decision with its evidence, in order of making. Never rewritten: only has_later_data may become true. Cost: one row for each decision. No foreign key, as for activity.';

CREATE TABLE loyalty.mission_instance (
    tenant_id bigint NOT NULL,
    target bigint NOT NULL,
    current bigint NOT NULL,
    window_start date NOT NULL,
    window_end date,
    completed_on date,
    handle text COLLATE "C" NOT NULL,
    mission text COLLATE "C" NOT NULL,
    metric text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    CONSTRAINT mission_instance_pkey PRIMARY KEY (tenant_id, handle, mission, window_start),
    CONSTRAINT mission_instance_belongs_to_member FOREIGN KEY (tenant_id, handle) REFERENCES loyalty.member (tenant_id, handle),
    CONSTRAINT mission_instance_metric_known CHECK (metric IN ('sales', 'units', 'videos', 'views', 'likes', 'comments')),
    CONSTRAINT mission_instance_status_known CHECK (status IN ('active', 'completed', 'expired')),
    CONSTRAINT mission_instance_completed_has_date CHECK ((status = 'completed') = (completed_on IS NOT NULL))
);
COMMENT ON TABLE loyalty.mission_instance IS
    'One row for each member''s try at a mission. Cost: a row and a look-up of the member when it starts, an update when it moves.';

ALTER TABLE loyalty.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.member FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.member
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.activity ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.activity FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.activity
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.adjustment ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.adjustment FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.adjustment
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.decision FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.decision
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
ALTER TABLE loyalty.mission_instance ENABLE ROW LEVEL SECURITY;
ALTER TABLE loyalty.mission_instance FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON loyalty.mission_instance
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);

GRANT SELECT, INSERT, UPDATE ON loyalty.member, loyalty.activity, loyalty.adjustment, loyalty.mission_instance TO loyalty_app;
GRANT SELECT, INSERT, UPDATE (has_later_data) ON loyalty.decision TO loyalty_app;
