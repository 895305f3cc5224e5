using Loyalty.Orders;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Scores;

namespace Loyalty.Sqlite.Scores;

/// <summary>The orders of a run, staged in temporary tables; then what they mean for the file: which are new or changed, and which customers they touch.</summary>
internal sealed class OrderStage
{
    private const string Create =
        """
        CREATE TEMP TABLE given_order AS SELECT * FROM customer_order WHERE false;
        ALTER TABLE temp.given_order ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0;
        CREATE UNIQUE INDEX temp.given_order_key ON given_order (platform, id);
        CREATE TEMP TABLE touched_email (email TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TEMP TABLE touched_customer (customer TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TEMP TABLE credited_order (platform INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (platform, id)) STRICT, WITHOUT ROWID;
        """;

    private const string Drop = "DROP TABLE temp.given_order; DROP TABLE temp.touched_email; DROP TABLE temp.touched_customer; DROP TABLE temp.credited_order";

    private const string Same =
        "(o.placed_at, o.contact, o.gross, o.fees, o.refunded, o.net, o.standing, o.status, o.item, o.purchaser) "
        + "= (g.placed_at, g.contact, g.gross, g.fees, g.refunded, g.net, g.standing, g.status, g.item, g.purchaser) AND o.customer_key IS g.customer_key AND o.refund_of IS g.refund_of";

    private readonly SqliteConnectionLease _lease;

    public OrderStage(SqliteConnectionLease lease)
    {
        _lease = lease;
        lease.Execute(Create);
    }

    /// <summary>How many rows were given, removals included.</summary>
    public long Rows { get; private set; }

    public void Put(Order order)
    {
        Rows++;
        ScoreRows.Bind(
            _lease[$"INSERT OR REPLACE INTO temp.given_order ({ScoreRows.OrderColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"], order).Run();
    }

    public void Remove(OrderKey key)
    {
        Rows++;
        _lease["INSERT OR REPLACE INTO temp.given_order (platform, id, is_removed) VALUES (?, ?, 1)"].With((long)key.Platform).With(key.Id).Run();
    }

    /// <summary>Gives an e-mail to a customer, unless it belongs to another one.</summary>
    public bool TryLink(string email, string customer)
    {
        _lease["INSERT OR IGNORE INTO email_owner (email, customer) VALUES (?, ?)"].With(email).With(customer).Run();
        var rows = _lease["SELECT customer FROM email_owner WHERE email = ?"].With(email);
        rows.Step();
        var isHis = string.Equals(rows.Text(0), customer, StringComparison.Ordinal);
        rows.Reset();
        Touch(email);
        return isHis;
    }

    public bool Unlink(string email)
    {
        Touch(email);
        return _lease["DELETE FROM email_owner WHERE email = ?"].With(email).Run() > 0;
    }

