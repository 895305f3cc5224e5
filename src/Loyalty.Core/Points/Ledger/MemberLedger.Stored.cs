namespace Loyalty.Points.Ledger;

/// <content>How a member's ledger is read, and put back from what was stored.</content>
public sealed partial class MemberLedger
{
    /// <summary>Restores a ledger from what was stored of it.</summary>
    internal void Restore(ReadOnlySpan<LedgerEntry> entries, ReadOnlySpan<LotState> lots, ReadOnlySpan<LotMovement> movements, ReadOnlySpan<LotMovement> settlements, int lastActivityDay, long held)
    {
        _settlements = settlements.IsEmpty ? null : [.. settlements];
        foreach (ref readonly var entry in entries)
        {
            _lines.Add(_arena.Lines).Entry = new(
                entry.Points, entry.Balance, entry.RecordedTicks, _arena.NumberOf(entry.Id), LedgerEntry.KindsOf(entry.Kind, entry.Source, entry.Number),
                entry.EffectiveDay, entry.BookedDay);
        }

        foreach (ref readonly var lot in lots)
        {
            Restore(lot);
        }

        _movements.AddRange(_arena.Movements, movements);
        LastActivityDay = lastActivityDay;
        Held = held;
        foreach (var entry in entries)
        {
            Lifetime = checked(Lifetime + (entry.Kind is EntryKind.Earned or EntryKind.Bonus ? entry.Points : 0));
        }

        Balance = entries.IsEmpty ? 0 : entries[^1].Balance;
        for (var lot = 0; lot < _lots; lot++)
        {
            if (At(lot).Remaining > 0)
            {
                Enqueue(lot);
            }
        }
    }

    private void Restore(in LotState lot)
    {
        At(_lots++) = new OpenLot(lot.Entry, lot.ExpiryDay, lot.Inactivity, lot.Remaining);
        var debt = PointsOf(lot.Entry) - lot.Opened;
        if (debt != 0 || lot.Reversed != 0 || lot.Expired != 0 || lot.ExpiredTimes != 0)
        {
            HistoryOf(_lots - 1) = new() { DebtPaid = debt, Reversed = lot.Reversed, Expired = lot.Expired, ExpiredTimes = lot.ExpiredTimes };
        }
    }

    private LotState StateOf(int number)
    {
        ref var lot = ref At(number);
        var history = number < _histories.Length ? _histories[number] : default;
        return new()
        {
            Entry = lot.Entry,
            ExpiryDay = lot.IsInactivity ? ExpiryPolicy.Never : lot.Expiry,
            Inactivity = ExpiryPolicy.OfInactivity(lot.InactivityCode),
            Opened = PointsOf(lot.Entry) - history.DebtPaid,
            Remaining = lot.Remaining,
            Reversed = history.Reversed,
            Expired = history.Expired,
            ExpiredTimes = history.ExpiredTimes,
        };
    }

    /// <summary>The number of the first lot that an entry after a given one opened.</summary>
    /// <param name="entry">The sequence number of the entry.</param>
    public int FirstLotAfter(int entry)
    {
        var (low, high) = (0, _lots);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = At(middle).Entry <= entry ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The points of an entry; 0 where it is missing, which a check of what was stored is about to find.</summary>
    private long PointsOf(int sequence) => (uint)(sequence - 1) < (uint)_lines.Count ? _lines[sequence - 1].Entry.Points : 0;

    /// <summary>The lots of a member as they are now, put together when they are asked for.</summary>
    public readonly struct LotList
    {
        private readonly MemberLedger? _ledger;

        internal LotList(MemberLedger ledger) => _ledger = ledger;

        /// <summary>How many there are.</summary>
        public int Length => _ledger?._lots ?? 0;

        /// <summary>The lot of a number, from 0.</summary>
        /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
        public LotState this[int lot] => (uint)lot < (uint)Length ? _ledger!.StateOf(lot) : throw new ArgumentOutOfRangeException(nameof(lot));

        /// <summary>Goes through the lots.</summary>
        public IEnumerator<LotState> GetEnumerator()
        {
            for (var lot = 0; lot < Length; lot++)
            {
                yield return _ledger!.StateOf(lot);
            }
        }
    }

    /// <summary>The entries of a member as they are now, put together when they are asked for.</summary>
    public readonly struct EntryList
    {
        private readonly MemberLedger? _ledger;

        internal EntryList(MemberLedger ledger) => _ledger = ledger;

        /// <summary>How many there are.</summary>
        public int Length => _ledger?._lines.Count ?? 0;

        /// <summary>The entry at a place, from 0: that of the sequence number above it.</summary>
        /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
        public LedgerEntry this[int index]
        {
            get
            {
                if ((uint)index >= (uint)Length)
                {
                    throw new ArgumentOutOfRangeException(nameof(index));
                }

                ref var line = ref _ledger!._lines[index];
                return new(index + 1, line.Entry, _ledger._arena.IdOf(line.Entry.Id));
            }
        }

        /// <summary>The entries as an array.</summary>
        public LedgerEntry[] ToArray()
        {
            var entries = new LedgerEntry[Length];
            for (var i = 0; i < entries.Length; i++)
            {
                entries[i] = this[i];
            }

            return entries;
        }

        /// <summary>Goes through the entries.</summary>
        public IEnumerator<LedgerEntry> GetEnumerator()
        {
            for (var i = 0; i < Length; i++)
            {
                yield return this[i];
            }
        }
    }
}
