using Loyalty.Creators;
using Loyalty.Ingest.Creators;
using Loyalty.Messages;
using Loyalty.Orders;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Creators;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Rewards;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Points;
using Loyalty.Tests.Stores.Queue;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Schema;

/// <summary>Calls everything that the stores of a tenant in PostgreSQL can be asked for, so that together they send every statement.</summary>
internal static class EveryCall
{
    public static async Task UseAllAsync(TestDatabase database, string tenant, PostgresStoreOptions options)
    {
        await UseAllAsync(new PostgresMemberStore(database.App, tenant, options), tenant);
        await UseAllAsync(new PostgresScoreStore(database.App, tenant, Money.Currency.Get("USD"), options));
        await UseAllAsync([new PostgresPointsStore(database.App, tenant, options), new PostgresPointsStore(database.App, tenant, options)], tenant);
        await UseAllAsync(new PostgresCreatorStore(database.App, tenant, options), tenant);
        await UseAllAsync(database, new PostgresQueueStore(database.App, tenant, options));
        await UseAllAsync(new PostgresJobStore(database.App, tenant));
    }

    private static async Task UseAllAsync(PostgresMemberStore store, string tenant)
    {
        Video[] videos = [.. Enumerable.Range(0, 90).Select(static i => new Video($"c{i % 9}", $"{i % 80}", i % 30, 100 * (i % 20)))];
        Correction[] corrections = [new("a", "c1", 5, 700), new("b", "nobody", 5, 1), new("a", "c2", 5, 600)];
        await RunAsync(new StoreRun(40, videos, corrections, Cut: 20));
        await RunAsync(new StoreRun(41, videos, corrections, Cut: 20));
        await RunAsync(new StoreRun(80, [.. videos.Select(static v => v with { Sales = v.Sales + 1 })], [new("a", "c1", 6, 1)], Variant: 3, Cut: 20));
        await RunAsync(new StoreRun(120, [new("c1", "7", 50, 9)], [], Variant: 5));
        await RunAsync(new StoreRun(121, [], []));
        await store.RunAsync(Given.Program(tenant), Given.Date(122), static (session, token) =>
        {
            session.AddInput(new RunInput("videos.csv", 100, 0, new byte[32]));
            return session.ReviewAsync(token);
        });
        Assert.NotNull(await store.GetStatusAsync());
        Assert.NotNull(await store.FindProgressAsync("c1"));
        Assert.NotNull(await store.FindMemberAsync("c1"));
        Assert.NotNull(await store.FindMemberAsync("c1", Given.Date(60)));
        Assert.NotEmpty(await store.ReadMembersAsync().ToListAsync());
        Assert.NotEmpty(await store.ReadMissionsAsync().ToListAsync());
        Assert.True((await store.VerifyAsync()).IsRight);

        async Task RunAsync(StoreRun run) => Assert.DoesNotContain("Exception", await run.OnAsync(store, tenant), StringComparison.Ordinal);
    }

    private static async Task UseAllAsync(PostgresScoreStore store)
    {
        Sale[] sales = [.. Enumerable.Range(0, 60).Select(static i => new Sale($"{i}", $"c{i % 9}@x.com", i % 30, 40 * i, OrderStanding.Counts + (i % 3), Item: "an item"))];
        await RunAsync(new ScoringCase(40, OrderScope.All, [new Step.Put(sales), new Step.Link("c4@x.com", "c3@x.com")]));
        await RunAsync(new ScoringCase(40, OrderScope.All, [new Step.Put(sales)]));
        await RunAsync(new ScoringCase(75, OrderScope.Changes, [new Step.Put(sales[..5]), new Step.Remove("1"), new Step.Unlink("c4@x.com"), new Step.Link("c2@x.com", "c0@x.com")], Variant: 2));
        Sale[] credits = [Sale.Credit("r1", null, 80, "2", 10_000), Sale.Credit("r2", "c3@x.com", 85, "3", 10_000)];
        await RunAsync(new ScoringCase(75, OrderScope.Changes, [new Step.Put(credits)], Variant: 2));
        await RunAsync(new ScoringCase(80, OrderScope.Changes, [], Variant: 2));
        await RunAsync(new ScoringCase(81, OrderScope.Changes, [new Step.Put([credits[0] with { Refunded = 1 }, sales[2] with { Net = 7 }]), new Step.Remove("r2")], Variant: 2));
        await RunAsync(new ScoringCase(90, OrderScope.Changes, [new Step.Put([sales[7] with { Net = 3 }])], Variant: 3));
        await RunAsync(new ScoringCase(90, OrderScope.Changes, []));
        Assert.NotNull(await store.GetStatusAsync());
        Assert.NotNull(await store.ReadScoresAsync());
        Assert.NotNull(await store.ReadScoresAsync((await store.FindScoreAsync("c1@x.com"))!.Segment));
        Assert.NotNull(await store.FindTotalsAsync("c1@x.com"));
        var page = await store.ReadTimelineAsync("c1@x.com", null, 2);
        Assert.NotEmpty((await store.ReadTimelineAsync("c1@x.com", page.Next, 2)).Entries);
        await RunAsync(ScoringCase.All(91) with { Steps = [], Customers = sales[..12] });

        async Task RunAsync(ScoringCase run) => Assert.DoesNotContain("Exception", await run.OnAsync(store), StringComparison.Ordinal);
    }

