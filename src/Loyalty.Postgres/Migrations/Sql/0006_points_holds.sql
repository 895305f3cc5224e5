-- Holds that are over are found by their end.

CREATE INDEX points_operation_hold_ends ON loyalty.points_operation (tenant_id, expires_at, version, number) WHERE hold_state = 'open';
COMMENT ON INDEX loyalty.points_operation_hold_ends IS
    'Finds the holds that are over, in the order in which they end, without reading the others. Cost: one index entry for each open hold.';
