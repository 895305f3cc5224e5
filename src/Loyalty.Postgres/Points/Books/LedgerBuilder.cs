using Loyalty.Points.Ledger;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Builds a member's ledger from rows, alone or after what is known of the member already.</summary>
internal sealed class LedgerBuilder
{
    private readonly List<LedgerEntry> _entries = [];
    private readonly List<LotState> _lots = [];
    private readonly List<LotMovement> _movements = [];
    private readonly List<LotMovement> _settlements = [];
    private readonly List<byte> _hashes = [];
    private readonly string _member;
    private readonly bool _isLenient;

    /// <summary>Begins with what is known.</summary>
    /// <param name="member">The member.</param>
    /// <param name="known">The ledger as far as it is known; <see langword="null"/>: not at all.</param>
    /// <param name="isLenient">Whether moves of lots that nothing opened are passed over, for a check that is about to find what is wrong.</param>
    public LedgerBuilder(string member, MemberLedger? known, bool isLenient)
    {
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

    public byte[] Hashes => [.. _hashes];

    public void Add(in LedgerEntry entry, LotState? lot, int? reversedLot, int[]? lots, long[]? points, byte[]? hash)
    {
        _entries.Add(entry);
        if (hash is not null)
        {
            _hashes.AddRange(hash);
        }

        if (lot is { } opened)
        {
            _lots.Add(opened with { Remaining = opened.Opened });
        }

        for (var i = 0; i < lots?.Length; i++)
        {
            if (!Has(lots[i]))
            {
                continue;
            }

            var movement = new LotMovement(entry.Sequence, lots[i], points![i]);
            _movements.Add(movement);
            Move(movement);
            if (entry.Expiry > 0)
            {
                _lots[lots[i]] = _lots[lots[i]] with { Expired = _lots[lots[i]].Expired - points[i], ExpiredTimes = entry.Expiry };
            }
        }

        if (reversedLot is { } reversed && Has(reversed))
        {
            _lots[reversed] = _lots[reversed] with { Reversed = _lots[reversed].Reversed - entry.Points };
        }
    }

    public void Settle(in LotMovement settlement)
    {
        if (Has(settlement.Lot))
        {
            _settlements.Add(settlement);
            Move(settlement);
        }
    }

    public void Hold(int lot, long points)
    {
        if (Has(lot))
        {
            Move(new LotMovement(0, lot, -points));
        }
    }

    public MemberLedger Build(int activityDay, long held)
    {
        var ledger = new MemberLedger(_member);
        ledger.Restore(
            [.. _entries], [.. _lots], [.. _movements], [.. _settlements], activityDay, held);
        return ledger;
    }

    private void Move(in LotMovement movement) => _lots[movement.Lot] = _lots[movement.Lot] with { Remaining = _lots[movement.Lot].Remaining + movement.Points };

    private bool Has(int lot) => (uint)lot < (uint)_lots.Count || (_isLenient
        ? false
        : throw new StoreException(
            StoreFault.Damaged, $"The ledger of '{_member}' moves points of lot {lot}, which no entry opened; `verify` tells more, restore the tables from a backup."));
}
