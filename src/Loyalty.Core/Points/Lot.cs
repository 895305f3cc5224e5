namespace Loyalty.Points;

/// <summary>The points of one incoming entry, as far as they are still there.</summary>
/// <param name="Entry">The sequence number of the entry that opened the lot.</param>
/// <param name="Key">The key of that entry.</param>
/// <param name="Opened">Points in the lot when it was opened: those of the entry less what paid a debt.</param>
/// <param name="Remaining">Points in the lot now, at least 0.</param>
/// <param name="ExpiresOn">The first day on which the points are gone; <see langword="null"/> when they do not expire.</param>
public readonly record struct Lot(int Entry, EntryKey Key, long Opened, long Remaining, DateOnly? ExpiresOn);

/// <summary>How many points an entry took from a lot (negative) or gave back to it (positive).</summary>
/// <param name="Entry">The sequence number of the entry.</param>
/// <param name="Lot">The number of the lot within the member, from 0.</param>
/// <param name="Points">The signed points.</param>
internal readonly record struct LotMovement(int Entry, int Lot, long Points);

/// <summary>A lot as the ledger keeps it, in 48 bytes.</summary>
internal struct LotState
{
    private int _inactivity;
    private int _expiredTimes;

    /// <summary>Sequence number of the entry that opened it.</summary>
    public int Entry;

    /// <summary>The first day on which it is gone; of no meaning under inactivity.</summary>
    public int ExpiryDay;

    public long Opened;
    public long Remaining;

    /// <summary>What refunds took for the entry, from whatever lot.</summary>
    public long Reversed;

    /// <summary>What ran out in this lot.</summary>
    public long Expired;

    public int ExpiredTimes
    {
        readonly get => _expiredTimes & int.MaxValue;
        set => _expiredTimes = (_expiredTimes & int.MinValue) | value;
    }

    /// <summary>Whether the lot stands in the order of consumption.</summary>
    public bool IsLive
    {
        readonly get => _expiredTimes < 0;
        set => _expiredTimes = value ? _expiredTimes | int.MinValue : _expiredTimes & int.MaxValue;
    }

    public readonly bool IsInactivity => _inactivity != 0;

    /// <summary>The policy when it is inactivity, else default. Kept as months, or as days below zero.</summary>
    public ExpiryPolicy Inactivity
    {
        readonly get => _inactivity switch
        {
            0 => default,
            > 0 => ExpiryPolicy.InactiveMonths(_inactivity),
            _ => ExpiryPolicy.InactiveDays(-_inactivity),
        };
        set => _inactivity = value.Kind != ExpiryKind.Inactivity ? 0 : value.IsMonths ? value.Count : -value.Count;
    }

    /// <summary>The policy as one number, for comparing.</summary>
    public readonly int InactivityCode => _inactivity;
}
