using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points.Books;

namespace Loyalty.Postgres.Points.Rows;

/// <summary>A member's ledger with what the database has of it; what lies beyond is to be written.</summary>
internal sealed class StoredMember
{
    private int _entries;
    private int _movements;
    private int _settlements;
    private long _held;
    private int _activityDay;
    private bool _isStored;

    /// <summary>A member that the database does not have.</summary>
    public StoredMember(MemberLedger ledger, string tenant)
    {
        Ledger = ledger;
        Head = new byte[LedgerChain.HashLength];
        LedgerChain.Start(tenant, ledger.Member, Head);
        _activityDay = MemberLedger.NoDay;
    }

    /// <summary>A member as the database has it.</summary>
    public StoredMember(MemberLedger ledger, byte[] head)
    {
        Ledger = ledger;
        Head = head;
        Mark();
    }

    public MemberLedger Ledger { get; }

    /// <summary>The hash of the last entry, or the start of the chain.</summary>
    public byte[] Head { get; private set; }

    public bool HasOrdered { get; set; }

    /// <summary>The stage of the active enrollment, and when that runs out.</summary>
    public string? Stage { get; set; }

    public DateOnly? EnrolledUntil { get; set; }

    /// <summary>Club and rewards; only runs and reads of whole members need them.</summary>
    public BookMember? Book { get; init; }

    /// <summary>The entries that the database has, where they were asked for.</summary>
    public LedgerEntry[] Entries { get; init; } = [];

    /// <summary>Their hashes.</summary>
    public byte[] Hashes { get; init; } = [];

    /// <summary>What the member's row says, which must be what the entries say.</summary>
    public (long Balance, long Held, long Lifetime, int Entries, int Settlements) Row { get; init; }

    /// <summary>When the member was last seen to be as in the database: a number of <see cref="MemberCache"/>.</summary>
    public long SeenAt { get; set; }

    /// <summary>What the member weighs in a <see cref="MemberCache"/>.</summary>
    public long CountedAs { get; set; }

    /// <summary>Whether the ledger says something that the database does not have.</summary>
    public bool IsChanged =>
        !_isStored || Ledger.Entries.Length > _entries || Ledger.Settlements.Length > _settlements || Ledger.Held != _held
        || Ledger.LastActivityDay != _activityDay;

    /// <summary>Gives out what is to be written; from then on it counts as stored.</summary>
    /// <param name="entries">Receives the new entries.</param>
    /// <param name="settlements">Receives the new settlements.</param>
    /// <param name="reversedLot">The lot whose entry a refund reverses.</param>
    public void Collect(EntryRows entries, SettlementRows settlements, Func<LedgerEntry, int?> reversedLot)
    {
        var lot = FirstLotAfter(Ledger, _entries);
        var movement = _movements;
        var head = Head;
        for (var i = _entries; i < Ledger.Entries.Length; i++)
        {
            var entry = Ledger.Entries[i];
            var hash = new byte[LedgerChain.HashLength];
            LedgerChain.Next(head, entry, hash);
            head = hash;
            var opens = lot < Ledger.Lots.Length && Ledger.Lots[lot].Entry == entry.Sequence;
            var first = movement;
            while (movement < Ledger.Movements.Length && Ledger.Movements[movement].Entry == entry.Sequence)
            {
                movement++;
            }

            entries.Add(
                Ledger.Member, entry, opens ? Ledger.Lots[lot] : null,
                entry.Source is EntrySource.RefundEarned or EntrySource.RefundBonus && entry.Expiry == 0 ? reversedLot(entry) : null,
                Ledger.Movements[first..movement], hash);
            lot += opens ? 1 : 0;
        }

        for (var i = _settlements; i < Ledger.Settlements.Length; i++)
        {
            settlements.Add(Ledger.Member, i, Ledger.Settlements[i]);
        }

        Head = head;
        Mark();
    }

    private void Mark()
    {
        _entries = Ledger.Entries.Length;
        _movements = Ledger.Movements.Length;
        _settlements = Ledger.Settlements.Length;
        _held = Ledger.Held;
        _activityDay = Ledger.LastActivityDay;
        _isStored = true;
    }

    /// <summary>The number of the first lot that an entry after a given one opened.</summary>
    public static int FirstLotAfter(MemberLedger ledger, int entry)
    {
        var (low, high) = (0, ledger.Lots.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = ledger.Lots[middle].Entry <= entry ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
