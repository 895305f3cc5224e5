using System.Globalization;
using Loyalty.Orders;
using Loyalty.Scoring;
using Loyalty.Sqlite.Files;

namespace Loyalty.Sqlite.Scores;

/// <summary>What the file holds about orders and scores, as values of the domain and back.</summary>
/// <param name="lease">Where to read and write.</param>
internal sealed class ScoreRows(SqliteConnectionLease lease)
{
    public const string OrderColumns =
        "platform, id, placed_at, day, customer_key, customer, contact, gross, fees, refunded, net, standing, status, item, purchaser, refund_of";

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff";

    private const string TotalsColumns = "orders, dead_orders, gross, fees, refunded, net, first_order_on, last_order_on";

    private const string ScoreColumns = "scored_on, last_order_on, orders, net, cell, lead_score, segment";

    /// <summary>The last run; <see langword="null"/> while there was none.</summary>
    public ScoreRunRow? Run()
    {
        var rows = lease["SELECT as_of, fingerprint, is_given FROM score_run"];
        if (!rows.Step())
        {
            return null;
        }

        var run = new ScoreRunRow(rows.Date(0), rows.Text(1), rows.Bool(2));
        rows.Reset();
        return run;
    }

    public void Put(ScoreRunRow run) => lease["INSERT OR REPLACE INTO score_run (one, as_of, fingerprint, is_given) VALUES (1, ?, ?, ?)"]
        .With(run.AsOf).With(run.Fingerprint).With(run.IsGiven).Run();

    /// <summary>Binds an order to a statement, by <see cref="OrderColumns"/>; its customer comes later.</summary>
    public static SqliteStatement Bind(SqliteStatement statement, Order order) => statement
        .With((long)order.Key.Platform).With(order.Key.Id).With(Text(order.PlacedAt)).With(order.Date).With(order.CustomerKey).With((string?)null)
        .With(order.Contact).With(Text(order.Gross)).With(Text(order.Fees)).With(Text(order.Refunded)).With(Text(order.Net))
        .With(EnumText<OrderStanding>.Of(order.Standing)).With(order.Status).With(order.Item).With(order.Purchaser).With(order.RefundOf);

    /// <summary>A customer's orders that count by a day, newest first, each as it stands after the credits that name it up to that day.</summary>
    /// <param name="customer">The customer.</param>
    /// <param name="asOf">The last day whose orders count.</param>
    /// <param name="after">Where to start, exclusive.</param>
    /// <param name="most">How many at most.</param>
    public List<Order> Orders(string customer, DateOnly asOf, TimelineCursor? after, int most)
    {
        const string From =
            $"SELECT {OrderColumns}, (SELECT group_concat(c.refunded, ' ') FROM customer_order AS c WHERE c.platform = o.platform AND c.refund_of = o.id AND c.day <= ?2) "
            + "FROM customer_order AS o WHERE customer = ?1 AND day <= ?2";
        const string Order = "ORDER BY placed_at DESC, platform, id LIMIT ?";
        var rows = lease[after is null ? $"{From} {Order}" : $"{From} AND placed_at <= ?3 AND (placed_at < ?3 OR (platform, id) > (?4, ?5)) {Order}"]
            .With(customer).With(asOf);
        if (after is { } place)
        {
            rows.With(Text(place.PlacedAt)).With((long)place.Key.Platform).With(place.Key.Id);
        }

        rows.With(most);
        var orders = new List<Order>();
        while (rows.Step())
        {
            var order = new Order
            {
                Key = new OrderKey((OrderPlatform)rows.Int(0), rows.Text(1)),
                PlacedAt = Time(rows.Text(2)),
                CustomerKey = rows.MaybeText(4),
                Contact = rows.Text(6),
                Gross = Number(rows, 7),
                Fees = Number(rows, 8),
                Refunded = Number(rows, 9),
                Net = Number(rows, 10),
                Standing = EnumText<OrderStanding>.Parse(rows.Text(11)),
                Status = rows.Text(12),
                Item = rows.Text(13),
                Purchaser = rows.Text(14),
                RefundOf = rows.MaybeText(15),
            };
            orders.Add(rows.MaybeText(16) is { } credits ? order with { Standing = order.StandingAfter(credits.Split(' ').Sum(Number)) } : order);
        }

        return orders;
    }

