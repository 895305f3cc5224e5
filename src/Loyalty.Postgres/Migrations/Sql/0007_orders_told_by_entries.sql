-- What an order earned is told by the entries of its member; points_order says it only where they do not.

COMMENT ON TABLE loyalty.points_order IS
    'One row for each order of a run: its key, and what the ledger answered where the entries do not tell it. Cost: a row and one index entry; an update when its day comes or it is refunded. No foreign key, as for points_entry.';
COMMENT ON COLUMN loyalty.points_order.outcome IS
    'What the ledger answered; null: the entries of the member with source order-earned and this id tell it, or the order did not come to the ledger, or its key stands in points_operation.';
