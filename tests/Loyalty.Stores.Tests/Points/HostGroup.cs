using System.Data;
using Loyalty.Points.Ledger;
using Loyalty.Postgres.Points;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Points;

/// <summary>Several processes of one tenant, as far as the database can tell: stores that share nothing but a pool, which has a connection for each.</summary>
internal sealed class HostGroup : IDisposable
{
    /// <summary>How many work at the same time.</summary>
    public const int Writers = 64;

    private readonly NpgsqlDataSource _source;
    private readonly PostgresPointsStore[] _hosts;

    public HostGroup(TestDatabase database, string tenant, int count, IsolationLevel isolation)
    {
        _source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.AppConnectionString) { MaxPoolSize = Math.Max(count, 10) }.ConnectionString);
        _hosts = [.. Enumerable.Range(0, count).Select(_ => new PostgresPointsStore(_source, tenant, HostOptions.At(isolation)))];
    }

    public PostgresPointsStore First => _hosts[0];

    public PostgresPointsStore this[int host] => _hosts[host];

    public async Task<LedgerResult[]> AllAsync(Func<PostgresPointsStore, int, Task<LedgerResult>> work) =>
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => work(_hosts[i % _hosts.Length], i))));

    public void Dispose() => _source.Dispose();
}
