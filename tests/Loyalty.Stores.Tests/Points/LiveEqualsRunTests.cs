using System.Globalization;
using Loyalty.Postgres;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Points;
using Loyalty.Tests.Stores.Server;
using Loyalty.Tests.Stores.Sqlite;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

public sealed class SqliteLiveEqualsRunTests : LiveEqualsRun, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IPointsStore OpenAlone(string tenant) => _folder.Open(_folder.PathOf($"{tenant}-alone"), tenant).Points;

    protected override IPointsStore OpenLive(string tenant, int seed) => _folder.Open(_folder.PathOf($"{tenant}-live"), tenant).Points;
}

/// <summary>In two databases, whose tables are looked at, too; two hosts take turns.</summary>
public sealed class PostgresLiveEqualsRunTests(TestServer server) : LiveEqualsRun, IDisposable
{
    /// <summary>What tells when and in which order something came, not what; and what the ledger answered where entries tell it, too.</summary>
    private const string Bookkeeping =
        "'{tenant_id,version,number,arrival,arrivals,outcome,result_points,balance,shortfall,refunded,first_sequence,entries,lot,bonus_lot,is_given_back}'::text[]";

    private readonly TestDatabase _alone = server.CreateDatabase();
    private readonly TestDatabase _live = server.CreateDatabase();

    public void Dispose()
    {
        _alone.Dispose();
        _live.Dispose();
    }

    protected override IPointsStore OpenAlone(string tenant) => new PostgresPointsStore(_alone.App, tenant);

    /// <summary>Where every limit is crossed each host remembers next to nothing.</summary>
    protected override IPointsStore OpenLive(string tenant, int seed) =>
        new PostgresPointsStore(_live.App, tenant, new PostgresStoreOptions { Limits = seed % 3 == 0 ? StoreLimits.Small : StoreLimits.Standard });

    protected override async Task CheckAsync(string tenant)
    {
        foreach (var table in (string[])["member", "entry", "settlement", "operation", "order", "refund", "happening", "redemption", "enrollment", "discount", "book"])
        {
            Assert.Equal(await TableAsync(_alone.Owner, table, TenantId.FromName(tenant)), await TableAsync(_live.Owner, table, TenantId.FromName(tenant)));
        }
    }

    private static async Task<string> TableAsync(NpgsqlDataSource source, string table, TenantId tenant)
    {
        await using var command = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT coalesce(string_agg((to_jsonb(t) - {Bookkeeping})::text, E'\\n' ORDER BY (to_jsonb(t) - {Bookkeeping})::text), '') FROM loyalty.points_{table} t WHERE tenant_id = {tenant}"));
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
