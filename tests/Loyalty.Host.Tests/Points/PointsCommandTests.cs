using System.Diagnostics;
using System.Text.Json;
using Loyalty.Host;

namespace Loyalty.Tests.Host.Points;

/// <summary><c>loyalty points</c> as a black box.</summary>
public sealed class PointsCommandTests : IDisposable
{
    private const string Program = """
        { "tenant":"winery", "currency":"USD", "timeZone":"America/Los_Angeles",
          "club": { "stages": [ { "name":"Bronze","discountPercent":10,"months":3,"minimumPurchase":100 }, { "name":"Silver","discountPercent":15,"months":6,"minimumPurchase":250 } ] },
          "points": { "perUnit":1, "bonusPercent":10, "minimumMembershipDays":0, "value":0.01, "expiry":{"kind":"fixed","months":2} },
          "rewards": [ { "id":"tote","kind":"merchandise","points":50,"stock":1,"limit":"once" } ],
          "messages": { "channels":["email"], "expiryWarningDays":[30] } }
        """;

    private const string Orders = """
        order_id,customer,date,amount
        1,ann,2025-01-10,120
        2,ann,2025-02-01,300.55
        3,bob,2025-01-20,99
        4,bob,2025-03-01,250
        5,cat,2026-02-01,500

        """;

    private const string Redemptions = """
        id,customer,date,reward,event
        a,ann,2025-02-01,tote,
        b,bob,2025-02-02,tote,claimed
        a,ann,2025-02-03,tote,cancelled

        """;

    private const string Refunds = "id,order_id,date,amount\nx1,2,2025-02-04,100\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("points").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private string Read(string folder, string file) => System.IO.File.ReadAllText(Path.Combine(_folder, folder, file));

