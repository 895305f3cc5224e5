using Loyalty.Points.Runs;
using Loyalty.Rewards;

namespace Loyalty.Testing.Points;

/// <summary>A generated history as it happens: rows one by one in the order of days, with closings, repeats and rows that were known ahead in between.</summary>
internal sealed class LiveScenario
{
    private readonly Random _random;

    public LiveScenario(Random random, PointsScenario rows, string tenant = "t")
    {
        _random = random;
        Program = PointsScenario.Vary(random, rows.Program, tenant);
        (Orders, Refunds) = (rows.Orders, rows.Refunds);

        // Nobody moves the claim of somebody else, so that what one member does is no matter of others' turns.
        Redemptions = [.. rows.Redemptions.Where(r => string.Equals(
            rows.Redemptions.Find(c => string.Equals(c.Id, r.Id, StringComparison.Ordinal) && c.Event == RedemptionEvent.Claimed).Customer, r.Customer, StringComparison.Ordinal))];
        var isShared = Program.Rewards.Any(static r => r.Stock is not null) || Program.Points!.Caps.Budget is not null;
        Steps = Order(rows, isShared);
    }

    public Loyalty.Programs.LoyaltyProgram Program { get; }

    public List<OrderRow> Orders { get; }

    public List<RefundRow> Refunds { get; }

    public List<RedemptionRow> Redemptions { get; }

    /// <summary>What happens, in order.</summary>
    public List<Step> Steps { get; }

    private static string MemberOf(PointsScenario rows, object row) => row switch
    {
        OrderRow order => order.Customer,
        RefundRow refund => rows.Orders.First(o => string.Equals(o.Id, refund.Order, StringComparison.Ordinal)).Customer,
        _ => ((RedemptionRow)row).Customer,
    };

    private List<Step> Order(PointsScenario rows, bool isShared)
    {
        var all = Orders.Select((o, i) => (Row: (object)o, Day: o.Date, Rank: 0, Number: i))
            .Concat(Refunds.Select((f, i) => (Row: (object)f, Day: rows.OrderDate(f), Rank: 1, Number: i)))
            .Concat(Redemptions.Select((r, i) => (Row: (object)r, Day: r.Date, Rank: 2, Number: i)))
            .OrderBy(static r => r.Day).ThenBy(static r => r.Rank).ThenBy(static r => r.Number).ToList();
        var steps = new List<Step>();
        var first = 0;
        while (first < all.Count)
        {
            // Some days between two closings: what members share is taken in the order of days, else members come in any order.
            var until = all[first].Day.AddDays(_random.Next(12));
            var count = all[first..].TakeWhile(r => r.Day <= until).Count();
            var part = all[first..(first + count)];
            if (!isShared)
            {
                var turns = part.Select(r => MemberOf(rows, r.Row)).Distinct().ToDictionary(static m => m, _ => _random.Next());
                part = [.. part.OrderBy(r => turns[MemberOf(rows, r.Row)])];
            }

            foreach (var (row, day, _, _) in part)
            {
                // An order or refund that is told some days late still counts on its own date.
                steps.Add(new(row, row is RedemptionRow ? day : day.AddDays(_random.Next(4) == 0 ? _random.Next(3) : 0), _random.Next(10) == 0));
            }

            first += count;
            if (_random.Next(3) > 0 && first < all.Count)
            {
                // All orders and refunds of some days to come are in the file of the closing already; a claim would not see what waits.
                var days = all[first..].Select(static r => r.Day).Distinct().Where(_ => _random.Next(8) == 0).ToHashSet();
                var claimants = Redemptions.Select(static r => r.Customer).ToHashSet();
                var ahead = all[first..].Where(r => days.Contains(r.Day) && !claimants.Contains(MemberOf(rows, r.Row))).Select(static r => r.Row).ToList();

                // A refund whose order nobody knows yet would be forgotten, and then come behind the others of its day.
                var unknown = all[first..].Select(static r => r.Row).OfType<OrderRow>().Where(o => !ahead.Contains(o)).Select(static o => o.Id).ToHashSet();
                ahead = ahead.Exists(r => r is RefundRow refund && unknown.Contains(refund.Order)) ? [] : ahead;
                steps.Add(new(null, all[first].Day.AddDays(-1) is var last && last > until ? until : last, false, ahead));
            }
        }

        return steps;
    }

    /// <summary>One thing that happens: a row that is taken, or a closing.</summary>
    /// <param name="Row">The row; <see langword="null"/>: the days through <paramref name="Day"/> are closed.</param>
    /// <param name="Day">The booking day, or the last day closed.</param>
    /// <param name="IsRepeated">Whether the row comes twice.</param>
    /// <param name="Ahead">Rows of days to come that are in the file of the closing.</param>
    public sealed record Step(object? Row, DateOnly Day, bool IsRepeated, List<object>? Ahead = null);
}