    /// <summary>Two hosts take turns, so that each reads what the other wrote; together they send every statement of points.</summary>
    private static async Task UseAllAsync(PostgresPointsStore[] hosts, string tenant)
    {
        OrderRow[] orders = [.. Enumerable.Range(0, 40).Select(static n => new OrderRow($"o{n}", $"c{n % 9}", PointsGiven.Date(n), 1_000 * n))];
        await hosts[0].RunAsync(PointsGiven.Program(tenant, 4), 20, orders, [new("x1", "o9", PointsGiven.Date(9), 500), new("x2", "o39", PointsGiven.Date(39), 500)]);
        var result = await hosts[1].RunAsync(
            PointsGiven.Program(tenant, 4), 25, orders, [new("x3", "o9", PointsGiven.Date(22), 500)],
            [
                new("r1", "c7", PointsGiven.Date(22), "cup", RedemptionEvent.Claimed), new("r1", "c7", PointsGiven.Date(23), "cup", RedemptionEvent.Cancelled),
                new("r2", "c7", PointsGiven.Date(30), "tote", RedemptionEvent.Claimed), new("r2", "c7", PointsGiven.Date(31), "tote", RedemptionEvent.Fulfilled),
            ]);
        Assert.DoesNotContain(result.Redemptions, static r => r.IsRejected);
        var (day, now) = (PointsGiven.Date(25), PointsGiven.Noon.AddDays(25));
        await ApplyAsync(
            0,
            LedgerOperation.Adjust("a", "ann", day, 500, "gift"), LedgerOperation.Earn("e", "ann", day, 5_000), LedgerOperation.Redeem("r", "ann", day, 30),
            LedgerOperation.Transfer("t", "ann", "bob", day, 40), LedgerOperation.Reserve("h", "bob", day, 40, now.AddDays(1)), LedgerOperation.Reserve("h2", "ann", day, 9, now.AddDays(1)));
        await ApplyAsync(
            1,
            LedgerOperation.GiveBack("g", "r", day), LedgerOperation.Refund("x", "e", day, 1_000), LedgerOperation.Refund("y", "o18", day, 1_000),
            LedgerOperation.Adjust("out", "bob", day, -60, "error"), LedgerOperation.Release("free", "h", day), LedgerOperation.Commit("c", "h2", day, 4));
        await ApplyAsync(0, LedgerOperation.Reserve("h3", "ann", day, 9, now.AddDays(1)));
        Assert.Equal(1, await hosts[1].TimeOutHoldsAsync(now.AddDays(1)));
        var taken = await hosts[0].TakeRedemptionsAsync(
            [
                new(new RedemptionRow("now", "ann", day, "cup", RedemptionEvent.Claimed)), new(new RedemptionRow("now", "ann", day, "cup", RedemptionEvent.Cancelled)),
                new(new RedemptionRow("r2", "c7", day, "tote", RedemptionEvent.Cancelled)),
            ],
            day, now);
        Assert.Equal([false, false, true], taken.Select(static o => o.IsRejected));
        await hosts[0].RunAsync(PointsGiven.Program(tenant, 4), 90);
        Assert.NotNull(await hosts[0].GetStatusAsync());
        Assert.NotNull(await hosts[1].FindMemberAsync("c7"));
        Assert.NotEqual(0, (await hosts[1].FindAsOfAsync("ann", day))!.Balance);
        Assert.NotEmpty(await hosts[0].ReadMembersAsync().ToListAsync());
        Assert.Empty(await hosts[0].VerifyAsync());
        Assert.False(await hosts[0].Attempts.WasKeptAsync(Guid.CreateVersion7(), new TimeoutException(), CancellationToken.None));

        async Task ApplyAsync(int host, params LedgerOperation[] operations) => Assert.All(
            await hosts[host].ApplyAsync(operations, day, now), static r => Assert.Equal(LedgerOutcome.Applied, r.Outcome));
    }

