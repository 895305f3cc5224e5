namespace Loyalty.Points.Ledger;

/// <summary>The holds of a ledger: decides what reserves, commits and releases, and ends those that are over.</summary>
/// <param name="members">The members of the ledger.</param>
/// <param name="operations">The operations of the ledger.</param>
internal sealed class LedgerHolds(LedgerTable members, OperationTable operations)
{
    /// <summary>Open holds by their end; also closed ones, until their end.</summary>
    private readonly PriorityQueue<int, (long Ends, int Number)> _ends = new();

    /// <summary>Notes the end of an open hold that was put back.</summary>
    public void Watch(int number) => _ends.Enqueue(number, (operations[number].Operation.ExpiresAt.Ticks, number));

    /// <summary>Ends the holds that are over at an instant, in the order of their ends; says how many.</summary>
    public int TimeOut(long ticks)
    {
        var ended = 0;
        while (_ends.TryPeek(out var number, out var end) && end.Ends <= ticks)
        {
            _ends.Dequeue();
            ref var record = ref operations[number];
            if (record.Hold is { } taken)
            {
                EndHold(ref record, HoldState.TimedOut, members.Find(record.Operation.Member!)!, taken, 0, default, 0, 0, 0);
                ended++;
            }
        }

        return ended;
    }

    public LedgerResult Reserve(int number, in LedgerOperation operation, MemberLedger? member, int bookedDay, long ticks)
    {
        if (operation.ExpiresAt.Ticks <= ticks)
        {
            return LedgerResult.Refused(LedgerOutcome.HoldExpired, member);
        }

        var day = MemberLedger.BookingDay(member, bookedDay);
        if (member is null || member.AvailableOn(day) < operation.Points)
        {
            return LedgerResult.Refused(LedgerOutcome.InsufficientPoints, member);
        }

        member.ExpireThrough(day, ticks);
        ref var record = ref operations[number];
        record.Hold = member.Hold(operation.Points);
        _ends.Enqueue(number, (operation.ExpiresAt.Ticks, number));
        return new(LedgerOutcome.Applied, 0, 0, 0, member.Balance);
    }

    public LedgerResult Commit(in LedgerOperation operation, int bookedDay, long ticks)
    {
        var outcome = FindHold(operation.Target!, ticks, out var number, out var member);
        if (outcome != LedgerOutcome.Applied)
        {
            return LedgerResult.Refused(outcome, member);
        }

        ref var hold = ref operations[number];
        if (operation.Points > hold.Operation.Points)
        {
            return LedgerResult.Refused(LedgerOutcome.InsufficientPoints, member);
        }

        var day = MemberLedger.BookingDay(member!, bookedDay);
        member!.ExpireThrough(day, ticks);
        var (before, balance) = (member.Entries.Length, member.Balance);
        EndHold(ref hold, HoldState.Committed, member, hold.Hold!, operation.Points, new(EntrySource.Hold, operation.Target!), operation.DayNumber, day, ticks);
        member.Touch(operation.DayNumber);
        return LedgerResult.Of(member, before, balance);
    }

    public LedgerResult Release(in LedgerOperation operation, long ticks)
    {
        var outcome = FindHold(operation.Target!, ticks, out var number, out var member);
        if (outcome != LedgerOutcome.Applied)
        {
            return LedgerResult.Refused(outcome, member);
        }

        ref var hold = ref operations[number];
        EndHold(ref hold, HoldState.Released, member!, hold.Hold!, 0, default, 0, 0, ticks);
        return new(LedgerOutcome.Applied, 0, 0, 0, member!.Balance);
    }

    private LedgerOutcome FindHold(string id, long ticks, out int number, out MemberLedger? member)
    {
        member = null;
        number = operations.Find(LedgerOperationKind.Reserve, id);
        if (number < 0 || !operations[number].Result.IsApplied)
        {
            return LedgerOutcome.UnknownTarget;
        }

        ref var hold = ref operations[number];
        member = members.Find(hold.Operation.Member!)!;
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
}
