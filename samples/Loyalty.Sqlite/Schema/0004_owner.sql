-- Whose books a file holds: written by its first run or call, and the same for ever.

CREATE TABLE owner (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    tenant TEXT NOT NULL,
    currency TEXT NOT NULL
) STRICT;

INSERT INTO owner (one, tenant, currency)
    SELECT 1, tenant, currency FROM (SELECT tenant, currency FROM member_run UNION ALL SELECT tenant, currency FROM points_run) LIMIT 1;
