using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Points;

namespace Loyalty.Benchmarks.Points;

/// <summary>
/// <c>points</c>: how fast the ledger in memory takes operations on one core, beside the least that anything with idempotency keys has to do.
/// </summary>
internal static class LedgerRates
{
    private const int Operations = 1_000_000;
    private const int Members = 100_000;
    private const int InOneCall = 1_000;
    private const int Rounds = 5;

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;
    private static readonly DateOnly Day = new(2025, 3, 1);
    private static readonly DateTime Now = new(2025, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    public static int Run()
    {
        var random = new Random(1);
        var members = Enumerable.Range(0, Members).Select(i => $"customer-{i}").ToArray();
        var ids = Enumerable.Range(0, Operations).Select(i => $"order-{i}").ToArray();
        var orders = ids.Select(id => LedgerOperation.Earn(id, members[random.Next(Members)], Day, random.Next(1_000, 50_000))).ToArray();
        var claims = Enumerable.Range(0, Operations).Select(i => LedgerOperation.Redeem(ids[i], orders[i].Member!, Day, 1 + (i % 9))).ToArray();
        var rows = orders.Select(o => new OrderRow(o.Id, o.Member!, Day, o.Amount)).ToArray();
        var results = new List<(string Name, double Least, long Entries)>
        {
            Measure("least possible: key into a dictionary, balance of a member, entry into a list", () => Least(orders)),
            Measure("earn, points and bonus", () => Earn(orders, 10)),
            Measure("earn, points and bonus, one call for each operation", () => Earn(orders, 10, ApplyOneByOne)),
            Measure("earn, points only", () => Earn(orders, 0)),
            Measure("earn, points only, one call for each operation", () => Earn(orders, 0, ApplyOneByOne)),
            Measure("earn, points only, 1 member", () => Earn([.. orders.Select(o => LedgerOperation.Earn(o.Id, "hot", Day, o.Amount))], 0)),
            Measure("redeem", () => Earn(orders, 0), ledger => Apply(ledger, claims)),
            Measure("redeem, one call for each operation", () => Earn(orders, 0), ledger => ApplyOneByOne(ledger, claims)),
            Measure("every operation sent twice", () => Earn(orders, 10), ledger => Apply(ledger, orders)),
            Measure("hash chain over all entries", () => Earn(orders, 10), Chain),
            Measure("a run: club, points and bonus of an order", () => Book(rows)),
        };
        Console.WriteLine(string.Create(Plain, $"{Operations:N0} operations of {Members:N0} members, one core, processor time, least of {Rounds}; {InOneCall:N0} operations in one call; .NET {Environment.Version}"));
        Console.WriteLine();
        Console.WriteLine("| | time | operations/s | entries | M entries/s | to the least |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|");
        foreach (var (name, least, entries) in results)
        {
            Console.WriteLine(string.Create(
                Plain,
                $"| {name} | {least:0} ms | {Operations / least * 1_000:N0} | {entries:N0} | {entries / least / 1_000:0.00} | {least / entries / (results[0].Least / results[0].Entries):0.00} × |"));
        }

        return 0;
    }

    private static (string Name, double Least, long Entries) Measure(string name, Func<long> run) => Measure(name, () => 0, _ => run());

    private static (string Name, double Least, long Entries) Measure(string name, Func<PointsLedger> run)
    {
        PointsLedger? keep = null;
        var result = Measure(name, () => 0, _ => (keep = run()).EntryCount);
        GC.KeepAlive(keep);
        return result;
    }

    private static (string Name, double Least, long Entries) Measure<T>(string name, Func<T> prepare, Func<T, long> run)
    {
        // Processor time, not wall time: the work is on one thread, and other work on the machine does not count.
        using var process = Process.GetCurrentProcess();
        var times = new List<double>();
        var collections = new List<double>();
        var entries = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            var prepared = prepare();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var start = Cpu(process);
            var pauses = GC.GetTotalPauseDuration();
            entries = run(prepared);
            times.Add((Cpu(process) - start).TotalMilliseconds);
            collections.Add((GC.GetTotalPauseDuration() - pauses).TotalMilliseconds);
        }

        // Other work on the machine only ever adds.
        Console.Error.WriteLine(string.Create(Plain, $"{name}: {times.Min():0} ms, {collections.Min():0} ms of it in collections"));
        return (name, times.Min(), entries);
    }

    private static TimeSpan Cpu(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static long Least(LedgerOperation[] operations)
    {
        var keys = new Dictionary<string, int>(StringComparer.Ordinal);
        var balances = new Dictionary<string, long>(StringComparer.Ordinal);
        var entries = new List<LedgerEntry>();
        foreach (var operation in operations)
        {
            if (keys.TryAdd(operation.Id, entries.Count))
            {
                ref var balance = ref CollectionsMarshal.GetValueRefOrAddDefault(balances, operation.Member!, out _);
                balance += operation.Amount / 100;
                entries.Add(new LedgerEntry(1, EntryKind.Earned, new(EntrySource.OrderEarned, operation.Id), operation.Amount / 100, balance, 1, 1, 1));
            }
        }

        return entries.Count;
    }

    private static PointsLedger Earn(LedgerOperation[] operations, decimal bonus, Func<PointsLedger, LedgerOperation[], long>? apply = null)
    {
        var ledger = new PointsLedger(new PointsProgram(Currency.Get("USD"), 1, 0.01m, bonus));
        (apply ?? Apply)(ledger, operations);
        return ledger;
    }

    private static long Apply(PointsLedger ledger, LedgerOperation[] operations)
    {
        var before = ledger.EntryCount;
        var results = new LedgerResult[InOneCall];
        for (var first = 0; first < operations.Length; first += InOneCall)
        {
            ledger.Apply(operations.AsSpan(first, Math.Min(InOneCall, operations.Length - first)), results, Day, Now);
        }

        return Math.Max(ledger.EntryCount - before, operations.Length);
    }

    private static long ApplyOneByOne(PointsLedger ledger, LedgerOperation[] operations)
    {
        var before = ledger.EntryCount;
        foreach (ref readonly var operation in operations.AsSpan())
        {
            ledger.Apply(operation, Day, Now);
        }

        return Math.Max(ledger.EntryCount - before, operations.Length);
    }

    private static long Chain(PointsLedger ledger)
    {
        Span<byte> hash = stackalloc byte[LedgerChain.HashLength];
        var entries = 0L;
        foreach (var member in ledger.Members)
        {
            LedgerChain.Start("acme", member, hash);
            foreach (var entry in ledger.Find(member)!.Entries)
            {
                LedgerChain.Next(hash, entry, hash);
                entries++;
            }
        }

        return entries;
    }

    private static long Book(OrderRow[] rows)
    {
        var program = LoyaltyProgram.Parse("""
            {"tenant":"acme","currency":"USD","timeZone":"Etc/UTC","club":{"stages":[{"name":"Bronze","months":12,"minimumPurchase":0}]},
             "points":{"perUnit":1,"bonusPercent":10,"minimumMembershipDays":0}}
            """);
        var store = new InMemoryPointsStore();
        // Waits are free here: the in-memory store answers at once.
        var session = store.BeginRunAsync(program, Day, Now).AsTask().GetAwaiter().GetResult();
        session.AddOrdersAsync(rows).AsTask().GetAwaiter().GetResult();
        var result = session.CloseDaysAsync().AsTask().GetAwaiter().GetResult();
        session.CommitAsync().AsTask().GetAwaiter().GetResult();
        return result.EntriesNew;
    }
}
