using System.Diagnostics;
using System.Globalization;
using Loyalty.Benchmarks.Postgres;
using Loyalty.Connectors;
using Loyalty.Connectors.Delivering;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points;
using Loyalty.Postgres.Queue;
using Loyalty.Programs;
using Loyalty.Queue;
using Loyalty.Queue.Plans;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Benchmarks.Queue;

/// <summary>
/// <c>queue</c>: what enqueuing costs a bulk run, how fast eight workers deliver to a server on the same machine, and what a claim costs while ever more rows wait.
/// </summary>
/// <remarks>
/// <c>queue [--orders N] [--operations N] [--rows N] [--rounds N] [--fsync on|off]</c>; a part whose number is 0 is left out. Each part runs once on a small scale before it is
/// measured: compiling is no part of it. The plan of the claim follows the table.
/// </remarks>
internal static class QueueBenchmark
{
    private const int Workers = 8;
    private const int Claimed = 64;
    private const string NoEvents = "";
    private const string AllEvents = ""","events":["app"]""";

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;
    private static readonly string[] ServerSettings = ["max_wal_size=8GB", "shared_buffers=512MB", "checkpoint_timeout=1h"];
    private static readonly DateOnly Day = new(2025, 3, 3);
    private static readonly DateTime Now = new(2025, 3, 3, 12, 0, 0, DateTimeKind.Utc);
    private static readonly DateTimeOffset Past = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var orders = Option(arguments, "--orders", 1_000_000);
        var operations = Option(arguments, "--operations", 20_000);
        var rows = Option(arguments, "--rows", 10_000_000);
        var rounds = Option(arguments, "--rounds", 3);
        var fsync = Array.IndexOf(arguments, "--fsync") is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : "on";
        using var server = new TestServer(fsync is "on", ServerSettings);
        using var database = server.CreateDatabase();
        await using var app = NpgsqlDataSource.Create(database.AppConnectionString + ";Max Auto Prepare=40;Maximum Pool Size=20");
        await using var owner = NpgsqlDataSource.Create(database.OwnerConnectionString + ";Command Timeout=0");
        Console.WriteLine(string.Create(Plain, $"PostgreSQL on the same machine ({Environment.ProcessorCount} cores), fsync {fsync}; .NET {Environment.Version}"));
        Console.WriteLine();
        Console.WriteLine("<!-- table -->");
        Console.WriteLine("| | | |");
        Console.WriteLine("|---|--:|--:|");
        if (orders > 0)
        {
            foreach (var events in new[] { NoEvents, AllEvents })
            {
                await EarnAsync(app, $"warm{events.Length}", Math.Min(orders, 20_000), events, enqueues: true);
            }

            await EnqueueAsync(app, owner, orders, rounds);
        }

        if (operations > 0)
        {
            await RateAsync(app, "warm", Math.Min(operations, 5_000));
            await DeliverAsync(app, owner, operations, rounds);
        }

        var plans = new List<string>();
        for (var waiting = 1_000; waiting <= rows; waiting *= 10)
        {
            var plan = await ClaimAsync(app, owner, waiting);
            plans.Add(string.Create(Plain, $"While {waiting:N0} wait:\n\n```text\n{plan}\n```"));
        }

        Console.WriteLine("<!-- /table -->");
        foreach (var plan in plans)
        {
            Console.WriteLine();
            Console.WriteLine(plan);
        }