    private (int Exit, string Out, string Error) Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "loyalty.dll"), "points", .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private (int Exit, string Out, string Error) RunAll(string asOf, string output, params string[] more) => Run(
        [
            "--program", File("program.json", Program), "--orders", File("orders.csv", Orders), "--redemptions", File("redemptions.csv", Redemptions),
            "--refunds", File("refunds.csv", Refunds), "--as-of", asOf, "--out", output, .. more,
        ]);

    [Fact]
    public void Files_have_the_documented_columns_order_and_numbers()
    {
        var (exit, _, error) = RunAll("2025-03-12", "out");
        Assert.True(exit == 0, error);
        Assert.Equal(
            """
            customer,stage,enrolled_at,expires_at,status,ended_on,started_on,started_by,extended_by
            ann,Bronze,2025-01-10,2025-04-10,upgraded,2025-02-01,2025-01-10,1,
            ann,Silver,2025-01-10,2025-07-10,active,,2025-02-01,2,
            bob,Silver,2025-03-01,2025-09-01,active,,2025-03-01,4,

            """,
            Read("out", "enrollments.csv"));
        Assert.Equal(
            """
            customer,sequence,kind,points,balance,effective_on,key,cause,expires_on
            ann,1,earned,120,120,2025-01-10,order:1:earned,order:1,2025-03-10
            ann,2,bonus,12,132,2025-01-10,order:1:bonus,order:1,2025-03-10
            ann,3,earned,300,432,2025-02-01,order:2:earned,order:2,2025-04-01
            ann,4,bonus,30,462,2025-02-01,order:2:bonus,order:2,2025-04-01
            ann,5,redeemed,-50,412,2025-02-01,redemption:a:redeemed,redemption:a,
            ann,6,reversed,50,462,2025-02-03,redemption:a:reversed,redemption:a,
            ann,7,reversed,-99,363,2025-02-04,refund:x1:earned,refund:x1,
            ann,8,reversed,-9,354,2025-02-04,refund:x1:bonus,refund:x1,
            ann,9,expired,-120,234,2025-03-10,expired:order:1:earned:1,order:1,
            ann,10,expired,-12,222,2025-03-10,expired:order:1:bonus:1,order:1,
            bob,1,earned,250,250,2025-03-01,order:4:earned,order:4,2025-05-01
            bob,2,bonus,25,275,2025-03-01,order:4:bonus,order:4,2025-05-01

            """,
            Read("out", "entries.csv"));
        Assert.Equal("customer,points,lifetime,value,cumulative_days\nann,222,462,2.22,61\nbob,275,275,2.75,11\n", Read("out", "balances.csv"));
        Assert.Equal(
            """
            customer,sequence,date,operation,stage,discount_percent,key,cause
            ann,1,2025-01-10,add,Bronze,10,enrollment:1:add,order:1
            ann,2,2025-02-01,remove,Bronze,10,enrollment:1:remove,order:2
            ann,3,2025-02-01,add,Silver,15,enrollment:2:add,order:2
            bob,1,2025-03-01,add,Silver,15,enrollment:4:add,order:4

            """,
            Read("out", "operations.csv"));
        Assert.Equal(
            "id,customer,reward,claimed_on,status,changed_on,points,level,reason\na,ann,tote,2025-02-01,cancelled,2025-02-03,50,Silver,\nb,bob,tote,2025-02-02,refused,2025-02-02,0,,out-of-stock\n",
            Read("out", "redemptions.csv"));
        Assert.Equal("file,line,column,reason,value,raw\nredemptions.csv,3,reward,out-of-stock,tote,\"b,bob,2025-02-02,tote,claimed\"\n", Read("out", "rejects.csv"));
        Assert.Equal("customer,kind,channel,due_on,cause\n", Read("out", "messages.csv"));
    }

    [Fact]
    public void Runs_by_date_on_a_state_file_write_the_files_of_one_run_byte_for_byte()
    {
        Assert.Equal(0, RunAll("2026-03-01", "one").Exit);
        foreach (var asOf in new[] { "2025-01-15", "2025-02-02", "2025-02-28", "2025-03-10", "2026-03-01", "2026-03-01" })
        {
            var (exit, _, error) = RunAll(asOf, "several", "--state", "s.loyalty");
            Assert.True(exit == 0, error);
        }

        foreach (var file in new[] { "enrollments.csv", "entries.csv", "balances.csv", "operations.csv", "messages.csv", "redemptions.csv" })
        {
            Assert.Equal(Read("one", file), Read("several", file));
        }

        // The refused claim is in every run's file, so every run lists it.
        Assert.Equal(Read("one", "rejects.csv"), Read("several", "rejects.csv"));
    }

    [Fact]
    public void The_summary_counts_every_row_once()
    {
        var (_, output, _) = RunAll("2025-03-12", "out", "--state", "s.loyalty", "--json");
        var summary = JsonDocument.Parse(output).RootElement;
        Assert.Equal(output.TrimEnd(), Read("out", "summary.json").TrimEnd());
        long Number(JsonElement s, string name) => s.GetProperty(name).GetInt64();
        Assert.Equal((9L, 8L, 0L, 1L, 12L, 2L, 497L), (
            Number(summary, "rows_read"), Number(summary, "rows_new"), Number(summary, "rows_unchanged"), Number(summary, "rows_rejected"),
            Number(summary, "entries_new"), Number(summary, "members_total"), Number(summary, "points_outstanding")));
        Assert.Equal("4.97", summary.GetProperty("liability").GetRawText());
        summary = JsonDocument.Parse(RunAll("2025-03-12", "out", "--state", "s.loyalty", "--json").Out).RootElement;
        Assert.Equal((9L, 0L, 8L, 1L, 0L), (
            Number(summary, "rows_read"), Number(summary, "rows_new"), Number(summary, "rows_unchanged"), Number(summary, "rows_rejected"), Number(summary, "entries_new")));
    }

    [Fact]
    public void Exit_codes_are_as_documented()
    {
        Assert.Equal(3, RunAll("2025-03-12", "out", "--strict").Exit);
        Assert.Equal(2, Run("--as-of", "2025-03-12").Exit);
        Assert.Equal(0, RunAll("2025-03-12", "out", "--state", "s.loyalty").Exit);
        var state = System.IO.File.ReadAllBytes(Path.Combine(_folder, "s.loyalty"));
        var stale = RunAll("2025-03-11", "other", "--state", "s.loyalty");
        Assert.Equal(1, stale.Exit);
        Assert.Contains("2025-03-12", stale.Error, StringComparison.Ordinal);
        Assert.Equal(state, System.IO.File.ReadAllBytes(Path.Combine(_folder, "s.loyalty")));
        Assert.Empty(Directory.Exists(Path.Combine(_folder, "other")) ? Directory.GetFiles(Path.Combine(_folder, "other")) : []);

        var program = File("none.json", """{ "tenant":"winery", "currency":"USD", "timeZone":"Etc/UTC" }""");
        var missing = Run("--program", program, "--orders", "orders.csv", "--as-of", "2025-03-12", "--out", "out");
        Assert.Equal(1, missing.Exit);
        Assert.Contains("$.points: is missing", missing.Error, StringComparison.Ordinal);

        System.IO.File.WriteAllBytes(Path.Combine(_folder, "s.loyalty"), [.. state[..^1], (byte)(state[^1] ^ 1)]);
        Assert.Equal(1, RunAll("2025-03-12", "out", "--state", "s.loyalty").Exit);
    }

    [Fact]
    public void Messages_follow_preferences_and_missed_days()
    {
        var preferences = File("preferences.csv", "customer,kind,channel,allowed\nann,monthly-status,,false\n,,,true\n");
        var (exit, _, error) = RunAll("2025-03-12", "out", "--messages-since", "2025-01-31", "--preferences", preferences);
        Assert.True(exit == 0, error);
        Assert.Equal(
            "customer,kind,channel,due_on,cause\nann,tier-change,email,2025-02-01,enrollment:2\nbob,monthly-status,email,2025-03-01,month:2025-03\nbob,tier-change,email,2025-03-01,enrollment:4\n",
            Read("out", "messages.csv"));
        Assert.Contains("preferences.csv,3,customer,blank,,\",,,true\"", Read("out", "rejects.csv"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_place_of_a_file_is_said_to_be_one()
    {
        var program = File("program.json", Program);
        var orders = Run("--program", program, "--orders", ".", "--as-of", "2025-03-12", "--out", "out");
        Assert.Equal(1, orders.Exit);
        Assert.Contains("is a folder; expected a file of rows (CSV)", orders.Error, StringComparison.Ordinal);
        var swapped = Run("--program", ".", "--orders", File("orders.csv", Orders), "--as-of", "2025-03-12", "--out", "out");
        Assert.Equal(1, swapped.Exit);
        Assert.Contains("is a folder; expected a program (JSON)", swapped.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "out")));
    }

    [Fact]
    public void A_limit_on_the_size_of_files_fails_the_run_and_leaves_nothing()
    {
        // The state of 60,000 orders has more than 30 MB; the runtime itself needs a few.
        File("program.json", Program);
        File("orders.csv", "order_id,customer,date,amount\n" + string.Concat(Enumerable.Range(0, 60_000).Select(static i => $"{i},c{i % 100},2025-01-10,120\n")));
        using var process = Process.Start(new ProcessStartInfo("bash",
            ["-c", "ulimit -f 16384; exec dotnet \"$@\"", "bash", Path.Combine(AppContext.BaseDirectory, "loyalty.dll"), "points", "--program", "program.json",
                "--orders", "orders.csv", "--as-of", "2025-03-12", "--state", "s.loyalty", "--out", "out"])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = _folder,
        })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 1, $"{process.ExitCode}: {error}");
        Assert.StartsWith("loyalty: ", error, StringComparison.Ordinal);
        Assert.Equal(["orders.csv", "program.json"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
