using System.Diagnostics;
using System.Globalization;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Benchmarks.Points;

/// <summary>
/// <c>points postgres</c>: redemptions, claims at once and bulk earning on PostgreSQL, beside the least that a redemption can be there: one transaction with a
/// guarded UPDATE of the balance and an INSERT of the entry, prepared, in one round trip. Rounds alternate on one server with fsync on.
/// </summary>
/// <remarks><c>points postgres [--orders N] [--rounds N] [--seconds N] [--sync N]</c>: so many microseconds each commit waits before its log is synced, as on a slower disk.</remarks>
internal static class PointsOnPostgres
{
    private const int Writers = 8;
    private const int Members = 10_000;
    private const int BatchSize = 500;
    private const long Opening = 1_000_000_000;

    private const string BareTables =
        "CREATE TABLE public.balance (tenant_id bigint NOT NULL, member text COLLATE \"C\" NOT NULL, points bigint NOT NULL CHECK (points >= 0), PRIMARY KEY (tenant_id, member)); "
        + "CREATE TABLE public.entry (tenant_id bigint NOT NULL, id text COLLATE \"C\" NOT NULL, member text COLLATE \"C\" NOT NULL, points bigint NOT NULL, PRIMARY KEY (tenant_id, id)); "
        + "INSERT INTO public.balance SELECT 1, 'm' || n, 1000000000 FROM generate_series(0, 9999) n";

    private static readonly string[] ServerSettings = ["max_wal_size=8GB", "shared_buffers=512MB", "checkpoint_timeout=1h", "autovacuum=off"];

