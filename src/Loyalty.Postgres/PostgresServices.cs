using Loyalty.DependencyInjection;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Loyalty.Postgres;

/// <summary>Adds the PostgreSQL store to an application's services.</summary>
public static class PostgresServices
{
    /// <summary>
    /// Keeps the program's tenant in PostgreSQL: registers a <see cref="PostgresStore"/>, also as the <see cref="ILoyaltyStore"/>, as a
    /// singleton. A <see cref="TimeProvider"/> and an <see cref="ILoggerFactory"/> among the services are used unless
    /// <paramref name="options"/> are given.
    /// </summary>
    /// <param name="builder">What <c>AddLoyalty</c> returned.</param>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    public static LoyaltyBuilder UsePostgres(this LoyaltyBuilder builder, NpgsqlDataSource dataSource, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        var tenant = builder.Program.Tenant;
        builder.Services.AddSingleton(services => new PostgresStore(dataSource, tenant, options ?? new PostgresStoreOptions
        {
            TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System,
            LoggerFactory = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        }));
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoyaltyStore>(static services => services.GetRequiredService<PostgresStore>()));
        return builder;
    }
}
