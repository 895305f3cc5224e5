using System.Runtime.InteropServices;
using Loyalty.Memory;

namespace Loyalty.Points.Ledger;

/// <summary>
/// One member's entries and lots. Knows the arithmetic of lots; what may be done at all is decided by <see cref="PointsLedger"/>, which
/// checks everything before it calls, so that nothing here fails half way.
/// </summary>
/// <remarks>
/// Invariants, after every call: the balance is the sum of the entries; the lots sum up to <c>max(available, 0)</c>, where available is the
/// balance without what is held; sequence numbers have no gap.
/// </remarks>
public sealed partial class MemberLedger
{
    /// <summary>The day number of "no activity yet".</summary>
    internal const int NoDay = -1;

    private readonly LedgerArena _arena;
    private GrowingArray<LedgerLine> _lines;
    private int _lots;
    private GrowingArray<LotMovement> _movements;
    private List<LotMovement>? _settlements;
    private LotQueue _queue;

    /// <summary>By lot; shorter than the lots where the later ones have none.</summary>
    private LotHistory[] _histories = [];

    /// <summary>No lot runs out before this day.</summary>
    private int _calmUntil = ExpiryPolicy.Never;
    private int _cachedPolicy;
    private int _cachedFrom = NoDay;
    private int _cachedDay;

    /// <summary>Creates an empty ledger of a member.</summary>
    /// <param name="member">The member.</param>
    /// <param name="arena">Where it lies with others that the same thread writes; <see langword="null"/> for arrays of its own.</param>
    internal MemberLedger(string member, LedgerArena? arena)
    {
        Member = member;
        _arena = arena ?? LedgerArena.OfOne();
    }

    /// <summary>The member.</summary>
    public string Member { get; }

    /// <summary>The entries, by sequence.</summary>
    public EntryList Entries => new(this);

    /// <summary>The lots, in the order in which they were opened.</summary>
    public LotList Lots => new(this);

    /// <summary>What entries took from lots and gave back to them, by sequence.</summary>
    public ReadOnlySpan<LotMovement> Movements => _movements.Span;

    /// <summary>Points of ended holds that paid a debt instead of going back to their lot; the entry is the last one before.</summary>
    public ReadOnlySpan<LotMovement> Settlements => CollectionsMarshal.AsSpan(_settlements);

    /// <summary>The sum of the entries.</summary>
    public long Balance { get; private set; }

    /// <summary>Points that holds have taken from the lots without an entry.</summary>
    public long Held { get; private set; }

    /// <summary>The balance without what is held; negative after a refund that took more than there was.</summary>
    public long Available => Balance - Held;

    /// <summary>All earned and bonus points ever recorded.</summary>
    public long Lifetime { get; private set; }

    /// <summary>The date of the last activity, with which expiries under inactivity move; <see langword="null"/> before the first.</summary>
    public DateOnly? LastActivityOn => LastActivityDay == NoDay ? null : DateOnly.FromDayNumber(LastActivityDay);

    /// <summary>The day on which the next lot runs out; <see langword="null"/> when none does.</summary>
    public DateOnly? NextExpiryOn => NextExpiryDay is var day and not ExpiryPolicy.Never ? DateOnly.FromDayNumber(day) : null;

    internal int LastActivityDay { get; private set; } = NoDay;

    /// <summary>The day on which the next lot runs out, or <see cref="ExpiryPolicy.Never"/>.</summary>
    internal int NextExpiryDay
    {
        get
        {
            var lot = _queue.First(this);
            return _calmUntil = lot < 0 ? ExpiryPolicy.Never : ExpiryOf(lot);
        }
    }

    /// <summary>The day on which the last entry was booked; <see cref="NoDay"/> without entries.</summary>
    internal int LastBookedDay => _lines.Count == 0 ? NoDay : _lines[_lines.Count - 1].Entry.BookedDay;

    /// <summary>Whether points can come in without the balance or the lifetime sum leaving the range of a long.</summary>
    internal bool HasRoomFor(Int128 points) => Balance + points <= long.MaxValue && Lifetime + points <= long.MaxValue;

