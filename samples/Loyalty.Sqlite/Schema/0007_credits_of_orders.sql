-- Which order a credit gives back of: the standing of that order is told by its credits up to the day.

ALTER TABLE customer_order ADD COLUMN refund_of TEXT; -- an id of the same platform
CREATE INDEX customer_order_credits ON customer_order (platform, refund_of, day) WHERE refund_of IS NOT NULL;
