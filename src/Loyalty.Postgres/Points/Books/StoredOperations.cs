using Loyalty.Points.Ledger;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Operations that come back from the database in no order.</summary>
internal static class StoredOperations
{
    /// <summary>Puts operations back into a ledger. Of the refunds of an order, the one that was taken last is put back last.</summary>
    public static void Restore(this PointsLedger ledger, IReadOnlyCollection<RecordedOperation> operations, HashSet<string> lastRefunds)
    {
        foreach (var operation in operations.Where(o => !IsLast(o)).Concat(operations.Where(IsLast)))
        {
            ledger.Restore(operation);
        }

        bool IsLast(RecordedOperation operation) => operation.Operation.Kind == LedgerOperationKind.Refund && lastRefunds.Contains(operation.Operation.Id);
    }
}
