using Loyalty.Money;
using Loyalty.Postgres.Creators;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Npgsql;

namespace Loyalty.Postgres;

/// <summary>A tenant's store in PostgreSQL 15 to 18, or in the same schema distributed by tenant.</summary>
/// <remarks>
/// <para>Thread-safe. Connections come from the caller's data source and are given back after each call; a run holds one.</para>
/// <para>
/// The schema is made by <see cref="Migrations.Migrator"/>. The connecting role should be a member of <c>loyalty_app</c> and neither owner, superuser
/// nor BYPASSRLS: then row level security keeps tenants apart even where a statement forgot to.
/// </para>
/// <para>One object for each tenant and process is best: callers of the points that wait at the same time share a transaction.</para>
/// </remarks>
public sealed class PostgresLoyaltyStore : ILoyaltyStore
{
    // The only statement across tenants; row level security narrows it.
    private static readonly string TenantsSql = "SELECT name FROM loyalty.tenant ORDER BY name";

    /// <summary>Creates the store of a tenant; nothing is asked of the server yet.</summary>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="tenant">The tenant, as its program names it.</param>
    /// <param name="currency">The currency of all amounts.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is blank.</exception>
    public PostgresLoyaltyStore(NpgsqlDataSource dataSource, string tenant, Currency currency, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(currency);
        TenantId = TenantId.FromName(tenant);
        Tenant = tenant;
        Currency = currency;
        Members = new PostgresMemberStore(dataSource, tenant, options) { Currency = currency };
        Scores = new PostgresScoreStore(dataSource, tenant, currency, options);
        Points = new PostgresPointsStore(dataSource, tenant, options) { Currency = currency };
        Creators = new PostgresCreatorStore(dataSource, tenant, options) { Currency = currency };
        Queue = new PostgresQueueStore(dataSource, tenant, options);
    }

    /// <inheritdoc/>
    public string Tenant { get; }

    /// <summary>The number of the tenant in the database.</summary>
    public TenantId TenantId { get; }

    /// <inheritdoc/>
    public Currency Currency { get; }

    /// <inheritdoc/>
    public IMemberStore Members { get; }

    /// <inheritdoc/>
    public IScoreStore Scores { get; }

    /// <inheritdoc/>
    public IPointsStore Points { get; }

    /// <inheritdoc/>
    public ICreatorStore Creators { get; }

    /// <inheritdoc/>
    public IQueueStore Queue { get; }

    /// <summary>
    /// The tenants that the connecting role may see, in ordinal order: all for the owner's superuser, none for the application's role, which
    /// sees one tenant at a time. For tools that were not told which tenant is meant.
    /// </summary>
    /// <exception cref="StoreException">The server cannot be reached or has no tables.</exception>
    public static async ValueTask<IReadOnlyList<string>> ListTenantsAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        try
        {
            var names = new List<string>();
            var command = dataSource.CreateCommand(TenantsSql);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        names.Add(reader.GetString(0));
                    }
                }
            }

            return names;
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }
}
