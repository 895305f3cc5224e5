using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>What must hold in the tables themselves, asked in SQL, past the library.</summary>
internal static class PointsInvariants
{
    private const string Faults =
        """
        WITH sums AS (
            SELECT member, sum(points) AS points, count(*) AS entries, max(sequence) AS last, sum(lot_opened) AS opened,
                sum((SELECT sum(p) FROM unnest(moved_points) p)) AS moved,
                sum(points) FILTER (WHERE kind IN ('earned', 'bonus')) AS lifetime
            FROM loyalty.points_entry WHERE tenant_id = $1 GROUP BY member),
        holds AS (
            SELECT member, sum((SELECT sum(p) FROM unnest(held_points) p)) AS held FROM loyalty.points_operation
            WHERE tenant_id = $1 AND hold_state = 'open' GROUP BY member),
        settled AS (SELECT member, sum(points) AS points FROM loyalty.points_settlement WHERE tenant_id = $1 GROUP BY member),
        running AS (
            SELECT member, sequence, balance, sum(points) OVER (PARTITION BY member ORDER BY sequence) AS sum,
                row_number() OVER (PARTITION BY member ORDER BY sequence) AS place FROM loyalty.points_entry WHERE tenant_id = $1)
        SELECT m.member || ': balance ' || m.balance || ', entries ' || coalesce(s.points, 0) || ', lots ' || coalesce(s.opened, 0) + coalesce(s.moved, 0)
            FROM loyalty.points_member m LEFT JOIN sums s USING (member) LEFT JOIN holds h USING (member) LEFT JOIN settled t USING (member)
            WHERE m.tenant_id = $1 AND (
                m.balance <> coalesce(s.points, 0) OR m.entries <> coalesce(s.entries, 0) OR coalesce(s.last, 0) <> m.entries
                OR m.lifetime <> coalesce(s.lifetime, 0) OR m.held <> coalesce(h.held, 0)
                OR greatest(m.balance - m.held, 0) <> coalesce(s.opened, 0) + coalesce(s.moved, 0) + coalesce(t.points, 0) - coalesce(h.held, 0))
        UNION ALL SELECT 'entries without a member: ' || member FROM sums WHERE member NOT IN (SELECT member FROM loyalty.points_member WHERE tenant_id = $1)
        UNION ALL SELECT member || ' #' || sequence || ': balance ' || balance || ', sum ' || sum FROM running WHERE balance <> sum OR sequence <> place
        UNION ALL SELECT 'key twice: ' || source || ':' || id || ':' || expiry FROM loyalty.points_entry WHERE tenant_id = $1
            GROUP BY source, id, expiry HAVING count(*) > 1
        UNION ALL SELECT 'issued ' || b.issued FROM loyalty.points_book b
            WHERE b.tenant_id = $1 AND b.issued <> (SELECT coalesce(sum(lifetime), 0) FROM loyalty.points_member WHERE tenant_id = $1)
        """;

    /// <summary>Fails with what is wrong with a tenant's tables; reads as the owner, so that nothing is hidden.</summary>
    public static async Task CheckAsync(NpgsqlDataSource owner, string tenant)
    {
        var faults = new List<string>();
        await using var command = owner.CreateCommand(Faults);
        command.Parameters.AddWithValue(TenantId.FromName(tenant).Value);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            faults.Add(reader.GetString(0));
        }

        Assert.Empty(faults);
    }
}
