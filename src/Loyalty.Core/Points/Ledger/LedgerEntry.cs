using System.Text.Json.Serialization;

namespace Loyalty.Points.Ledger;

/// <summary>One immutable line of a member's points. Corrections are new entries; none is ever changed or deleted.</summary>
/// <remarks>A value of 48 bytes. <see langword="default"/> is no entry.</remarks>
public readonly struct LedgerEntry
{
    /// <summary>Kind in the lowest 4 bits, source in the next 4, the number of the key above.</summary>
    private readonly int _kinds;

    /// <summary>Creates an entry from what a store kept of it. What must hold among entries is what <see cref="LedgerVerifier"/> finds.</summary>
    /// <param name="sequence">The number within the member, from 1.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="key">Its key.</param>
    /// <param name="points">The signed points, not 0.</param>
    /// <param name="balance">The balance after it.</param>
    /// <param name="effectiveOn">The date on which it counts.</param>
    /// <param name="bookedOn">The day on which it was taken into the books.</param>
    /// <param name="recordedAt">When it was recorded, in UTC.</param>
    /// <exception cref="ArgumentException">The values are no entry; the message says which does not fit.</exception>
    [JsonConstructor]
    public LedgerEntry(int sequence, EntryKind kind, EntryKey key, long points, long balance, DateOnly effectiveOn, DateOnly bookedOn, DateTime recordedAt)
        : this(sequence, kind, key, points, balance, effectiveOn.DayNumber, bookedOn.DayNumber, recordedAt.Ticks)
    {
        ArgumentException.ThrowIfNullOrEmpty(key.Id, nameof(key));
        if ((uint)kind > (uint)EntryKind.Expired || recordedAt.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException($"There is no entry of kind {(int)kind}, recorded at an instant of kind {recordedAt.Kind}.", nameof(kind));
        }
    }

    internal LedgerEntry(int sequence, EntryKind kind, EntryKey key, long points, long balance, int effectiveDay, int bookedDay, long recordedTicks)
    {
        Sequence = sequence;
        _kinds = KindsOf(kind, key.Source, key.Number);
        Id = key.Id;
        Points = points;
        Balance = balance;
        EffectiveDay = effectiveDay;
        BookedDay = bookedDay;
        RecordedTicks = recordedTicks;
    }

    internal LedgerEntry(int sequence, in RecordedEntry entry, string id)
    {
        Sequence = sequence;
        _kinds = entry.Kinds;
        Id = id;
        Points = entry.Points;
        Balance = entry.Balance;
        EffectiveDay = entry.EffectiveDay;
        BookedDay = entry.BookedDay;
        RecordedTicks = entry.RecordedTicks;
    }

    /// <summary>The number within the member, from 1, without gaps.</summary>
    public int Sequence { get; }

    /// <summary>What the entry is.</summary>
    public EntryKind Kind => (EntryKind)(_kinds & 15);

    /// <summary>The idempotency key, unique in the tenant.</summary>
    public EntryKey Key => Id is null ? default : new(Source, Id, Number);

    /// <summary>What caused the entry.</summary>
    public string Cause => Key.Cause;

    /// <summary>The points, signed and never 0: <see cref="Balance"/> is their running sum.</summary>
    public long Points { get; }

    /// <summary>The balance after the entry.</summary>
    public long Balance { get; }

    /// <summary>The date on which the entry counts.</summary>
    public DateOnly EffectiveOn => DateOnly.FromDayNumber(EffectiveDay);

    /// <summary>The day on which it was taken into the books; never before that of an earlier entry.</summary>
    public DateOnly BookedOn => DateOnly.FromDayNumber(BookedDay);

    /// <summary>When it was recorded, in UTC, as the caller said. The order of entries is their sequence, not this.</summary>
    public DateTime RecordedAt => new(RecordedTicks, DateTimeKind.Utc);

    /// <summary>What wrote the entry, or for an expiry the entry that opened the lot.</summary>
    [JsonIgnore]
    public EntrySource Source => (EntrySource)((_kinds >> 4) & 15);

    /// <summary>The id of what wrote it.</summary>
    [JsonIgnore]
    public string Id { get; }

    /// <summary>The number of the key: of an expiry from 1, of what a refund takes again from 2, otherwise 0.</summary>
    [JsonIgnore]
    public int Number => _kinds >> 8;

    internal int EffectiveDay { get; }

    internal int BookedDay { get; }

    internal long RecordedTicks { get; }

    /// <summary>Sequence, kind, points, balance and key on one line.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"#{Sequence} {Kind} {Points} -> {Balance} on {EffectiveOn:O} ({Key})");

    /// <summary>Kind, source and number of the key as one number.</summary>
    internal static int KindsOf(EntryKind kind, EntrySource source, int number) => (int)kind | ((int)source << 4) | (number << 8);
}
