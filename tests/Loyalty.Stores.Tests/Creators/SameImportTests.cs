using Loyalty.Creators;
using Loyalty.Postgres.Creators;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory.Creators;
using Loyalty.Testing.Creators;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Creators;

/// <summary>
/// A run that is given what the last one was given loads nothing: what somebody changed in a table meanwhile tells whether it was looked at. Any other run looks,
/// and what it comes to is what the store in memory comes to.
/// </summary>
public sealed class SameImportTests(TestServer server) : IDisposable
{
    private const string Tenant = "acme";

    private static readonly Export Phones = new(CreatorSource.Phones, "phones.csv", new("ann", "ann@x.example", "Ann"), new("bob", "bob@x.example", "Bob"));

    private static readonly Export Samples = new(CreatorSource.Samples, "samples.csv", new("ann", "ann@other.example", Order: "o1"), new("bob", Order: "o2"));

    private static readonly Export Figures = new(CreatorSource.Refunnel, "refunnel.csv", new("ann", Gmv: 70), new("eve", Gmv: 80));

    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task I01_The_same_files_again_are_known_without_looking_at_what_is_stored()
    {
        var (store, memory) = await FirstAsync();
        Spoil();
        Assert.Contains("Spoilt", await store.ImportAsync(Tenant, [Phones, Samples, Figures]), StringComparison.Ordinal);
        Mend();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(await memory.ImportAsync(Tenant, [Phones, Samples, Figures]), await store.ImportAsync(Tenant, [Phones, Samples, Figures]));
            Assert.Equal(await memory.DumpAsync(), await store.DumpAsync());
        }

        Assert.Equal(4L, Count("SELECT count(*) FROM loyalty.creator_run"));
        Assert.Equal(3L, Count("SELECT count(*) FROM loyalty.creator_import"));
    }

    [Theory]
    [InlineData("order")]
    [InlineData("fewer")]
    [InlineData("brand")]
    [InlineData("date")]
    [InlineData("edited")]
    [InlineData("read otherwise")]
    [InlineData("no fingerprint")]
    public async Task Anything_else_is_looked_at(string what)
    {
        var (store, memory) = await FirstAsync();
        Spoil();
        var options = what switch { "brand" => CreatorGiven.Options(brand: "Other"), "date" => CreatorGiven.Options(day: 91), _ => CreatorGiven.Options() };
        Export[] files = what switch
        {
            "order" => [Samples, Phones, Figures],
            "fewer" => [Phones, Samples],
            "edited" => [Phones with { File = "phones-2.csv", Rows = [.. Phones.Rows, new("eve", "eve@x.example", "Eve")] }, Samples, Figures],
            "read otherwise" => [Phones with { Rows = [Phones.Rows[0], new("bob", "bob@x.example", "Robert")] }, Samples, Figures],
            _ => [Phones, Samples, Figures],
        };
        Assert.Equal(await RunAsync(memory, files, options, what), await RunAsync(store, files, options, what));
        Assert.Equal(0L, Count("SELECT count(*) FROM loyalty.creator WHERE first_name = 'Spoilt'"));
        Assert.Equal(await memory.DumpAsync(), await store.DumpAsync());
    }

    [Fact]
    public async Task After_another_import_or_another_handle_the_same_files_are_looked_at()
    {
        var (store, memory) = await FirstAsync();
        var other = new Export(CreatorSource.Phones, "later.csv", new ExportRow("ann", "ann@later.example", "Anna"));
        foreach (var each in (ICreatorStore[])[store, memory])
        {
            await each.ImportAsync(Tenant, [other]);
        }

        Assert.Equal(await memory.ImportAsync(Tenant, [Phones, Samples, Figures]), await store.ImportAsync(Tenant, [Phones, Samples, Figures]));
        foreach (var each in (ICreatorStore[])[store, memory])
        {
            await each.RenameAsync("ann", "ann.b", CreatorGiven.Date(95));
            await each.TagAsync("bob", ["vip"], []);
        }

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(await memory.ImportAsync(Tenant, [Phones, Samples, Figures]), await store.ImportAsync(Tenant, [Phones, Samples, Figures]));
            Assert.Equal(await memory.DumpAsync(), await store.DumpAsync());
        }
    }

    [Fact]
    public async Task A_run_that_was_given_up_is_no_last_run()
    {
        var (store, memory) = await FirstAsync();
        var other = new Export(CreatorSource.Phones, "later.csv", new ExportRow("ann", "ann@later.example", "Anna"));
        await store.ImportAsync(Tenant, [other], isKept: false);
        Assert.Equal(await memory.ImportAsync(Tenant, [other]), await store.ImportAsync(Tenant, [other]));
        Assert.Equal(await memory.DumpAsync(), await store.DumpAsync());
    }

    private static async Task<int> RunAsync(ICreatorStore store, Export[] files, CreatorImportOptions options, string what)
    {
        var outcome = await store.RunAsync(CreatorGiven.Program(Tenant), options, async (run, stop) =>
        {
            var statements = files.Select(static f => f.Statements()).ToArray();
            if (what == "no fingerprint")
            {
                statements[0].Fingerprint = "";
            }

            await run.TakeAsync(statements, stop);
            return await run.DecideAsync(stop);
        });
        return outcome.Totals.Creators;
    }

    private async Task<(PostgresCreatorStore Store, InMemoryCreatorStore Memory)> FirstAsync()
    {
        var (store, memory) = (new PostgresCreatorStore(_database.App, Tenant), new InMemoryCreatorStore());
        Assert.Equal(await memory.ImportAsync(Tenant, [Phones, Samples, Figures]), await store.ImportAsync(Tenant, [Phones, Samples, Figures]));
        return (store, memory);
    }

    private void Spoil() => Execute("UPDATE loyalty.creator SET first_name = 'Spoilt' WHERE handle = 'ann'");

    private void Mend() => Execute("UPDATE loyalty.creator SET first_name = 'Ann' WHERE handle = 'ann'");

    private void Execute(string sql)
    {
        using var command = _database.Owner.CreateCommand(sql);
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private long Count(string sql)
    {
        using var command = _database.Owner.CreateCommand(sql);
        return (long)command.ExecuteScalar()!;
    }
}
