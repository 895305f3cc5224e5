using System.Globalization;
using System.Text.Json;
using Loyalty.Activities;

namespace Loyalty.Benchmarks.Aggregation;

/// <summary>
/// A short run that fails when the hot path lost its speed or allocates. Everything is a ratio to a baseline measured in the same
/// round in processor time of one thread, and of the rounds the median counts, so that a busy machine slows both sides. A bound that is
/// broken all the same is measured again: it must be broken each time.
/// </summary>
internal static class AggregationGuard
{
    private const int Activities = 3_000_000;

    /// <summary>Ten activities each.</summary>
    private const int GroupedMembers = Activities / 10;

    /// <summary>Five activities each.</summary>
    private const int ScatteredMembers = Activities / 5;

    /// <summary>
    /// Totals of 312 MB, more than a server's last cache of today holds: what it does hold the plain loop reaches nearly as fast as
    /// rows dealt to partitions.
    /// </summary>
    private const int UncachedMembers = 3_000_000;

    private const int Rounds = 15;

    /// <summary>How often a broken bound is measured before it counts as broken.</summary>
    private const int Tries = 3;

    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true, ReadCommentHandling = JsonCommentHandling.Skip };

    /// <summary>Exit code 0 when every bound of the thresholds file holds, 1 when one is broken.</summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        var slowed = arguments.Contains("--slowed");
        var thresholds = JsonSerializer.Deserialize<Threshold[]>(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Aggregation", "guard.json")), Json)!;
        var values = Measured(thresholds, Measure(slowed));

        // A busy neighbour breaks a bound once; lost speed breaks it every time.
        for (var again = 1; !slowed && again < Tries && thresholds.Zip(values).Any(pair => !pair.First.Holds(pair.Second)); again++)
        {
            Console.WriteLine("A bound is broken: measured once more.");
            var anew = Measured(thresholds, Measure(slowed));
            for (var index = 0; index < values.Length; index++)
            {
                values[index] = thresholds[index].Holds(values[index]) ? values[index] : anew[index];
            }
        }

        var broken = 0;
        foreach (var (threshold, value) in thresholds.Zip(values))
        {
            var holds = threshold.Holds(value);
            broken += holds ? 0 : 1;
            var bound = threshold.AtLeast is { } least ? $"at least {least}" : $"at most {threshold.AtMost}";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{(holds ? "holds " : "BROKEN")}  {threshold.Measure,-52} {value,8:0.###}   {bound}"));
        }

        Console.WriteLine(broken == 0 ? "The aggregation hot path holds its bounds." : $"{broken} bounds are broken; guard.json says why each is there.");
        return broken == 0 ? 0 : 1;
    }

    /// <summary>The measure of each threshold. Every measure has a bound and every bound a measure.</summary>
    private static double[] Measured(Threshold[] thresholds, Dictionary<string, double> measured)
    {
        var values = Array.ConvertAll(thresholds, threshold => measured.Remove(threshold.Measure, out var value)
            ? value
            : throw new InvalidDataException($"guard.json bounds '{threshold.Measure}', which nothing measures; it is one of: {string.Join(", ", measured.Keys)}."));
        return measured.Count == 0 ? values : throw new InvalidDataException($"guard.json has no bound for: {string.Join(", ", measured.Keys)}.");
    }

    private static Dictionary<string, double> Measure(bool slowed)
    {
        var grouped = AggregationData.Grouped(Activities, GroupedMembers);
        var busy = AggregationData.Grouped(Activities, Activities / 100, least: 64);
        var scattered = AggregationData.Scattered(Activities, ScatteredMembers);
        var (removed, added) = AggregationData.Changes(scattered, Activities / 100);
        var uncached = AggregationData.Scattered(3 * UncachedMembers, UncachedMembers);
        var sums = new AggregationBaselines.Sums[UncachedMembers];
        var windows = grouped.Windows.AsSpan(0, 8).ToArray();
        var missions = new ActivityTotals[windows.Length];
        var aggregator = new Aggregator(threads: 1);
        var parallel = new Aggregator(threads: 2);

        void Grouped(AggregationData data) => Slow(slowed, () => aggregator.AggregateGrouped(data.Columns, data.Windows, AggregationData.Through, data.Totals));
        void Anew(AggregationData data) => aggregator.AggregateScattered(data.Columns, data.Windows, AggregationData.Through, data.Totals);
        void Change() => Slow(slowed, () => aggregator.ApplyChanges(removed.Columns, added.Columns, scattered.Windows, AggregationData.Through, scattered.Totals));
        void Windows() => Slow(slowed, () => Aggregator.AggregateWindows(0, grouped.Columns, windows, AggregationData.Through, missions));
        void Parallel()
        {
            parallel.AggregateGrouped(grouped.Columns, grouped.Windows, AggregationData.Through, grouped.Totals);
            parallel.AggregateScattered(scattered.Columns, scattered.Windows, AggregationData.Through, scattered.Totals);
            parallel.ApplyChanges(removed.Columns, added.Columns, scattered.Windows, AggregationData.Through, scattered.Totals);
        }

        var rounds = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        for (var round = 0; round < Rounds + 2; round++)
        {
            // Two rounds warm up; their values are dropped with the list.
            if (round == 2)
            {
                rounds.Clear();
            }

            var read = ThreadTime.Of(() => AggregationBaselines.ReadColumns(grouped));
            var plainGrouped = ThreadTime.Of(() => AggregationBaselines.PlainGrouped(grouped));
            var fastGrouped = ThreadTime.Of(() => Grouped(grouped));
            Add("grouped rows, rate to reading all columns", read / fastGrouped);
            Add("grouped rows, rate to the plain loop", plainGrouped / fastGrouped);
            Add("64 or more rows a member, rate to reading all columns", ThreadTime.Of(() => AggregationBaselines.ReadColumns(busy)) / ThreadTime.Of(() => Grouped(busy)));
            Add("8 windows in one pass, time to one pass of reading", ThreadTime.Of(Windows) / read);
            var plainScattered = ThreadTime.Of(() => AggregationBaselines.PlainScattered(uncached, sums));
            Add("scattered rows, rate to the plain loop", plainScattered / ThreadTime.Of(() => Slow(slowed, () => Anew(uncached))));
            Add("1 % changed, time to making all totals anew", ThreadTime.Of(Change) / ThreadTime.Of(() => Anew(scattered)));
            Add("bytes allocated by a call", Allocated(slowed ? () => Grouped(grouped) : Parallel));
        }

        return rounds.ToDictionary(
            measure => measure.Key,
            measure => measure.Key.StartsWith("bytes", StringComparison.Ordinal) ? measure.Value.Min() : Median(measure.Value),
            StringComparer.Ordinal);

        void Add(string measure, double value)
        {
            if (!rounds.TryGetValue(measure, out var values))
            {
                rounds.Add(measure, values = []);
            }

            values.Add(value);
        }
    }

    /// <summary>With <c>--slowed</c> the work is done five times and something is allocated: what the guard must catch.</summary>
    private static void Slow(bool slowed, Action work)
    {
        work();
        for (var again = 0; slowed && again < 4; again++)
        {
            work();
            GC.KeepAlive(new byte[100]);
        }
    }

    /// <summary>Of the whole process, so that the helper threads are counted. The runtime's own threads may add to a round, never to all.</summary>
    private static double Allocated(Action work)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        work();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    /// <summary>A bound on a measure, with the reason for it.</summary>
    private sealed record Threshold(string Measure, double? AtLeast, double? AtMost, string Reason)
    {
        public bool Holds(double value) => value >= (AtLeast ?? double.MinValue) && value <= (AtMost ?? double.MaxValue);
    }
}
