using Loyalty.Points.Ledger;
using Loyalty.Postgres.Points.Rows;

namespace Loyalty.Postgres.Points.Books;

/// <summary>The operations of a ledger that are new or changed since they were read.</summary>
internal sealed class LedgerDifference
{
    private readonly PointsLedger _ledger;

    public LedgerDifference(PointsLedger ledger, IReadOnlyDictionary<(LedgerOperationKind Kind, string Id), RecordedOperation> stored)
    {
        _ledger = ledger;
        for (var number = 0; number < ledger.Operations.Count; number++)
        {
            var record = ledger.Operations[number];
            if (number >= stored.Count)
            {
                New.Add(number);
            }
            else if (stored[(record.Operation.Kind, record.Operation.Id)] is var before
                && (before.Refunded != record.Refunded || before.IsGivenBack != record.IsGivenBack || before.HoldState != record.HoldState))
            {
                Changed.Add(number);
            }
        }
    }

    /// <summary>Numbers of new operations, in order.</summary>
    public List<int> New { get; } = [];

    /// <summary>Numbers of changed operations.</summary>
    private List<int> Changed { get; } = [];

    /// <summary>The rows of what changed.</summary>
    /// <param name="ownOrders">The orders that stand in rows of their own.</param>
    public (OperationRows Operations, AnsweredOrderRows Orders) ChangedRows(HashSet<string> ownOrders)
    {
        var (operations, orders) = (new OperationRows(PointsSql.UpdateOperations), new AnsweredOrderRows());
        foreach (var number in Changed)
        {
            var record = _ledger.Operations[number];
            if (record.Operation.Kind == LedgerOperationKind.Earn && ownOrders.Contains(record.Operation.Id))
            {
                orders.Add(record);
            }
            else
            {
                operations.Add(record, version: 0); // Only what changed is kept of it.
            }
        }

        return (operations, orders);
    }
}
