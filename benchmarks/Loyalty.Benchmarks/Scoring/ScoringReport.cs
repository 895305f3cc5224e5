using System.Diagnostics;
using System.Globalization;
using System.Text;
using Loyalty.Benchmarks.Postgres;
using Loyalty.Ingest.Orders;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Postgres.Scores;
using Loyalty.Postgres.Sessions;
using Loyalty.Scoring;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Benchmarks.Scoring;

/// <summary>Scoring beside what one would write without the library: from columns beside LINQ, on PostgreSQL beside the SQL of the old plan.</summary>
/// <remarks><c>scoring [--write] [--orders N] [--rounds N]</c>; all in one run, rivals in turn.</remarks>
internal static class ScoringReport
{
    private const int Page = 20;
    private const int Pages = 2_000;

    private static readonly string[] ServerSettings =
        ["max_wal_size=8GB", "shared_buffers=512MB", "maintenance_work_mem=512MB", "checkpoint_timeout=1h", "autovacuum=off"];

    private static DateOnly AsOf { get; } = new(2025, 10, 15);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var orders = Option(arguments, "--orders", 10_000_000);
        var rounds = Option(arguments, "--rounds", 9);
        var times = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        Columns(times, rounds);
        using var server = new TestServer(fsync: true, ServerSettings);
        var customers = await CustomersAsync(server, times, rounds);
        foreach (var (what, measured) in times)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{what}: {Median(measured):#,0.0} ms at the median, {measured.Min():#,0.0} ms at best"));
        }

        await TimelineAsync(server, times, orders);
        var text = Text(times, customers, orders);
        Console.WriteLine(text);
        if (arguments.Contains("--write", StringComparer.Ordinal))
        {
            await File.WriteAllTextAsync(Path.Combine(Root(), "benchmarks", "Loyalty.Benchmarks", "results", "amd-epyc", "scoring.md"), text);
        }

