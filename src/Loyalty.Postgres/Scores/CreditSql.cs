namespace Loyalty.Postgres.Scores;

/// <summary>The statements by which orders follow the credits that name them, see <see cref="CreditStage"/>. <c>$1</c> is the tenant.</summary>
internal static class CreditSql
{
    /// <summary>Orders of which credits may give back otherwise than before, their credits, and what these come to.</summary>
    public const string Create =
        "CREATE TEMPORARY TABLE loyalty_credited (platform smallint, id text COLLATE \"C\") ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_credit (platform smallint, id text COLLATE \"C\", refund_of text COLLATE \"C\", refunded numeric) ON COMMIT DROP; "
        + "CREATE TEMPORARY TABLE loyalty_given_back (platform smallint, id text COLLATE \"C\", amount numeric) ON COMMIT DROP";

    // Times are compared with times: a comparison with a date is not leakproof, so that under a policy no index would be bound by it.
    private const string Due =
        "FROM loyalty.customer_order WHERE tenant_id = $1 AND refund_of IS NOT NULL AND placed_at >= ($2 + 1)::timestamp AND placed_at < ($3 + 1)::timestamp";

    /// <summary>Whether the date of any credit has come, after <c>$2</c> and up to <c>$3</c>. Sorted, so that no plan looks through orders for it.</summary>
    public const string IsAnyDue = $"SELECT 1 {Due} ORDER BY placed_at LIMIT 1";

    /// <summary>What the credits name whose date has come.</summary>
    public const string FindDue = $"INSERT INTO pg_temp.loyalty_credited (platform, id) SELECT platform, refund_of {Due}";

    /// <summary>What staged credits name, and what they named, or removed ones did, before the run.</summary>
    public const string FindNamed =
        "INSERT INTO pg_temp.loyalty_credited (platform, id) SELECT platform, refund_of FROM pg_temp.loyalty_order WHERE NOT is_removed AND refund_of IS NOT NULL "
        + "UNION ALL SELECT s.platform, f.old_refund_of FROM pg_temp.loyalty_order_found f JOIN pg_temp.loyalty_order s ON s.n = f.n WHERE f.old_refund_of IS NOT NULL "
        + "UNION ALL SELECT platform, old_refund_of FROM pg_temp.loyalty_order_change WHERE old_refund_of IS NOT NULL";

    /// <summary>Staged orders, of which stored credits may give back.</summary>
    public const string FindStaged =
        "INSERT INTO pg_temp.loyalty_credited (platform, id) SELECT platform, id FROM pg_temp.loyalty_order WHERE standing = 0";

    private const string Credited = "(SELECT DISTINCT platform, id FROM pg_temp.loyalty_credited) AS s ";

    /// <summary>The stored credits of these orders up to <c>$2</c>.</summary>
    public const string FindStoredCredits =
        $"INSERT INTO pg_temp.loyalty_credit (platform, id, refund_of, refunded) SELECT s.platform, o.id, s.id, o.refunded FROM {Credited}"
        + "CROSS JOIN LATERAL (SELECT id, refunded FROM loyalty.customer_order "
        + "WHERE tenant_id = $1 AND platform = s.platform AND refund_of = s.id AND placed_at < ($2 + 1)::timestamp OFFSET 0) AS o";

    /// <summary>A credit that was sent is as it was sent.</summary>
    public const string DropSent =
        "DELETE FROM pg_temp.loyalty_credit c USING pg_temp.loyalty_order s WHERE s.platform = c.platform AND s.id = c.id";

    /// <summary>The staged credits up to <c>$1</c>.</summary>
    public const string AddStagedCredits =
        "INSERT INTO pg_temp.loyalty_credit (platform, id, refund_of, refunded) SELECT platform, id, refund_of, refunded FROM pg_temp.loyalty_order "
        + "WHERE NOT is_removed AND refund_of IS NOT NULL AND placed_at < $1 + 1";

    public const string AddUp =
        "INSERT INTO pg_temp.loyalty_given_back (platform, id, amount) SELECT platform, refund_of, sum(refunded) FROM pg_temp.loyalty_credit "
        + "GROUP BY platform, refund_of HAVING sum(refunded) > 0";

    private const string IsGivenBack =
        "FROM pg_temp.loyalty_given_back b WHERE b.platform = o.platform AND b.id = o.id AND o.standing = 0 AND b.amount + o.refunded >= o.gross";

    /// <summary>The rule of <see cref="Loyalty.Orders.OrderBook.StandingOf"/>.</summary>
    public const string UndoStaged = $"UPDATE pg_temp.loyalty_order o SET is_undone = true {IsGivenBack}";

    /// <inheritdoc cref="UndoStaged"/>
    public const string UndoMore = $"UPDATE pg_temp.loyalty_order_more o SET is_undone = true {IsGivenBack}";

    /// <summary>Orders that come in though nobody sent them, and whose credits are added up anew.</summary>
    public const string ForgetMore =
        "UPDATE pg_temp.loyalty_order_more m SET is_undone = false FROM pg_temp.loyalty_credited c WHERE c.platform = m.platform AND c.id = m.id";

    public const string DropKnown =
        "DELETE FROM pg_temp.loyalty_credited c USING pg_temp.loyalty_order s WHERE s.platform = c.platform AND s.id = c.id; "
        + "DELETE FROM pg_temp.loyalty_credited c USING pg_temp.loyalty_order_more m WHERE m.platform = c.platform AND m.id = c.id";

    /// <summary>The other orders, as they are stored.</summary>
    public const string FindOriginals =
        $"INSERT INTO pg_temp.loyalty_order_more (keeps_owner, is_undone, {ScoreSql.Old}, {ScoreSql.Values}) "
        + $"SELECT true, false, {ScoreSql.OldValues}, {ScoreSql.SameValues} FROM {Credited}CROSS JOIN LATERAL {ScoreSql.Stored}";

    /// <summary>They stay as they are when nothing about them changed.</summary>
    public const string DropSame = "DELETE FROM pg_temp.loyalty_order_more WHERE keeps_owner AND is_undone = old_is_undone";
}
