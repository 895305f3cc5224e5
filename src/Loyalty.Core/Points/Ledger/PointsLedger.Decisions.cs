namespace Loyalty.Points.Ledger;

/// <content>Decides one kind of operation each. A decision checks everything first and then writes; writing cannot fail.</content>
public sealed partial class PointsLedger
{
    private LedgerResult Apply(in LedgerOperation operation, OperationClue clue, int bookedDay, long recordedTicks)
    {
        if (operation.Id is null)
        {
            throw new ArgumentException("The default value is no operation; use a method of LedgerOperation.", nameof(operation));
        }

        if (!operation.IsValid)
        {
            return new(LedgerOutcome.Invalid, 0, 0, 0, 0);
        }

        if (_operations.Find(operation.Kind, operation.Id, clue.Key) is var known and >= 0)
        {
            ref var first = ref _operations[known];
            var field = first.Operation.Difference(operation);
            return field == LedgerField.None
                ? first.Result with { IsRepeat = true }
                : new LedgerResult(LedgerOutcome.Conflict, 0, 0, 0, first.Result.Balance) { Field = field };
        }

        var member = operation.Member is { } name ? _members.Find(name, clue.Member, clue.Number) : null;
        var number = _operations.Propose(operation);
        var result = Decide(number, operation, member, bookedDay, recordedTicks);
        if (result.Outcome == LedgerOutcome.UnknownTarget)
        {
            _operations.Drop();
        }
        else
        {
            _operations[number].Result = result;
            _operations.Keep(clue.Key);
        }

        return result;
    }

