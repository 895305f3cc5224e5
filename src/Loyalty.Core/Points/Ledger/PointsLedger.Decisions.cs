namespace Loyalty.Points.Ledger;

/// <content>Decides one kind of operation each. A decision checks everything first and then writes; writing cannot fail.</content>
public sealed partial class PointsLedger
{
    private LedgerResult Decide(int number, in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks) => operation.Kind switch
    {
        LedgerOperationKind.Earn => Earn(number, operation, member, bookedDay, ticks),
        LedgerOperationKind.Redeem => Redeem(number, operation, member, bookedDay, ticks),
        LedgerOperationKind.GiveBack => GiveBack(operation, bookedDay, ticks),
        LedgerOperationKind.Refund => Refund(operation, bookedDay, ticks),
        LedgerOperationKind.Adjust => Adjust(operation, member, bookedDay, ticks),
        LedgerOperationKind.Reserve => Reserve(number, operation, member, bookedDay, ticks),
        LedgerOperationKind.Commit => Commit(operation, bookedDay, ticks),
        LedgerOperationKind.Release => Release(operation, ticks),
        _ => Transfer(operation, member, bookedDay, ticks),
    };

    private static LedgerResult Refused(LedgerOutcome outcome, MemberLedger? member) => new(outcome, 0, 0, 0, member?.Balance ?? 0);

    private static LedgerResult Done(MemberLedger member, int before, long balanceBefore) => new(
        LedgerOutcome.Applied, member.Entries.Length == before ? 0 : before + 1, member.Entries.Length - before, member.Balance - balanceBefore, member.Balance);

    /// <summary>The booking day for a member: days never go back within one.</summary>
    private static int BookingDay(MemberLedger? member, int day) =>
        member is null ? day : Math.Max(day, member.LastBookedDay);

    /// <summary>What a redemption that is booked on a day would find, after what has run out by then.</summary>
    internal static long AvailableOn(MemberLedger member, DateOnly bookedOn) => AvailableOn(member, BookingDay(member, bookedOn.DayNumber));

    /// <summary>What is available at the end of the expiries of a day, which are not recorded yet.</summary>
    private static long AvailableOn(MemberLedger member, int day) =>
        member.HasDueThrough(day) ? member.Available - member.DueThrough(day) : member.Available;

    private LedgerResult Earn(int number, in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks)
    {
        long earned, bonus, wanted;
        try
        {
            (earned, bonus) = _program.Earn(operation.Amount);
            wanted = checked(earned + bonus);
        }
        catch (OverflowException)
        {
            return Refused(LedgerOutcome.Overflow, member);
        }

        var caps = _program.Caps;
        var period = caps.PerPeriod is null ? 0 : ExpiryPolicy.AtEndOf(caps.Period).DayFrom(operation.DayNumber);
        var inPeriod = caps.PerPeriod is null ? 0 : EarnedIn(period, caps.Period, operation.Member!, member);
        var allowed = Math.Min(wanted, caps.PerOrder ?? long.MaxValue);
        allowed = Math.Min(allowed, caps.PerPeriod is { } most ? Math.Max(0, most - inPeriod) : long.MaxValue);
        allowed = Math.Min(allowed, caps.Budget is { } budget ? Math.Max(0, budget - Issued) : long.MaxValue);
        earned = Math.Min(earned, allowed);
        bonus = Math.Min(bonus, allowed - earned);
        if (member is not null ? !member.HasRoomFor(allowed) : false)
        {
            return Refused(LedgerOutcome.Overflow, member);
        }

        if (Issued > long.MaxValue - allowed)
        {
            return Refused(LedgerOutcome.Overflow, member);
        }

        member ??= FindOrAdd(operation.Member!);
        var day = BookingDay(member, bookedDay);
        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        member.Touch(operation.DayNumber);
        ref var record = ref _operations[number];
        if (earned > 0)
        {
            record.Lot = member.Receive(EntryKind.Earned, new(EntrySource.OrderEarned, operation.Id), earned, _program.Expiry, operation.DayNumber, day, ticks);
        }

        if (bonus > 0)
        {
            record.BonusLot = member.Receive(EntryKind.Bonus, new(EntrySource.OrderBonus, operation.Id), bonus, _program.Expiry, operation.DayNumber, day, ticks);
        }

        Issued += allowed;
        if (caps.PerPeriod is not null)
        {
            _earnedInPeriod[(operation.Member!, period)] = inPeriod + allowed;
        }

        // An order that comes late may earn what is over already.
        member.ExpireThrough(day, ticks);
        return Done(member, before, balance) with { Shortfall = wanted - allowed };
    }

