using FsCheck;
using FsCheck.Fluent;
using Loyalty.Activities;

namespace Loyalty.Core.Tests.Activities;

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
    /// <summary>Run lengths on both sides of every vector width and of the sizes that Debug builds shrink.</summary>
    private static readonly int[] RunLengths = [0, 0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 31, 32, 33, 47, 48, 49, 64, 97];

    private static readonly int[] Days =
        [int.MinValue, 0, 1, 738_999, 739_000, 739_001, 739_030, 739_119, 739_120, 739_121, 3_652_057, 3_652_058, int.MaxValue - 1, int.MaxValue];

    private static readonly long[] Edges =
        [0, 1, -1, (1L << 46) - 1, 1L << 46, -(1L << 46), -(1L << 46) - 1, 1L << 61, -(1L << 61), (1L << 62) - 1, 1L << 62, -(1L << 62)];

    private static readonly long[] Extremes = [long.MaxValue, long.MinValue, long.MaxValue - 1, 1L << 62, -(1L << 62), 0, 1, -1];

    public int MemberCount => Windows.Length;

    public AggregationRow[] GroupedRows => [.. Rows.OrderBy(row => row.Member)];

    public static Arbitrary<AggregationCase> Any => Arb.From(Generator, Shrink);

    private static Gen<int> Day => Gen.Frequency((3, Gen.Choose(738_990, 739_130)), (1, Gen.Elements(Days)));

    private static Gen<DayWindow> Window =>
        from a in Day
        from b in Gen.Frequency((3, Day), (1, Gen.Constant(DayWindow.NoEnd)))
        select new DayWindow(Math.Min(a, b), Math.Max(a, b));

    private static Gen<int> Count => Gen.Frequency((4, Gen.Choose(0, 5000)), (1, Gen.Elements(0, -1, int.MaxValue, int.MinValue)));

    private static Gen<AggregationCase> Generator =>
        from kind in Gen.Frequency((6, Gen.Constant(0)), (2, Gen.Constant(1)), (1, Gen.Constant(2)))
        from runs in Gen.Elements(RunLengths).ArrayOf()
        from huge in Gen.Frequency((9, Gen.Constant(0)), (1, Gen.Choose(100, 400)))
        from windows in Window.ArrayOf(runs.Length + 1)
        from through in Day
        from rows in Row(kind).ArrayOf(Math.Min(500, runs.Sum()) + huge)
        from order in Gen.Choose(0, int.MaxValue)
        select Assemble(runs, windows, through, rows, order);

    private static Gen<AggregationRow> Row(int kind) =>
        from day in Day
        from sales in Amount(kind)
        from units in Count
        from views in Amount(kind)
        from likes in Count
        from comments in Count
        select new AggregationRow(0, day, sales, units, views, likes, comments);

    private static Gen<long> Amount(int kind)
    {
        var small = Gen.Choose(-500, 1_000_000).Select(amount => (long)amount);
        return kind switch
        {
            0 => small,
            1 => Gen.Frequency((12, small), (1, Gen.Elements(Edges))),
            _ => Gen.Frequency((20, small), (1, Gen.Elements(Extremes))),
        };
    }

    /// <summary>Deals the rows out to members, run by run, the rest to the last member; then shuffles them.</summary>
    private static AggregationCase Assemble(int[] runs, DayWindow[] windows, int through, AggregationRow[] rows, int order)
    {
        var next = 0;
        for (var member = 0; member < windows.Length; member++)
        {
            var length = member < runs.Length ? runs[member] : rows.Length;
            for (var row = 0; row < length && next < rows.Length; row++, next++)
            {
                rows[next] = rows[next] with { Member = member };
            }
        }

        return new(Shuffle(rows, order), windows, through);
    }

    public static AggregationRow[] Shuffle(AggregationRow[] rows, int seed)
    {
        var shuffled = rows.ToArray();
        new Random(seed).Shuffle(shuffled);
        return shuffled;
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

    public override string ToString() =>
        $"through {Through}; windows {string.Join(' ', Windows)}; rows {string.Join(", ", Rows.Select(row => row.ToString()))}";
}

/// <summary>What an aggregation came to: totals, or the overflow that stopped it.</summary>
internal static class AggregationOutcome
{
    public static string Of(int members, Action<MemberTotals[]> aggregate)
    {
        // Totals of another time must not shine through.
        var totals = new MemberTotals[members];
        Array.Fill(totals, new(new(1, 2, 3, 4, 5, 6), new(7, 8, 9, 10, 11, 12)));
        try
        {
            aggregate(totals);
            return string.Join('\n', totals);
        }
        catch (AggregationOverflowException overflow)
        {
            return $"{overflow.Member} {overflow.InWindow} {overflow.Metric} {overflow.Sum}";
        }
    }
}