    private static readonly DateOnly Day = new(2025, 3, 1);
    private static readonly DateTime Now = new(2025, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private static LoyaltyProgram Program(string tenant) => LoyaltyProgram.Parse(
        $$"""
        {"tenant":"{{tenant}}","currency":"USD","timeZone":"Etc/UTC","club":{"stages":[{"name":"Bronze","months":12,"minimumPurchase":0}]},
         "points":{"perUnit":1,"minimumMembershipDays":0},"rewards":[{"id":"cup","kind":"merchandise","points":1}]}
        """);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var orders = Option(arguments, "--orders", 1_000_000);
        var rounds = Option(arguments, "--rounds", 5);
        var seconds = Option(arguments, "--seconds", 4);
        var sync = Option(arguments, "--sync", 0);
        using var server = new TestServer(fsync: true, [.. ServerSettings, .. sync > 0 ? (string[])[$"commit_delay={sync}", "commit_siblings=0"] : []]);
        using var database = server.CreateDatabase();
        await using var app = NpgsqlDataSource.Create(database.AppConnectionString + ";Max Auto Prepare=40");
        await using var owner = NpgsqlDataSource.Create(database.OwnerConnectionString + ";Max Auto Prepare=40");
        await ExecuteAsync(owner, BareTables);
        var store = new PostgresPointsStore(app, "bench");
        await OpenAsync(store);

        var rates = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        for (var round = 0; round <= rounds; round++)
        {
            // The first round warms client and server up.
            var bare = await RateAsync(seconds, (writer, n) => BareAsync(owner, 0, $"{round}-{writer}-{n}"));
            var hot = await RateAsync(seconds, (writer, n) => RedeemAsync(store, 1, _ => 0, $"h{round}-{writer}-{n}"));
            var bareMany = await RateAsync(seconds, (writer, n) => BareAsync(owner, ((writer * 7919) + (n * 31)) % Members, $"m{round}-{writer}-{n}"));
            var many = await RateAsync(seconds, (writer, n) => RedeemAsync(store, BatchSize, i => ((writer * 7919) + (n * 577) + (i * 31)) % Members, $"b{round}-{writer}-{n}"));
            var single = await RateAsync(seconds, (writer, n) => RedeemAsync(store, 1, _ => ((writer * 7919) + (n * 31)) % Members, $"s{round}-{writer}-{n}"));
            var claims = await RateAsync(seconds, (writer, n) => ClaimAsync(store, ((writer * 7919) + (n * 31)) % Members, $"c{round}-{writer}-{n}"));
            var taken = await RateAsync(seconds, (writer, n) => OrderAsync(store, ((writer * 7919) + (n * 31)) % Members, $"l{round}-{writer}-{n}"));
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"bare {bare:N0}/s, hot {hot:N0}/s, bare over many {bareMany:N0}/s, batches {many:N0}/s, one by one over many {single:N0}/s, claims {claims:N0}/s, orders {taken:N0}/s"));
            if (round > 0)
            {
                Add(rates, "bare", bare);
                Add(rates, "hot", hot);
                Add(rates, "bare-many", bareMany);
                Add(rates, "many", many);
                Add(rates, "claims", claims);
                Add(rates, "single", single);
                Add(rates, "orders", taken);
                Add(rates, "single/bare-many", single / bareMany);
                Add(rates, "claims/bare-many", claims / bareMany);
                Add(rates, "orders/bare-many", taken / bareMany);
                Add(rates, "claims/single", claims / single);
                Add(rates, "hot/bare", hot / bare);
                Add(rates, "many/bare", many / bare);
                Add(rates, "many/bare-many", many / bareMany);
            }
        }

        if (await store.VerifyAsync() is { Count: > 0 } faults)
        {
            throw new InvalidOperationException($"The ledger is wrong: {faults[0]}");
        }

        var bulk = new List<double>();
        for (var round = 0; round < Math.Min(rounds, 3); round++)
        {
            // So that files of the write-ahead log are used again, as on a server that has been up for a while, and not made.
            await ExecuteAsync(owner, "CHECKPOINT");
            var processor = Postgres.ProcessorTime.Now();
            bulk.Add(await EarnAsync(app, $"bulk{round}", orders));
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{orders:N0} orders: {bulk[^1]:F1} s, processor time {Postgres.ProcessorTime.Now() - processor:F1} s"));
        }

        bulk.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Writers} writers, PostgreSQL on the same machine ({Environment.ProcessorCount} cores), fsync on{(sync > 0 ? $", {sync} us more" : string.Empty)}, medians of {rounds} rounds of {seconds} s each; .NET {Environment.Version}"));
        Console.WriteLine();
        Console.WriteLine("<!-- table -->");
        Console.WriteLine("| | a second | beside the bare redemptions |");
        Console.WriteLine("|---|--:|--:|");
        Line("bare guarded UPDATE + INSERT, 1 member", "bare", null);
        Line("redemptions, 1 member, one for each call", "hot", "hot/bare");
        Line($"bare guarded UPDATE + INSERT, {Members:N0} members", "bare-many", null);
        Line($"redemptions, {Members:N0} members, {BatchSize} for each call", "many", "many/bare");
        Line($"redemptions, {Members:N0} members, one for each call", "single", "single/bare-many");
        Line($"claims at once, {Members:N0} members, one for each call", "claims", "claims/bare-many");
        Line($"orders taken live, {Members:N0} members, one for each call", "orders", "orders/bare-many");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {orders:N0} orders of {orders / 10:N0} customers earn, one run of {bulk[bulk.Count / 2]:F1} s (best {bulk[0]:F1} s) | {orders / bulk[bulk.Count / 2]:N0} | |"));
        Console.WriteLine("<!-- /table -->");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"claims beside redemptions, both one for each call: {Median(rates["claims/single"]):0.00} ×"));
        return 0;

        void Line(string what, string key, string? ratio) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {what} | {Median(rates[key]):N0} | {(ratio is null ? string.Empty : Median(rates[ratio]).ToString("0.00 ×", CultureInfo.InvariantCulture))} |"));
    }

    private static async Task OpenAsync(PostgresPointsStore store)
    {
        await using (var session = await store.BeginRunAsync(Program("bench"), Day, Now))
        {
            await session.CloseDaysAsync();
            await session.CommitAsync();
        }

        // Those who claim are others than those whose entries the redemptions pile up.
        foreach (var kind in (string[])["m", "c"])
        {
            await store.ApplyAsync([.. Enumerable.Range(0, Members).Select(n => LedgerOperation.Adjust($"opening {kind}{n}", $"{kind}{n}", Day, Opening, "opening"))], Day, Now);
        }
    }

    private static async Task<double> EarnAsync(NpgsqlDataSource source, string tenant, int orders)
    {
        var random = new Random(1);
        var rows = new OrderRow[orders];
        for (var i = 0; i < orders; i++)
        {
            rows[i] = new OrderRow($"order-{i}", $"customer-{random.Next(orders / 10)}", Day, random.Next(1_000, 50_000));
        }

        GC.Collect();
        var clock = Stopwatch.StartNew();
        var store = new PostgresPointsStore(source, tenant);
        await using var session = await store.BeginRunAsync(Program(tenant), Day, Now);
        await session.AddOrdersAsync(rows);
        var result = await session.CloseDaysAsync();
        await session.CommitAsync();
        return result.EntriesNew == orders ? clock.Elapsed.TotalSeconds : throw new InvalidOperationException($"{result.EntriesNew} entries");
    }

    private static async Task<int> RedeemAsync(PostgresPointsStore store, int count, Func<int, int> member, string id)
    {
        var operations = new LedgerOperation[count];
        for (var i = 0; i < count; i++)
        {
            operations[i] = LedgerOperation.Redeem($"{id}-{i}", $"m{member(i)}", Day, 1);
        }

        var results = await store.ApplyAsync(operations, Day, Now);
        return results.All(static r => r is { IsApplied: true, IsRepeat: false }) ? count : throw new InvalidOperationException($"{results.First(static r => !r.IsApplied)}");
    }

    private static async Task<int> ClaimAsync(PostgresPointsStore store, int member, string id)
    {
        var outcomes = await store.TakeRedemptionsAsync([new(new RedemptionRow(id, $"c{member}", Day, "cup", RedemptionEvent.Claimed))], Day, Now);
        return outcomes[0] is { IsRejected: false, IsNew: true } ? 1 : throw new InvalidOperationException($"{outcomes[0]}");
    }

    private static async Task<int> OrderAsync(PostgresPointsStore store, int member, string id)
    {
        var outcomes = await store.TakeOrdersAsync([new OrderRow(id, $"o{member}", Day, 5_000)], Day, Now);
        return outcomes[0] is { IsRejected: false, IsNew: true } ? 1 : throw new InvalidOperationException($"{outcomes[0]}");
    }

    private static async Task<int> BareAsync(NpgsqlDataSource source, int member, string id)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("BEGIN"),
                new NpgsqlBatchCommand("UPDATE public.balance SET points = points - $2 WHERE tenant_id = 1 AND member = $1 AND points >= $2")
                {
                    Parameters = { new() { Value = $"m{member}" }, new() { Value = 1L } },
                },
                new NpgsqlBatchCommand("INSERT INTO public.entry VALUES (1, $1, $2, $3)")
                {
                    Parameters = { new() { Value = id }, new() { Value = $"m{member}" }, new() { Value = -1L } },
                },
                new NpgsqlBatchCommand("COMMIT"),
            },
        };
        await batch.ExecuteNonQueryAsync();
        return 1;
    }

    /// <summary>How many redemptions a second eight writers do, each one after the other.</summary>
    private static async Task<double> RateAsync(int seconds, Func<int, int, Task<int>> work)
    {
        var processor = Postgres.ProcessorTime.Now();
        var clock = Stopwatch.StartNew();
        var done = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var sum = 0L;
            for (var n = 0; clock.Elapsed.TotalSeconds < seconds; n++)
            {
                sum += await work(writer, n);
            }

            return sum;
        })));
        var rate = done.Sum() / clock.Elapsed.TotalSeconds;
        await Console.Error.WriteAsync(string.Create(
            CultureInfo.InvariantCulture, $"  [{(Postgres.ProcessorTime.Now() - processor) / done.Sum() * 1e6:N0} us of processor time for each]"));
        return rate;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static void Add(Dictionary<string, List<double>> rates, string what, double rate)
    {
        if (!rates.TryGetValue(what, out var list))
        {
            rates.Add(what, list = []);
        }

        list.Add(rate);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static int Option(string[] arguments, string name, int standard)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : standard;
    }
}