    /// <summary>Notes an activity; expiries under inactivity move with the latest one.</summary>
    internal void Touch(int day)
    {
        if (day > LastActivityDay)
        {
            LastActivityDay = day;
            _queue.Moved(this);
        }
    }

    /// <summary>Records points that come in and opens their lot, after any debt is paid.</summary>
    /// <returns>The number of the lot.</returns>
    internal int Receive(EntryKind kind, EntryKey key, long points, ExpiryPolicy expiry, int effectiveDay, int bookedDay, long recordedTicks)
    {
        var debt = Math.Min(points, Math.Max(0, -Available));
        Append(kind, key, points, effectiveDay, bookedDay, recordedTicks);
        Lifetime += kind is EntryKind.Earned or EntryKind.Bonus ? points : 0;
        if (LastActivityDay == NoDay)
        {
            LastActivityDay = effectiveDay;
        }

        var lot = _lots++;
        var isInactivity = expiry.Kind == ExpiryKind.Inactivity;
        At(lot) = new OpenLot(_lines.Count, isInactivity ? ExpiryPolicy.Never : expiry.DayFrom(effectiveDay), expiry, points - debt);
        if (debt > 0)
        {
            HistoryOf(lot).DebtPaid = debt;
        }

        if (points > debt)
        {
            Enqueue(lot);
        }

        return lot;
    }

    /// <summary>Records points that go out, the soonest expiry first. Lots must hold them.</summary>
    internal void Spend(EntryKind kind, EntryKey key, long points, int effectiveDay, int bookedDay, long recordedTicks)
    {
        Append(kind, key, -points, effectiveDay, bookedDay, recordedTicks);
        TakeFromQueue(points, _lines.Count);
    }

    /// <summary>Records points taken back from a lot's entry: from the lot itself, then as in consumption; what is left is debt.</summary>
    internal void TakeBack(int lot, EntryKey key, long points, int effectiveDay, int bookedDay, long recordedTicks)
    {
        var inLots = Math.Min(points, Math.Max(0, Available));
        Append(EntryKind.Reversed, key, -points, effectiveDay, bookedDay, recordedTicks);
        HistoryOf(lot).Reversed += points;
        ref var own = ref At(lot);
        var part = Math.Min(inLots, own.Remaining);
        if (part > 0)
        {
            own.Remaining -= part;
            _movements.Add(_arena.Movements, new(_lines.Count, lot, -part));
        }

        TakeFromQueue(inLots - part, _lines.Count);
    }

    /// <summary>Records a negative correction: from the lots as far as they reach, the rest is debt.</summary>
    internal void Deduct(EntryKey key, long points, int effectiveDay, int bookedDay, long recordedTicks)
    {
        var inLots = Math.Min(points, Math.Max(0, Available));
        Append(EntryKind.Adjusted, key, -points, effectiveDay, bookedDay, recordedTicks);
        TakeFromQueue(inLots, _lines.Count);
    }

    /// <summary>Gives the points of an entry back to the lots they came from, in the order in which they were taken.</summary>
    internal void GiveBack(int entry, EntryKey key, int effectiveDay, int bookedDay, long recordedTicks)
    {
        var debt = Math.Max(0, -Available);
        var first = FirstMovement(entry);
        var last = first;
        while (last < _movements.Count && _movements[last].Entry == entry)
        {
            last++;
        }

        Append(EntryKind.Reversed, key, -_lines[entry - 1].Entry.Points, effectiveDay, bookedDay, recordedTicks);
        for (var i = first; i < last; i++)
        {
            var (_, lot, taken) = _movements[i];
            var paid = Math.Min(debt, -taken);
            debt -= paid;
            if (-taken > paid)
            {
                PutBack(lot, -taken - paid);
                _movements.Add(_arena.Movements, new(_lines.Count, lot, -taken - paid));
            }
        }
    }

