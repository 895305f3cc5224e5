using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>Claims as versions before migration 0016 kept them: each with its row and its operation beside the redemption.</summary>
internal static class EarlierClaims
{
    private const string Rows =
        """
        INSERT INTO loyalty.points_happening (tenant_id, arrival, day, event, state, refusal, at_column, id, customer, reward)
        SELECT tenant_id, 0, claimed_on, 'claimed', 'taken', 'none', 'none', id, member, reward FROM loyalty.points_redemption r
        WHERE tenant_id = $1 AND status <> 'refused'
        AND NOT EXISTS (SELECT FROM loyalty.points_happening h WHERE h.tenant_id = r.tenant_id AND h.id = r.id AND h.event = 'claimed')
        """;

    private const string Operations =
        """
        INSERT INTO loyalty.points_operation (tenant_id, amount, points, version, number, result_points, balance, shortfall, refunded, first_sequence, entries,
            lot, bonus_lot, day, is_given_back, kind, id, outcome, hold_state, member)
        SELECT tenant_id, 0, -points, 1, 0, points, balance, 0, 0, sequence, 1, sequence, -1, effective_on, false, 'redeem', id, 'applied', 'none', member
        FROM loyalty.points_entry e WHERE tenant_id = $1 AND source = 'redeemed'
        AND NOT EXISTS (SELECT FROM loyalty.points_operation o WHERE o.tenant_id = e.tenant_id AND o.kind = 'redeem' AND o.id = e.id)
        """;

    /// <summary>Adds what an earlier version would have written of the claims of a tenant.</summary>
    /// <returns>How many rows and operations there were not.</returns>
    public static async Task<(int Rows, int Operations)> AddAsync(NpgsqlDataSource owner, string tenant) =>
        (await AddAsync(owner, tenant, Rows), await AddAsync(owner, tenant, Operations));

    private static async Task<int> AddAsync(NpgsqlDataSource owner, string tenant, string sql)
    {
        await using var command = owner.CreateCommand(sql);
        command.Parameters.AddWithValue(TenantId.FromName(tenant).Value);
        return await command.ExecuteNonQueryAsync();
    }
}
