using System.Globalization;
using Loyalty.Clubs;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Postgres.Copy;
using Loyalty.Rewards;

namespace Loyalty.Postgres.Points.Rows;

/// <summary>The rows of members.</summary>
internal sealed class MemberRows : RowBlock
{
    private readonly LongColumn _version, _balance, _held, _lifetime;
    private readonly IntColumn _entries, _settlements;
    private readonly DayColumn _activity, _until, _due, _firstOrder;
    private readonly BooleanColumn _hasOrdered;
    private readonly TextColumn _member, _stage;
    private readonly BytesColumn _head;

    public MemberRows()
        : base(PointsSql.PutMembers)
    {
        _version = Long("version");
        _balance = Long("balance");
        _held = Long("held");
        _lifetime = Long("lifetime");
        _entries = Int("entries");
        _settlements = Int("settlements");
        _activity = Day("last_activity_on");
        _until = Day("enrolled_until");
        _due = Day("next_due");
        _hasOrdered = Boolean("has_ordered");
        _firstOrder = Day("first_order_on");
        _member = Text("member");
        _stage = Text("stage");
        _head = Bytes("head");
    }

    public void Add(StoredMember member, long version)
    {
        var ledger = member.Ledger;
        var expiry = ledger.NextExpiryOn?.DayNumber;
        var until = member.EnrolledUntil?.DayNumber;
        _version.Add(version);
        _balance.Add(ledger.Balance);
        _held.Add(ledger.Held);
        _lifetime.Add(ledger.Lifetime);
        _entries.Add(ledger.Entries.Length);
        _settlements.Add(ledger.Settlements.Length);
        _activity.Add(ledger.LastActivityOn);
        _until.Add(until);
        _due.Add(expiry is { } day ? Math.Min(day, until ?? day) : until);
        _hasOrdered.Add(member.FirstOrderOn is not null);
        _firstOrder.Add(member.FirstOrderOn);
        _member.Add(ledger.Member);
        _stage.Add(member.Stage);
        _head.Add(member.Head);
    }
}

/// <summary>New entries, with the lots they open and what they take from lots.</summary>
internal sealed class EntryRows : RowBlock
{
    private readonly LongColumn _points, _balance, _recorded, _opened;
    private readonly IntColumn _sequence, _inactivity, _expiry, _reversed;
    private readonly DayColumn _effective, _booked, _expires;
    private readonly TextColumn _kind, _source, _id, _member;
    private readonly ArrayColumn<int> _lots;
    private readonly ArrayColumn<long> _moved;
    private readonly BytesColumn _hash;

    public EntryRows()
        : base(PointsSql.InsertEntries)
    {
        _points = Long("points");
        _balance = Long("balance");
        _recorded = Long("recorded_at");
        _opened = Long("lot_opened");
        _sequence = Int("sequence");
        _effective = Day("effective_on");
        _booked = Day("booked_on");
        _expires = Day("lot_expires_on");
        _inactivity = Int("lot_inactivity");
        _expiry = Int("expiry");
        _reversed = Int("reversed_lot");
        _kind = Text("kind");
        _source = Text("source");
        _id = Text("id");
        _member = Text("member");
        _hash = Bytes("hash");
        _lots = Ints("moved_lots");
        _moved = Longs("moved_points");
    }

    public void Add(string member, in LedgerEntry entry, LotState? lot, int? reversedLot, ReadOnlySpan<LotMovement> movements, byte[] hash)
    {
        var moved = movements.ToArray();
        _points.Add(entry.Points);
        _balance.Add(entry.Balance);
        _recorded.Add(entry.RecordedAt.Ticks);
        _opened.Add(lot?.Opened);
        _sequence.Add(entry.Sequence);
        _effective.Add(entry.EffectiveOn);
        _booked.Add(entry.BookedOn);
        _expires.Add(lot?.ExpiresOn);
        _inactivity.Add(lot is { IsInactivity: true } moves ? moves.InactivityCode : null);
        _expiry.Add(entry.Number);
        _reversed.Add(reversedLot);
        _kind.Add(EnumText.Entry[entry.Kind]);
        _source.Add(EnumText.Source[entry.Source]);
        _id.Add(entry.Id);
        _member.Add(member);
        _hash.Add(hash);
        _lots.Add(Array.ConvertAll(moved, static m => m.Lot));
        _moved.Add(Array.ConvertAll(moved, static m => m.Points));
    }
}

/// <summary>New settlements of holds.</summary>
internal sealed class SettlementRows : RowBlock
{
    private readonly LongColumn _points;
    private readonly IntColumn _number, _entry, _lot;
    private readonly TextColumn _member;

    public SettlementRows()
        : base(PointsSql.InsertSettlements)
    {
        _points = Long("points");
        _number = Int("number");
        _entry = Int("entry");
        _lot = Int("lot");
        _member = Text("member");
    }