    /// <summary>Takes points from the lots without an entry. Lots must hold them.</summary>
    internal List<(int Lot, long Points)> Hold(long points)
    {
        var taken = new List<(int, long)>();
        Held += points;
        while (points > 0)
        {
            var lot = _queue.First(this);
            ref var state = ref At(lot);
            var part = Math.Min(points, state.Remaining);
            state.Remaining -= part;
            points -= part;
            taken.Add((lot, part));
        }

        return taken;
    }

    /// <summary>Ends a hold: records the first <paramref name="spend"/> points of it as spent and puts the rest back.</summary>
    internal void EndHold(IReadOnlyList<(int Lot, long Points)> taken, long spend, EntryKey key, int effectiveDay, int bookedDay, long recordedTicks)
    {
        var debt = Math.Max(0, -Available);
        if (spend > 0)
        {
            Append(EntryKind.Redeemed, key, -spend, effectiveDay, bookedDay, recordedTicks);
        }

        foreach (var (lot, points) in taken)
        {
            var part = Math.Min(spend, points);
            spend -= part;
            if (part > 0)
            {
                _movements.Add(_arena.Movements, new(_lines.Count, lot, -part));
            }

            var back = points - part;
            var paid = Math.Min(debt, back);
            debt -= paid;
            PutBack(lot, back - paid);
            if (paid > 0)
            {
                (_settlements ??= []).Add(new(_lines.Count, lot, -paid));
            }

            Held -= points;
        }
    }

    /// <summary>Writes one entry for each lot that has run out by a day.</summary>
    /// <param name="day">The day, included.</param>
    /// <param name="recordedTicks">When it is recorded.</param>
    /// <param name="effectiveDay">The date on which the entries count instead of the expiry of each lot.</param>
    /// <returns>How many entries were written.</returns>
    internal int ExpireThrough(int day, long recordedTicks, int? effectiveDay = null)
    {
        var written = 0;
        while (HasDueThrough(day))
        {
            var lot = _queue.First(this);
            ref var state = ref At(lot);
            var opened = _lines[state.Entry - 1].Entry;
            var points = state.Remaining;
            var effective = effectiveDay ?? _calmUntil;
            var booked = Math.Max(effective, LastBookedDay);
            state.Remaining = 0;
            ref var history = ref HistoryOf(lot);
            history.Expired += points;
            history.ExpiredTimes++;
            Append(LedgerEntry.KindsOf(EntryKind.Expired, (EntrySource)((opened.Kinds >> 4) & 15), history.ExpiredTimes), opened.Id, -points, effective, booked, recordedTicks);
            _movements.Add(_arena.Movements, new(_lines.Count, lot, -points));
            written++;
        }

        return written;
    }

    /// <summary>Whether a lot has run out by a day and it is not recorded yet.</summary>
    internal bool HasDueThrough(int day) => day >= _calmUntil && day >= NextExpiryDay;

    /// <summary>What is available at the end of the expiries of a day, which are not recorded yet.</summary>
    internal long AvailableOn(int day) => HasDueThrough(day) ? Available - DueThrough(day) : Available;

    /// <summary>The booking day for a member: days never go back within one.</summary>
    internal static int BookingDay(MemberLedger? member, int day) => member is null ? day : Math.Max(day, member.LastBookedDay);

    internal int ExpiryOf(int lot)
    {
        ref var state = ref At(lot);
        if (!state.IsInactivity)
        {
            return state.Expiry;
        }

        if (HasRunOut(lot) && RanOutDay(state.Entry) is var ranOut and not NoDay)
        {
            return ranOut;
        }

        if (_cachedFrom != LastActivityDay || _cachedPolicy != state.InactivityCode)
        {
            (_cachedPolicy, _cachedFrom) = (state.InactivityCode, LastActivityDay);
            _cachedDay = ExpiryPolicy.OfInactivity(state.InactivityCode).DayFrom(LastActivityDay);
        }

        return _cachedDay;
    }

    /// <summary>Whether points of a lot ran out, and that is recorded.</summary>
    internal bool HasRunOut(int lot) => lot < _histories.Length && _histories[lot].ExpiredTimes > 0;

