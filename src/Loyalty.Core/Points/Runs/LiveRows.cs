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

    /// <summary>Whether a text can be an id or a name on every store.</summary>
    private static bool IsKey(string? text) => !string.IsNullOrEmpty(text) && Loyalty.Storage.Runs.StorableText.IsKey(text);
}
