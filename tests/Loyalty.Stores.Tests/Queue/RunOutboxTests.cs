using Loyalty.Messages;
using Loyalty.Money;
using Loyalty.Postgres;
using Loyalty.Queue;
using Loyalty.Storage;
using Loyalty.Storage.InMemory;
using Loyalty.Testing.Points;
using Loyalty.Tests.Stores.Server;
using Loyalty.Tests.Stores.Sqlite;

namespace Loyalty.Tests.Stores.Queue;

/// <summary>What a run hands to the queue: refused where it comes in, so that no commit ends in its middle.</summary>
public sealed class RunOutboxTests(TestServer server) : IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();
    private readonly SqliteFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _database.Dispose();
    }

    [Theory]
    [InlineData("in memory")]
    [InlineData("postgres")]
    [InlineData("sqlite")]
    public async Task What_no_store_can_keep_is_refused_by_the_outbox_and_the_run_goes_on_without_it(string which)
    {
        var store = Open(which);
        var good = new NewDelivery("k-1", DeliveryKind.Operation, QueueRules.Operations, "ann", "add", "", "{}", DateTimeOffset.UnixEpoch);
        var contact = new Contact("ann", "ann@x.example", "", "", "", "");
        await using (var run = await store.Points.BeginRunAsync(PointsGiven.Program("acme"), PointsGiven.Date(1), PointsGiven.Noon))
        {
            await run.CloseDaysAsync();
            await run.Outbox.PutContactsAsync([contact]);
            await Assert.ThrowsAsync<ArgumentException>(async () => await run.Outbox.PutContactsAsync([contact with { LastName = "half \ud800" }]));
            await Assert.ThrowsAsync<ArgumentException>(async () => await run.Outbox.AppendConsentAsync([new("\0", null, null, false, false, DateTimeOffset.UnixEpoch, ConsentSource.Import)]));
            await Assert.ThrowsAsync<ArgumentException>(async () => await run.Outbox.EnqueueAsync([good with { Key = "k-0" }, good with { Key = "" }]));
            await run.Outbox.EnqueueAsync([good]);
            await run.CommitAsync();
        }

        Assert.Equal(["k-1"], (await store.Queue.FindAsync(["k-0", "k-1"])).Select(static d => d.Key));
        Assert.Equal(contact, (await store.Queue.ReadCustomersAsync(["ann"]))["ann"].Contact);
        Assert.Equal(PointsGiven.Date(1), (await store.Points.GetStatusAsync())!.AsOf);
    }

    private ILoyaltyStore Open(string which) => which switch
    {
        "in memory" => new InMemoryLoyaltyStore("acme", Currency.Get("USD"), TimeProvider.System),
        "postgres" => new PostgresLoyaltyStore(_database.App, "acme", Currency.Get("USD")),
        _ => _folder.NewStore(),
    };
}