    /// <summary>The day on which the lot of an entry ran out. Activity after it comes too late, also for points that are given back to the lot.</summary>
    private int RanOutDay(int entry)
    {
        var opened = _lines[entry - 1].Entry;
        var first = LedgerEntry.KindsOf(EntryKind.Expired, (EntrySource)((opened.Kinds >> 4) & 15), 1);
        var id = _arena.IdOf(opened.Id);
        for (var place = entry; place < _lines.Count; place++)
        {
            var next = _lines[place].Entry;
            // By text: an id that was read again has another number.
            if (next.Kinds == first && string.Equals(_arena.IdOf(next.Id), id, StringComparison.Ordinal))
            {
                return next.EffectiveDay;
            }
        }

        return NoDay;
    }

    /// <summary>The points in lots that run out by a day, without recording it.</summary>
    internal long DueThrough(int day)
    {
        var sum = 0L;
        for (var lot = 0; lot < _lots; lot++)
        {
            sum += At(lot).Remaining > 0 && ExpiryOf(lot) <= day ? At(lot).Remaining : 0;
        }

        return sum;
    }

    /// <summary>How many entries were booked through a day: they are the first ones.</summary>
    internal int CountBookedThrough(int day)
    {
        var (low, high) = (0, _lines.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _lines[middle].Entry.BookedDay <= day ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    internal ref OpenLot At(int lot) => ref _lines[lot].Lot;

    /// <summary>Asks for the memory of a member who is needed soon.</summary>
    internal static void Prefetch(MemberLedger? ledger)
    {
        // 144 bytes, which begin anywhere in a line.
        Cache.PrefetchObject(ledger);
        Cache.PrefetchObject(ledger, 64);
        Cache.PrefetchObject(ledger, 128);
        Cache.PrefetchObject(ledger, 136);
    }

    /// <summary>Asks for the places that the next operation most likely reads and writes.</summary>
    internal void PrefetchEnds()
    {
        Cache.Prefetch(in _lines.Near(_lines.Count - 1));
        Cache.Prefetch(in _lines.Near(_lines.Count));
        Cache.Prefetch(in _lines.Near(_lines.Count + 1));
        Cache.Prefetch(in _lines.Near(_queue.Front));
        Cache.Prefetch(in _movements.Near(_movements.Count));
    }

    private void Append(EntryKind kind, EntryKey key, long points, int effectiveDay, int bookedDay, long recordedTicks) =>
        Append(LedgerEntry.KindsOf(kind, key.Source, key.Number), _arena.NumberOf(key.Id), points, effectiveDay, bookedDay, recordedTicks);

    private void Append(int kinds, int id, long points, int effectiveDay, int bookedDay, long recordedTicks)
    {
        Balance = checked(Balance + points);
        _lines.Add(_arena.Lines).Entry = new(points, Balance, recordedTicks, id, kinds, effectiveDay, bookedDay);
    }

    private ref LotHistory HistoryOf(int lot)
    {
        if (lot >= _histories.Length)
        {
            Array.Resize(ref _histories, Math.Max(_lots, 2 * _histories.Length));
        }

        return ref _histories[lot];
    }

    private void Enqueue(int lot)
    {
        _queue.Add(this, lot);
        _calmUntil = Math.Min(_calmUntil, ExpiryOf(lot));
    }

    private void TakeFromQueue(long points, int entry)
    {
        while (points > 0)
        {
            var lot = _queue.First(this);
            ref var state = ref At(lot);
            var part = Math.Min(points, state.Remaining);
            state.Remaining -= part;
            points -= part;
            _movements.Add(_arena.Movements, new(entry, lot, -part));
        }
    }

    private void PutBack(int lot, long points)
    {
        if (points == 0)
        {
            return;
        }

        ref var state = ref At(lot);
        state.Remaining += points;
        if (!state.IsLive)
        {
            Enqueue(lot);
        }
    }

    /// <summary>The place of the first movement of an entry, or of those after it.</summary>
    internal int FirstMovement(int entry)
    {
        var (low, high) = (0, _movements.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _movements[middle].Entry < entry ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
