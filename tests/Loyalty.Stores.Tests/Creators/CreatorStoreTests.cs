using Loyalty.Postgres.Creators;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory.Creators;
using Loyalty.Testing.Creators;
using Loyalty.Tests.Stores.Server;
using Loyalty.Tests.Stores.Sqlite;

namespace Loyalty.Tests.Stores.Creators;

public sealed class InMemoryCreatorTests : CreatorStoreContract
{
    protected override ICreatorStore NewStore(string tenant) => new InMemoryCreatorStore();
}

public sealed class PostgresCreatorTests(TestServer server) : CreatorStoreContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override ICreatorStore NewStore(string tenant) => new PostgresCreatorStore(_database.App, tenant);
}

public sealed class SqliteCreatorTests : CreatorStoreContract, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override ICreatorStore NewStore(string tenant) => _folder.NewStore(tenant).Creators;
}

public sealed class PostgresGeneratedImports(TestServer server) : GeneratedImports, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override ICreatorStore NewStore(string tenant) => new PostgresCreatorStore(_database.App, tenant);
}

public sealed class SqliteGeneratedImports : GeneratedImports, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override ICreatorStore NewStore(string tenant) => _folder.NewStore(tenant).Creators;
}
