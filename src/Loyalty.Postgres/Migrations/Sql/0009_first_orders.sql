-- Since when a member belongs to a program without a club: since the date of the first order.

ALTER TABLE loyalty.points_member ADD COLUMN first_order_on date;
COMMENT ON COLUMN loyalty.points_member.first_order_on IS 'The earliest date of an order that was taken; null: none was.';

-- The rows of all tenants, which the owner sees only while row level security is not forced; nobody else sees this transaction.
ALTER TABLE loyalty.points_member NO FORCE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_order NO FORCE ROW LEVEL SECURITY;
UPDATE loyalty.points_member m SET first_order_on = o.day
FROM (SELECT tenant_id, customer, min(day) AS day FROM loyalty.points_order WHERE state = 'taken' GROUP BY tenant_id, customer) AS o
WHERE m.tenant_id = o.tenant_id AND m.member = o.customer AND m.has_ordered;
ALTER TABLE loyalty.points_member FORCE ROW LEVEL SECURITY;
ALTER TABLE loyalty.points_order FORCE ROW LEVEL SECURITY;
