-- What was refunded of an order: the ledger knows it of orders that earned, the refunds themselves of the others.

CREATE INDEX points_refund_of_order ON loyalty.points_refund (tenant_id, order_id);
COMMENT ON INDEX loyalty.points_refund_of_order IS 'Finds the refunds of an order, for what is left of it.';
