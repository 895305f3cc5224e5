using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Npgsql;

namespace Loyalty.Tests.Stores.Faults;

/// <summary>All rows of a tenant in all tables, as text; ids and times of runs, places of operations and hashes aside, which differ from run to run and from tenant to tenant.</summary>
internal static class RawState
{
    private const string Sql =
        """
        SELECT string_agg(line, E'\n' ORDER BY line) FROM (
            SELECT 'tenant ' || (to_jsonb(t) - 'tenant_id' - 'name' - 'program_digest')::text AS line FROM loyalty.tenant t WHERE tenant_id = $1
            UNION ALL SELECT 'program ' || replace(json, $2, '?') FROM loyalty.program WHERE tenant_id = $1
            UNION ALL SELECT 'member ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.member t WHERE tenant_id = $1
            UNION ALL SELECT 'activity ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.activity t WHERE tenant_id = $1
            UNION ALL SELECT 'adjustment ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.adjustment t WHERE tenant_id = $1
            UNION ALL SELECT 'decision ' || (to_jsonb(t) - 'tenant_id' - 'run_id')::text FROM loyalty.decision t WHERE tenant_id = $1
            UNION ALL SELECT 'mission ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.mission_instance t WHERE tenant_id = $1
            UNION ALL SELECT 'run ' || (to_jsonb(t) - 'tenant_id' - 'run_id' - 'started_at' - 'completed_at' - 'program_digest')::text FROM loyalty.run t WHERE tenant_id = $1
            UNION ALL SELECT 'input ' || (to_jsonb(t) - 'tenant_id' - 'run_id')::text FROM loyalty.run_input t WHERE tenant_id = $1
            UNION ALL SELECT 'scoring ' || (to_jsonb(t) - 'tenant_id' - 'name')::text FROM loyalty.scoring t WHERE tenant_id = $1
            UNION ALL SELECT 'customer ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.customer t WHERE tenant_id = $1
            UNION ALL SELECT 'email ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.customer_email t WHERE tenant_id = $1
            UNION ALL SELECT 'order ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.customer_order t WHERE tenant_id = $1
            UNION ALL SELECT 'score ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.score t WHERE tenant_id = $1
            UNION ALL SELECT 'score run ' || (to_jsonb(t) - 'tenant_id' - 'run_id' - 'started_at' - 'completed_at')::text FROM loyalty.score_run t WHERE tenant_id = $1
            UNION ALL SELECT 'points book ' || (to_jsonb(t) - 'tenant_id' - 'name' - 'program_digest')::text FROM loyalty.points_book t WHERE tenant_id = $1
            UNION ALL SELECT 'points program ' || replace(json, $2, '?') FROM loyalty.points_program WHERE tenant_id = $1
            UNION ALL SELECT 'points member ' || (to_jsonb(t) - 'tenant_id' - 'head')::text FROM loyalty.points_member t WHERE tenant_id = $1
            UNION ALL SELECT 'points entry ' || (to_jsonb(t) - 'tenant_id' - 'hash')::text FROM loyalty.points_entry t WHERE tenant_id = $1
            UNION ALL SELECT 'points settlement ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.points_settlement t WHERE tenant_id = $1
            UNION ALL SELECT 'points operation ' || (to_jsonb(t) - 'tenant_id' - 'number')::text FROM loyalty.points_operation t WHERE tenant_id = $1
            UNION ALL SELECT 'points order ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.points_order t WHERE tenant_id = $1
            UNION ALL SELECT 'points refund ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.points_refund t WHERE tenant_id = $1
            UNION ALL SELECT 'points happening ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.points_happening t WHERE tenant_id = $1
            UNION ALL SELECT 'points redemption ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.points_redemption t WHERE tenant_id = $1
            UNION ALL SELECT 'points enrollment ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.points_enrollment t WHERE tenant_id = $1
            UNION ALL SELECT 'points discount ' || (to_jsonb(t) - 'tenant_id')::text FROM loyalty.points_discount t WHERE tenant_id = $1
            UNION ALL SELECT 'points run ' || (to_jsonb(t) - 'tenant_id' - 'run_id' - 'started_at' - 'completed_at' - 'program_digest')::text FROM loyalty.points_run t WHERE tenant_id = $1
        ) all_rows
        """;

    /// <summary>Reads as the owner, so that nothing is hidden.</summary>
    public static async Task<string> OfAsync(NpgsqlDataSource owner, string tenant)
    {
        await using var command = owner.CreateCommand(Sql);
        command.Parameters.AddWithValue(TenantId.FromName(tenant).Value);
        command.Parameters.AddWithValue(tenant);
        return await command.ExecuteScalarAsync() as string ?? "nothing";
    }
}