    /// <summary>What a member has earned in the period that ends before a day: by the entries, which say it also of what was read from storage.</summary>
    private long EarnedIn(int end, CalendarPeriod period, string name, MemberLedger? member)
    {
        ref var sum = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_earnedInPeriod, (name, end), out var isKnown);
        if (!isKnown && member is not null)
        {
            var policy = ExpiryPolicy.AtEndOf(period);
            for (var i = 0; i < member.Entries.Length; i++)
            {
                var entry = member.Entries[i];
                sum += entry.Kind is EntryKind.Earned or EntryKind.Bonus && policy.DayFrom(entry.EffectiveDay) == end ? entry.Points : 0;
            }
        }

        return sum;
    }

    private LedgerResult Redeem(int number, in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks)
    {
        var day = BookingDay(member, bookedDay);
        if (member is null || AvailableOn(member, day) < operation.Points)
        {
            return Refused(LedgerOutcome.InsufficientPoints, member);
        }

        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        member.Spend(EntryKind.Redeemed, new(EntrySource.Redeemed, operation.Id), operation.Points, operation.DayNumber, day, ticks);
        member.Touch(operation.DayNumber);
        _operations[number].Lot = before + 1;
        return Done(member, before, balance);
    }

    private LedgerResult GiveBack(in LedgerOperation operation, int bookedDay, long ticks)
    {
        var target = _operations.Find(LedgerOperationKind.Redeem, operation.Target!);
        if (target < 0 || !_operations[target].Result.IsApplied)
        {
            return Refused(LedgerOutcome.UnknownTarget, null);
        }

        ref var redemption = ref _operations[target];
        var member = Find(redemption.Operation.Member!)!;
        if (redemption.IsGivenBack)
        {
            return Refused(LedgerOutcome.AlreadyReversed, member);
        }

        if (!member.HasRoomFor(redemption.Operation.Points))
        {
            return Refused(LedgerOutcome.Overflow, member);
        }

        var day = BookingDay(member, bookedDay);
        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        member.GiveBack(redemption.Lot, new(EntrySource.GivenBack, operation.Target!), operation.DayNumber, day, ticks);
        redemption.IsGivenBack = true;
        member.ExpireThrough(day, ticks, operation.DayNumber);
        _refunds.TakeAgain(member, redemption.Lot, operation.DayNumber, day, ticks);
        return Done(member, before, balance);
    }

    /// <summary>What is left of the amount of an order that earned; <see langword="null"/> for any other.</summary>
    internal long? LeftToRefund(string order) =>
        _operations.Find(LedgerOperationKind.Earn, order) is var number && number >= 0 && _operations[number] is { Result.IsApplied: true } earned
            ? earned.Operation.Amount - earned.Refunded
            : null;

    private LedgerResult Refund(in LedgerOperation operation, int bookedDay, long ticks)
    {
        var target = _operations.Find(LedgerOperationKind.Earn, operation.Target!);
        if (target < 0 || !_operations[target].Result.IsApplied)
        {
            return Refused(LedgerOutcome.UnknownTarget, null);
        }

        ref var order = ref _operations[target];
        var member = Find(order.Operation.Member!)!;
        var left = order.Operation.Amount - order.Refunded;
        if (_program.RefundExcess == RefundExcess.Refuse && operation.Amount > left)
        {
            return Refused(LedgerOutcome.RefundExceedsOrder, member);
        }

        var day = BookingDay(member, bookedDay);
        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        order.Refunded += Math.Min(left, operation.Amount);
        _refunds.Note(operation);
        var missing = TakeBack(member, order, order.Lot, new(EntrySource.RefundEarned, operation.Id), operation.DayNumber, day, ticks);
        missing += TakeBack(member, order, order.BonusLot, new(EntrySource.RefundBonus, operation.Id), operation.DayNumber, day, ticks);
        return Done(member, before, balance) with { Shortfall = missing };
    }

    /// <summary>Takes back what is due of one entry of an order; says how much of it the balance did not cover.</summary>
    private long TakeBack(MemberLedger member, in OperationRecord order, int lot, EntryKey key, int effectiveDay, int bookedDay, long ticks)
    {
        if (lot < 0)
        {
            return 0;
        }

        var due = OutstandingRefunds.Due(member, order, member.Lots[lot]);
        if (due <= 0)
        {
            return 0;
        }

        var floor = _program.Floor;
        var most = floor == 0 ? Math.Max(0, member.Available) : (long)Int128.Min(long.MaxValue, Int128.Max(0, (Int128)member.Available - floor));
        var take = Math.Min(due, most);
        if (take > 0)
        {
            member.TakeBack(lot, key, take, effectiveDay, bookedDay, ticks);
        }

        return due - take;
    }

    private LedgerResult Adjust(in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks)
    {
        var day = BookingDay(member, bookedDay);
        if (operation.Points < 0 && (Int128)(member is null ? 0 : AvailableOn(member, day)) + operation.Points < _program.Floor)
        {
            return Refused(LedgerOutcome.InsufficientPoints, member);
        }

        if (operation.Points > 0 && member?.HasRoomFor(operation.Points) == false)
        {
            return Refused(LedgerOutcome.Overflow, member);
        }

        member ??= FindOrAdd(operation.Member!);
        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        var key = new EntryKey(EntrySource.Adjustment, operation.Id);
        if (operation.Points < 0)
        {
            member.Deduct(key, -operation.Points, operation.DayNumber, day, ticks);
        }
        else
        {
            member.Receive(EntryKind.Adjusted, key, operation.Points, _program.Expiry, operation.DayNumber, day, ticks);
            member.ExpireThrough(day, ticks);
        }

        return Done(member, before, balance);
    }

    private LedgerResult Reserve(int number, in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks)
    {
        if (operation.ExpiresAt.Ticks <= ticks)
        {
            return Refused(LedgerOutcome.HoldExpired, member);
        }

        var day = BookingDay(member, bookedDay);
        if (member is null || AvailableOn(member, day) < operation.Points)
        {
            return Refused(LedgerOutcome.InsufficientPoints, member);
        }

        member.ExpireThrough(day, ticks);
        ref var record = ref _operations[number];
        record.Hold = member.Hold(operation.Points);
        _holds.Enqueue(number, (operation.ExpiresAt.Ticks, number));
        return new(LedgerOutcome.Applied, 0, 0, 0, member.Balance);
    }

    private LedgerResult Commit(in LedgerOperation operation, int bookedDay, long ticks)
    {
        var outcome = FindHold(operation.Target!, ticks, out var number, out var member);
        if (outcome != LedgerOutcome.Applied)
        {
            return Refused(outcome, member);
        }

        ref var hold = ref _operations[number];
        if (operation.Points > hold.Operation.Points)
        {
            return Refused(LedgerOutcome.InsufficientPoints, member);
        }

        var day = BookingDay(member!, bookedDay);
        member!.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        EndHold(ref hold, HoldState.Committed, member, hold.Hold!, operation.Points, new(EntrySource.Hold, operation.Target!), operation.DayNumber, day, ticks);
        member.Touch(operation.DayNumber);
        return Done(member, before, balance);
    }

    private LedgerResult Release(in LedgerOperation operation, long ticks)
    {
        var outcome = FindHold(operation.Target!, ticks, out var number, out var member);
        if (outcome != LedgerOutcome.Applied)
        {
            return Refused(outcome, member);
        }

        ref var hold = ref _operations[number];
        EndHold(ref hold, HoldState.Released, member!, hold.Hold!, 0, default, 0, 0, ticks);
        return new(LedgerOutcome.Applied, 0, 0, 0, member!.Balance);
    }

    private LedgerOutcome FindHold(string id, long ticks, out int number, out MemberLedger? member)
    {
        member = null;
        number = _operations.Find(LedgerOperationKind.Reserve, id);
        if (number < 0 || !_operations[number].Result.IsApplied)
        {
            return LedgerOutcome.UnknownTarget;
        }

        ref var hold = ref _operations[number];
        member = Find(hold.Operation.Member!)!;
        return hold.HoldState is HoldState.Committed or HoldState.Released ? LedgerOutcome.HoldClosed
            : hold.HoldState == HoldState.TimedOut || hold.Operation.ExpiresAt.Ticks <= ticks ? LedgerOutcome.HoldExpired
            : LedgerOutcome.Applied;
    }

    private static void EndHold(
        ref OperationRecord hold, HoldState state, MemberLedger member, List<(int Lot, long Points)> taken,
        long spend, EntryKey key, int effectiveDay, int bookedDay, long ticks)
    {
        member.EndHold(taken, spend, key, effectiveDay, bookedDay, ticks);
        hold.HoldState = state;
        hold.Hold = null;
    }

    private LedgerResult Transfer(in LedgerOperation operation, MemberLedger? from, int bookedDay, long ticks)
    {
        var day = BookingDay(from, bookedDay);
        if (from is null || AvailableOn(from, day) < operation.Points)
        {
            return Refused(LedgerOutcome.InsufficientPoints, from);
        }

        var to = Find(operation.Target!);
        if (to?.HasRoomFor(operation.Points) == false)
        {
            return Refused(LedgerOutcome.Overflow, from);
        }

        to ??= FindOrAdd(operation.Target!);
        var toDay = BookingDay(to, bookedDay);
        from.ExpireThrough(day, ticks);
        to.ExpireThrough(toDay, ticks);
        var (before, balance) = (from.Entries.Length, from.Balance);
        from.Spend(EntryKind.Adjusted, new(EntrySource.TransferOut, operation.Id), operation.Points, operation.DayNumber, day, ticks);
        to.Receive(EntryKind.Adjusted, new(EntrySource.TransferIn, operation.Id), operation.Points, _program.Expiry, operation.DayNumber, toDay, ticks);
        to.ExpireThrough(toDay, ticks);
        return Done(from, before, balance);
    }
}