        return 0;
    }

    /// <summary>
    /// The same bulk run with and without what it causes, one after the other, so that whatever else the machine does falls on both: of customers
    /// of whom every tenth is new, which is an operation and a discount; of new customers alone; and of a program that tells an application every entry.
    /// </summary>
    private static async Task EnqueueAsync(NpgsqlDataSource app, NpgsqlDataSource owner, int orders, int rounds)
    {
        foreach (var (events, areMembers) in new[] { (NoEvents, true), (NoEvents, false), (AllEvents, false) })
        {
            var (without, with) = (new List<double>(), new List<double>());
            var deliveries = 0;
            for (var round = 0; round < rounds; round++)
            {
                // Tables grow from run to run: who goes first changes.
                foreach (var enqueues in round % 2 == 0 ? new[] { false, true } : [true, false])
                {
                    await ExecuteAsync(owner, "CHECKPOINT");
                    var earned = await EarnAsync(app, $"{enqueues}{areMembers}{events.Length}-{round}", orders, events, enqueues, areMembers);
                    (enqueues ? with : without).Add(earned.Earning + earned.Following);
                    deliveries = enqueues ? earned.Deliveries : deliveries;
                    await Console.Error.WriteLineAsync(string.Create(
                        Plain, $"{orders:N0} orders{(enqueues ? string.Create(Plain, $" with {deliveries:N0} deliveries") : string.Empty)}: {earned.Earning:F1} + {earned.Following:F1} s of processor time"));
                }
            }

            Console.WriteLine(string.Create(
                Plain, $"| {orders:N0} orders of {orders / 10:N0} {(areMembers ? "customers, every tenth of them new," : "new customers")} earn, without and with the {deliveries:N0} deliveries that they cause{(events.Length > 0 ? ": each entry is told to an application, too" : "")} | {without.Average():F1} s and {with.Average():F1} s of processor time | {with.Sum() / without.Sum():0.00} × |"));
        }
    }

    /// <summary>Processor time of earning, commit included, and of what follows it: reading the members, and storing what is to tell.</summary>
    private static async Task<(double Earning, double Following, int Deliveries)> EarnAsync(
        NpgsqlDataSource source, string tenant, int orders, string events, bool enqueues, bool areMembers = false)
    {
        if (areMembers)
        {
            await EarnAsync(source, tenant, Rows(Day, orders, static customer => customer % 10 > 0), events, Day, enqueues);
        }

        var day = areMembers ? Day.AddDays(1) : Day;
        return await EarnAsync(source, tenant, Rows(day, orders, static _ => true), events, day, enqueues);
    }

    private static async Task<(double Earning, double Following, int Deliveries)> EarnAsync(
        NpgsqlDataSource source, string tenant, OrderRow[] rows, string events, DateOnly day, bool enqueues)
    {
        GC.Collect();
        var program = LoyaltyProgram.Parse(
            $$$"""
            {"tenant":"{{{tenant}}}","currency":"USD","timeZone":"Etc/UTC","club":{"stages":[{"name":"Bronze","months":12,"minimumPurchase":0,"discountPercent":10}]},
             "points":{"perUnit":1,"minimumMembershipDays":0}{{{events}}}}
            """);
        var begun = ProcessorTime.Now();
        await using var run = await new PostgresPointsStore(source, tenant).BeginRunAsync(program, day, Now.AddDays(day.DayNumber - Day.DayNumber));
        await run.AddOrdersAsync(rows);
        var result = await run.CloseDaysAsync();
        var earned = ProcessorTime.Now();
        var deliveries = 0;
        if (enqueues)
        {
            deliveries = await new RunDeliveries(program, day.AddDays(-1), day).EnqueueAsync(run, result);
        }
        else
        {
            // Whoever stores what a run caused reads its members; so does whoever only shows it.
            await foreach (var member in run.ReadMembersAsync())
            {
                deliveries += member.Entries.Count;
            }
        }

        var followed = ProcessorTime.Now();
        await run.CommitAsync();
        return result.EntriesNew == rows.Length
            ? (earned - begun + ProcessorTime.Now() - followed, followed - earned, deliveries)
            : throw new InvalidOperationException($"{result.EntriesNew} entries");
    }

    /// <summary>Orders of a day, those of some customers.</summary>
    private static OrderRow[] Rows(DateOnly day, int orders, Func<int, bool> isOf)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, orders).Select(i => (Number: i, Customer: random.Next(orders / 10), Amount: random.Next(1_000, 50_000))).Where(o => isOf(o.Customer))
            .Select(o => new OrderRow($"order-{day.DayNumber}-{o.Number}", $"customer-{o.Customer}@shop.example", day, o.Amount))];
    }

    private static async Task DeliverAsync(NpgsqlDataSource app, NpgsqlDataSource owner, int operations, int rounds)
    {
        var (rates, beside, processor) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            var before = ProcessorTime.Now();
            rates.Add(await RateAsync(app, $"deliver{round}", operations));
            processor.Add((ProcessorTime.Now() - before) / operations * 1e6);

            // A snapshot that stays open keeps every old version of a lane.
            await using var connection = await owner.OpenConnectionAsync();
            await using var open = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
            await using (var look = new NpgsqlCommand("SELECT count(*) FROM loyalty.queue_lane", connection, open))
            {
                await look.ExecuteScalarAsync();
            }

            beside.Add(await RateAsync(app, $"beside{round}", operations));
            await Console.Error.WriteLineAsync(string.Create(Plain, $"{operations:N0} operations: {rates[^1]:N0}/s, beside an open transaction {beside[^1]:N0}/s, {processor[^1]:N0} us of processor time each"));
        }

        Console.WriteLine(string.Create(
            Plain, $"| {operations:N0} operations of {operations / 10:N0} customers, {Workers} workers, to a server of HTTP on the same machine | {Median(rates):N0} a second | {Median(processor):N0} us of processor time each, all processes |"));
        Console.WriteLine(string.Create(
            Plain, $"| the same beside a transaction that stays open all the while | {Median(beside):N0} a second | {Median(beside) / Median(rates):0.00} × |"));
    }

    private static async Task<double> RateAsync(NpgsqlDataSource app, string tenant, int operations)
    {
        var store = new PostgresQueueStore(app, tenant);
        await store.EnqueueAsync([.. Enumerable.Range(0, operations).Select(i => new NewDelivery(
            string.Create(Plain, $"enrollment:{i}:add"), DeliveryKind.Operation, QueueRules.Operations, string.Create(Plain, $"c{i % (operations / 10)}@shop.example"), "add", "",
            """{"stage":"Bronze","discount_percent":"10","cause":"order:1","date":"2025-01-01"}""", Past))]);
        using var server = new AnsweringServer();
        var options = new TargetOptions { Name = "hook", Kind = TargetKind.Webhook, Url = server.Url };
        using var target = new DeliveryTarget(options, [QueueRules.Operations], DeliveryTarget.Connect(options, TimeProvider.System), TimeProvider.System);
        var watch = Stopwatch.StartNew();
        var result = await new DeliveryWorker(store, [target], new DeliveryOptions { Tenant = tenant, Workers = Workers }).RunAsync();
        var rate = operations / watch.Elapsed.TotalSeconds;
        return result.Done == operations && server.Requests == operations ? rate : throw new InvalidOperationException($"{result.Done} done, {server.Requests} requests");
    }

    /// <summary>A claim of <see cref="Claimed"/> deliveries, given back at once, while so many wait.</summary>
    /// <returns>The plan of the statement that finds them.</returns>
    private static async Task<string> ClaimAsync(NpgsqlDataSource app, NpgsqlDataSource owner, int waiting)
    {
        var tenant = $"claim{waiting}";
        var store = new PostgresQueueStore(app, tenant);
        await ExecuteAsync(owner, string.Create(Plain, $$"""
            BEGIN; SELECT set_config('app.tenant_id', '{{store.TenantId.Value}}', true);
            INSERT INTO loyalty.queue_book (tenant_id, next_position, next_event, name) VALUES ({{store.TenantId.Value}}, {{waiting + 1}}, 1, '{{tenant}}');
            INSERT INTO loyalty.queue_delivery (tenant_id, position, due_at, next_at, attempts, is_begun, id, kind, status, route, customer, what, channel, key, external_id, error, payload, history)
            SELECT {{store.TenantId.Value}}, n, n, n, 0, false, substring(sha256(convert_to('enrollment:' || n || ':add', 'UTF8')), 1, 16), 'operation', 'waiting', 'operations', 'c' || n, 'add', '', 'enrollment:' || n || ':add', '', '', '{}', '' FROM generate_series(1, {{waiting}}) AS n;
            INSERT INTO loyalty.queue_lane (tenant_id, customer, route, head, next_at)
            SELECT {{store.TenantId.Value}}, 'c' || n, 'operations', n, n FROM generate_series(1, {{waiting}}) AS n;
            COMMIT; VACUUM ANALYZE loyalty.queue_delivery; VACUUM ANALYZE loyalty.queue_lane
            """));
        var times = new List<double>();
        for (var round = 0; round < 60; round++)
        {
            var watch = Stopwatch.StartNew();
            var claims = await store.ClaimAsync(new ClaimRequest("hook", [QueueRules.Operations], Claimed, TimeSpan.FromMinutes(1), Guid.NewGuid()));
            var elapsed = watch.Elapsed.TotalMilliseconds;
            if (claims.Count != Claimed)
            {
                throw new InvalidOperationException($"{claims.Count} claims");
            }

            var released = await store.ReportAsync([.. claims.Select(static c => new DeliveryReport(c, ReportKind.Release, "hook"))]);
            if (!released.All(static r => r))
            {
                throw new InvalidOperationException("a claim was not given back");
            }

            if (round >= 10)
            {
                times.Add(elapsed);
            }
        }

        Console.WriteLine(string.Create(Plain, $"| a claim of {Claimed} deliveries while {waiting:N0} wait | {Median(times):0.0} ms | fastest {times.Min():0.0} ms |"));
        return await PlanAsync(app, store.TenantId.Value);
    }

    private static async Task<string> PlanAsync(NpgsqlDataSource app, long tenant)
    {
        await using var connection = await app.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var setting = new NpgsqlCommand(string.Create(Plain, $"SET LOCAL app.tenant_id = '{tenant}'"), connection))
        {
            await setting.ExecuteNonQueryAsync();
        }

        await using var command = new NpgsqlCommand("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) " + QueueSql.LockNewLanes, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = 0 });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Claimed });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [QueueRules.Operations] });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "hook" });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = QueueRules.Operations });
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        // One statement after the other: VACUUM stands in no transaction.
        await using var connection = await source.OpenConnectionAsync();
        foreach (var statement in sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static int Option(string[] arguments, string name, int standard)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? int.Parse(arguments[at + 1], Plain) : standard;
    }
}