    private static async Task UseAllAsync(PostgresCreatorStore store, string tenant)
    {
        var folder = Directory.CreateTempSubdirectory("loyalty-creators-").FullName;
        try
        {
            await ImportAsync(null, (CreatorSource.Euka, Euka(30)), (CreatorSource.Samples, Samples(30)));
            await ImportAsync(new DateOnly(2025, 6, 30), (CreatorSource.Phones, Phones(30)), (CreatorSource.Refunnel, Refunnel(30)), (CreatorSource.Videos, Videos(60)));
            await ImportAsync(new DateOnly(2025, 7, 31), (CreatorSource.Products, "Summary,,,\nAnalysis date: 01/04/2025~30/06/2025\nProduct Name,Product ID,GMV\nA case,7,$5.00\n"), (CreatorSource.Videos, Videos(70)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.NotNull(await store.GetStatusAsync());
        Assert.NotNull(await store.TagAsync("maker3", ["vip", "x"], []));
        Assert.NotNull(await store.TagAsync("maker3", [], ["x"]));
        Assert.NotNull(await store.RenameAsync("maker5", "maker6", new DateOnly(2025, 8, 1)));
        Assert.NotNull(await store.RenameAsync("maker7", "other7", new DateOnly(2025, 8, 1)));
        Communication[] log = [new() { Handle = "maker5", At = QueueGiven.Past.UtcDateTime, Channel = "email", Status = "sent", ExternalId = "m-1" }];
        Assert.Equal(1, await store.AppendCommunicationsAsync(log));
        Assert.Equal(0, await store.AppendCommunicationsAsync(log));
        Assert.NotEmpty(await store.ReadCommunicationsAsync("maker6"));
        Assert.NotNull(await store.FindAsync("maker6"));
        foreach (var query in (CreatorQuery[])
            [
                new(), new() { Search = "maker1" }, new() { Search = "a" }, new() { Search = "nobody anywhere" }, new() { Tag = "vip" }, new() { Brand = "Acme", Limit = 7 },
                new() { Badge = "none", Search = "make" }, new() { After = "maker2", Limit = 3 },
            ])
        {
            Assert.NotNull(await store.ListAsync(query));
        }

        Task ImportAsync(DateOnly? asOf, params (CreatorSource Source, string Text)[] files) => store.RunAsync(
            Given.Program(tenant),
            new CreatorImportOptions { Brand = "Acme", AsOf = asOf },
            async (run, token) =>
            {
                var read = new List<SourceStatements>();
                foreach (var (source, text) in files)
                {
                    var path = Path.Combine(folder, $"{source}.csv");
                    await File.WriteAllTextAsync(path, text, token);
                    read.Add(CreatorFiles.Read(source, path, new CreatorFileOptions(), static (in Ingest.Reject reject) => Assert.Fail($"line {reject.Line}: {reject.Reason}"), cancellationToken: token));
                }

                await run.TakeAsync(read, token);
                var outcome = await run.DecideAsync(token);
                Assert.NotEmpty(await run.ReadCreatorsAsync(token).ToListAsync(token));
                Assert.NotEmpty(await run.ReadSamplesAsync(token).ToListAsync(token));
                Assert.NotNull(await run.ReadVideosAsync(token).ToListAsync(token));
                Assert.NotNull(await run.ReadSnapshotsAsync(token).ToListAsync(token));
                Assert.NotNull(await run.ReadBrandLinksAsync(token).ToListAsync(token));
                return outcome;
            }).AsTask();
    }

    private static string Lines(string header, int count, Func<int, string> line) => header + "\n" + string.Concat(Enumerable.Range(0, count).Select(i => line(i) + "\n"));

    internal static string Euka(int count) => Lines(
        "handle,email,phone,address,ACME GMV ALL TIME,ACME VIDEOS POSTED ALL TIME,ACME LIVES ALL TIME,products_sampled", count,
        static i => $"maker{i},maker{i}@example.com,,,$0.15,14,2,");

    internal static string Samples(int count) => Lines(
        "Order ID,Order Status,SKU ID,Seller SKU,Product Name,Variation,Quantity,Created Time,Shipped Time,Delivered Time,Cancelled Time,Buyer Username,Recipient,Phone #,Country,State,City,Zipcode,Detail Address",
        count, static i => $"5764{i:D8},Completed,17{i % 3},S-{i % 3},A case,Red,1,06/{(i % 27) + 1:D2}/2025 10:00:00 AM,,,,maker{i},,,United States,Texas,Austin,78701,1 Main St");

    private static string Phones(int count) => Lines("Username,Recipient,First Name,Last Name,Phone #", count, static i => $"@maker{i},,Ann,Lee,+1 512-536-{2000 + i}");

    private static string Refunnel(int count) => Lines(
        "username,profile,followers,emv,gmv,platform,last_post,total_posts,likes,comments,shares,engagement,impressions", count,
        static i => $"maker{i},https://www.tiktok.com/@maker{i},{2300 + i},$1.02,$0.27,tiktok,2025-06-25,593,0,980,806,7854,40408");

    private static string Videos(int count) => Lines(
        "Video name,Video link,Video post date,Creator username,GMV,Affiliate items sold", count,
        static i => $"title {i},https://www.tiktok.com/@maker{i % 20}/video/74{i:D10},2025-06-{(i % 27) + 1:D2},maker{i % 20},${i * 100}.00,3");

    private static async Task UseAllAsync(TestDatabase database, PostgresQueueStore store)
    {
        Assert.True((await store.GetNowAsync()).Year > 2000);
        Assert.Equal(6, await store.EnqueueAsync(
            [
                QueueGiven.Operation("a", 1), QueueGiven.Operation("a", 2), QueueGiven.Operation("b", 1), QueueGiven.Message("a", 1), QueueGiven.Message("b", 1),
                new NewDelivery("", DeliveryKind.Event, "events", "a", "test", "", "{}", QueueGiven.Past),
            ]));
        await store.PutContactsAsync([new Contact("a", "a@example.com", "", "Ann", "", "en")]);
        await store.AppendConsentAsync([new ConsentEntry("a", MessageKind.Expired, "email", false, false, QueueGiven.Past, ConsentSource.Operator)]);
        Assert.Single(await store.ReadConsentAsync().ToListAsync());
        Assert.NotEmpty(await store.ReadCustomersAsync(["a", "b"]));
        var claimed = await store.ClaimAsync(QueueGiven.Claim(routes: [QueueRules.Operations, "email"]));
        Assert.NotEmpty(claimed);
        Assert.All(await store.ReportAsync([.. claimed.Select(static c => c.Begin())]), Assert.True);
        Assert.All(
            await store.ReportAsync([.. claimed.Select(static (c, i) => c.End(i == 0 ? QueueGiven.Parked : i == 1 ? QueueGiven.Again(QueueGiven.Past) : QueueGiven.Done))]), Assert.True);
        var given = await store.ClaimAsync(QueueGiven.Claim());
        await store.ReportAsync([.. given.Select(static c => new DeliveryReport(c, ReportKind.Release, "shop"))]);
        var parked = (await store.AllAsync()).First(static d => d.Status == DeliveryStatus.Parked);
        await store.FindBlockedAsync([parked.Customer]);
        Assert.NotEmpty(await store.CountAsync());
        Assert.Single(await store.FindAsync([parked.Key]));
        Assert.Equal(1, await store.RetryAsync([parked.Key]));
        Assert.Equal(1, await store.DropAsync([parked.Key], "no more"));
        Assert.Equal(0, await store.RetryAsync(null));

        // What a run stores in blocks, claimed when nothing else is left.
        await QueueBlockTests.RunAsync(database.App, store.Tenant, [QueueGiven.Operation("d", 1), QueueGiven.Operation("e", 1), QueueGiven.Operation("f", 1)]);
        while (await store.ClaimAsync(QueueGiven.Claim()) is { Count: > 0 } more)
        {
            Assert.All(await store.ReportAsync([.. more.Select(static c => c.End(QueueGiven.Done))]), Assert.True);
        }

        await QueueBlockTests.RunAsync(database.App, store.Tenant, [QueueGiven.Operation("d", 2), QueueGiven.Operation("e", 2), QueueGiven.Operation("f", 2)]);
        Assert.Equal(3, (await store.FindAsync(["enrollment:d-2:add", "enrollment:e-2:add", "enrollment:f-2:add"])).Count);
    }

    private static async Task UseAllAsync(PostgresJobStore store)
    {
        var (token, at, lease) = (Guid.NewGuid(), QueueGiven.Past, TimeSpan.FromMinutes(1));
        Assert.True(await store.TryBeginAsync("expiry", at, token, lease));
        Assert.False(await store.TryBeginAsync("expiry", at, Guid.NewGuid(), lease));
        Assert.True(await store.RenewAsync("expiry", at, token, lease));
        Assert.True(await store.EndAsync("expiry", at, token, null));
        Assert.True(await store.TryBeginAsync("expiry", at.AddDays(1), token, lease));
        Assert.True(await store.EndAsync("expiry", at.AddDays(1), token, "out of order"));
        Assert.Equal(JobState.Failed, (await store.FindLastAsync("expiry"))!.State);
        Assert.Equal(JobState.Done, (await store.FindLastAsync("expiry", JobState.Done))!.State);
    }
}
