namespace Loyalty.Stores.Tests.Points;

/// <summary>The tables of points.</summary>
internal static class PointsTables
{
    public static string[] All { get; } =
    [
        "points_book", "points_program", "points_member", "points_entry", "points_settlement", "points_operation", "points_order", "points_refund",
        "points_happening", "points_redemption", "points_enrollment", "points_discount", "points_run",
    ];
}