    public void Add(string member, int number, in LotMovement settlement)
    {
        _points.Add(settlement.Points);
        _number.Add(number);
        _entry.Add(settlement.Entry);
        _lot.Add(settlement.Lot);
        _member.Add(member);
    }
}

/// <summary>New or changed rows of enrollments.</summary>
internal sealed class EnrollmentRows : RowBlock
{
    private readonly IntColumn _number;
    private readonly DayColumn _enrolled, _started, _initial, _expires, _ended;
    private readonly TextColumn _status, _member, _stage, _by;
    private readonly ArrayColumn<string> _extendedBy;
    private readonly ArrayColumn<DateOnly> _extendedOn, _extendedTo;

    public EnrollmentRows()
        : base(PointsSql.PutEnrollments)
    {
        _number = Int("number");
        _enrolled = Day("enrolled_at");
        _started = Day("started_on");
        _initial = Day("initial_expires_at");
        _expires = Day("expires_at");
        _ended = Day("ended_on");
        _status = Text("status");
        _member = Text("member");
        _stage = Text("stage");
        _by = Text("started_by");
        _extendedBy = Texts("extended_by");
        _extendedOn = Days("extended_on");
        _extendedTo = Days("extended_to");
    }

    public void Add(string member, int number, Enrollment enrollment)
    {
        _number.Add(number);
        _enrolled.Add(enrollment.EnrolledAt);
        _started.Add(enrollment.StartedOn);
        _initial.Add(enrollment.InitialExpiresAt);
        _expires.Add(enrollment.ExpiresAt);
        _ended.Add(enrollment.EndedOn);
        _status.Add(EnumText.Enrollment[enrollment.Status]);
        _member.Add(member);
        _stage.Add(enrollment.Stage);
        _by.Add(enrollment.StartedBy);
        _extendedBy.Add([.. enrollment.Extensions.Select(static e => e.Order)]);
        _extendedOn.Add([.. enrollment.Extensions.Select(static e => e.On)]);
        _extendedTo.Add([.. enrollment.Extensions.Select(static e => e.ExpiresAt)]);
    }
}

/// <summary>New discount operations.</summary>
internal sealed class DiscountRows : RowBlock
{
    private readonly IntColumn _sequence;
    private readonly DayColumn _day;
    private readonly TextColumn _percent, _kind, _member, _stage, _order, _cause;

    public DiscountRows()
        : base(PointsSql.InsertDiscounts)
    {
        _sequence = Int("sequence");
        _day = Day("day");
        _percent = Text("discount_percent");
        _kind = Text("kind");
        _member = Text("member");
        _stage = Text("stage");
        _order = Text("enrollment_order");
        _cause = Text("cause_order");
    }

    public void Add(string member, DiscountOperation operation)
    {
        _sequence.Add(operation.Sequence);
        _day.Add(operation.On);
        _percent.Add(operation.DiscountPercent.ToString(CultureInfo.InvariantCulture));
        _kind.Add(EnumText.Discount[operation.Kind]);
        _member.Add(member);
        _stage.Add(operation.Stage);
        _order.Add(operation.EnrollmentOrder);
        _cause.Add(operation.CauseOrder);
    }
}

/// <summary>New or changed claims.</summary>
internal sealed class RedemptionRows : RowBlock
{
    private readonly LongColumn _number, _points;
    private readonly IntColumn _achievement;
    private readonly DayColumn _claimed, _changed, _fulfilled;
    private readonly TextColumn _status, _refusal, _id, _member, _reward, _level;

    public RedemptionRows(string statement)
        : base(statement)
    {
        _number = Long("number");
        _points = Long("points");
        _achievement = Int("achievement");
        _claimed = Day("claimed_on");
        _changed = Day("changed_on");
        _fulfilled = Day("fulfilled_on");
        _status = Text("status");
        _refusal = Text("refusal");
        _id = Text("id");
        _member = Text("member");
        _reward = Text("reward");
        _level = Text("level");
    }

    /// <summary>Adds a claim; the number counts only when it is new.</summary>
    public void Add(long number, Redemption redemption)
    {
        _number.Add(number);
        _points.Add(redemption.Points);
        _achievement.Add(redemption.Achievement);
        _claimed.Add(redemption.ClaimedOn);
        _changed.Add(redemption.ChangedOn);
        _fulfilled.Add(redemption.FulfilledOn);
        _status.Add(EnumText.Redemption[redemption.Status]);
        _refusal.Add(EnumText.Claim[redemption.Refusal]);
        _id.Add(redemption.Id);
        _member.Add(redemption.Member);
        _reward.Add(redemption.Reward);
        _level.Add(redemption.Level);
    }
}
