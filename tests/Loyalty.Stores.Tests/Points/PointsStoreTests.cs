using Loyalty.Postgres.Points;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.Points;
using Loyalty.Tests.Stores.Server;
using Loyalty.Tests.Stores.Sqlite;

namespace Loyalty.Tests.Stores.Points;

public sealed class InMemoryPointsTests : PointsStoreContract
{
    protected override IPointsStore NewStore(string tenant) => new InMemoryPointsStore();
}

public sealed class PostgresPointsTests(TestServer server) : PointsStoreContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    protected override bool TellsOpenRuns => false;

    public void Dispose() => _database.Dispose();

    protected override IPointsStore NewStore(string tenant) => new PostgresPointsStore(_database.App, tenant);
}

public sealed class SqlitePointsTests : PointsStoreContract, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IPointsStore NewStore(string tenant) => _folder.NewStore().Points;
}

public sealed class PostgresGeneratedPointsRuns(TestServer server) : GeneratedPointsRuns, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IPointsStore OpenStore(string tenant) => new PostgresPointsStore(_database.App, tenant);

    protected override Task CheckAsync(string tenant) => PointsInvariants.CheckAsync(_database.Owner, tenant);
}

/// <summary>In a database of an earlier version: what it wrote of claims stands beside what this one writes.</summary>
public sealed class PostgresGeneratedPointsRunsAfterEarlierClaims(TestServer server) : GeneratedPointsRuns, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IPointsStore OpenStore(string tenant) => new PostgresPointsStore(_database.App, tenant);

    protected override async Task CheckAsync(string tenant)
    {
        await EarlierClaims.AddAsync(_database.Owner, tenant);
        await PointsInvariants.CheckAsync(_database.Owner, tenant);
    }
}

public sealed class PostgresGeneratedPointsRunsWithSmallLimits(TestServer server) : GeneratedPointsRuns, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IPointsStore OpenStore(string tenant) =>
        new PostgresPointsStore(_database.App, tenant, new PostgresStoreOptions { Limits = StoreLimits.Small });

    protected override Task CheckAsync(string tenant) => PointsInvariants.CheckAsync(_database.Owner, tenant);
}

public sealed class SqliteGeneratedPointsRuns : GeneratedPointsRuns, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IPointsStore OpenStore(string tenant) => _folder.Open(_folder.PathOf(tenant)).Points;
}

public sealed class InMemoryHoldTimeOutTests : HoldTimeOutContract
{
    protected override IPointsStore NewStore(string tenant) => new InMemoryPointsStore();
}

public sealed class PostgresHoldTimeOutTests(TestServer server) : HoldTimeOutContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    protected override bool TellsOpenRuns => false;

    public void Dispose() => _database.Dispose();

    protected override IPointsStore NewStore(string tenant) => new PostgresPointsStore(_database.App, tenant);
}

public sealed class SqliteHoldTimeOutTests : HoldTimeOutContract, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IPointsStore NewStore(string tenant) => _folder.NewStore(tenant).Points;
}
