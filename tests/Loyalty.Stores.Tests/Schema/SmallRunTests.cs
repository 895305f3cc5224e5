using System.Text;
using System.Text.Json;
using Loyalty.Orders;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Queue;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Rewards;
using Loyalty.Scoring;
using Loyalty.Storage.Scores;
using Loyalty.Testing.Members;
using Loyalty.Testing.Scores;
using Loyalty.Tests.Stores.Points;
using Loyalty.Tests.Stores.Queue;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Schema;

/// <summary>A run whose input is small reads little of what is stored, however much that is: told by the plans that the server logs, each statement by itself.</summary>
public sealed class SmallRunTests
{
    private const int Staged = 5;
    private const int MostReadForEach = 50;

    /// <summary>With statistics of the tables and without any, as right after a first load; and with plans that connections keep from when all tables were empty.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task F26_A_small_run_reads_at_most_fifty_stored_rows_for_each_staged_one(bool isAnalyzed, bool isPlannedBefore)
    {
        using var server = new TestServer(
            fsync: true, "fsync=off", "autovacuum=off", "log_line_prefix=%u|%p|", "session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0",
            "auto_explain.log_analyze=on", "auto_explain.log_verbose=on", "auto_explain.log_timing=off", "auto_explain.log_format=json", "auto_explain.log_nested_statements=on");
        using var database = server.CreateDatabase();
        var options = new PostgresStoreOptions();
        var members = new PostgresMemberStore(database.App, "acme", options);
        var scores = new PostgresScoreStore(database.App, "acme", Money.Currency.Get("USD"), options);
        var points = new PostgresPointsStore(database.App, "acme", options);
        var queue = new PostgresQueueStore(database.App, "acme", options);
        if (isPlannedBefore)
        {
            // A vacuumed table is known to be empty; one that never was is taken to be small.
            TestServer.Execute(database.OwnerConnectionString, "VACUUM ANALYZE");
            await PlanAsync(new PostgresPointsStore(database.App, "other", options), new PostgresQueueStore(database.App, "other", options));
        }

        await LoadAsync(members, scores, points);
        await queue.EnqueueAsync([.. Enumerable.Range(0, 20_000).Select(static i => QueueGiven.Operation($"c{i % 10_000}", i))]);
        if (isAnalyzed)
        {
            TestServer.Execute(database.OwnerConnectionString, "ANALYZE");
        }

        var log = Path.Combine(server.Directory, "server.log");
        var begin = new FileInfo(log).Length;
        await ChangeAsync(members, scores, points);
        await DeliverAsync(queue);

        NpgsqlConnection.ClearPool(database.App.CreateConnection());
        var plans = 0;
        var faults = new List<string>();
        foreach (var (sql, plan) in Plans(log, begin))
        {
            var read = RowsRead(plan);
            plans += read > 0 ? 1 : 0;
            if (read > Staged * MostReadForEach)
            {
                faults.Add($"{read} rows were read for {Staged} by: {sql}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));

        Assert.True(plans > 30, $"only {plans} statements read anything");
    }

    private static async Task PlanAsync(PostgresPointsStore points, PostgresQueueStore queue)
    {
        await points.RunAsync(PointsGiven.Program("other"), 0, [], [], []);

        // Often enough that the driver prepares what is sent, on each connection.
        for (var i = 0; i < 30; i++)
        {
            await CallAsync(points, $"p{i}-", 0, $"e{i}", "m");
        }

        await DeliverAsync(queue);
    }

    private static async Task LoadAsync(PostgresMemberStore members, PostgresScoreStore scores, PostgresPointsStore points)
    {
        Video[] videos = [.. Enumerable.Range(0, 4_000).Select(static i => new Video($"c{i % 1_000}", $"{i}", i % 30, 100 * (i % 20)))];
        await FeedAsync(members, videos, [new("a", "c1", 5, 700)]);
        Sale[] sales = [.. Enumerable.Range(0, 4_000).Select(static i => new Sale($"{i}", $"c{i % 1_000}@x.com", i % 30, i % 90))];
        // Half of the orders were given back in part; the date of forty refunds that undo an order comes with the small run.
        Sale[] credits =
            [
                .. Enumerable.Range(0, 2_000).Select(static i => Sale.Credit(
                    $"r{i}", i % 2 == 0 ? null : $"c{i % 1_000}@x.com", i < 40 ? 40 : 20 + (i % 18), $"{i}", (i % 90) + (i < 40 ? 1.25m : 1))),
            ];
        await FeedAsync(scores, OrderScope.All, [.. sales.Concat(credits).Select(static s => s.Order)], day: 38);
        OrderRow[] orders = [.. Enumerable.Range(0, 3_000).Select(static n => new OrderRow($"o{n}", $"c{n % 1_000}", PointsGiven.Date(n % 20), 1_000 + n))];
        var refunds = orders.Take(1_000).Select(static (o, i) => new RefundRow($"x{i}", o.Id, PointsGiven.Date(20), 100)).ToArray();
        var claims = orders.Take(1_000).Select(static (o, i) => new RedemptionRow($"r{i}", o.Customer, PointsGiven.Date(20), "cup", RedemptionEvent.Claimed)).ToArray();
        await points.RunAsync(PointsGiven.Program("acme"), 21, orders, refunds, claims);
    }

    /// <summary>What a day brings to a large tenant: a few rows of each kind, and calls while it lasts.</summary>
    private static async Task ChangeAsync(PostgresMemberStore members, PostgresScoreStore scores, PostgresPointsStore points)
    {
        Video[] videos = [.. Enumerable.Range(0, Staged).Select(static i => new Video($"c{i}", $"{i * 800}", i, 5_000))];
        videos[4] = new Video("c9", "new", 3, 5);
        await FeedAsync(members, videos, [new("a", "c1", 5, 800), new("b", "c2", 5, 10)]);
        Sale[] sales = [.. Enumerable.Range(0, Staged).Select(static i => new Sale($"{i * 700}", $"c{i * 700 % 1_000}@x.com", i, 200 + i))];
        sales[3] = Sale.Credit("r100", null, 30, "101", 500);
        sales[4] = new Sale("h1", "new@x.com", 3, 5);
        await FeedAsync(scores, OrderScope.Changes, [.. sales.Select(static s => s.Order)]);
        OrderRow[] orders = [.. Enumerable.Range(0, Staged).Select(static n => new OrderRow($"o{5_000 + n}", $"c{n}", PointsGiven.Date(21), 1_000))];
        await points.RunAsync(
            PointsGiven.Program("acme"), 22, orders, [new("y", "o7", PointsGiven.Date(22), 200)],
            [new("new", "c7", PointsGiven.Date(22), "tote", RedemptionEvent.Claimed), new("r8", "c8", PointsGiven.Date(22), "cup", RedemptionEvent.Cancelled)]);
        await CallAsync(points, string.Empty, 22, "o18", "c");
        Assert.NotNull(await members.FindProgressAsync("c1"));
        Assert.NotNull(await scores.FindScoreAsync("c1@x.com"));
        Assert.NotNull(await points.FindMemberAsync("c7"));
    }

    /// <summary>Operations and a claim as they come, of some members.</summary>
    private static async Task CallAsync(PostgresPointsStore points, string ids, int on, string order, string members)
    {
        var (day, now) = (PointsGiven.Date(on), PointsGiven.Noon.AddDays(on));
        await points.ApplyAsync(
            [
                LedgerOperation.Earn($"{ids}e", $"{members}11", day, 5_000), LedgerOperation.Redeem($"{ids}r", $"{members}11", day, 3),
                LedgerOperation.Reserve($"{ids}h", $"{members}12", day, 4, now.AddDays(1)), LedgerOperation.Transfer($"{ids}t", $"{members}13", $"{members}14", day, 1),
                LedgerOperation.Adjust($"{ids}a", $"{members}15", day, 5, "gift"),
            ],
            day, now);
        await points.ApplyAsync(
            [
                LedgerOperation.Commit($"{ids}c", $"{ids}h", day, 2), LedgerOperation.GiveBack($"{ids}g", $"{ids}r", day), LedgerOperation.Refund($"{ids}f", $"{ids}e", day, 100),
                LedgerOperation.Refund($"{ids}f2", order, day, 100),
            ],
            day, now);
        await points.TakeRedemptionsAsync([new(new RedemptionRow($"{ids}live", $"{members}20", day, "tote", RedemptionEvent.Claimed))], day, now);
    }

    /// <summary>A few deliveries come and go in a long queue.</summary>
    private static async Task DeliverAsync(PostgresQueueStore queue)
    {
        Assert.Equal(Staged, await queue.EnqueueAsync([.. Enumerable.Range(0, Staged).Select(static i => QueueGiven.Operation($"c{i}", 50_000 + i))]));
        var claimed = await queue.ClaimAsync(QueueGiven.Claim(count: Staged));
        Assert.Equal(Staged, claimed.Count);
        Assert.All(await queue.ReportAsync([.. claimed.Select(static c => c.Begin())]), Assert.True);
        Assert.All(await queue.ReportAsync([.. claimed.Select(static c => c.End(QueueGiven.Parked))]), Assert.True);
        Assert.Equal(Staged, await queue.RetryAsync([.. claimed.Select(static c => c.Delivery.Key)]));
        await queue.PutContactsAsync([new("c1", "a@example.com", "", "", "", "")]);
        Assert.NotEmpty(await queue.ReadCustomersAsync(["c1"]));
    }

    private static async Task FeedAsync(PostgresMemberStore store, Video[] videos, Correction[] corrections) =>
        await store.RunAsync(Given.Program("acme"), Given.Date(30), async (session, token) =>
        {
            await session.ApplyAsync(Given.Batch(videos), token);
            await session.ApplyAsync([.. corrections.Select(Given.Adjustment)], token);
            return await session.ReviewAsync(token);
        });

    private static async Task FeedAsync(PostgresScoreStore store, OrderScope scope, Order[] orders, int day = 40) =>
        await store.RunAsync(ScoringProgram.Default, Given.Date(day), scope, async (session, token) =>
        {
            await session.PutAsync(orders, token);
            if (scope == OrderScope.Changes)
            {
                await session.RemoveAsync([new(OrderPlatform.Generic, "77")], token);
            }

            return await session.RescoreAsync(token);
        });

    /// <summary>The statements and plans that the application's role caused, from a place of the log on.</summary>
    private static IEnumerable<(string Sql, string Plan)> Plans(string log, long begin)
    {
        using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = begin;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        StringBuilder? json = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.Split('|', 3) is [var user, _, var text] && !line.StartsWith('\t'))
            {
                json = user == TestServer.AppRole && text.Contains("  plan:", StringComparison.Ordinal) ? new StringBuilder() : null;
            }
            else if (json is not null)
            {
                json.Append(line);
                if (line == "\t}")
                {
                    var plan = json.ToString();
                    using var parsed = JsonDocument.Parse(plan);
                    yield return (parsed.RootElement.GetProperty("Query Text").GetString()!, plan);
                    json = null;
                }
            }
        }
    }

    private static double RowsRead(string plan)
    {
        using var parsed = JsonDocument.Parse(plan);
        return RowsRead(parsed.RootElement.GetProperty("Plan"));
    }

    /// <summary>Rows that a scan of a table of tenants touched: those it gave, and those it looked at in vain.</summary>
    private static double RowsRead(JsonElement node)
    {
        double read = 0;
        var isScan = node.GetProperty("Node Type").GetString()!.EndsWith("Scan", StringComparison.Ordinal);
        if (isScan && node.TryGetProperty("Schema", out var schema) && schema.GetString() == "loyalty")
        {
            var rows = Number(node, "Actual Rows") + Number(node, "Rows Removed by Filter") + Number(node, "Rows Removed by Index Recheck");
            read += rows * Number(node, "Actual Loops");
        }

        if (node.TryGetProperty("Plans", out var plans))
        {
            read += plans.EnumerateArray().Sum(RowsRead);
        }

        return read;
    }

    private static double Number(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? value.GetDouble() : 0;
}
