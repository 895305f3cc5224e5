using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>The tables of points.</summary>
internal static class PointsTables
{
    public static string[] All { get; } =
    [
        "points_book", "points_program", "points_member", "points_entry", "points_settlement", "points_operation", "points_order", "points_refund",
        "points_happening", "points_redemption", "points_enrollment", "points_discount", "points_run",
    ];

    /// <summary>All rows of a tenant in the tables of points but some, as text.</summary>
    public static async Task<string> RowsAsync(NpgsqlDataSource owner, string tenant, params string[] but)
    {
        var lines = new List<string>();
        foreach (var table in All.Except(but, StringComparer.Ordinal))
        {
            await using var command = owner.CreateCommand(
                $"SELECT '{table} ' || to_jsonb(t)::text FROM loyalty.{table} t WHERE tenant_id = {TenantId.FromName(tenant)} ORDER BY 1");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                lines.Add(reader.GetString(0));
            }
        }

        return string.Join('\n', lines);
    }
}
