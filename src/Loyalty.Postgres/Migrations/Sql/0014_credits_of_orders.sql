-- Which order a credit gives back of, and which orders credits undid: a credit that comes, changes or goes is felt by the order it names.

ALTER TABLE loyalty.scoring ADD COLUMN has_credits boolean NOT NULL DEFAULT false;
ALTER TABLE loyalty.scoring ALTER COLUMN has_credits DROP DEFAULT;
COMMENT ON COLUMN loyalty.scoring.has_credits IS 'Whether an order may be stored that names another one (refund_of); while false, no run looks for any.';

ALTER TABLE loyalty.customer_order ADD COLUMN is_undone boolean NOT NULL DEFAULT false, ADD COLUMN refund_of text COLLATE "C";
ALTER TABLE loyalty.customer_order ALTER COLUMN is_undone DROP DEFAULT;
ALTER TABLE loyalty.customer_order ADD CONSTRAINT customer_order_undone_counted CHECK (standing = 0 OR NOT is_undone);
CREATE INDEX customer_order_credits ON loyalty.customer_order (tenant_id, platform, refund_of) WHERE refund_of IS NOT NULL;
CREATE INDEX customer_order_credit_days ON loyalty.customer_order (tenant_id, placed_at) WHERE refund_of IS NOT NULL;
COMMENT ON COLUMN loyalty.customer_order.standing IS
    'As its source says: 0 counts, 1 cancelled, 2 refunded in full, 3 a credit that never was an order, 4 not paid.';
COMMENT ON COLUMN loyalty.customer_order.is_undone IS
    'Whether it counts no more, as refunded in full, because the credits that name it, up to the date of scoring, and refunded together reach gross.';
COMMENT ON COLUMN loyalty.customer_order.refund_of IS 'The id of the order, of the same platform, of which this one gives refunded back; null: of none.';
COMMENT ON INDEX loyalty.customer_order_credits IS 'Finds the credits of an order; holds credits only.';
COMMENT ON INDEX loyalty.customer_order_credit_days IS 'Finds the credits whose date has come, of customers or not; holds credits only.';