    public EngagementTotals? Totals(string customer)
    {
        var rows = lease[$"SELECT {TotalsColumns} FROM customer WHERE customer = ?"].With(customer);
        if (!rows.Step())
        {
            return null;
        }

        var totals = new EngagementTotals(
            rows.Int(0), rows.Int(1), Number(rows, 2), Number(rows, 3), Number(rows, 4), Number(rows, 5), rows.MaybeDate(6), rows.MaybeDate(7));
        rows.Reset();
        return totals;
    }

    public void Put(string customer, EngagementTotals totals) => lease[
        $"INSERT OR REPLACE INTO customer (customer, {TotalsColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(customer).With(totals.Orders).With(totals.DeadOrders).With(Text(totals.Gross)).With(Text(totals.Fees)).With(Text(totals.Refunded))
        .With(Text(totals.Net)).With(totals.FirstOrderOn).With(totals.LastOrderOn).Run();

    /// <summary>What every customer is scored from, in order of name.</summary>
    public IEnumerable<(string Customer, RfmInput Input)> Inputs()
    {
        var rows = lease["SELECT customer, last_order_on, orders, net FROM customer ORDER BY customer"];
        try
        {
            while (rows.Step())
            {
                yield return (rows.Text(0), new RfmInput(rows.MaybeDate(1), rows.Int(2), Number(rows, 3)));
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    public Score? Score(string customer)
    {
        var rows = lease[$"SELECT {ScoreColumns} FROM score WHERE customer = ?"].With(customer);
        if (!rows.Step())
        {
            return null;
        }

        var score = ReadScore(rows, 0);
        rows.Reset();
        return score;
    }

    /// <summary>All scores, or those of a segment, in order of customer.</summary>
    public IEnumerable<(string Customer, Score Score)> Scores(string? segment = null)
    {
        var rows = segment is null
            ? lease[$"SELECT customer, {ScoreColumns} FROM score ORDER BY customer"]
            : lease[$"SELECT customer, {ScoreColumns} FROM score WHERE segment = ? ORDER BY customer"].With(segment);
        try
        {
            while (rows.Step())
            {
                yield return (rows.Text(0), ReadScore(rows, 1));
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>Puts a customer's scores.</summary>
    /// <param name="customer">The customer.</param>
    /// <param name="score">The scores.</param>
    /// <param name="nextChange">The day on which time alone moves the customer.</param>
    public void Put(string customer, Score score, DateOnly? nextChange) => lease[
        $"INSERT OR REPLACE INTO score (customer, {ScoreColumns}, next_change) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(customer).With(score.AsOf).With(score.Input.LastOrderOn).With(score.Input.Orders).With(Text(score.Input.Net)).With(score.Cell.Index)
        .With(score.LeadScore).With(score.Segment).With(nextChange).Run();

    public void Remove(string table, string customer) => lease[$"DELETE FROM {table} WHERE customer = ?"].With(customer).Run();

    public long Count(string sql) => Count(sql, null);

    public long Count(string sql, DateOnly? day)
    {
        var rows = lease[sql];
        if (day is not null)
        {
            rows.With(day);
        }

        rows.Step();
        var count = rows.Long(0);
        rows.Reset();
        return count;
    }

    private static Score ReadScore(SqliteStatement rows, int first) => new(
        rows.Date(first), new RfmInput(rows.MaybeDate(first + 1), rows.Int(first + 2), Number(rows, first + 3)), RfmCell.FromIndex(rows.Int(first + 4)),
        rows.Int(first + 5), rows.Text(first + 6));

    // The same amount is always the same text: 20.50 is 20.5.
    private static string Text(decimal amount) => amount.ToString("0.############################", CultureInfo.InvariantCulture);

    private static string Text(DateTime time) => time.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static decimal Number(SqliteStatement rows, int column) => Number(rows.Text(column));

    private static decimal Number(string text) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"'{text}' is no amount");

    private static DateTime Time(string text) => DateTime.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        ? time
        : throw new InvalidDataException($"'{text}' is no time");
}

/// <summary>The row of the last run.</summary>
/// <param name="AsOf">The date of scoring.</param>
/// <param name="Fingerprint">What tells whether the program would score everybody as it did then.</param>
/// <param name="IsGiven">Whether customers were given as a list, without orders.</param>
internal sealed record ScoreRunRow(DateOnly AsOf, string Fingerprint, bool IsGiven);
