namespace Loyalty.Points.Runs;

/// <summary>Which rows can be taken at all, on every store.</summary>
public static class LiveRows
{
    /// <summary>The column because of which an order can never be taken.</summary>
    public static RowColumn Fault(in OrderRow row) =>
        !IsKey(row.Id) ? RowColumn.Id : !IsKey(row.Customer) ? RowColumn.Customer : row.Amount < 0 ? RowColumn.Amount : RowColumn.None;

    /// <summary>The column because of which a refund can never be taken.</summary>
    public static RowColumn Fault(in RefundRow row) =>
        !IsKey(row.Id) ? RowColumn.Id : !IsKey(row.Order) ? RowColumn.Order : row.Amount <= 0 ? RowColumn.Amount : RowColumn.None;

    /// <summary>The column because of which a redemption row can never be taken.</summary>
    public static RowColumn Fault(in RedemptionRow row) =>
        !IsKey(row.Id) ? RowColumn.Id : !IsKey(row.Customer) ? RowColumn.Customer : !IsKey(row.Reward) ? RowColumn.Reward
        : !Enum.IsDefined(row.Event) ? RowColumn.Event : RowColumn.None;

    /// <summary>The orders that can be taken: what a store looks up for them.</summary>
    public static IReadOnlyList<OrderRow> WithoutFault(IReadOnlyList<OrderRow> rows) => Where(rows, static r => Fault(r) == RowColumn.None);

    /// <summary>The refunds that can be taken.</summary>
    public static IReadOnlyList<RefundRow> WithoutFault(IReadOnlyList<RefundRow> rows) => Where(rows, static r => Fault(r) == RowColumn.None);

    /// <summary>The redemption rows that can be taken.</summary>
    public static IReadOnlyList<RedemptionRow> WithoutFault(IReadOnlyList<RedemptionRow> rows) => Where(rows, static r => Fault(r) == RowColumn.None);

    private static IReadOnlyList<T> Where<T>(IReadOnlyList<T> rows, Func<T, bool> isWithoutFault)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return rows.All(isWithoutFault) ? rows : [.. rows.Where(isWithoutFault)];
    }

    /// <summary>Whether a text can be an id or a name on every store.</summary>
    private static bool IsKey(string? text) => !string.IsNullOrEmpty(text) && Loyalty.Storage.Runs.StorableText.IsKey(text);
}
