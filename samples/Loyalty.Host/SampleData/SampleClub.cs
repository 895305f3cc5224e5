using System.Globalization;
using System.Text;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.InMemory.Points;

namespace Loyalty.Host.SampleData;

/// <summary>
/// Two years of a shop's club for <c>loyalty points</c>: orders, refunds, claims with what happened to them, and who wants no messages. The customers
/// are the first members of the sample. Every row can be taken, but for faults at the end of each file, which a tidy sample does not have.
/// </summary>
internal sealed class SampleClub
{
    private const int MostCustomers = 5_000;

    /// <summary>A week after the last order, so that all has happened by then.</summary>
    private static readonly DateOnly LastOrder = SampleVideos.LastDay.AddDays(-7);

    /// <summary>Amounts in cents and how many of ten orders are such: below the lowest stage, and of each stage.</summary>
    private static readonly (int From, int To, int Share)[] Amounts = [(1_200, 9_999, 3), (10_000, 24_999, 4), (25_000, 49_999, 2), (50_000, 89_999, 1)];

    /// <summary>What is claimed, some of it more often. The last bottle and the rewards of missions are claimed by nobody here.</summary>
    private static readonly string[] Claimed = ["welcome-card", "tote", "tote", "tasting", "gift-card", "cellar-dinner"];

    private readonly SampleVideos _sample;
    private readonly int _seed;
    private readonly bool _tidy;
    private readonly List<OrderRow> _orders = [];
    private readonly List<RefundRow> _refunds = [];
    private List<RedemptionRow> _redemptions = [];

    private SampleClub(SampleVideos sample, int members, int seed, bool tidy)
    {
        (_sample, _seed, _tidy) = (sample, seed, tidy);
        Customers = Math.Min(members, MostCustomers);
        for (var customer = 0; customer < Customers; customer++)
        {
            AddOrders(customer);
        }

        // The shop numbers orders as they come.
        _orders = [.. _orders.OrderBy(static o => o.Date).Select(static (o, i) => o with { Id = string.Create(CultureInfo.InvariantCulture, $"{100_001 + i}") })];
        AddRefunds();
        for (var customer = 0; customer < Customers; customer++)
        {
            AddClaims(customer);
        }
    }

    private int Customers { get; }

    /// <summary>Makes the rows; of the claims those stay that the library grants, with what may happen to them.</summary>
    public static async Task<SampleClub> MakeAsync(
        SampleVideos sample, int members, int seed, bool tidy, LoyaltyProgram program, CancellationToken cancellation)
    {
        var club = new SampleClub(sample, members, seed, tidy);
        var store = new InMemoryPointsStore();
        var run = await store.BeginRunAsync(program, SampleVideos.LastDay, DateTime.UnixEpoch, cancellation);
        await using (run)
        {
            await run.AddOrdersAsync(club._orders, cancellation);
            await run.AddRefundsAsync(club._refunds, cancellation);
            await run.AddRedemptionsAsync(club._redemptions, cancellation);
            var result = await run.CloseDaysAsync(cancellation);

            // What was refused changed nothing, so that the others are granted without it, too.
            club._redemptions = [.. club._redemptions.Where((_, i) => !result.Redemptions[i].IsRejected)];
        }

        club.Renumber();
        return club;
    }

    public void WriteOrders(Stream stream)
    {
        using var text = Open(stream, "order_id,customer,date,amount");
        foreach (var (i, order) in _orders.Index())
        {
            Write(order.Id, Spelled(order.Customer, i), Iso(order.Date), Money(order.Amount));
            if (!_tidy && i % 61 == 7)
            {
                // Exports overlap, and amounts are not always written the same way.
                Write(order.Id, order.Customer, Iso(order.Date), Money(order.Amount).TrimEnd('0').TrimEnd('.'));
            }
        }

        if (!_tidy)
        {
            var first = _orders[0];
            Write(first.Id, first.Customer, Iso(first.Date), Money(first.Amount + 100));
            Write("900001", string.Empty, "2025-03-04", "120.00");
            Write("900002", first.Customer, "04/03/2025", "120.00");
            Write("900003", first.Customer, "2025-03-04", "\"120,00\"");
            text.Write("900004,cut\n");
        }

        void Write(string id, string customer, string date, string amount) => text.Write($"{id},{customer},{date},{amount}\n");
    }

    public void WriteRefunds(Stream stream)
    {
        using var text = Open(stream, "id,order_id,date,amount");
        foreach (var refund in _refunds)
        {
            text.Write($"{refund.Id},{refund.Order},{Iso(refund.Date)},{Money(refund.Amount)}\n");
        }

        if (!_tidy)
        {
            text.Write("x-refund-1,no-such-order,2025-03-04,10.00\n");
            text.Write($"x-refund-2,{_orders[0].Id},2025-03-04,0.00\n");
        }
    }

