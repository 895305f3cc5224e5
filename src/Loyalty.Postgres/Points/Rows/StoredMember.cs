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
    private DateOnly? _lastActivityOn;
    private bool _isStored;
    private int _enrollments;
    private int _extensions;
    private int _discounts;
    private Clubs.EnrollmentStatus _lastStatus;
    private DateOnly? _firstOrderOn;

    /// <summary>A member that the database does not have.</summary>
    public StoredMember(MemberLedger ledger, string tenant)
    {
        Ledger = ledger;
        Head = new byte[LedgerChain.HashLength];
        LedgerChain.Start(tenant, ledger.Member, Head);
    }

    /// <summary>A member as the database has it.</summary>
    public StoredMember(MemberLedger ledger, byte[] head, DateOnly? firstOrderOn)
    {
        Ledger = ledger;
        Head = head;
        FirstOrderOn = firstOrderOn;
        Mark();
    }

    public MemberLedger Ledger { get; }

    /// <summary>The hash of the last entry, or the start of the chain.</summary>
    public byte[] Head { get; private set; }

    /// <summary>The earliest date of an order that was taken, where club and rewards were read or the member has none.</summary>
    public DateOnly? FirstOrderOn { get; set; }

    /// <summary>The stage of the active enrollment, and when that runs out.</summary>
    public string? Stage { get; set; }

    public DateOnly? EnrolledUntil { get; set; }

    /// <summary>Club and rewards; operations on the ledger do not need them.</summary>
    public BookMember? Book { get; private set; }

    /// <summary>Whether it is known that no row waits for the member.</summary>
    public bool HasNothingWaiting { get; set; }

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
        !_isStored || FirstOrderOn != _firstOrderOn || Ledger.Entries.Length > _entries || Ledger.Settlements.Length > _settlements || Ledger.Held != _held
        || Ledger.LastActivityOn != _lastActivityOn;

    /// <summary>Gives out what is to be written; from then on it counts as stored.</summary>
    /// <param name="entries">Receives the new entries.</param>
    /// <param name="settlements">Receives the new settlements.</param>
    /// <param name="reversedLot">The lot whose entry a refund reverses.</param>
    public void Collect(EntryRows entries, SettlementRows settlements, Func<LedgerEntry, int?> reversedLot)
    {
        var lot = Ledger.FirstLotAfter(_entries);
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
                reversedLot(entry),
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

    /// <summary>Adds club and rewards as the database has them; <see langword="null"/> forgets them.</summary>
    public void Know(BookMember? book)
    {
        Book = book;
        if (book is not null)
        {
            MarkClub(book);
        }
    }

    /// <summary>Adds club and rewards of a member that the database does not have.</summary>
    public void Begin(BookMember book) => Book = book;

    /// <summary>Gives out what is to be written of the club; from then on it counts as stored.</summary>
    /// <returns>Whether anything is.</returns>
    public bool CollectClub(EnrollmentRows enrollments, DiscountRows discounts)
    {
        if (Book is not { } book)
        {
            return false;
        }

        Stage = book.Club.Active?.Stage;
        EnrolledUntil = book.Club.Active?.ExpiresAt;
        FirstOrderOn = book.FirstOrderOn;

        // Of the enrollments that stood before, only the last one can have been extended or ended.
        var club = book.Club;
        var first = _enrollments;
        if (first > 0 && (club.Enrollments[first - 1].Extensions.Count != _extensions || club.Enrollments[first - 1].Status != _lastStatus))
        {
            first--;
        }

        for (var i = first; i < club.Enrollments.Count; i++)
        {
            enrollments.Add(book.Member, i, club.Enrollments[i]);
        }

        for (var i = _discounts; i < club.Operations.Count; i++)
        {
            discounts.Add(book.Member, club.Operations[i]);
        }

        var isChanged = first < club.Enrollments.Count || _discounts < club.Operations.Count;
        MarkClub(book);
        return isChanged;
    }

    private void MarkClub(BookMember book)
    {
        _enrollments = book.Club.Enrollments.Count;
        _extensions = book.Club.Last?.Extensions.Count ?? 0;
        _lastStatus = book.Club.Last?.Status ?? default;
        _discounts = book.Club.Operations.Count;
    }

    private void Mark()
    {
        _firstOrderOn = FirstOrderOn;
        _entries = Ledger.Entries.Length;
        _movements = Ledger.Movements.Length;
        _settlements = Ledger.Settlements.Length;
        _held = Ledger.Held;
        _lastActivityOn = Ledger.LastActivityOn;
        _isStored = true;
    }
}
