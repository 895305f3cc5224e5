using Loyalty.Orders;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Scoring;
using Loyalty.Storage.InMemory.Scores;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Server;
using Loyalty.Tests.Stores.Sqlite;

namespace Loyalty.Tests.Stores.Scoring;

public sealed class InMemoryScoreTests : ScoreStoreContract
{
    protected override IScoreStore NewStore() => new InMemoryScoreStore();
}

public sealed class PostgresScoreTests(TestServer server) : ScoreStoreContract, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IScoreStore NewStore() => new PostgresScoreStore(_database.App, "acme", Money.Currency.Get("USD"));

    [Fact]
    public async Task S01_The_same_orders_twice_write_the_line_of_the_run_and_no_other_row()
    {
        var run = ScoringCase.All(40, [.. Enumerable.Range(0, 50).Select(static i => new Sale($"{i}", $"c{i % 9}@x.com", i, 10 * i))]);
        await run.OnAsync(NewStore());
        var before = await VersionsAsync();
        await run.OnAsync(NewStore());
        Assert.Equal(before, await VersionsAsync());

        // A changed word of one order writes that order and its totals, whose row is corrected by nothing; no score.
        await ScoringCase.Of(40, new Sale("7", "c7@x.com", 7, 70, Item: "another")).OnAsync(NewStore());
        Assert.Equal(["customer", "customer_order"], before.Except(await VersionsAsync(), StringComparer.Ordinal).Select(static v => v.Split(' ')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task S08_An_export_with_far_fewer_orders_is_stopped()
    {
        var store = new PostgresScoreStore(_database.App, "gate", Money.Currency.Get("USD"), new PostgresStoreOptions { Gate = new RunGate() });
        Sale[] sales = [.. Enumerable.Range(0, 100).Select(static i => new Sale($"{i}", $"c{i % 9}@x.com", i % 30, 10))];
        for (var day = 40; day < 43; day++)
        {
            await ScoringCase.All(day, sales).OnAsync(store);
        }

        var before = await ScoreDump.OfAsync(store);
        Assert.Equal("StoreException Suspicious", await ScoringCase.All(44, sales[..49]).OnAsync(store));
        Assert.Equal("StoreException Suspicious", await ScoringCase.All(44, [.. sales.Select(static s => s with { Net = 51 })]).OnAsync(store));
        Assert.Equal(before, await ScoreDump.OfAsync(store));
        Assert.DoesNotContain("Exception", await ScoringCase.Of(44, sales[0] with { Net = 9 }).OnAsync(store), StringComparison.Ordinal); // changes may be few
        Assert.DoesNotContain("Exception", await ScoringCase.All(45, sales[..50]).OnAsync(store), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_and_times_that_cannot_be_kept_are_named()
    {
        foreach (var (sale, word) in new[]
        {
            (new Sale("1\0", "a@x.com", 1, 1), "id"), (new Sale("1", "a\ud800@x.com", 1, 1), "customer"), (new Sale("1", "a@x.com", 1, 1, Item: "\0"), "NUL"),
            (new Sale("1", new string('a', 1_025), 1, 1), "1024 bytes"),
        })
        {
            await using var session = await NewStore().BeginRunAsync(ScoringProgram.Default, Given.Date(1), OrderScope.Changes);
            var e = await Assert.ThrowsAsync<ArgumentException>(async () => await session.PutAsync([sale.Order]));
            Assert.Contains(word, e.Message, StringComparison.Ordinal);
        }

        await using var other = await NewStore().BeginRunAsync(ScoringProgram.Default, Given.Date(1), OrderScope.Changes);
        var order = new Sale("1", "a@x.com", 1, 1).Order;
        await Assert.ThrowsAsync<ArgumentException>(async () => await other.PutAsync([order with { PlacedAt = order.PlacedAt.AddTicks(1) }]));
        Assert.Null(await NewStore().GetStatusAsync());
    }

    [Fact]
    public async Task Another_currency_is_refused()
    {
        await ScoringCase.Of(30, new Sale("1", "ann@x.com", 1, 10)).OnAsync(NewStore());
        Assert.Equal("StoreException OtherCurrency", await ScoringCase.Of(31).OnAsync(new PostgresScoreStore(_database.App, "acme", Money.Currency.Get("EUR"))));
    }

    private async Task<List<string>> VersionsAsync()
    {
        var versions = new List<string>();
        foreach (var table in (string[])["customer", "customer_email", "customer_order", "score"])
        {
            await using var command = _database.Owner.CreateCommand($"SELECT '{table} ' || ctid || ' ' || xmin || ' ' || md5(t::text) FROM loyalty.{table} t ORDER BY 1");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                versions.Add(reader.GetString(0));
            }
        }

        return versions;
    }
}

public sealed class PostgresGeneratedScoreRuns(TestServer server) : GeneratedScoreRuns, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IScoreStore NewStore(string tenant) => new PostgresScoreStore(_database.App, tenant, Money.Currency.Get("USD"));
}

public sealed class PostgresGeneratedScoreRunsWithSmallLimits(TestServer server) : GeneratedScoreRuns, IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    protected override IScoreStore NewStore(string tenant) =>
        new PostgresScoreStore(_database.App, tenant, Money.Currency.Get("USD"), new PostgresStoreOptions { Limits = StoreLimits.Small });
}

public sealed class SqliteScoreTests : ScoreStoreContract, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IScoreStore NewStore() => _folder.NewStore().Scores;
}

public sealed class SqliteGeneratedScoreRuns : GeneratedScoreRuns, IDisposable
{
    private readonly SqliteFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IScoreStore NewStore(string tenant) => _folder.NewStore().Scores;
}