    public void WriteRedemptions(Stream stream)
    {
        using var text = Open(stream, "id,customer,date,reward,event");
        foreach (var row in _redemptions)
        {
            Write(row.Id, row.Customer, row.Date, row.Reward, row.Event == RedemptionEvent.Claimed && !_tidy && row.Id.EndsWith('3') ? string.Empty : Word(row.Event));
        }

        if (_tidy)
        {
            return;
        }

        // Newcomers, who never ordered: what they may claim is free.
        var day = SampleVideos.LastDay.AddDays(-3);
        Write("x-1", "window.shopper", day, "last-bottle", "claimed");
        Write("x-2", "late.comer", day, "last-bottle", "claimed"); // out-of-stock
        Write("x-3", "window.shopper", day, "last-bottle", "claimed"); // limit-reached
        Write("x-4", "window.shopper", day, "tote", "claimed"); // insufficient-points
        Write("x-5", "window.shopper", day, "cellar-dinner", "claimed"); // not-eligible
        Write("x-6", "window.shopper", day, "sprint-boost", "claimed"); // not-eligible: a mission grants it
        Write("x-7", "window.shopper", day, "harvest-fest", "claimed"); // not-available
        Write("x-8", "window.shopper", day, "unicorn", "claimed"); // unknown-reward
        Write("x-9", "window.shopper", day, "tote", "fulfilled"); // unknown-redemption
        Write("x-1", "window.shopper", day, "last-bottle", "concluded"); // wrong-status
        Write("x-1", "window.shopper", day, "tote", "claimed"); // conflict
        Write("x-10", "window.shopper", day, "tote", "delivered"); // invalid

        void Write(string id, string customer, DateOnly date, string reward, string happening) => text.Write($"{id},{customer},{Iso(date)},{reward},{happening}\n");
    }

    public void WritePreferences(Stream stream)
    {
        using var text = Open(stream, "customer,kind,channel,allowed");
        for (var customer = 0; customer < Customers; customer++)
        {
            var random = SampleRandom.For(_seed, "preferences", customer);
            var wish = random.Below(12) switch
            {
                0 => ",,false", // nothing at all
                1 => "monthly-status,,false",
                2 => ",email,false",
                _ => null,
            };
            text.Write(wish is null ? string.Empty : $"{_sample.Handle(customer)},{wish}\n");
        }

        if (!_tidy)
        {
            text.Write($"{_sample.Handle(0)},gossip,,false\n");
        }
    }

    private void AddOrders(int customer)
    {
        var random = SampleRandom.For(_seed, "club-orders", customer);
        var day = LastOrder.AddDays(-random.Below(700));
        var pause = 10 + random.Below(140);
        while (day <= LastOrder)
        {
            var share = random.Below(10);
            var amount = Amounts[^1];
            foreach (var candidate in Amounts)
            {
                if (share < candidate.Share)
                {
                    amount = candidate;
                    break;
                }

                share -= candidate.Share;
            }

            var cents = amount.From + random.Below(amount.To - amount.From + 1);
            _orders.Add(new OrderRow(string.Empty, _sample.Handle(customer), day, random.OneIn(3) ? cents / 100 * 100 : cents));
            day = day.AddDays(1 + random.Below(pause));
        }
    }

    private void AddRefunds()
    {
        foreach (var (i, order) in _orders.Index())
        {
            var random = SampleRandom.For(_seed, "club-refunds", i);
            if (!random.OneIn(12) || order.Amount == 0)
            {
                continue;
            }

            var day = order.Date.AddDays(random.Below(25));
            var amount = random.OneIn(2) ? order.Amount : Math.Max(1, order.Amount / (2 + random.Below(3)));
            if (day <= SampleVideos.LastDay)
            {
                _refunds.Add(new RefundRow(string.Create(CultureInfo.InvariantCulture, $"refund-{_refunds.Count + 1}"), order.Id, day, amount));
            }
        }

        _refunds.Sort(static (a, b) => a.Date.CompareTo(b.Date));
    }

    private void AddClaims(int customer)
    {
        var random = SampleRandom.For(_seed, "club-claims", customer);
        for (var i = random.Below(9); i > 0; i--)
        {
            var claim = new RedemptionRow(
                string.Create(CultureInfo.InvariantCulture, $"{customer}-{i}"), _sample.Handle(customer), SampleVideos.LastDay.AddDays(-random.Below(600)),
                Claimed[random.Below(Claimed.Length)], RedemptionEvent.Claimed);
            _redemptions.Add(claim);
            var day = claim.Date.AddDays(1 + random.Below(10));
            RedemptionEvent[] life = random.Below(10) switch
            {
                0 => [RedemptionEvent.Cancelled],
                1 => [RedemptionEvent.Rejected],
                2 => [RedemptionEvent.Fulfilled, RedemptionEvent.Refunded],
                3 => [RedemptionEvent.Fulfilled, RedemptionEvent.Concluded, RedemptionEvent.Refunded],
                < 8 => [RedemptionEvent.Fulfilled, RedemptionEvent.Concluded],
                _ => [],
            };
            foreach (var happening in life.TakeWhile(_ => day <= SampleVideos.LastDay))
            {
                _redemptions.Add(claim with { Date = day, Event = happening });
                day = day.AddDays(1 + random.Below(20));
            }
        }
    }

    /// <summary>Gives claims their numbers in the order of their dates, and puts the rows in that order.</summary>
    private void Renumber()
    {
        var numbers = _redemptions.Where(static r => r.Event == RedemptionEvent.Claimed).OrderBy(static r => r.Date)
            .Select(static (r, i) => (r.Id, Number: string.Create(CultureInfo.InvariantCulture, $"claim-{i + 1}")))
            .ToDictionary(static r => r.Id, static r => r.Number, StringComparer.Ordinal);
        _redemptions = [.. _redemptions.OrderBy(static r => r.Date).Select(r => r with { Id = numbers[r.Id] })];
    }

    private string Spelled(string customer, int row) => !_tidy && row % 17 == 3 ? $" {customer} " : customer;

    private static string Word(RedemptionEvent happening) => happening.ToString().ToLowerInvariant();

    private static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Money(long cents) => string.Create(CultureInfo.InvariantCulture, $"{cents / 100}.{cents % 100:00}");

    private static StreamWriter Open(Stream stream, string header)
    {
        var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        text.Write(header + "\n");
        return text;
    }
}
