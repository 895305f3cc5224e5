using Loyalty.Decorator;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Tests.Stores.Server;
using Loyalty.Tests.Stores.Sqlite;

namespace Loyalty.Tests.Stores.Contract;

public sealed class InMemoryMemberTests : MemberStoreContract
{
    protected override IMemberStore NewStore(string tenant) => new InMemoryMemberStore();
}

public sealed class PostgresMemberTests(TestServer server) : MemberStoreContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IMemberStore NewStore(string tenant) => new PostgresMemberStore(_database.App, tenant);
}

public sealed class PostgresMemberTestsWithSmallLimits(TestServer server) : MemberStoreContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IMemberStore NewStore(string tenant) =>
        new PostgresMemberStore(_database.App, tenant, new PostgresStoreOptions { Limits = StoreLimits.Small });
}

public sealed class PostgresGeneratedMemberRuns(TestServer server) : GeneratedMemberRuns, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IMemberStore NewStore(string tenant) => new PostgresMemberStore(_database.App, tenant);
}

public sealed class PostgresGeneratedMemberRunsWithSmallLimits(TestServer server) : GeneratedMemberRuns, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IMemberStore NewStore(string tenant) =>
        new PostgresMemberStore(_database.App, tenant, new PostgresStoreOptions { Limits = StoreLimits.Small });
}

public sealed class SqliteMemberTests : MemberStoreContract, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IMemberStore NewStore(string tenant) => _folder.NewStore().Members;
}

public sealed class SqliteGeneratedMemberRuns : GeneratedMemberRuns, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IMemberStore NewStore(string tenant) => _folder.NewStore().Members;
}

public sealed class RememberingMemberTests : MemberStoreContract
{
    protected override IMemberStore NewStore(string tenant) => new RememberingMemberStore(new InMemoryMemberStore());
}

public sealed class RememberingGeneratedMemberRuns : GeneratedMemberRuns
{
    protected override IMemberStore NewStore(string tenant) => new RememberingMemberStore(new InMemoryMemberStore());
}
