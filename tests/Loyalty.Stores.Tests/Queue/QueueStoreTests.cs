using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Queue;
using Loyalty.Tests.Stores.Server;
using Loyalty.Tests.Stores.Sqlite;

namespace Loyalty.Tests.Stores.Queue;

public sealed class InMemoryQueueTests : QueueStoreContract
{
    protected override IQueueStore NewStore(string tenant) => new InMemoryQueueStore(TimeProvider.System);
}

public sealed class PostgresQueueTests(TestServer server) : QueueStoreContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IQueueStore NewStore(string tenant) => new PostgresQueueStore(_database.App, tenant);
}

public sealed class SqliteQueueTests : QueueStoreContract, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IQueueStore NewStore(string tenant) => _folder.NewStore(tenant).Queue;
}

/// <summary>The same with blocks so small that every few deliveries go by COPY, in several blocks.</summary>
public sealed class PostgresQueueInSmallBlocksTests(TestServer server) : QueueStoreContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IQueueStore NewStore(string tenant) => new PostgresQueueStore(_database.App, tenant, new PostgresStoreOptions { Limits = StoreLimits.Small });
}

public sealed class PostgresGeneratedQueueHistoriesInSmallBlocks(TestServer server) : GeneratedQueueHistories, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IQueueStore NewStore(string tenant) => new PostgresQueueStore(_database.App, tenant, new PostgresStoreOptions { Limits = StoreLimits.Small });
}

public sealed class PostgresGeneratedQueueHistories(TestServer server) : GeneratedQueueHistories, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IQueueStore NewStore(string tenant) => new PostgresQueueStore(_database.App, tenant);
}

public sealed class SqliteGeneratedQueueHistories : GeneratedQueueHistories, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IQueueStore NewStore(string tenant) => _folder.NewStore(tenant).Queue;
}
