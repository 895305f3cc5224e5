using System.Globalization;
using System.Text.Json;
using Loyalty.Money;
using Loyalty.Postgres;
using Loyalty.Scoring;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Score;

/// <summary><c>loyalty score --postgres</c> gives what <c>--state</c> gives.</summary>
public sealed class ScoreOnPostgresTests(TestServer server) : IDisposable
{
    private const string Header = "customer,order_id,date,net,item\n";

    private readonly TestDatabase _database = server.CreateDatabase();
    private readonly Desk _desk = new();

    public void Dispose()
    {
        _desk.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void Runs_one_after_the_other_give_the_same_files_on_both_stores()
    {
        var random = new Random(7);
        for (var run = 0; run < 4; run++)
        {
            var orders = Enumerable.Range(0, 300).Where(_ => random.Next(6) > 0).Select(i => string.Create(
                CultureInfo.InvariantCulture,
                $"{(i % 17 == 0 ? "" : $"C{i % 41}@x.com")},{i},{new DateOnly(2025, 1, 1).AddDays(random.Next(200)):yyyy-MM-dd},{random.Next(-50, 40_000) / 100m},show {i}\n"));
            _desk.Write("o.csv", Header + string.Concat(orders) + "x,1000,soon,1,\n");
            string[] more = run == 2 ? ["--segments", "grid"] : run == 3 ? ["--model", "quantiles"] : [];
            var asOf = new DateOnly(2025, 6, 1).AddDays(run * 20).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            SameOnBoth(["--orders", "o.csv", "--as-of", asOf, .. more]);
            Assert.Equal(run > 0, _desk.Lines("on-postgres/moves.csv").Length > 1);
        }
    }

    [Fact]
    public void Customers_given_as_a_list_and_orders_after_them_give_the_same_on_both_stores()
    {
        _desk.Write("c.csv", "customer,last_order_on,orders,net\nx@x.com,2025-01-01,3,200.005\ny,,0,0\nz,2025-02-01,1,1\n");
        SameOnBoth("--customers", "c.csv", "--as-of", "2025-03-01");
        _desk.Write("c.csv", "customer,last_order_on,orders,net\nx@x.com,2025-03-01,4,1200\nz,2025-02-01,1,1\nnew,2025-02-01,1,1\n");
        SameOnBoth("--customers", "c.csv", "--as-of", "2025-03-02");
        _desk.Write("o.csv", Header + "x@x.com,1,2025-03-01,5,show\nw,2,2025-03-01,5,show\n");
        SameOnBoth("--orders", "o.csv", "--as-of", "2025-03-02");
        SameOnBoth("--customers", "c.csv", "--as-of", "2025-03-02");
    }

    [Fact]
    public void A_run_that_cannot_be_kept_ends_with_one_line_and_changes_nothing()
    {
        _desk.Write("o.csv", Header + "b,1,2025-01-01,1000,show\n");
        string[] run = ["score", "--orders", "o.csv", "--out", "out", "--postgres"];
        _desk.Run([.. run, _database.AppConnectionString, "--as-of", "2025-02-01"]).With(0);
        var before = _desk.Snapshot();
        _desk.Run([.. run, _database.AppConnectionString, "--as-of", "2025-01-15"]).FailedWith("2025-02-01 already");
        using var empty = server.CreateEmptyDatabase();
        _desk.Run([.. run, empty.OwnerConnectionString, "--as-of", "2025-02-01"]).FailedWith("loyalty db migrate");
        _desk.Run([.. run, "Host=/nowhere;Username=x", "--as-of", "2025-02-01"]).FailedWith("PostgreSQL");
        _desk.Run([.. run, "Oops=1", "--as-of", "2025-02-01"]).FailedWith("connection string");
        _desk.Write("p.json", """{ "tenant": "default", "currency": "EUR", "timeZone": "UTC" }""");
        _desk.Run([.. run, _database.AppConnectionString, "--as-of", "2025-02-01", "--program", "p.json"]).FailedWith("amounts in USD");
        _desk.Write("o.csv", Header + $"{new string('b', 2_000)},1,2025-01-01,1000,show\n");
        _desk.Run([.. run, _database.AppConnectionString, "--as-of", "2025-02-01"]).FailedWith("1024 bytes");
        File.Delete(_desk["p.json"]);
        _desk.Write("o.csv", Header + "b,1,2025-01-01,1000,show\n");
        Assert.Equal(before.Where(static f => f.Key != "o.csv"), _desk.Snapshot().Where(static f => f.Key != "o.csv"));
    }

    /// <summary>Two e-mails of one person, linked in the database by an application, are one customer there: 600 + 500 of 2 orders.</summary>
    [Fact]
    public async Task F13_E_mails_that_were_linked_in_the_database_are_scored_as_one_customer()
    {
        _desk.Write("o.csv", Header + "ann@x.com,1,2025-01-01,600,show\nann@work.com,2,2025-02-01,500,show\nbob@x.com,3,2025-01-05,10,show\n");
        string[] run = ["score", "--orders", "o.csv", "--as-of", "2025-03-01", "--out", "out", "--postgres", _database.AppConnectionString, "--marketing", "out/list.csv"];
        _desk.Run(run).With(0);
        Assert.Equal(4, _desk.Lines("out/scores.csv").Length);
        await using (var source = Npgsql.NpgsqlDataSource.Create(_database.AppConnectionString))
        {
            await new PostgresLoyaltyStore(source, "default", Currency.Get("USD")).Scores.RunAsync(
                ScoringProgram.Default,
                new DateOnly(2025, 3, 1),
                OrderScope.Changes,
                static async (session, token) =>
                {
                    Assert.True(await session.TryLinkAsync("ann@work.com", "ann@x.com", token));
                    return await session.RescoreAsync(token);
                },
                TestContext.Current.CancellationToken);
        }

        _desk.Run(run).With(0);
        string[] lines = _desk.Lines("out/scores.csv");
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("ann@x.com,2025-02-01,28,2,1100.00,5,2,5,", lines[1], StringComparison.Ordinal);
        Assert.Equal(["bob@x.com", "ann@x.com"], _desk.Lines("out/list.csv").Skip(1).Select(static l => l.Split(',')[0]).OrderDescending(StringComparer.Ordinal));
        Assert.Equal(2, JsonDocument.Parse(_desk.Read("out/summary.json")).RootElement.GetProperty("customers").GetInt32());
        Assert.Equal(3, JsonDocument.Parse(_desk.Read("out/summary.json")).RootElement.GetProperty("orders_linked").GetInt32());
    }

    private void SameOnBoth(params string[] arguments)
    {
        _desk.Run(["score", .. arguments, "--out", "on-file", "--state", "s.loyalty", "--marketing", "on-file/list.csv", "--report", "on-file/report.html"]).With(0);
        _desk.Run(["score", .. arguments, "--out", "on-postgres", "--postgres", _database.AppConnectionString, "--marketing", "on-postgres/list.csv", "--report", "on-postgres/report.html"]).With(0);
        foreach (var file in (string[])["scores.csv", "segments.csv", "moves.csv", "rejects.csv", "rfm.svg", "list.csv", "report.html"])
        {
            Assert.Equal(_desk.Read($"on-file/{file}"), _desk.Read($"on-postgres/{file}"));
        }

        Assert.Equal(Summary("on-file"), Summary("on-postgres"));
    }

    private string Summary(string folder) => string.Join(
        '\n', JsonDocument.Parse(_desk.Read($"{folder}/summary.json")).RootElement.EnumerateObject().Where(static p => p.Name != "elapsed_ms").Select(static p => p.ToString()));
}
