using Loyalty.Points;
using Loyalty.Points.Ledger;

namespace Loyalty.Tests.Points;

/// <summary>The naive ledger: the operations of <see cref="PointsLedger"/> on naive members.</summary>
internal sealed class NaiveLedger(PointsProgram program, EarningCaps? caps = null, bool refusesExcess = false)
{
    public PointsProgram Program { get; set; } = program;

    public readonly Dictionary<string, NaiveMember> Members = [];
    private readonly Dictionary<(LedgerOperationKind, string), (LedgerOperation Operation, LedgerOutcome Outcome)> _keys = [];
    private readonly Dictionary<string, (NaiveMember Member, NaiveLot? Earned, NaiveLot? Bonus, decimal Amount)> _orders = [];
    private readonly Dictionary<string, decimal> _refunded = [];
    private readonly Dictionary<string, (NaiveMember Member, NaiveEntry Entry)> _redemptions = [];
    private readonly HashSet<string> _givenBack = [];
    private readonly Dictionary<string, (NaiveMember Member, LedgerOperation Hold, List<(NaiveLot, long)> Taken)> _holds = [];
    private readonly Dictionary<string, LedgerOutcome> _ended = [];
    private readonly Dictionary<(string, int, int), long> _inPeriod = [];

    private EarningCaps Caps { get; } = caps ?? new();

    public long Issued { get; private set; }

    private long Floor => Program.Negative == NegativeRule.Clamp ? 0 : Program.NegativeLimit is { } limit ? -limit : -1_000_000_000_000_000_000;

    public NaiveMember Member(string name)
    {
        if (!Members.TryGetValue(name, out var member))
        {
            Members.Add(name, member = new NaiveMember());
        }

        return member;
    }

    public LedgerOutcome Apply(LedgerOperation operation, DateOnly day, DateTime now)
    {
        if (operation is { Kind: LedgerOperationKind.Transfer } && operation.Member == operation.Target)
        {
            return LedgerOutcome.Invalid;
        }

        if (_keys.TryGetValue((operation.Kind, operation.Id), out var first))
        {
            return first.Operation == operation ? first.Outcome : LedgerOutcome.Conflict;
        }

        var outcome = Do(operation, day, now);
        if (outcome != LedgerOutcome.UnknownTarget)
        {
            _keys.Add((operation.Kind, operation.Id), (operation, outcome));
        }

        return outcome;
    }

    public void TimeOut(DateTime now)
    {
        foreach (var (id, hold) in _holds.OrderBy(h => h.Value.Hold.ExpiresAt))
        {
            if (hold.Hold.ExpiresAt <= now && _ended.TryAdd(id, LedgerOutcome.HoldExpired))
            {
                SetFree(hold.Member, hold.Taken, hold.Hold.Points);
            }
        }
    }

    /// <summary>What is available once everything that runs out by a day is gone.</summary>
    private static long AvailableOn(NaiveMember member, DateOnly day) =>
        member.Available - member.Lots.Where(l => member.ExpiryOf(l) <= day).Sum(l => l.Remaining);

    private LedgerOutcome Do(LedgerOperation operation, DateOnly day, DateTime now)
    {
        switch (operation.Kind)
        {
            case LedgerOperationKind.Earn:
                return Earn(operation, day);
            case LedgerOperationKind.Redeem:
            {
                if (!Members.TryGetValue(operation.Member!, out var member) || AvailableOn(member, day) < operation.Points)
                {
                    return LedgerOutcome.InsufficientPoints;
                }

                member.Expire(day);
                var taken = member.Take(operation.Points);
                var entry = member.Add(EntryKind.Redeemed, -operation.Points, operation.Date, $"redemption:{operation.Id}:redeemed");
                entry.Taken.AddRange(taken);
                member.Touch(operation.Date);
                _redemptions.Add(operation.Id, (member, entry));
                return LedgerOutcome.Applied;
            }

            case LedgerOperationKind.GiveBack:
            {
                if (!_redemptions.TryGetValue(operation.Target!, out var redemption))
                {
                    return LedgerOutcome.UnknownTarget;
                }

                if (!_givenBack.Add(operation.Target!))
                {
                    return LedgerOutcome.AlreadyReversed;
                }

                var (member, entry) = redemption;
                member.Expire(day);
                var debt = Math.Max(0, -member.Available);
                member.Add(EntryKind.Reversed, -entry.Points, operation.Date, $"redemption:{operation.Target}:reversed");
                member.PutBack(entry.Taken, debt);
                member.Expire(day, operation.Date);
                member.ReverseAgain(entry.Taken.Select(t => t.Lot), operation.Date);
                return LedgerOutcome.Applied;
            }

            case LedgerOperationKind.Refund:
            {
                if (!_orders.TryGetValue(operation.Target!, out var order))
                {
                    return LedgerOutcome.UnknownTarget;
                }

                var before = _refunded.GetValueOrDefault(operation.Target!);
                if (refusesExcess && before + operation.Amount > order.Amount)
                {
                    return LedgerOutcome.RefundExceedsOrder;
                }

                order.Member.Expire(day);
                var refunded = Math.Min(order.Amount, before + operation.Amount);
                _refunded[operation.Target!] = refunded;
                order.Member.Reverse(order.Earned, refunded, order.Amount, Floor, operation.Date, $"refund:{operation.Id}:earned");
                order.Member.Reverse(order.Bonus, refunded, order.Amount, Floor, operation.Date, $"refund:{operation.Id}:bonus");
                return LedgerOutcome.Applied;
            }

            case LedgerOperationKind.Adjust:
            {
                var available = Members.TryGetValue(operation.Member!, out var known) ? AvailableOn(known, day) : 0;
                if (operation.Points < 0 && available + operation.Points < Floor)
                {
                    return LedgerOutcome.InsufficientPoints;
                }

                var member = Member(operation.Member!);
                member.Expire(day);
                if (operation.Points > 0)
                {
                    member.Receive(EntryKind.Adjusted, operation.Points, operation.Date, $"adjustment:{operation.Id}", Program.Expiry);
                    member.Expire(day);
                }
                else
                {
                    member.Take(Math.Min(-operation.Points, Math.Max(0, member.Available)));
                    member.Add(EntryKind.Adjusted, operation.Points, operation.Date, $"adjustment:{operation.Id}");
                }

                return LedgerOutcome.Applied;
            }

            case LedgerOperationKind.Reserve:
            {
                if (operation.ExpiresAt <= now)
                {
                    return LedgerOutcome.HoldExpired;
                }

                if (!Members.TryGetValue(operation.Member!, out var member) || AvailableOn(member, day) < operation.Points)
                {
                    return LedgerOutcome.InsufficientPoints;
                }

                member.Expire(day);
                _holds.Add(operation.Id, (member, operation, member.Take(operation.Points)));
                member.Held += operation.Points;
                return LedgerOutcome.Applied;
            }

            case LedgerOperationKind.Commit or LedgerOperationKind.Release:
                return EndHold(operation, day, now);
            default:
            {
                if (!Members.TryGetValue(operation.Member!, out var from) || AvailableOn(from, day) < operation.Points)
                {
                    return LedgerOutcome.InsufficientPoints;
                }

                var to = Member(operation.Target!);
                from.Expire(day);
                to.Expire(day);
                from.Take(operation.Points);
                from.Add(EntryKind.Adjusted, -operation.Points, operation.Date, $"transfer:{operation.Id}:out");
                to.Receive(EntryKind.Adjusted, operation.Points, operation.Date, $"transfer:{operation.Id}:in", Program.Expiry);
                to.Expire(day);
                return LedgerOutcome.Applied;
            }
        }
    }