        return 0;
    }

    private static void Columns(Dictionary<string, List<double>> times, int rounds)
    {
        var columns = new ScoringBenchmarks();
        columns.SetUp();
        for (var round = 0; round < rounds; round++)
        {
            Time(times, "linq", () => columns.Linq());
            Time(times, "plain", columns.Plain);
            Time(times, "thresholds", columns.Thresholds);
            Time(times, "quantiles", columns.Quantiles);
        }
    }

    private static async Task<int> CustomersAsync(TestServer server, Dictionary<string, List<double>> times, int rounds)
    {
        var orders = SampleOrders();
        var sums = new OrderSums(AsOf);
        orders.ForEach(sums.Add);
        var customers = sums.ToPopulation();
        using var seed = server.CreateEmptyDatabase();
        await SeedScoring.LoadAsync(seed.Owner, customers);
        using var database = server.CreateDatabase();
        var store = new PostgresScoreStore(database.App, "bench", Currency.Get("USD"));
        await TimeAsync(times, "first", () => RunAsync(store, ScoringProgram.Default, AsOf, OrderScope.All, orders));
        await using (var connection = await database.Owner.OpenConnectionAsync())
        {
            await SeedSql.RunAsync(connection, "VACUUM ANALYZE");
        }

        // Other weights change every row; in turn with the old plan, so that both meet the same machine.
        var other = ScoringProgram.Default with { Weights = new ScoreWeights(4, 2, 1), Segments = SegmentPlan.Grid };
        for (var round = 0; round < rounds; round++)
        {
            await using (var connection = await seed.Owner.OpenConnectionAsync())
            {
                await TimeAsync(times, "seed", () => SeedSql.RunAsync(connection, SeedScoring.Rescore));
            }

            var examined = 0L;
            await TimeAsync(times, "everybody", async () => examined = await RunAsync(store, round % 2 == 0 ? other : ScoringProgram.Default, AsOf, OrderScope.Changes, []));
            if (examined != customers.Count)
            {
                throw new InvalidOperationException($"{examined} of {customers.Count} customers were scored.");
            }
        }

        // The old plan's recalculation: a day went by and everybody is looked at again, here because the limits are written otherwise, though they
        // decide alike. Only rows that come out otherwise are written.
        var last = rounds % 2 == 1 ? other : ScoringProgram.Default;
        for (var round = 1; round <= rounds; round++)
        {
            var alike = last with { Thresholds = new ThresholdModel([30, 60, 90, 180], [10, 5, 3, 1], [1000, 500, 200, 50 + (round * 0.000_000_001m)]) };
            await TimeAsync(times, "alike", () => RunAsync(store, alike, AsOf.AddDays(round), OrderScope.Changes, []));
            last = alike;
        }

        for (var day = 1; day <= rounds; day++)
        {
            var today = AsOf.AddDays(rounds + day);
            await TimeAsync(times, "day", () => RunAsync(store, last, today, OrderScope.Changes, []));
        }

        await TimeAsync(times, "same", () => RunAsync(store, last, AsOf.AddDays(2 * rounds), OrderScope.All, orders));
        return customers.Count;
    }

    private static async Task TimelineAsync(TestServer server, Dictionary<string, List<double>> times, int orders)
    {
        using var database = server.CreateDatabase();
        var tenant = TenantId.FromName("bench").Value;
        var customers = Math.Max(1, orders / 10);
        await using (var connection = await database.Owner.OpenConnectionAsync())
        {
            // Orders of a customer lie scattered over the table, as they do when they came over years.
            foreach (var sql in (string[])
            [
                "DROP INDEX loyalty.customer_order_timeline; DROP INDEX loyalty.customer_order_waiting; ALTER TABLE loyalty.customer_order DROP CONSTRAINT customer_order_pkey",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    INSERT INTO loyalty.customer_order (tenant_id, placed_at, gross, fees, refunded, net, platform, standing, id, customer, customer_key, contact, status, item, purchaser, is_undone)
                    SELECT {tenant}, timestamp '2021-01-01' + (i % 150000000) * interval '1 second', 20 + i % 90, 1.25, 0, 18.75 + i % 90, i % 3, 0, 'A' || i, c, c, c, 'paid',
                        'event ' || i % 500, 'name ' || i % 70000, false
                    FROM (SELECT i, 'c' || ((i * 7919) % {customers}) || '@example.com' AS c FROM generate_series(1, {orders}::bigint) AS i) x
                    """),
                "ALTER TABLE loyalty.customer_order ADD CONSTRAINT customer_order_pkey PRIMARY KEY (tenant_id, platform, id)",
                "CREATE INDEX customer_order_timeline ON loyalty.customer_order (tenant_id, customer, placed_at DESC, platform, id) WHERE customer IS NOT NULL",
                "ANALYZE loyalty.customer_order",
            ])
            {
                var watch = Stopwatch.StartNew();
                await SeedSql.RunAsync(connection, sql);
                await Console.Error.WriteLineAsync($"{sql[..Math.Min(40, sql.Length)]}… {watch.Elapsed.TotalSeconds:0.0} s");
            }
        }

        var store = new PostgresScoreStore(database.App, "bench", Currency.Get("USD"));
        var random = new Random(1);
        for (var i = 0; i < Pages; i++)
        {
            var customer = string.Create(CultureInfo.InvariantCulture, $"c{random.Next(customers)}@example.com");
            TimelinePage page = null!;
            await TimeAsync(times, "page", async () => page = await store.ReadTimelineAsync(customer, null, Page / 4));
            await TimeAsync(times, "next page", async () => page = await store.ReadTimelineAsync(customer, page.Next, Page));
            if (page.Entries.Count == 0)
            {
                throw new InvalidOperationException("A customer has no second page.");
            }
        }
    }

    private static List<Order> SampleOrders()
    {
        var root = Root();
        var folder = Path.Combine(root, "artifacts", "bench", "scoring");
        var host = Path.Combine(root, "artifacts", "bin", "Loyalty.Host", "release", "loyalty");
        if (!File.Exists(host))
        {
            throw new FileNotFoundException("The host is missing: build samples/Loyalty.Host first (`./build bench scoring` does).", host);
        }

        using (var process = Process.Start(host, ["sample-data", "--members", "1", "--videos", "1", "--days", "1", "--seed", "1", "--out", folder]))
        {
            process.WaitForExit();
        }

        var import = new OrderImport(new OrderImportOptions(), static (in Ingest.Reject _) => { });
        foreach (var file in (string[])["orders-humanitix.csv", "orders-eventbrite.csv", "orders-door.csv"])
        {
            import.Read(Path.Combine(folder, file));
        }

        return [.. import.Enumerate()];
    }

    private static ValueTask<long> RunAsync(PostgresScoreStore store, ScoringProgram program, DateOnly asOf, OrderScope scope, List<Order> orders) =>
        store.RunAsync(program, asOf, scope, async (session, stop) =>
        {
            if (orders.Count > 0)
            {
                await session.PutAsync(orders, stop);
            }

            return (await session.RescoreAsync(stop)).Examined;
        });

    private static string Text(Dictionary<string, List<double>> times, int customers, int orders)
    {
        var text = new StringBuilder("# Scoring\n\nRivals in turn in one run; rows in bold are the library. The machine was shared: ratios matter more than times.\n\n");
        text.Append("<!-- table -->\n| | customers | median | fastest | customers a second, fastest |\n|---|--:|--:|--:|--:|\n");
        Row("LINQ over objects: thresholds and bands", "linq", ScoringBenchmarks.Objects);
        Row("Thresholds from columns, plain loop", "plain", ScoringBenchmarks.Customers);
        Row("**Thresholds from columns**", "thresholds", ScoringBenchmarks.Customers);
        Row("**Quantiles: cuts and scores**", "quantiles", ScoringBenchmarks.Customers);
        Row("PostgreSQL: the old plan's trigger, every row touched", "seed", customers);
        Row("**PostgreSQL: a day later, everybody looked at again, what changed written**", "alike", customers);
        Row("**PostgreSQL: everybody rescored under other weights, every row written**", "everybody", customers);
        Row("**PostgreSQL: a day later, due customers only**", "day", customers);
        Row("**PostgreSQL: first run, 11,864 orders stored**", "first", customers);
        Row("**PostgreSQL: the same orders again**", "same", customers);
        text.Append("<!-- /table -->\n\n");
        var (page, next) = (times["page"], times["next page"]);
        text.Append(CultureInfo.InvariantCulture, $"Timeline among {orders:N0} orders of {Math.Max(1, orders / 10):N0} customers, {Pages:N0} customers at random, statements not prepared: newest {Page / 4} entries {Median(page):0.00} ms at the median ({Share(page, 0.95):0.00} ms at 95 %), the page after them {Median(next):0.00} ms ({Share(next, 0.95):0.00} ms).\n");
        return text.ToString();

        void Row(string what, string name, int count)
        {
            var (median, fastest) = (Median(times[name]), times[name].Min());
            text.Append(CultureInfo.InvariantCulture, $"| {what} | {count:N0} | {median:#,0.0} ms | {fastest:#,0.0} ms | {count / fastest * 1e3:#,0} |\n");
        }
    }

    private static double Median(List<double> values) => Share(values, 0.5);

    private static double Share(List<double> values, double share) => values.Order().ElementAt((int)((values.Count - 1) * share));

    private static void Time(Dictionary<string, List<double>> times, string what, Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        Add(times, what, watch);
    }

    private static async Task TimeAsync(Dictionary<string, List<double>> times, string what, Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        await action();
        Add(times, what, watch);
    }

    private static Task TimeAsync<T>(Dictionary<string, List<double>> times, string what, Func<ValueTask<T>> action) => TimeAsync(times, what, async () => { await action(); });

    private static void Add(Dictionary<string, List<double>> times, string what, Stopwatch watch)
    {
        var elapsed = watch.Elapsed.TotalMilliseconds;
        if (!times.TryGetValue(what, out var list))
        {
            times.Add(what, list = []);
        }

        list.Add(elapsed);
    }

    private static int Option(string[] arguments, string name, int standard)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : standard;
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Loyalty.Libs.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException("No directory above the program holds Loyalty.Libs.sln.");
    }
}