    /// <summary>Takes the orders over into the file.</summary>
    /// <param name="scope">Whether they are all there are.</param>
    public OrderCounts Take(OrderScope scope)
    {
        if (scope == OrderScope.All)
        {
            _lease.Execute(
                "INSERT INTO temp.given_order (platform, id, is_removed) SELECT platform, id, 1 FROM customer_order AS o "
                + "WHERE NOT EXISTS (SELECT 1 FROM temp.given_order AS g WHERE g.platform = o.platform AND g.id = o.id)");
        }

        var rows = _lease[
            "SELECT count(iif(NOT g.is_removed, 1, NULL)), count(iif(NOT g.is_removed AND o.id IS NOT NULL, 1, NULL)), "
            + $"count(iif(NOT g.is_removed AND o.id IS NOT NULL AND {Same}, 1, NULL)), count(iif(g.is_removed AND o.id IS NOT NULL, 1, NULL)) "
            + "FROM temp.given_order AS g LEFT JOIN customer_order AS o USING (platform, id)"];
        rows.Step();
        var (given, known, unchanged, removed) = (rows.Long(0), rows.Long(1), rows.Long(2), rows.Long(3));
        rows.Reset();
        _lease.Execute(
            $"""
            DELETE FROM temp.given_order AS g WHERE EXISTS (
                SELECT 1 FROM customer_order AS o WHERE o.platform = g.platform AND o.id = g.id AND NOT g.is_removed AND {Same});
            UPDATE temp.given_order AS g SET customer = coalesce((SELECT e.customer FROM email_owner AS e WHERE e.email = g.customer_key), g.customer_key);
            INSERT OR IGNORE INTO temp.touched_customer SELECT customer FROM temp.given_order WHERE customer IS NOT NULL;
            INSERT OR IGNORE INTO temp.touched_customer SELECT o.customer FROM temp.given_order AS g JOIN customer_order AS o USING (platform, id)
                WHERE o.customer IS NOT NULL;
            INSERT OR IGNORE INTO temp.credited_order SELECT platform, refund_of FROM temp.given_order WHERE refund_of IS NOT NULL;
            INSERT OR IGNORE INTO temp.credited_order SELECT o.platform, o.refund_of FROM temp.given_order AS g JOIN customer_order AS o USING (platform, id)
                WHERE o.refund_of IS NOT NULL;
            DELETE FROM customer_order AS o WHERE EXISTS (SELECT 1 FROM temp.given_order AS g WHERE g.is_removed AND g.platform = o.platform AND g.id = o.id);
            INSERT OR REPLACE INTO customer_order ({ScoreRows.OrderColumns})
                SELECT {ScoreRows.OrderColumns} FROM temp.given_order WHERE NOT is_removed ORDER BY platform, id;
            """);
        MoveEmails();
        return new OrderCounts(given - known, known - unchanged, removed, unchanged, 0);
    }

    /// <summary>How many keys the rows have together.</summary>
    public long CountKeys()
    {
        var rows = _lease["SELECT count(*) FROM temp.given_order"];
        rows.Step();
        var count = rows.Long(0);
        rows.Reset();
        return count;
    }

    /// <summary>Touches the customers of orders whose date has come, and notes the orders of credits whose date has come.</summary>
    public void TouchDue(DateOnly after, DateOnly through)
    {
        _lease["INSERT OR IGNORE INTO temp.touched_customer SELECT customer FROM customer_order WHERE day > ? AND day <= ? AND customer IS NOT NULL"]
            .With(after).With(through).Run();
        _lease["INSERT OR IGNORE INTO temp.credited_order SELECT platform, refund_of FROM customer_order WHERE day > ? AND day <= ? AND refund_of IS NOT NULL"]
            .With(after).With(through).Run();
    }

    /// <summary>Touches the customers of orders whose credits came, changed or went.</summary>
    public void TouchCredited() => _lease.Execute(
        "INSERT OR IGNORE INTO temp.touched_customer SELECT o.customer FROM temp.credited_order JOIN customer_order AS o USING (platform, id) WHERE o.customer IS NOT NULL");

    /// <summary>The customers whose orders changed, in order of name.</summary>
    public List<string> Touched()
    {
        var touched = new List<string>();
        var rows = _lease["SELECT customer FROM temp.touched_customer ORDER BY customer"];
        while (rows.Step())
        {
            touched.Add(rows.Text(0));
        }

        return touched;
    }

    public void End() => _lease.Execute(Drop);

    private void Touch(string email) => _lease["INSERT OR IGNORE INTO temp.touched_email VALUES (?)"].With(email).Run();

    /// <summary>Orders follow their e-mails to new owners.</summary>
    private void MoveEmails() => _lease.Execute(
        """
        INSERT OR IGNORE INTO temp.touched_customer SELECT customer FROM customer_order WHERE customer_key IN (SELECT email FROM temp.touched_email);
        UPDATE customer_order SET customer = coalesce((SELECT e.customer FROM email_owner AS e WHERE e.email = customer_key), customer_key)
            WHERE customer_key IN (SELECT email FROM temp.touched_email);
        INSERT OR IGNORE INTO temp.touched_customer SELECT customer FROM customer_order WHERE customer_key IN (SELECT email FROM temp.touched_email);
        """);
}
