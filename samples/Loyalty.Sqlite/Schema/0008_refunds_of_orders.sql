-- Finds the refunds of an order, for what is left of it.

CREATE INDEX points_refund_of_order ON points_refund (order_id);
