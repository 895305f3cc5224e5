namespace Loyalty.Points.Ledger;

/// <summary>The points of one incoming entry, as far as they are still there.</summary>
/// <param name="Entry">The sequence number of the entry that opened the lot.</param>
/// <param name="Key">The key of that entry.</param>
/// <param name="Opened">Points in the lot when it was opened: those of the entry less what paid a debt.</param>
/// <param name="Remaining">Points in the lot now, at least 0.</param>
/// <param name="ExpiresOn">The first day on which the points are gone; <see langword="null"/> when they do not expire.</param>
public readonly record struct Lot(int Entry, EntryKey Key, long Opened, long Remaining, DateOnly? ExpiresOn)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Lot), PrintMembers);
}

/// <summary>How many points an entry took from a lot (negative) or gave back to it (positive).</summary>
/// <param name="Entry">The sequence number of the entry.</param>
/// <param name="Lot">The number of the lot within the member, from 0.</param>
/// <param name="Points">The signed points.</param>
public readonly record struct LotMovement(int Entry, int Lot, long Points)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(LotMovement), PrintMembers);
}

/// <summary>Everything about a lot, as it is stored elsewhere.</summary>
public readonly record struct LotState
{
    /// <summary>Sequence number of the entry that opened it.</summary>
    public int Entry { get; init; }

    /// <summary>The first day on which it is gone; <see langword="null"/> when it does not expire, and under inactivity.</summary>
    public DateOnly? ExpiresOn
    {
        get => ExpiryDay == ExpiryPolicy.Never ? null : DateOnly.FromDayNumber(ExpiryDay);
        init => ExpiryDay = value?.DayNumber ?? ExpiryPolicy.Never;
    }

    /// <summary>The policy when it is inactivity, else <see cref="ExpiryPolicy.None"/>.</summary>
    public ExpiryPolicy Inactivity { get; init; }

    /// <summary>The points in it when it was opened: those of the entry less what paid a debt.</summary>
    public long Opened { get; init; }

    /// <summary>The points in it now.</summary>
    public long Remaining { get; init; }

    /// <summary>What refunds took for the entry, from whatever lot.</summary>
    public long Reversed { get; init; }

    /// <summary>What ran out in this lot.</summary>
    public long Expired { get; init; }

    /// <summary>How often something ran out in this lot.</summary>
    public int ExpiredTimes { get; init; }

    /// <summary>Whether it expires under inactivity.</summary>
    public bool IsInactivity => Inactivity.Kind == ExpiryKind.Inactivity;

    /// <summary>The policy of inactivity as one number: months, or days below zero; 0 for every other policy.</summary>
    public int InactivityCode => Inactivity.InactivityCode;

    internal int ExpiryDay { get; init; }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(LotState), PrintMembers);
}

/// <summary>A lot as consumption needs it, in 16 bytes.</summary>
/// <remarks>The rest follows from its entry, but for what lies in <see cref="LotHistory"/>.</remarks>
internal struct OpenLot
{
    /// <summary>What is added to the code of a policy of inactivity, so that it is no day.</summary>
    private const int NoDay = -100_000;

    public long Remaining;
    private int _entry;

    /// <summary>A lot that does not stand in the order of consumption yet.</summary>
    /// <param name="entry">Sequence number of the entry that opened it.</param>
    /// <param name="expiryDay">The first day on which it is gone; of no meaning under inactivity.</param>
    /// <param name="inactivity">The policy when it is inactivity, else default.</param>
    /// <param name="remaining">Its points.</param>
    public OpenLot(int entry, int expiryDay, ExpiryPolicy inactivity, long remaining)
    {
        _entry = entry;
        Expiry = inactivity.InactivityCode is var code and not 0 ? code + NoDay : Math.Max(0, expiryDay);
        Remaining = remaining;
    }

    /// <summary>Sequence number of the entry that opened it.</summary>
    public readonly int Entry => _entry & int.MaxValue;

    /// <summary>The first day on which it is gone; below 0 under inactivity.</summary>
    public int Expiry { get; }

    /// <summary>Whether the lot stands in the order of consumption.</summary>
    public bool IsLive
    {
        readonly get => _entry < 0;
        set => _entry = value ? _entry | int.MinValue : Entry;
    }

    public readonly bool IsInactivity => Expiry < 0;

    /// <summary>The policy of inactivity as a number; 0 for every other policy.</summary>
    public readonly int InactivityCode => IsInactivity ? Expiry - NoDay : 0;
}

/// <summary>What befell a lot beside consumption. Most members have none such: no lot of theirs ran out, paid a debt or was refunded.</summary>
internal struct LotHistory
{
    /// <summary>What the points of the entry paid of a debt, so that they never were in the lot.</summary>
    public long DebtPaid;

    /// <summary>What refunds took for the entry, from whatever lot.</summary>
    public long Reversed;

    /// <summary>What ran out in this lot.</summary>
    public long Expired;

    public int ExpiredTimes;
}
