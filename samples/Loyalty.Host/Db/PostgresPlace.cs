using Loyalty.Postgres.Members;
using Npgsql;

namespace Loyalty.Host.Db;

/// <summary>The PostgreSQL store that a connection string names; disposed, it gives up its connections.</summary>
internal sealed class PostgresPlace : IDisposable
{
    private readonly NpgsqlDataSource _source;

    private PostgresPlace(NpgsqlDataSource source, PostgresStore store)
    {
        _source = source;
        Store = store;
    }

    public PostgresStore Store { get; }

    /// <summary>The store of a tenant.</summary>
    public static PostgresPlace Open(string connection, string tenant)
    {
        var source = DatabaseCommand.Open(connection);
        return new PostgresPlace(source, new PostgresStore(source, tenant));
    }

    /// <summary>The store of the only tenant that the connection may see, for commands that were told none.</summary>
    public static async Task<PostgresPlace> OpenOnlyAsync(string connection, CancellationToken cancellation)
    {
        var source = DatabaseCommand.Open(connection);
        try
        {
            var tenants = await PostgresStore.ListTenantsAsync(source, cancellation);
            return tenants switch
            {
                [var tenant] => new PostgresPlace(source, new PostgresStore(source, tenant)),
                [] => throw new CommandException(
                    "the connection sees no tenant: the application's role sees one only when it is named; give --tenant NAME or --program FILE."),
                _ => throw new CommandException(
                    $"the database has {tenants.Count} tenants; give --tenant NAME or --program FILE."),
            };
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    public void Dispose() => _source.Dispose();
}