    private LedgerOutcome Earn(LedgerOperation operation, DateOnly day)
    {
        var units = (decimal)operation.Amount / Program.Currency.MinorUnits;
        var (earned, bonus) = (Round(units * Program.PerUnit), Round(units * Program.PerUnit * Program.BonusPercent / 100));
        var period = (operation.Member!, operation.Date.Year, operation.Date.Month);
        var allowed = Math.Min(earned + bonus, Caps.PerOrder ?? long.MaxValue);
        allowed = Math.Min(allowed, Math.Max(0, (Caps.PerPeriod ?? long.MaxValue) - _inPeriod.GetValueOrDefault(period)));
        allowed = Math.Min(allowed, Math.Max(0, (Caps.Budget ?? long.MaxValue) - Issued));
        earned = Math.Min(earned, allowed);
        bonus = Math.Min(bonus, allowed - earned);
        _inPeriod[period] = _inPeriod.GetValueOrDefault(period) + allowed;
        Issued += allowed;
        var member = Member(operation.Member!);
        member.Expire(day);
        member.Touch(operation.Date);
        var earnedLot = earned > 0 ? member.Receive(EntryKind.Earned, earned, operation.Date, $"order:{operation.Id}:earned", Program.Expiry) : null;
        var bonusLot = bonus > 0 ? member.Receive(EntryKind.Bonus, bonus, operation.Date, $"order:{operation.Id}:bonus", Program.Expiry) : null;
        _orders.Add(operation.Id, (member, earnedLot, bonusLot, operation.Amount));
        member.Expire(day);
        return LedgerOutcome.Applied;
    }

    private long Round(decimal points) => (long)(Program.Rounding switch
    {
        PointsRounding.Up => Math.Ceiling(points),
        PointsRounding.Nearest => Math.Floor(points + 0.5m),
        _ => Math.Floor(points),
    });

    private LedgerOutcome EndHold(LedgerOperation operation, DateOnly day, DateTime now)
    {
        if (!_holds.TryGetValue(operation.Target!, out var hold))
        {
            return LedgerOutcome.UnknownTarget;
        }

        if (_ended.TryGetValue(operation.Target!, out var how))
        {
            return how;
        }

        if (hold.Hold.ExpiresAt <= now)
        {
            return LedgerOutcome.HoldExpired;
        }

        if (operation.Kind == LedgerOperationKind.Commit && operation.Points > hold.Hold.Points)
        {
            return LedgerOutcome.InsufficientPoints;
        }

        _ended.Add(operation.Target!, LedgerOutcome.HoldClosed);
        if (operation.Kind == LedgerOperationKind.Release)
        {
            SetFree(hold.Member, hold.Taken, hold.Hold.Points);
            return LedgerOutcome.Applied;
        }

        hold.Member.Expire(day);
        var debt = Math.Max(0, -hold.Member.Available);
        hold.Member.Held -= hold.Hold.Points;
        var entry = hold.Member.Add(EntryKind.Redeemed, -operation.Points, operation.Date, $"hold:{operation.Target}:redeemed");
        var spend = operation.Points;
        foreach (var (lot, points) in hold.Taken)
        {
            var part = Math.Min(spend, points);
            spend -= part;
            if (part > 0)
            {
                entry.Taken.Add((lot, part));
            }

            var paid = Math.Min(debt, points - part);
            debt -= paid;
            lot.Remaining += points - part - paid;
        }

        hold.Member.Touch(operation.Date);
        return LedgerOutcome.Applied;
    }

    private static void SetFree(NaiveMember member, List<(NaiveLot, long)> taken, long points)
    {
        var debt = Math.Max(0, -member.Available);
        member.Held -= points;
        member.PutBack(taken, debt);
    }
}
