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

/// <summary>A lot as the ledger keeps it.</summary>
internal struct LotState
{
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

    public int ExpiredTimes;

    /// <summary>The policy when it is inactivity, else default.</summary>
    public ExpiryPolicy Inactivity;

    /// <summary>Whether the lot stands in the order of consumption.</summary>
    public bool IsLive;
}
