namespace Loyalty.Points.Ledger;

/// <summary>
/// The lots of one member in the order of consumption: the soonest expiry first, those without expiry last, among equals the older one.
/// Lots that were emptied in the middle are passed when they come to the front.
/// </summary>
/// <remarks>A value to be kept in a field and never copied. While every lot came in its turn, which is the rule, the order is that of the lots and nothing is kept.</remarks>
internal struct LotQueue
{
    /// <summary>The order from the first to the end; null while it is that of the numbers.</summary>
    private int[]? _lots;
    private int _first;
    private int _end;
    private int _policy;

    /// <summary>Whether lots stand in the queue whose expiries move against each other when the last activity does.</summary>
    private bool _isMixed;

    /// <summary>The lot that is most likely the first one; for asking for the memory only.</summary>
    public readonly int Front => _lots is null ? _first : 0;

    /// <summary>The first lot with points, or -1.</summary>
    public int First(MemberLedger ledger)
    {
        while (_first < _end)
        {
            var lot = At(_first);
            ref var state = ref ledger.At(lot);
            if (state.Remaining > 0)
            {
                return lot;
            }

            state.IsLive = false;
            _first++;
        }

        Clear();
        return -1;
    }

    public void Add(MemberLedger ledger, int lot)
    {
        ref var state = ref ledger.At(lot);
        state.IsLive = true;
        if (_first == _end)
        {
            Clear();
            _policy = state.InactivityCode;
        }
        else
        {
            _isMixed |= _policy != state.InactivityCode;
        }

        // What ran out keeps its day while the others move.
        _isMixed |= state.IsInactivity && ledger.HasRunOut(lot);

        var expiry = ledger.ExpiryOf(lot);
        var isLast = _first == _end || IsBefore(ledger, At(_end - 1), lot, expiry);
        if (_lots is null)
        {
            if (isLast && (_first == _end || lot == _end))
            {
                _first = _first == _end ? lot : _first;
                _end = lot + 1;
                return;
            }

            Spell();
        }

        var lots = MakeRoom();
        if (!isLast)
        {
            var (low, high) = (_first, _end);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = IsBefore(ledger, lots[middle], lot, expiry) ? (middle + 1, high) : (low, middle);
            }

            Array.Copy(lots, low, lots, low + 1, _end - low);
            lots[low] = lot;
        }
        else
        {
            lots[_end] = lot;
        }

        _end++;
    }

    /// <summary>Restores the order after the last activity moved.</summary>
    public void Moved(MemberLedger ledger)
    {
        if (_isMixed)
        {
            if (_lots is null)
            {
                Spell();
            }

            _lots.AsSpan(_first, _end - _first).Sort((a, b) =>
                ledger.ExpiryOf(a).CompareTo(ledger.ExpiryOf(b)) is var order && order != 0 ? order : a.CompareTo(b));
        }
    }

    private static bool IsBefore(MemberLedger ledger, int other, int lot, int expiry) =>
        ledger.ExpiryOf(other).CompareTo(expiry) is var order && (order < 0 || (order == 0 && other < lot));

    private readonly int At(int place) => _lots is null ? place : _lots[place];

    private void Clear()
    {
        _first = _end = 0;
        _lots = null;
        _isMixed = false;
    }

    /// <summary>Writes the order down, because it is no longer that of the numbers.</summary>
    private void Spell()
    {
        var lots = new int[Math.Max(4, _end - _first + 1)];
        for (var place = _first; place < _end; place++)
        {
            lots[place - _first] = place;
        }

        _lots = lots;
        _end -= _first;
        _first = 0;
    }

    private int[] MakeRoom()
    {
        if (_end < _lots!.Length)
        {
            return _lots;
        }

        if (_first > _lots.Length / 2)
        {
            Array.Copy(_lots, _first, _lots, 0, _end - _first);
            _end -= _first;
            _first = 0;
        }
        else
        {
            Array.Resize(ref _lots, _lots.Length * 2);
        }

        return _lots;
    }
}
