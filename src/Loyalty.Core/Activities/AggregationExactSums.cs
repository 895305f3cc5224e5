namespace Loyalty.Activities;

/// <summary>Sums in 128 bits: no batch that fits memory can overflow them. They decide what is right where speed is no matter.</summary>
internal struct AggregationExactSums
{
    private Int128 _sales;
    private Int128 _units;
    private Int128 _videos;
    private Int128 _views;
    private Int128 _likes;
    private Int128 _comments;

    /// <summary>Adds a row once, or takes it away with a sign of −1.</summary>
    public void Add(in AggregationColumns columns, int row, int sign = 1)
    {
        _sales += sign * (Int128)columns.Sales[row];
        _units += sign * (Int128)columns.Units[row];
        _videos += sign;
        _views += sign * (Int128)columns.Views[row];
        _likes += sign * (Int128)columns.Likes[row];
        _comments += sign * (Int128)columns.Comments[row];
    }

    /// <summary>Adds totals.</summary>
    public void Add(in ActivityTotals totals)
    {
        _sales += totals.Sales;
        _units += totals.Units;
        _videos += totals.Videos;
        _views += totals.Views;
        _likes += totals.Likes;
        _comments += totals.Comments;
    }

    /// <summary>The sums in 64 bits.</summary>
    /// <exception cref="AggregationOverflowException">A sum does not fit.</exception>
    public readonly ActivityTotals ToTotals(int member, bool inWindow) => new(
        Narrow(_sales, member, inWindow, "sales"),
        Narrow(_units, member, inWindow, "units"),
        Narrow(_videos, member, inWindow, "videos"),
        Narrow(_views, member, inWindow, "views"),
        Narrow(_likes, member, inWindow, "likes"),
        Narrow(_comments, member, inWindow, "comments"));

    private static long Narrow(Int128 sum, int member, bool inWindow, string metric) =>
        sum >= long.MinValue && sum <= long.MaxValue ? (long)sum : throw new AggregationOverflowException(member, inWindow, metric, sum);
}
