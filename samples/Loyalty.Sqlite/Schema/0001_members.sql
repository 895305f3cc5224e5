-- Members, their activity, and what was decided about them. Dates are texts (2025-01-31), which sort as dates; amounts are minor units.
-- Texts compare by bytes, which is the order in which the suite lists handles.

CREATE TABLE member_run (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    tenant TEXT NOT NULL,
    currency TEXT NOT NULL,
    program TEXT NOT NULL,
    as_of TEXT NOT NULL
) STRICT;

CREATE TABLE member (
    handle TEXT PRIMARY KEY NOT NULL,
    level TEXT NOT NULL,
    joined TEXT NOT NULL,
    achieved_on TEXT NOT NULL,
    window_start TEXT NOT NULL,
    window_end TEXT CHECK (window_end > window_start),
    in_grace INTEGER NOT NULL,
    next_due TEXT,
    lifetime_sales INTEGER NOT NULL,
    lifetime_units INTEGER NOT NULL,
    lifetime_videos INTEGER NOT NULL,
    lifetime_views INTEGER NOT NULL,
    lifetime_likes INTEGER NOT NULL,
    lifetime_comments INTEGER NOT NULL,
    window_sales INTEGER NOT NULL,
    window_units INTEGER NOT NULL,
    window_videos INTEGER NOT NULL,
    window_views INTEGER NOT NULL,
    window_likes INTEGER NOT NULL,
    window_comments INTEGER NOT NULL,
    lifetime_adjusted_sales INTEGER NOT NULL,
    lifetime_adjusted_units INTEGER NOT NULL,
    window_adjusted_sales INTEGER NOT NULL,
    window_adjusted_units INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX member_due ON member (next_due) WHERE next_due IS NOT NULL;

CREATE TABLE activity (
    key TEXT PRIMARY KEY NOT NULL,
    handle TEXT NOT NULL,
    posted_on TEXT NOT NULL,
    sales INTEGER NOT NULL,
    units INTEGER NOT NULL CHECK (units >= 0),
    views INTEGER NOT NULL CHECK (views >= 0),
    likes INTEGER NOT NULL CHECK (likes >= 0),
    comments INTEGER NOT NULL CHECK (comments >= 0),
    ctr TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Holds all that a review needs of a member's activity, so that it never looks into the table.
CREATE INDEX activity_of_member ON activity (handle, posted_on, sales, units, views, likes, comments);

CREATE TABLE adjustment (
    id TEXT PRIMARY KEY NOT NULL,
    handle TEXT NOT NULL,
    day TEXT NOT NULL,
    sales INTEGER NOT NULL,
    units INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX adjustment_of_member ON adjustment (handle, day, sales, units);

CREATE TABLE decision (
    handle TEXT NOT NULL,
    number INTEGER NOT NULL,
    decided_on TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('promoted', 'kept', 'demoted', 'grace-started')),
    level_before TEXT NOT NULL,
    level_after TEXT NOT NULL,
    threshold_before INTEGER NOT NULL,
    threshold_after INTEGER NOT NULL,
    measured_start TEXT NOT NULL,
    measured_end TEXT NOT NULL CHECK (measured_end > measured_start),
    value_activity INTEGER NOT NULL,
    value_adjustments INTEGER NOT NULL,
    next_start TEXT NOT NULL,
    next_end TEXT,
    metric TEXT NOT NULL CHECK (metric IN ('sales', 'units')),
    is_lifetime INTEGER NOT NULL,
    program_version TEXT NOT NULL,
    has_later_data INTEGER NOT NULL,
    PRIMARY KEY (handle, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE mission_instance (
    handle TEXT NOT NULL,
    number INTEGER NOT NULL,
    mission TEXT NOT NULL,
    metric TEXT NOT NULL CHECK (metric IN ('sales', 'units', 'videos', 'views', 'likes', 'comments')),
    target INTEGER NOT NULL CHECK (target > 0),
    window_start TEXT NOT NULL,
    window_end TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'completed', 'expired')),
    current INTEGER NOT NULL,
    completed_on TEXT,
    PRIMARY KEY (handle, number),
    UNIQUE (handle, mission, window_start),
    CHECK ((status = 'completed') = (completed_on IS NOT NULL))
) STRICT, WITHOUT ROWID;
