using Loyalty.DependencyInjection;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Loyalty.Postgres;

/// <summary>Adds the PostgreSQL store to an application's services.</summary>
public static class PostgresServices
{
    /// <summary>
    /// Keeps the tenant in PostgreSQL: its <see cref="ILoyaltyStore"/> is a <see cref="PostgresLoyaltyStore"/>. A <see cref="TimeProvider"/> and an
    /// <see cref="ILoggerFactory"/> among the services are used unless <paramref name="options"/> are given.
    /// </summary>
    /// <param name="builder">What <c>AddLoyalty</c> returned.</param>
    /// <param name="dataSource">Gives connections; stays the caller's. Several tenants may share one.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    /// <exception cref="InvalidOperationException">The tenant has a store already.</exception>
    public static LoyaltyBuilder UsePostgres(this LoyaltyBuilder builder, NpgsqlDataSource dataSource, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        return builder.UseStore(services => Create(services, builder, dataSource, options));
    }

    /// <summary>Keeps the tenant in PostgreSQL, over the <see cref="NpgsqlDataSource"/> among the services.</summary>
    /// <param name="builder">What <c>AddLoyalty</c> returned.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    /// <exception cref="InvalidOperationException">The tenant has a store already.</exception>
    public static LoyaltyBuilder UsePostgres(this LoyaltyBuilder builder, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseStore(services => Create(services, builder, services.GetRequiredService<NpgsqlDataSource>(), options));
    }

    private static PostgresLoyaltyStore Create(IServiceProvider services, LoyaltyBuilder builder, NpgsqlDataSource dataSource, PostgresStoreOptions? options) =>
        new(dataSource, builder.Program.Tenant, builder.Program.Currency, options ?? new PostgresStoreOptions
        {
            TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System,
            LoggerFactory = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        });
}
