using Loyalty.Clubs;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Rewards;

namespace Loyalty.Storage.Points;

/// <summary>How a book stood when a store had loaded it; after the rules have worked on the book it tells what to write.</summary>
/// <remarks>Made when everything is loaded and before any rule is asked. Not thread-safe.</remarks>
public sealed class BookMark
{
    private readonly PointsBook _book;
    private readonly long _arrivals;
    private readonly Dictionary<string, MemberMark> _members = new(StringComparer.Ordinal);
    private readonly List<OperationMark> _operations = [];
    private readonly HashSet<object> _waiting = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, RedemptionStatus> _redemptions = new(StringComparer.Ordinal);

    /// <summary>Notes how a book stands.</summary>
    /// <param name="book">What the store has loaded.</param>
    public BookMark(PointsBook book)
    {
        ArgumentNullException.ThrowIfNull(book);
        _book = book;
        _arrivals = book.Arrivals;
        foreach (var member in book.Members.Values)
        {
            _members.Add(member.Member, MemberMark.Of(member));
        }

        for (var number = 0; number < book.Ledger.Operations.Count; number++)
        {
            _operations.Add(OperationMark.Of(book.Ledger.Operations[number]));
        }

        foreach (var redemption in book.Desk.Redemptions)
        {
            _redemptions.Add(redemption.Id, redemption.Status);
        }

        Note(book.Orders.Values);
        Note(book.Refunds.Values);
        Note(book.Claims.Values);
        Note(book.Events.Values);
    }

    /// <summary>What the rules have done since.</summary>
    public BookChanges Changes()
    {
        var members = new List<MemberChanges>();
        foreach (var member in _book.InOrder())
        {
            if (Changes(member) is { } changes)
            {
                members.Add(changes);
            }
        }

        var (fresh, changed) = (new List<RecordedOperation>(), new List<RecordedOperation>());
        for (var number = 0; number < _book.Ledger.Operations.Count; number++)
        {
            var record = _book.Ledger.Operations[number];
            if (number >= _operations.Count)
            {
                fresh.Add(record);
            }
            else if (_operations[number] != OperationMark.Of(record))
            {
                changed.Add(record);
            }
        }

        return new BookChanges(
            members, fresh, changed, Changed(_book.Orders.Values), Changed(_book.Refunds.Values), Changed([.. _book.Claims.Values, .. _book.Events.Values]),
            [.. _book.Desk.Redemptions.Where(r => !_redemptions.TryGetValue(r.Id, out var status) || status != r.Status)]);
    }

    private void Note<T>(IEnumerable<RowRecord<T>> records)
        where T : struct => _waiting.UnionWith(records.Where(static r => r.State == RowState.Waiting));

    private List<RowRecord<T>> Changed<T>(IEnumerable<RowRecord<T>> records)
        where T : struct =>
        [.. records.Where(r => r.Arrival >= _arrivals || (r.State != RowState.Waiting && _waiting.Contains(r))).OrderBy(static r => r.Arrival)];

    private MemberChanges? Changes(BookMember member)
    {
        var isNew = !_members.TryGetValue(member.Member, out var before);
        var now = MemberMark.Of(member);
        if (!isNew && now == before)
        {
            return null;
        }

        var (ledger, club) = (member.Ledger, member.Club);
        var enrollments = new List<ChangedEnrollment>();

        // Of the enrollments that stood before, only the last one can have been extended or ended.
        var first = before.Enrollments;
        first -= first > 0 && (club.Enrollments[first - 1].Extensions.Count != before.Extensions || club.Enrollments[first - 1].Status != before.Status) ? 1 : 0;
        for (var i = first; i < club.Enrollments.Count; i++)
        {
            enrollments.Add(new(i, club.Enrollments[i]));
        }

        return new MemberChanges(
            member, isNew, Appended(ledger, before), before.Settlements, ledger.Settlements[before.Settlements..].ToArray(), enrollments,
            [.. club.Operations.Skip(before.Discounts)]);
    }

    private List<AppendedEntry> Appended(MemberLedger ledger, in MemberMark before)
    {
        var entries = new List<AppendedEntry>();
        var lot = ledger.FirstLotAfter(before.Entries);
        var movement = before.Movements;
        for (var i = before.Entries; i < ledger.Entries.Length; i++)
        {
            var entry = ledger.Entries[i];
            var opens = lot < ledger.Lots.Length && ledger.Lots[lot].Entry == entry.Sequence;
            var first = movement;
            while (movement < ledger.Movements.Length && ledger.Movements[movement].Entry == entry.Sequence)
            {
                movement++;
            }

            entries.Add(new AppendedEntry(
                entry, opens ? ledger.Lots[lot] : null, _book.Ledger.ReversedLot(entry), ledger.Movements[first..movement].ToArray()));
            lot += opens ? 1 : 0;
        }

        return entries;
    }

    /// <summary>How much a member had.</summary>
    private readonly record struct MemberMark(
        int Entries, int Movements, int Settlements, long Held, DateOnly? LastActivity, DateOnly? FirstOrderOn, int Enrollments, int Extensions, EnrollmentStatus Status, int Discounts,
        int Redemptions)
    {
        public static MemberMark Of(BookMember member) => new(
            member.Ledger.Entries.Length, member.Ledger.Movements.Length, member.Ledger.Settlements.Length, member.Ledger.Held, member.Ledger.LastActivityOn, member.FirstOrderOn,
            member.Club.Enrollments.Count, member.Club.Last?.Extensions.Count ?? 0, member.Club.Last?.Status ?? default, member.Club.Operations.Count,
            member.Redemptions.Count);
    }

    /// <summary>What later operations can change of one.</summary>
    private readonly record struct OperationMark(long Refunded, bool IsGivenBack, HoldState HoldState)
    {
        public static OperationMark Of(in RecordedOperation record) => new(record.Refunded, record.IsGivenBack, record.HoldState);
    }
}
