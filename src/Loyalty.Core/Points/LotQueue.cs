using System.Runtime.InteropServices;

namespace Loyalty.Points;

/// <summary>
/// The lots of one member in the order of consumption: the soonest expiry first, those without expiry last, among equals the older one.
/// Lots that were emptied in the middle are passed when they come to the front.
/// </summary>
internal sealed class LotQueue
{
    private int[] _lots = [];
    private int _first;
    private int _end;
    private int _policy;

    /// <summary>Whether lots stand in the queue whose expiries move against each other when the last activity does.</summary>
    private bool _isMixed;

    /// <summary>The first lot with points, or -1.</summary>
    public int First(List<LotState> lots)
    {
        var states = CollectionsMarshal.AsSpan(lots);
        while (_first < _end)
        {
            ref var state = ref states[_lots[_first]];
            if (state.Remaining > 0)
            {
                return _lots[_first];
            }

            state.IsLive = false;
            _first++;
        }

        _first = _end = 0;
        _isMixed = false;
        return -1;
    }

    public void Add(MemberLedger ledger, int lot)
    {
        ref var state = ref ledger.At(lot);
        state.IsLive = true;
        if (_first == _end)
        {
            _first = _end = 0;
            _policy = state.InactivityCode;
            _isMixed = false;
        }
        else
        {
            _isMixed |= _policy != state.InactivityCode;
        }

        EnsureRoom();
        var expiry = ledger.ExpiryOf(lot);
        var (low, high) = (_first, _end);
        if (low < high && !IsBefore(ledger, _lots[_end - 1], lot, expiry))
        {
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = IsBefore(ledger, _lots[middle], lot, expiry) ? (middle + 1, high) : (low, middle);
            }

            Array.Copy(_lots, low, _lots, low + 1, _end - low);
            _lots[low] = lot;
        }
        else
        {
            _lots[_end] = lot;
        }

        _end++;
    }

    /// <summary>Restores the order after the last activity moved.</summary>
    public void Moved(MemberLedger ledger)
    {
        if (_isMixed)
        {
            _lots.AsSpan(_first, _end - _first).Sort((a, b) =>
                ledger.ExpiryOf(a).CompareTo(ledger.ExpiryOf(b)) is var order && order != 0 ? order : a.CompareTo(b));
        }
    }

    private static bool IsBefore(MemberLedger ledger, int other, int lot, int expiry) =>
        ledger.ExpiryOf(other).CompareTo(expiry) is var order && (order < 0 || (order == 0 && other < lot));

    private void EnsureRoom()
    {
        if (_end < _lots.Length)
        {
            return;
        }

        if (_first > _lots.Length / 2)
        {
            Array.Copy(_lots, _first, _lots, 0, _end - _first);
            _end -= _first;
            _first = 0;
        }
        else
        {
            Array.Resize(ref _lots, Math.Max(4, _lots.Length * 2));
        }
    }
}
