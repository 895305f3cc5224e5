using Loyalty.Points.Ledger;
using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Points.Runs;

/// <summary>Takes claims and what happens to them into a book: what runs do on the days they close and requests do at once.</summary>
/// <remarks>
/// What has run out by the day counts as run out, whether it is recorded or not. A claim that is refused records no expiry; one that is granted
/// records those of lots, so that its entry comes after them. Enrollments are ended by runs only.
/// </remarks>
internal sealed class RedemptionTaker
{
    private readonly PointsBook _book;
    private readonly Dictionary<string, Reward> _rewards;

    public RedemptionTaker(PointsBook book, LoyaltyProgram program)
    {
        _book = book;
        _rewards = program.Rewards.ToDictionary(static r => r.Id, StringComparer.Ordinal);
    }

    /// <summary>The first column in which a row differs from the one that holds its key.</summary>
    public static RowColumn Difference(RedemptionRow a, RedemptionRow b) =>
        !Same(a.Customer, b.Customer) ? RowColumn.Customer : a.Date != b.Date ? RowColumn.Date : !Same(a.Reward, b.Reward) ? RowColumn.Reward : RowColumn.None;

    /// <summary>Takes a row whose day has come.</summary>
    /// <param name="record">The row, which holds its key.</param>
    /// <param name="day">The day on which it is taken.</param>
    /// <param name="recordedAt">The instant, in UTC.</param>
    /// <param name="grants">For a claim: how often the member's missions have granted the reward.</param>
    public void Take(RowRecord<RedemptionRow> record, DateOnly day, DateTime recordedAt, int grants = 0)
    {
        if (record.Row.Event == RedemptionEvent.Claimed)
        {
            TakeClaim(record, day, recordedAt, grants);
        }
        else
        {
            TakeEvent(record, day, recordedAt);
        }
    }

    /// <summary>What a row has come to.</summary>
    public RowOutcome Outcome(RowRecord<RedemptionRow> record, bool isNew) => record.State == RowState.Refused
        ? new(isNew, record.Refusal, record.Column, record.Refusal == RowRefusal.ClaimRefused ? _book.Desk.Find(record.Row.Id)!.Refusal : ClaimRefusal.None)
        : new(isNew, RowRefusal.None, RowColumn.None, ClaimRefusal.None);

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.Ordinal);

    private void TakeClaim(RowRecord<RedemptionRow> record, DateOnly day, DateTime recordedAt, int grants)
    {
        var claim = record.Row;
        if (_book.Ledger.Operations.Find(LedgerOperationKind.Redeem, claim.Id) >= 0)
        {
            // An operation on the ledger has used the id: its points are not those of this claim.
            record.Refuse(RowRefusal.Conflict, RowColumn.Id);
            return;
        }

        var member = _book.Member(claim.Customer);
        day = OrderTaker.Later(day, member.Club.LastChange);
        var claimant = new Claimant(
            member.Club.ActiveOn(day)?.Stage, member.Club.Enrollments.Count, member.Club.Last?.StartedOn, member.Ledger.AvailableOn(MemberLedger.BookingDay(member.Ledger, day.DayNumber)));
        var redemption = _book.Desk.Claim(claim.Id, _rewards.GetValueOrDefault(claim.Reward), claim.Reward, claim.Customer, claimant, day, grants);
        member.Redemptions.Add(redemption);
        if (redemption.Status == RedemptionStatus.Refused)
        {
            record.Refuse(RowRefusal.ClaimRefused, RowColumn.Reward);
            return;
        }

        record.State = RowState.Taken;
        member.Ledger.ExpireThrough(day.DayNumber, recordedAt.Ticks);
        if (redemption.Points > 0)
        {
            var result = _book.Ledger.Apply(LedgerOperation.Redeem(claim.Id, claim.Customer, day, redemption.Points), day, recordedAt);
            System.Diagnostics.Debug.Assert(result.IsApplied, "a granted claim was not paid");
        }

        member.Ledger.Touch(day.DayNumber);
    }

    private void TakeEvent(RowRecord<RedemptionRow> record, DateOnly day, DateTime recordedAt)
    {
        var row = record.Row;
        if (_book.Desk.Find(row.Id) is not { } redemption)
        {
            record.Refuse(RowRefusal.UnknownRedemption, RowColumn.Id);
        }
        else if (!Same(redemption.Member, row.Customer))
        {
            record.Refuse(RowRefusal.Conflict, RowColumn.Customer);
        }
        else if (!Same(redemption.Reward, row.Reward))
        {
            record.Refuse(RowRefusal.Conflict, RowColumn.Reward);
        }
        else if (Redemption.After(redemption.Status, row.Event) is not { } next)
        {
            record.Refuse(RowRefusal.WrongStatus, RowColumn.Event);
        }
        else if (Redemption.GivesBack(next) && GiveBack(redemption, day, recordedAt) is var refusal and not RowRefusal.None)
        {
            record.Refuse(refusal, RowColumn.Id);
        }
        else
        {
            _book.Desk.TryMove(redemption, row.Event, day);
            record.State = RowState.Taken;
        }
    }

    /// <summary>Gives the points of a claim back, unless an operation on the ledger has done it.</summary>
    private RowRefusal GiveBack(Redemption redemption, DateOnly day, DateTime recordedAt)
    {
        if (redemption.Points == 0)
        {
            return RowRefusal.None;
        }

        var ledger = _book.Ledger;
        return ledger.Apply(LedgerOperation.GiveBack(redemption.Id, redemption.Id, day), day, recordedAt).Outcome switch
        {
            LedgerOutcome.Applied or LedgerOutcome.AlreadyReversed => RowRefusal.None,
            LedgerOutcome.Overflow => RowRefusal.Overflow,
            _ => ledger.Operations[ledger.Operations.Find(LedgerOperationKind.Redeem, redemption.Id)].IsGivenBack ? RowRefusal.None : RowRefusal.Conflict,
        };
    }
}
