using Loyalty.Points;
using Loyalty.Points.Ledger;

namespace Loyalty.Tests.Points;

/// <summary>A lot in the naive ledger.</summary>
internal sealed class NaiveLot
{
    public required int Sequence;
    public required string Key;
    public required long Points;
    public required DateOnly? Expiry;
    public required ExpiryPolicy Inactivity;
    public long Remaining;
    public long Reversed;
    public long Expired;
    public int Times;
    public DateOnly? RanOutOn;
    public string? Refund;
    public long Asked;
}

internal sealed record NaiveEntry(EntryKind Kind, long Points, long Balance, DateOnly On, string Key, List<(NaiveLot Lot, long Points)> Taken);

/// <summary>
/// A member's points as the rule book tells it: lists that are searched, nothing clever. The oracle of the tests; shares no code with the
/// ledger under test except <see cref="ExpiryPolicy.ExpiryFrom"/>, which has tests of its own.
/// </summary>
internal sealed class NaiveMember
{
    public readonly List<NaiveEntry> Entries = [];
    public readonly List<NaiveLot> Lots = [];
    public long Balance;
    public long Held;
    public long Lifetime;
    public DateOnly? LastActivity;

    public long Available => Balance - Held;

    public DateOnly? ExpiryOf(NaiveLot lot) =>
        lot.Inactivity.Kind != ExpiryKind.Inactivity ? lot.Expiry : lot.RanOutOn ?? lot.Inactivity.ExpiryFrom(LastActivity!.Value);

    public void Touch(DateOnly day) => LastActivity = LastActivity is { } last && last > day ? last : day;

    public NaiveEntry Add(EntryKind kind, long points, DateOnly on, string key)
    {
        Balance += points;
        var entry = new NaiveEntry(kind, points, Balance, on, key, []);
        Entries.Add(entry);
        return entry;
    }

    public NaiveLot Receive(EntryKind kind, long points, DateOnly on, string key, ExpiryPolicy expiry)
    {
        var debt = Math.Max(0, -Available);
        Add(kind, points, on, key);
        if (kind is EntryKind.Earned or EntryKind.Bonus)
        {
            Lifetime += points;
        }

        LastActivity ??= on;
        var lot = new NaiveLot
        {
            Sequence = Entries.Count,
            Key = key,
            Points = points,
            Expiry = expiry.Kind == ExpiryKind.Inactivity ? null : expiry.ExpiryFrom(on),
            Inactivity = expiry.Kind == ExpiryKind.Inactivity ? expiry : default,
            Remaining = points - Math.Min(debt, points),
        };
        Lots.Add(lot);
        return lot;
    }

    /// <summary>Takes points from lots: soonest expiry first, none last, then the lower sequence number. Returns what was taken from which.</summary>
    public List<(NaiveLot Lot, long Points)> Take(long points)
    {
        var taken = new List<(NaiveLot, long)>();
        while (points > 0)
        {
            NaiveLot? next = null;
            foreach (var lot in Lots)
            {
                if (lot.Remaining > 0 && (next is null || (ExpiryOf(lot) ?? DateOnly.MaxValue) < (ExpiryOf(next) ?? DateOnly.MaxValue)))
                {
                    next = lot;
                }
            }

            if (next is null)
            {
                break;
            }

            var part = Math.Min(points, next.Remaining);
            next.Remaining -= part;
            points -= part;
            taken.Add((next, part));
        }

        return taken;
    }

    public void PutBack(IEnumerable<(NaiveLot Lot, long Points)> taken, long debt)
    {
        foreach (var (lot, points) in taken)
        {
            var paid = Math.Min(debt, points);
            debt -= paid;
            lot.Remaining += points - paid;
        }
    }

    /// <summary>Lots whose expiry has come by a day run out: the soonest first, then by sequence.</summary>
    public void Expire(DateOnly day, DateOnly? on = null)
    {
        foreach (var lot in Lots.Where(l => l.Remaining > 0 && ExpiryOf(l) <= day).OrderBy(ExpiryOf).ThenBy(l => l.Sequence).ToList())
        {
            lot.Times++;
            lot.Expired += lot.Remaining;
            var points = lot.Remaining;
            lot.Remaining = 0;
            var date = on ?? ExpiryOf(lot)!.Value;
            lot.RanOutOn ??= date;
            Add(EntryKind.Expired, -points, date, $"expired:{lot.Key}:{lot.Times}").Taken.Add((lot, points));
        }
    }

    /// <summary>One entry of an order loses its part of a refund.</summary>
    public long Reverse(NaiveLot? lot, decimal refundedSoFar, decimal amount, long floor, DateOnly on, string key)
    {
        if (lot is null)
        {
            return 0;
        }

        var gone = (long)Math.Floor(lot.Points * refundedSoFar / amount);
        (lot.Refund, lot.Asked) = (key, gone);
        var due = Math.Max(0, Math.Min(gone, lot.Points - lot.Expired) - lot.Reversed);
        var take = Math.Min(due, floor == 0 ? Math.Max(0, Available) : Math.Max(0, Available - floor));
        if (take > 0)
        {
            var inLots = Math.Min(take, Math.Max(0, Available));
            lot.Reversed += take;
            var own = Math.Min(inLots, lot.Remaining);
            lot.Remaining -= own;
            Take(inLots - own);
            Add(EntryKind.Reversed, -take, on, key);
        }

        return due - take;
    }

    /// <summary>What refunds still ask for of the entries whose points came back, from what is in their lots.</summary>
    public void ReverseAgain(IEnumerable<NaiveLot> lots, DateOnly on)
    {
        foreach (var lot in lots.Where(l => l.Refund is not null))
        {
            var take = Math.Min(lot.Remaining, Math.Min(lot.Asked, lot.Points - lot.Expired) - lot.Reversed);
            if (take > 0)
            {
                lot.Reversed += take;
                lot.Remaining -= take;
                Add(EntryKind.Reversed, -take, on, $"{lot.Refund}:{2 + Entries.Count(e => e.Key.StartsWith(lot.Refund + ":", StringComparison.Ordinal))}");
            }
        }
    }
}
