using System.Numerics;

namespace Loyalty.Points.Ledger;

/// <summary>The points of all members of one tenant: takes operations, each at most once, and records immutable entries.</summary>
/// <remarks>
/// <para>
/// Deterministic: the same operations in the same order leave the same entries. An operation is done wholly or not at all; one that is
/// refused changes no balance, lot or entry. The outcomes and their order of precedence are those of <see cref="LedgerOutcome"/>.
/// </para>
/// <para>
/// Points that have run out by the booking day of an operation are gone before it: their expiry is recorded with the next operation of the
/// member that is done, and by <see cref="ExpireThrough"/>. Not thread-safe.
/// </para>
/// </remarks>
public sealed partial class PointsLedger
{
    private readonly LedgerTable _members = new();
    private readonly OperationTable _operations = new();
    private readonly LedgerHolds _holds;
    private readonly PeriodEarnings _earnings = new();
    private readonly OutstandingRefunds _refunds;
    private PointsProgram _program;
    private OperationList? _operationList;

    /// <summary>Creates an empty ledger.</summary>
    /// <param name="program">The rules.</param>
    public PointsLedger(PointsProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        _program = program;
        _refunds = new(_operations);
        _holds = new(_members, _operations);
    }

    /// <summary>The rules that count from now on. Changing them changes nothing that is recorded.</summary>
    public PointsProgram Program
    {
        get => _program;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _program = value;
            _earnings.Clear();
        }
    }

    /// <summary>How many members have an entry, a hold or an activity.</summary>
    public int MemberCount => _members.Count;

    /// <summary>How many entries all members have together.</summary>
    public long EntryCount
    {
        get
        {
            var count = 0L;
            foreach (var member in _members.All)
            {
                count += member.Entries.Length;
            }

            return count;
        }
    }

    /// <summary>All earned and bonus points ever recorded, of all members: what the budget is compared with.</summary>
    public long Issued { get; internal set; }

    /// <summary>The members as they are now, in no particular order.</summary>
    public IReadOnlyCollection<string> Members
    {
        get
        {
            var names = new string[_members.Count];
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = _members.All[i].Member;
            }

            return names;
        }
    }

    /// <summary>The operations, in the order in which they were decided.</summary>
    public OperationList Operations => _operationList ??= new(_operations);

    internal OperationTable Records => _operations;

    /// <summary>Where the members of this ledger lie; <see langword="null"/> where each is kept by itself, longer than the ledger.</summary>
    internal LedgerArena? Arena { get; init; } = LedgerArena.Shared();

    /// <summary>Does one operation, or says why not.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="bookedOn">The day on which it is taken into the books; it counts as the member's last one when that is later.</param>
    /// <param name="recordedAt">The instant, in UTC. Decides about holds; otherwise it is only recorded.</param>
    /// <exception cref="ArgumentException">The operation is <see langword="default"/>, or the instant is not in UTC.</exception>
    public LedgerResult Apply(in LedgerOperation operation, DateOnly bookedOn, DateTime recordedAt)
    {
        CheckIsUtc(recordedAt);
        return Apply(operation, OperationClue.Of(operation), bookedOn.DayNumber, recordedAt.Ticks);
    }

    /// <summary>Does operations in order; each stands for itself.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="results">Receives one result for each.</param>
    /// <param name="bookedOn">The day on which they are taken into the books.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <exception cref="ArgumentException"><paramref name="results"/> is too short, or the instant is not in UTC.</exception>
    public void Apply(ReadOnlySpan<LedgerOperation> operations, Span<LedgerResult> results, DateOnly bookedOn, DateTime recordedAt)
    {
        if (results.Length < operations.Length)
        {
            throw new ArgumentException("needs room for one result for each operation", nameof(results));
        }

        CheckIsUtc(recordedAt);
        var ahead = new LookAhead(_members, _operations);
        Span<OperationClue> clues = stackalloc OperationClue[LookAhead.CluesKept];
        for (var first = -LookAhead.Steps * LookAhead.GroupLength; first < operations.Length; first += LookAhead.GroupLength)
        {
            ahead.Take(operations, first, clues);
            foreach (ref readonly var operation in LookAhead.Group(operations, first, out var number))
            {
                results[number] = Apply(operation, clues[number & (LookAhead.CluesKept - 1)], bookedOn.DayNumber, recordedAt.Ticks);
                number++;
            }
        }
    }

    /// <summary>Closes the books through a day: records the expiry of every lot that has run out by then.</summary>
    /// <returns>How many entries were written.</returns>
    public int ExpireThrough(DateOnly day, DateTime recordedAt)
    {
        var written = 0;
        foreach (var member in _members.All)
        {
            written += member.ExpireThrough(day.DayNumber, recordedAt.Ticks);
        }

        return written;
    }

    /// <summary>Sets the points free that holds keep which are over at an instant, in the order of their ends.</summary>
    /// <param name="instant">The instant, in UTC.</param>
    /// <returns>How many holds were over.</returns>
    /// <exception cref="ArgumentException">The instant is not in UTC.</exception>
    public int TimeOutHolds(DateTime instant)
    {
        CheckIsUtc(instant);
        return _holds.TimeOut(instant.Ticks);
    }

    /// <summary>A member's balance; 0 for a member without entries.</summary>
    public long BalanceOf(string member) => Find(member)?.Balance ?? 0;

    /// <summary>A member's balance without what holds keep.</summary>
    public long AvailableTo(string member) => Find(member)?.Available ?? 0;

    /// <summary>A member's balance after the last entry that was booked on or before a day: what the books said at the end of that day.</summary>
    public long BalanceAsOf(string member, DateOnly day) =>
        Find(member) is { } ledger && ledger.CountBookedThrough(day.DayNumber) is var count and > 0 ? ledger.Entries[count - 1].Balance : 0;

    /// <summary>The sum of a member's entries that count on or before a day, with what is known now.</summary>
    public long BalanceOn(string member, DateOnly day)
    {
        var sum = 0L;
        foreach (var entry in EntriesOf(member))
        {
            sum += entry.EffectiveDay <= day.DayNumber ? entry.Points : 0;
        }

        return sum;
    }

    /// <summary>A member's lots that are not empty, oldest first; points that a hold keeps are not in them.</summary>
    public IReadOnlyList<Lot> LotsOf(string member) => Find(member) is { } ledger ? MemberLots.Now(ledger) : [];

    /// <summary>A member's lots as the books had them at the end of a day, oldest first; what holds kept is still in them.</summary>
    public IReadOnlyList<Lot> LotsAsOf(string member, DateOnly day) =>
        Find(member) is { } ledger ? MemberLots.After(ledger, ledger.CountBookedThrough(day.DayNumber)) : [];

    /// <summary>A member's entries by sequence.</summary>
    public IReadOnlyList<LedgerEntry> EntriesOf(string member) => Find(member) is { } ledger ? ledger.Entries.ToArray() : [];

    /// <summary>What the points of all members with a positive balance are worth, in minor units, rounded once.</summary>
    /// <exception cref="OverflowException">The value does not fit a <see cref="long"/>.</exception>
    public long Liability() => _program.ValueOf(Outstanding());

    /// <summary>The sum of the positive balances.</summary>
    public BigInteger Outstanding()
    {
        var sum = BigInteger.Zero;
        foreach (var member in _members.All)
        {
            sum += Math.Max(0, member.Balance);
        }

        return sum;
    }

    /// <summary>Whether what an order earns would leave the range of a long somewhere.</summary>
    internal bool WouldOverflow(MemberLedger member, long amount)
    {
        if (amount < 1_000_000_000 && member.Lifetime < 1_000_000_000_000_000 && Issued < 1_000_000_000_000_000_000 && _program.PerUnit <= 1_000)
        {
            return false;
        }

        try
        {
            var (earned, bonus) = _program.Earn(amount);
            return !member.HasRoomFor((Int128)earned + bonus) || Issued > long.MaxValue - checked(earned + bonus);
        }
        catch (OverflowException)
        {
            return true;
        }
    }

    /// <summary>A member's ledger, or <see langword="null"/>.</summary>
    public MemberLedger? FindMember(string member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Find(member);
    }

    internal MemberLedger? Find(string member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return _members.Find(member);
    }

    /// <summary>Asks for the place of the key of an order that earns soon.</summary>
    internal void PrefetchEarn(string order) => _operations.Prefetch(OperationTable.Hash(LedgerOperationKind.Earn, order));

    internal MemberLedger FindOrAdd(string member)
    {
        var hash = LedgerTable.Hash(member);
        return _members.Find(member, hash) ?? _members.Add(new MemberLedger(member, Arena), hash);
    }

    /// <summary>Puts back a member as it was stored.</summary>
    /// <exception cref="ArgumentException">The member stands in the ledger already.</exception>
    public void Restore(MemberLedger member)
    {
        ArgumentNullException.ThrowIfNull(member);
        var hash = LedgerTable.Hash(member.Member);
        if (_members.Find(member.Member, hash) is not null)
        {
            throw new ArgumentException($"The member '{member.Member}' stands twice.", nameof(member));
        }

        _members.Add(member, hash);
        Issued = checked(Issued + member.Lifetime);
    }

    /// <summary>Puts back an operation as it was stored; those of its kind are put back in the order in which they were decided.</summary>
    /// <exception cref="ArgumentException">It is no operation.</exception>
    /// <exception cref="InvalidDataException">The key stands in the ledger already.</exception>
    public void Restore(in RecordedOperation stored)
    {
        ArgumentException.ThrowIfNullOrEmpty(stored.Operation.Id, nameof(stored));
        Restore(stored.ToRecord());
    }

    /// <summary>Says what all members ever earned together, also those that were not put back.</summary>
    /// <param name="issued">The points, at least 0.</param>
    public void RestoreIssued(long issued)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(issued);
        Issued = issued;
    }

    /// <summary>The number of the lot whose entry an entry of a refund reverses; <see langword="null"/> for every other entry.</summary>
    public int? ReversedLot(in LedgerEntry entry)
    {
        if (entry.Source is not (EntrySource.RefundEarned or EntrySource.RefundBonus) || entry.Kind != EntryKind.Reversed)
        {
            return null;
        }

        ref var refund = ref _operations[_operations.Find(LedgerOperationKind.Refund, entry.Id)];
        ref var order = ref _operations[_operations.Find(LedgerOperationKind.Earn, refund.Operation.Target!)];
        return entry.Source == EntrySource.RefundEarned ? order.Lot : order.BonusLot;
    }

    internal void Restore(in OperationRecord stored)
    {
        var hash = OperationTable.Hash(stored.Operation.Kind, stored.Operation.Id);
        if (_operations.Find(stored.Operation.Kind, stored.Operation.Id, hash) >= 0)
        {
            throw new InvalidDataException("an operation stands twice");
        }

        var number = _operations.Propose(stored.Operation);
        _operations[number] = stored;
        _operations.Keep(hash);
        if (stored.Operation is { Kind: LedgerOperationKind.Refund } refund && stored.Result.IsApplied)
        {
            _refunds.Note(refund);
        }

        if (stored.Hold is not null)
        {
            _holds.Watch(number);
        }
    }

    private static void CheckIsUtc(DateTime recordedAt)
    {
        if (recordedAt.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("The instant must be in UTC.", nameof(recordedAt));
        }
    }
}
