using FsCheck;
using FsCheck.Fluent;
using Loyalty.Activities;

namespace Loyalty.Tests.Activities;

/// <summary>One activity as a value, for building columns.</summary>
public readonly record struct AggregationRow(int Member, int Day, long Sales, int Units, long Views, int Likes, int Comments);

/// <summary>Columns that own their memory.</summary>
internal sealed class AggregationTable(IReadOnlyCollection<AggregationRow> rows)
{
    private readonly int[] _members = [.. rows.Select(row => row.Member)];
    private readonly int[] _days = [.. rows.Select(row => row.Day)];
    private readonly long[] _sales = [.. rows.Select(row => row.Sales)];
    private readonly int[] _units = [.. rows.Select(row => row.Units)];
    private readonly long[] _views = [.. rows.Select(row => row.Views)];
    private readonly int[] _likes = [.. rows.Select(row => row.Likes)];
    private readonly int[] _comments = [.. rows.Select(row => row.Comments)];

    public AggregationColumns Columns => new(_members, _days, _sales, _units, _views, _likes, _comments);
}

/// <summary>Generated input: rows of members with windows, and the day up to which they count.</summary>
public sealed record AggregationCase(AggregationRow[] Rows, DayWindow[] Windows, int Through)
{
    public int MemberCount => Windows.Length;

    public AggregationRow[] GroupedRows => [.. Rows.OrderBy(row => row.Member)];

    public static AggregationRow[] Shuffle(AggregationRow[] rows, int seed)
    {
        var shuffled = rows.ToArray();
        new Random(seed).Shuffle(shuffled);
        return shuffled;
    }

    public override string ToString() =>
        $"through {Through}; windows {string.Join(' ', Windows)}; rows {string.Join(", ", Rows.Select(row => row.ToString()))}";
}

/// <summary>By how many days the day up to which activities count moves on.</summary>
public readonly record struct DaysLater(int Count);

/// <summary>Makes cases of every shape; one that fails is shrunk by leaving out rows.</summary>
internal static class AggregationCases
{
    /// <summary>Run lengths on both sides of every vector width and of the sizes that Debug builds shrink.</summary>
    private static readonly int[] RunLengths = [0, 0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 31, 32, 33, 47, 48, 49, 64, 97];

    private static readonly int[] Days =
        [int.MinValue, 0, 1, 738_999, 739_000, 739_001, 739_030, 739_119, 739_120, 739_121, 3_652_057, 3_652_058, int.MaxValue - 1, int.MaxValue];

    private static readonly long[] Edges =
        [0, 1, -1, (1L << 46) - 1, 1L << 46, -(1L << 46), -(1L << 46) - 1, 1L << 61, -(1L << 61), (1L << 62) - 1, 1L << 62, -(1L << 62)];

    private static readonly long[] Extremes = [long.MaxValue, long.MinValue, long.MaxValue - 1, 1L << 62, -(1L << 62), 0, 1, -1];

    private static readonly int[] Counts = [0, -1, int.MaxValue, int.MinValue];

    public static Arbitrary<AggregationCase> Any => Arb.From(Generator, Shrink);

    public static Arbitrary<DaysLater> Later { get; } = Gen.Choose(0, 200).Select(static days => new DaysLater(days)).ToArbitrary();

    /// <summary>
    /// FsCheck chooses the size and a seed; the rows are made from the seed at once, because composing a generator for every cell would
    /// take most of the test's time.
    /// </summary>
    private static Gen<AggregationCase> Generator =>
        from size in Gen.Sized(Gen.Constant)
        from seed in Gen.Choose(0, int.MaxValue)
        select new Maker(new Random(seed)).Make(Math.Max(1, size / 4));

    private sealed class Maker(Random random)
    {
        private long[] _amounts = [];

        public AggregationCase Make(int runs)
        {
            // Six cases of ten have ordinary amounts, three some at the bounds of the fast sums, one some at the ends of 64 bits.
            _amounts = random.Next(10) switch { < 6 => [], < 9 => Edges, _ => Extremes };
            var windows = new DayWindow[1 + random.Next(runs)];
            for (var member = 0; member < windows.Length; member++)
            {
                var (a, b) = (Day(), random.Next(4) == 0 ? DayWindow.NoEnd : Day());
                windows[member] = new(Math.Min(a, b), Math.Max(a, b));
            }

            var rows = new List<AggregationRow>();
            for (var member = 0; member < windows.Length; member++)
            {
                var run = random.Next(40) == 0 ? random.Next(100, 400) : RunLengths[random.Next(RunLengths.Length)];
                for (var row = 0; row < run; row++)
                {
                    rows.Add(new(member, Day(), Amount(), Count(), Amount(), Count(), Count()));
                }
            }

            return new(AggregationCase.Shuffle([.. rows], random.Next()), windows, Day());
        }

        private int Day() => random.Next(4) == 0 ? Days[random.Next(Days.Length)] : random.Next(738_990, 739_130);

        private int Count() => random.Next(8) == 0 ? Counts[random.Next(Counts.Length)] : random.Next(5000);

        private long Amount() =>
            _amounts.Length > 0 && random.Next(16) == 0 ? _amounts[random.Next(_amounts.Length)] : random.Next(-500, 1_000_000);
    }

    private static IEnumerable<AggregationCase> Shrink(AggregationCase found)
    {
        for (var length = found.Rows.Length / 2; length > 0; length /= 2)
        {
            for (var start = 0; start + length <= found.Rows.Length; start += length)
            {
                yield return found with { Rows = [.. found.Rows[..start], .. found.Rows[(start + length)..]] };
            }
        }
    }
}

/// <summary>What an aggregation came to: totals, or the overflow that stopped it.</summary>
internal readonly record struct AggregationOutcome(string? Overflow)
{
    private AggregatedTotals[] Totals { get; init; } = [];

    public static AggregationOutcome Of(int count, Action<AggregatedTotals[]> aggregate)
    {
        // Totals of another time must not shine through.
        var totals = new AggregatedTotals[count];
        Array.Fill(totals, new(new(1, 2, 3, 4, 5, 6), new(7, 8, 9, 10, 11, 12)));
        try
        {
            aggregate(totals);
            return new(Overflow: null) { Totals = totals };
        }
        catch (AggregationOverflowException overflow)
        {
            return new($"{overflow.Member} {overflow.InWindow} {overflow.Metric} {overflow.Sum}");
        }
    }

    public bool Equals(AggregationOutcome other) => Overflow == other.Overflow && Totals.AsSpan().SequenceEqual(other.Totals);

    public override int GetHashCode() => HashCode.Combine(Overflow, Totals.Length);

    public override string ToString() => Overflow ?? string.Join('\n', Totals);
}