    private LedgerResult Decide(int number, in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks) => operation.Kind switch
    {
        LedgerOperationKind.Earn => Earn(number, operation, member, bookedDay, ticks),
        LedgerOperationKind.Redeem => Redeem(number, operation, member, bookedDay, ticks),
        LedgerOperationKind.GiveBack => GiveBack(operation, bookedDay, ticks),
        LedgerOperationKind.Refund => Refund(operation, bookedDay, ticks),
        LedgerOperationKind.Adjust => Adjust(operation, member, bookedDay, ticks),
        LedgerOperationKind.Reserve => _holds.Reserve(number, operation, member, bookedDay, ticks),
        LedgerOperationKind.Commit => _holds.Commit(operation, bookedDay, ticks),
        LedgerOperationKind.Release => _holds.Release(operation, ticks),
        _ => Transfer(operation, member, bookedDay, ticks),
    };

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
            return LedgerResult.Refused(LedgerOutcome.Overflow, member);
        }

        var caps = _program.Caps;
        var inPeriod = caps.PerPeriod is null ? 0 : _earnings.In(caps.Period, operation, member);
        var allowed = Math.Min(wanted, caps.PerOrder ?? long.MaxValue);
        allowed = Math.Min(allowed, caps.PerPeriod is { } most ? Math.Max(0, most - inPeriod) : long.MaxValue);
        allowed = Math.Min(allowed, caps.Budget is { } budget ? Math.Max(0, budget - Issued) : long.MaxValue);
        earned = Math.Min(earned, allowed);
        bonus = Math.Min(bonus, allowed - earned);
        if (member is not null ? !member.HasRoomFor(allowed) : false)
        {
            return LedgerResult.Refused(LedgerOutcome.Overflow, member);
        }

        if (Issued > long.MaxValue - allowed)
        {
            return LedgerResult.Refused(LedgerOutcome.Overflow, member);
        }

        member ??= FindOrAdd(operation.Member!);
        var day = MemberLedger.BookingDay(member, bookedDay);
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
            _earnings.Note(caps.Period, operation, inPeriod + allowed);
        }

        // An order that comes late may earn what is over already.
        member.ExpireThrough(day, ticks);
        return LedgerResult.Of(member, before, balance) with { Shortfall = wanted - allowed };
    }

    private LedgerResult Redeem(int number, in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks)
    {
        var day = MemberLedger.BookingDay(member, bookedDay);
        if (member is null || member.AvailableOn(day) < operation.Points)
        {
            return LedgerResult.Refused(LedgerOutcome.InsufficientPoints, member);
        }

        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        member.Spend(EntryKind.Redeemed, new(EntrySource.Redeemed, operation.Id), operation.Points, operation.DayNumber, day, ticks);
        member.Touch(operation.DayNumber);
        _operations[number].Lot = before + 1;
        return LedgerResult.Of(member, before, balance);
    }

    private LedgerResult GiveBack(in LedgerOperation operation, int bookedDay, long ticks)
    {
        var target = _operations.Find(LedgerOperationKind.Redeem, operation.Target!);
        if (target < 0 || !_operations[target].Result.IsApplied)
        {
            return LedgerResult.Refused(LedgerOutcome.UnknownTarget, null);
        }

        ref var redemption = ref _operations[target];
        var member = Find(redemption.Operation.Member!)!;
        if (redemption.IsGivenBack)
        {
            return LedgerResult.Refused(LedgerOutcome.AlreadyReversed, member);
        }

        if (!member.HasRoomFor(redemption.Operation.Points))
        {
            return LedgerResult.Refused(LedgerOutcome.Overflow, member);
        }

        var day = MemberLedger.BookingDay(member, bookedDay);
        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        member.GiveBack(redemption.Lot, new(EntrySource.GivenBack, operation.Target!), operation.DayNumber, day, ticks);
        redemption.IsGivenBack = true;
        member.ExpireThrough(day, ticks, operation.DayNumber);
        _refunds.TakeAgain(member, redemption.Lot, operation.DayNumber, day, ticks);
        return LedgerResult.Of(member, before, balance);
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
            return LedgerResult.Refused(LedgerOutcome.UnknownTarget, null);
        }

        ref var order = ref _operations[target];
        var member = Find(order.Operation.Member!)!;
        var left = order.Operation.Amount - order.Refunded;
        if (_program.RefundExcess == RefundExcess.Refuse && operation.Amount > left)
        {
            return LedgerResult.Refused(LedgerOutcome.RefundExceedsOrder, member);
        }

        var day = MemberLedger.BookingDay(member, bookedDay);
        member.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        order.Refunded += Math.Min(left, operation.Amount);
        _refunds.Note(operation);
        var missing = OutstandingRefunds.TakeBack(member, order, order.Lot, _program.Floor, new(EntrySource.RefundEarned, operation.Id), operation.DayNumber, day, ticks);
        missing += OutstandingRefunds.TakeBack(member, order, order.BonusLot, _program.Floor, new(EntrySource.RefundBonus, operation.Id), operation.DayNumber, day, ticks);
        return LedgerResult.Of(member, before, balance) with { Shortfall = missing };
    }

    private LedgerResult Adjust(in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks)
    {
        var day = MemberLedger.BookingDay(member, bookedDay);
        if (operation.Points < 0 && (Int128)(member is null ? 0 : member.AvailableOn(day)) + operation.Points < _program.Floor)
        {
            return LedgerResult.Refused(LedgerOutcome.InsufficientPoints, member);
        }

        if (operation.Points > 0 && member?.HasRoomFor(operation.Points) == false)
        {
            return LedgerResult.Refused(LedgerOutcome.Overflow, member);
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

        return LedgerResult.Of(member, before, balance);
    }

    private LedgerResult Transfer(in LedgerOperation operation, MemberLedger? from, int bookedDay, long ticks)
    {
        var day = MemberLedger.BookingDay(from, bookedDay);
        if (from is null || from.AvailableOn(day) < operation.Points)
        {
            return LedgerResult.Refused(LedgerOutcome.InsufficientPoints, from);
        }

        var to = Find(operation.Target!);
        if (to?.HasRoomFor(operation.Points) == false)
        {
            return LedgerResult.Refused(LedgerOutcome.Overflow, from);
        }

        to ??= FindOrAdd(operation.Target!);
        var toDay = MemberLedger.BookingDay(to, bookedDay);
        from.ExpireThrough(day, ticks);
        to.ExpireThrough(toDay, ticks);
        var (before, balance) = (from.Entries.Length, from.Balance);
        from.Spend(EntryKind.Adjusted, new(EntrySource.TransferOut, operation.Id), operation.Points, operation.DayNumber, day, ticks);
        to.Receive(EntryKind.Adjusted, new(EntrySource.TransferIn, operation.Id), operation.Points, _program.Expiry, operation.DayNumber, toDay, ticks);
        to.ExpireThrough(toDay, ticks);
        return LedgerResult.Of(from, before, balance);
    }
}
