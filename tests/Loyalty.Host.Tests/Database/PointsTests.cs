using System.Diagnostics;
using Loyalty.Host;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Database;

/// <summary><c>loyalty points</c> on PostgreSQL and on a state file: the same files, and of a killed run no trace.</summary>
public sealed class PointsTests(TestServer server)
{
    private const string Program = """
        { "tenant":"winery", "currency":"USD", "timeZone":"America/Los_Angeles",
          "club": { "stages": [ { "name":"Bronze","discountPercent":10,"months":3,"minimumPurchase":100 }, { "name":"Silver","discountPercent":15,"months":6,"minimumPurchase":250 } ] },
          "points": { "perUnit":1, "bonusPercent":10, "minimumMembershipDays":0, "value":0.01, "expiry":{"kind":"fixed","months":2} },
          "rewards": [ { "id":"tote","kind":"merchandise","points":50,"stock":1,"limit":"once" }, { "id":"cup","kind":"merchandise","points":5 } ],
          "messages": { "channels":["email"], "expiryWarningDays":[30] } }
        """;

    private static readonly string[] Dates = ["2025-01-15", "2025-02-02", "2025-02-28", "2025-03-10", "2025-03-10", "2025-06-30", "2025-12-31"];

    [Fact]
    public void Runs_by_date_write_the_same_files_as_on_a_state_file_and_as_one_run()
    {
        using var desk = Prepare();
        Points(desk, "2025-12-31", "one").With(0);
        foreach (var date in Dates)
        {
            var expected = Points(desk, date, "file", "--state", "winery.loyalty");
            var actual = Points(desk, date, "database", "--postgres", desk.App);
            Assert.Equal((expected.Code, expected.Error), (actual.Code, actual.Error));
            Same(desk, "file", "database");
        }

        foreach (var name in Names(desk, "one").Where(static n => n != "rejects.csv"))
        {
            Assert.Equal(desk.Desk.Read($"one/{name}"), desk.Desk.Read($"database/{name}"));
        }

        // What is stale is refused in the same words, and nothing is changed.
        var rows = desk.Rows();
        Points(desk, "2025-12-30", "elsewhere", "--postgres", desk.App).FailedWith("stale");
        Assert.Equal(rows, desk.Rows());
        Assert.False(Directory.Exists(desk.Desk["elsewhere"]));

        var fromFile = desk.Desk.Run("verify", "--program", "program.json", "--state", "winery.loyalty").With(0);
        Assert.Equal(fromFile.Out, desk.Desk.Run("verify", "--program", "program.json", "--postgres", desk.App).With(0).Out);
        Assert.Contains("0 faults", fromFile.Out, StringComparison.Ordinal);
        TestServer.Execute(desk.Owner, "UPDATE loyalty.points_entry SET points = points + 1, balance = balance + 1 WHERE member = 'c3' AND sequence = 2");
        var found = desk.Desk.Run("verify", "--program", "program.json", "--postgres", desk.App).With(1);
        Assert.Contains("DIFFERENT c3 #2", found.Out, StringComparison.Ordinal);
        Assert.Contains("\"sequence\": 2", desk.Desk.Run("verify", "--program", "program.json", "--postgres", desk.App, "--json").With(1).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void S05_A_run_on_PostgreSQL_that_is_killed_at_any_table_leaves_no_trace_and_the_next_one_ends_as_if_nothing_had_been()
    {
        using var desk = Prepare();
        Points(desk, "2025-02-02", "undisturbed", "--postgres", desk.App).With(0);
        Points(desk, "2025-06-30", "undisturbed", "--postgres", desk.App).With(0);
        using var killed = Prepare();
        Points(killed, "2025-02-02", "out", "--postgres", killed.App).With(0);
        var rows = killed.Rows();
        var files = killed.Desk.Snapshot();
        var kills = 0;
        foreach (var table in (string[])["points_book", "points_order", "points_member", "points_entry", "points_enrollment", "points_redemption", "points_operation", "points_run"])
        {
            using (killed.Lock(table))
            {
                using var process = killed.Desk.Start(Arguments("2025-06-30", "out", "--postgres", killed.App));
                if (killed.WaitUntilStopped(process))
                {
                    process.Kill();
                    kills++;
                }

                process.WaitForExit();
            }

            killed.WaitUntilAlone();
            Assert.Equal(rows, killed.Rows());
            Assert.All(files, file => Assert.Equal(file.Value.Content, killed.Desk.Snapshot()[file.Key].Content));
        }

        Assert.InRange(kills, 6, 8);
        Points(killed, "2025-06-30", "out", "--postgres", killed.App).With(0);
        foreach (var name in Names(desk, "undisturbed"))
        {
            Assert.Equal(desk.Desk.Read($"undisturbed/{name}"), killed.Desk.Read($"out/{name}"));
        }
    }

    [Fact]
    public void S05_A_run_on_a_state_file_that_is_killed_leaves_the_old_state_and_the_next_one_ends_as_if_nothing_had_been()
    {
        using var desk = Prepare();
        Points(desk, "2025-02-02", "out", "--state", "winery.loyalty").With(0);
        var old = desk.Desk.Snapshot();
        var clock = Stopwatch.StartNew();
        Points(desk, "2025-06-30", "out", "--state", "winery.loyalty").With(0);
        var (length, done) = ((double)clock.ElapsedMilliseconds, desk.Desk.Snapshot());
        var kills = 0;
        for (var i = 0; i < 30 && kills < 10; i++)
        {
            foreach (var name in desk.Desk.Snapshot().Keys)
            {
                if (old.TryGetValue(name, out var file))
                {
                    File.WriteAllBytes(desk.Desk[name], Convert.FromHexString(file.Content));
                }
                else
                {
                    File.Delete(desk.Desk[name]);
                }
            }

            using var process = desk.Desk.Start(Arguments("2025-06-30", "out", "--state", "winery.loyalty"));
            Thread.Sleep((int)(length * ((i % 10) + 1) / 11));
            process.Kill();
            process.WaitForExit();
            kills += process.ExitCode == 0 ? 0 : 1;

            // The run by which it was measured may have been disturbed.
            length *= process.ExitCode == 0 ? 0.8 : 1;

            // The state is renamed last.
            var left = desk.Desk.Snapshot();
            if (left["winery.loyalty"].Content == old["winery.loyalty"].Content)
            {
                Points(desk, "2025-06-30", "out", "--state", "winery.loyalty").With(0);
                Assert.All(Names(desk, "out"), name => Assert.Equal(done[$"out/{name}"].Content, desk.Desk.Snapshot()[$"out/{name}"].Content));
            }
            else
            {
                Assert.All(Names(desk, "out"), name => Assert.Equal(done[$"out/{name}"].Content, left[$"out/{name}"].Content));
            }
        }

        Assert.True(kills > 2, $"only {kills} runs could be killed in time");
    }

    private DatabaseDesk Prepare()
    {
        var desk = new DatabaseDesk(server);
        desk.Desk.Write("program.json", Program);
        desk.Desk.Write("orders.csv", "order_id,customer,date,amount\n" + string.Concat(Enumerable.Range(0, 120).Select(static n =>
            $"o{n},c{n % 9},{new DateOnly(2025, 1, 5).AddDays((n * 7) % 200):yyyy-MM-dd},{(n * 37 % 400) + 20}.{n % 100:D2}\n")) + "bad,c1,2025-13-01,5\n"
            // One order of names in all stores, also where UTF-16 and UTF-8 differ; an id that is too long for an index.
            + $"wide,\U0001F600,2025-01-05,300\nnarrow,\uffee,2025-01-05,300\n{new string('x', 1025)},c1,2025-01-05,300\n");
        desk.Desk.Write("refunds.csv", "id,order_id,date,amount\n" + string.Concat(Enumerable.Range(0, 20).Select(static n =>
            $"x{n},o{n * 5},{new DateOnly(2025, 1, 20).AddDays(n * 9):yyyy-MM-dd},{n + 10}\n")));
        desk.Desk.Write("redemptions.csv", "id,customer,date,reward,event\n" + string.Concat(Enumerable.Range(0, 30).Select(static n =>
            $"r{n},c{n % 9},{new DateOnly(2025, 1, 25).AddDays(n * 4):yyyy-MM-dd},{(n % 3 == 0 ? "tote" : "cup")},claimed\n"
            + $"r{n},c{n % 9},{new DateOnly(2025, 1, 28).AddDays(n * 4):yyyy-MM-dd},{(n % 3 == 0 ? "tote" : "cup")},{(n % 2 == 0 ? "fulfilled" : "cancelled")}\n")));
        return desk;
    }

    private static string[] Arguments(string asOf, string output, params string[] more) =>
    [
        "points", "--program", "program.json", "--orders", "orders.csv", "--redemptions", "redemptions.csv", "--refunds", "refunds.csv", "--as-of", asOf,
        "--out", output, .. more,
    ];

    private static Ended Points(DatabaseDesk desk, string asOf, string output, params string[] more) => desk.Desk.Run(Arguments(asOf, output, more));

    /// <summary>The results but for the summary, which tells the time it took, and what a killed run leaves beside them.</summary>
    private static string[] Names(DatabaseDesk desk, string output) =>
    [
        .. Directory.GetFiles(desk.Desk[output]).Select(static f => Path.GetFileName(f))
            .Where(static f => f != "summary.json" && !f.EndsWith(".lock", StringComparison.Ordinal) && !f.EndsWith(".loyalty-new", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    private static void Same(DatabaseDesk desk, string one, string other)
    {
        Assert.Equal(Names(desk, one), Names(desk, other));
        Assert.All(Names(desk, one), name => Assert.Equal(desk.Desk.Read($"{one}/{name}"), desk.Desk.Read($"{other}/{name}")));
        string Summary(string output) => string.Join('\n', desk.Desk.Lines($"{output}/summary.json").Where(static l => !l.Contains("elapsed_ms", StringComparison.Ordinal)));
        Assert.Equal(Summary(one), Summary(other));
    }
}
