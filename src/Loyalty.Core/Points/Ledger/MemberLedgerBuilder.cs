namespace Loyalty.Points.Ledger;

/// <summary>Builds a member's ledger from rows, alone or after what is known of the member already.</summary>
/// <remarks>Entries by sequence, then settlements and open holds, then <see cref="Build"/>. What lots have now follows from these. Not thread-safe.</remarks>
public sealed class MemberLedgerBuilder
{
    private readonly List<LedgerEntry> _entries = [];
    private readonly List<LotState> _lots = [];
    private readonly List<LotMovement> _movements = [];
    private readonly List<LotMovement> _settlements = [];
    private readonly string _member;
    private readonly bool _isLenient;
    private long _held;

    /// <summary>Begins with what is known.</summary>
    /// <param name="member">The member.</param>
    /// <param name="known">The ledger as far as it is known; <see langword="null"/>: not at all.</param>
    /// <param name="isLenient">Whether moves of lots that nothing opened are passed over, for a check that is about to find what is wrong.</param>
    public MemberLedgerBuilder(string member, MemberLedger? known = null, bool isLenient = false)
    {
        ArgumentNullException.ThrowIfNull(member);
        _member = member;
        _isLenient = isLenient;
        if (known is not null)
        {
            _entries.AddRange(known.Entries.ToArray());
            _movements.AddRange(known.Movements);
            foreach (var lot in known.Lots)
            {
                _lots.Add(lot with { Remaining = lot.Opened });
            }

            foreach (var movement in known.Movements)
            {
                Move(movement);
            }
        }
    }

    /// <summary>The entries as they were read, with the sequence numbers that stand there.</summary>
    public LedgerEntry[] Entries => [.. _entries];

    /// <summary>Adds the next entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="opened">The lot that it opened.</param>
    /// <param name="reversedLot">The number of the lot whose entry it reverses, for an entry of a refund.</param>
    /// <param name="movements">What it took from lots and gave back to them.</param>
    /// <exception cref="InvalidDataException">It moves points of a lot that no entry opened.</exception>
    public void Add(in LedgerEntry entry, LotState? opened, int? reversedLot, ReadOnlySpan<LotMovement> movements)
    {
        _entries.Add(entry);
        if (opened is { } lot)
        {
            _lots.Add(lot with { Remaining = lot.Opened });
        }

        foreach (var movement in movements)
        {
            if (!Has(movement.Lot))
            {
                continue;
            }

            _movements.Add(movement);
            Move(movement);
            if (entry.Kind == EntryKind.Expired)
            {
                _lots[movement.Lot] = _lots[movement.Lot] with { Expired = _lots[movement.Lot].Expired - movement.Points, ExpiredTimes = entry.Number };
            }
        }

        if (reversedLot is { } reversed && Has(reversed))
        {
            _lots[reversed] = _lots[reversed] with { Reversed = _lots[reversed].Reversed - entry.Points };
        }
    }

    /// <summary>Adds a settlement: points of an ended hold that paid a debt instead of going back to their lot.</summary>
    /// <exception cref="InvalidDataException">No entry opened the lot.</exception>
    public void Settle(in LotMovement settlement)
    {
        if (Has(settlement.Lot))
        {
            _settlements.Add(settlement);
            Move(settlement);
        }
    }

    /// <summary>Adds what an open hold keeps of a lot.</summary>
    /// <param name="lot">The number of the lot.</param>
    /// <param name="points">The points, above 0.</param>
    /// <exception cref="InvalidDataException">No entry opened the lot.</exception>
    public void Hold(int lot, long points)
    {
        if (Has(lot))
        {
            _held += points;
            Move(new LotMovement(0, lot, -points));
        }
    }

    /// <summary>The ledger.</summary>
    /// <param name="lastActivityOn">The date of the last activity.</param>
    /// <param name="held">What open holds keep, as stored apart; <see langword="null"/>: what was added.</param>
    public MemberLedger Build(DateOnly? lastActivityOn, long? held = null)
    {
        var ledger = new MemberLedger(_member, arena: null);
        ledger.Restore([.. _entries], [.. _lots], [.. _movements], [.. _settlements], lastActivityOn?.DayNumber ?? MemberLedger.NoDay, held ?? _held);
        return ledger;
    }

    private void Move(in LotMovement movement) => _lots[movement.Lot] = _lots[movement.Lot] with { Remaining = _lots[movement.Lot].Remaining + movement.Points };

    private bool Has(int lot) => (uint)lot < (uint)_lots.Count || (_isLenient
        ? false
        : throw new InvalidDataException($"The ledger of '{_member}' moves points of lot {lot}, which no entry opened."));
}
