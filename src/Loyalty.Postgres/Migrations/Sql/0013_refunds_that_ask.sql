-- What the refunds of an order still ask for is taken when points come back: by the refund that was taken last.

CREATE INDEX points_operation_refunds ON loyalty.points_operation (tenant_id, target, version, number) WHERE kind = 'refund';
COMMENT ON INDEX loyalty.points_operation_refunds IS 'Finds the refund of an order that was taken last.';
COMMENT ON COLUMN loyalty.points_entry.expiry IS
    'The number of the key: which expiry of its lot this entry is, from 1; which taking of a refund, from 2; 0: none.';
