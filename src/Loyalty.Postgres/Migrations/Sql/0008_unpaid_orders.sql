-- Orders that were not paid are kept, too: they are no orders, and counted apart.

ALTER TABLE loyalty.customer_order DROP CONSTRAINT customer_order_standing_known;
ALTER TABLE loyalty.customer_order ADD CONSTRAINT customer_order_standing_known CHECK (standing BETWEEN 0 AND 4);
COMMENT ON COLUMN loyalty.customer_order.standing IS '0 counts, 1 cancelled, 2 refunded in full, 3 a credit that never was an order, 4 not paid.';
