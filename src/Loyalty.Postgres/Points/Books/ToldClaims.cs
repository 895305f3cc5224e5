using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Rewards;

namespace Loyalty.Postgres.Points.Books;

/// <summary>
/// What a redemption tells of its claim: the row that claimed it, and with the entry of its member the operation that took its points. Neither is written where it does.
/// </summary>
internal static class ToldClaims
{
    /// <summary>Whether a redemption tells the row that claimed it: it was granted, for that member, reward and day.</summary>
    public static bool IsTold(RowRecord<RedemptionRow> record, Redemption? redemption) =>
        record is { State: RowState.Taken, Row: { Event: RedemptionEvent.Claimed } row } && redemption?.ClaimedOn == row.Date
        && string.Equals(redemption.Member, row.Customer, StringComparison.Ordinal) && string.Equals(redemption.Reward, row.Reward, StringComparison.Ordinal);

    /// <summary>Whether the entry of a redemption tells all of the operation that took its points: they did not go back.</summary>
    public static bool IsTold(in RecordedOperation operation) =>
        operation is { Operation.Kind: LedgerOperationKind.Redeem, IsGivenBack: false, Result: { IsApplied: true, Entries: 1, Shortfall: 0 } };

    /// <summary>The row that claimed a redemption, unless it was refused: then it has a row of its own. Its place among all rows is not kept.</summary>
    public static RowRecord<RedemptionRow>? Row(Redemption redemption) => redemption.Status == RedemptionStatus.Refused
        ? null
        : new(new RedemptionRow(redemption.Id, redemption.Member, redemption.ClaimedOn, redemption.Reward, RedemptionEvent.Claimed), arrival: 0, RowState.Taken);

    /// <summary>Finds in the entries the operations that took the points of redemptions; those whose member is not at hand are not asked for.</summary>
    /// <param name="redemptions">The redemptions of which no operation is stored.</param>
    /// <param name="members">Their members.</param>
    public static IEnumerable<RecordedOperation> Find(IEnumerable<Redemption> redemptions, IReadOnlyDictionary<string, StoredMember> members)
    {
        foreach (var ofMember in redemptions.Where(static r => r.Status != RedemptionStatus.Refused && r.Points > 0).GroupBy(static r => r.Member, StringComparer.Ordinal))
        {
            if (members.TryGetValue(ofMember.Key, out var member))
            {
                foreach (var operation in Find(member.Ledger, ofMember.Select(static r => r.Id).ToHashSet(StringComparer.Ordinal)))
                {
                    yield return operation;
                }
            }
        }
    }

    private static IEnumerable<RecordedOperation> Find(MemberLedger ledger, HashSet<string> redemptions)
    {
        for (var i = 0; i < ledger.Entries.Length; i++)
        {
            var entry = ledger.Entries[i];
            if (entry.Source == EntrySource.Redeemed && redemptions.Contains(entry.Id))
            {
                yield return new RecordedOperation
                {
                    Operation = LedgerOperation.Redeem(entry.Id, ledger.Member, entry.EffectiveOn, -entry.Points),
                    Result = new LedgerResult(LedgerOutcome.Applied, entry.Sequence, 1, entry.Points, entry.Balance),
                    Lot = entry.Sequence,
                };
            }
        }
    }
}
