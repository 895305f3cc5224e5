using System.Runtime.CompilerServices;
using Loyalty.Activities;

namespace Loyalty.Tests.Activities;

/// <summary>Edges by name: sizes that Release builds do not shrink, both ends of the dates, misuse and its messages.</summary>
public sealed class AggregationEdgeTests
{
    public static TheoryData<string> Kernels => [.. Enum.GetValues<AggregationKernel>().Where(AggregationKernels.IsSupported).Select(kernel => kernel.ToString())];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Full_size_blocks_pieces_and_threads_equal_the_naive_totals(string kernel)
    {
        // A huge member among members of one row and members without any; more rows than a block and than two pieces.
        var random = new Random(3);
        int[] runs = [0, 1, 1, 0, 70_000, 1, .. Enumerable.Repeat(1, 70_000), 0, 140_001, 5, 0];
        var rows = runs.SelectMany((length, member) => Enumerable.Range(0, length).Select(_ => new AggregationRow(
            member, 739_000 + random.Next(100), random.Next(-9, 900_000), random.Next(90), random.Next(), random.Next(), random.Next()))).ToArray();
        var windows = runs.Select(_ => new DayWindow(739_000 + random.Next(50), 739_050 + random.Next(50))).ToArray();
        var expected = new AggregatedTotals[runs.Length];
        var table = new AggregationTable(rows);
        AggregationNaive.Aggregate(table.Columns, windows, 739_080, expected);

        var scattered = new AggregationTable(AggregationCase.Shuffle(rows, 5));
        foreach (var threads in (int[])[1, 2, 3])
        {
            var aggregator = new Aggregator(Enum.Parse<AggregationKernel>(kernel), threads);
            var totals = new AggregatedTotals[runs.Length];
            aggregator.AggregateGrouped(table.Columns, windows, 739_080, totals);
            Assert.True(totals.AsSpan().SequenceEqual(expected));
            totals.AsSpan().Clear();
            aggregator.AggregateScattered(scattered.Columns, windows, 739_080, totals);
            Assert.True(totals.AsSpan().SequenceEqual(expected));
        }
    }

    [Fact]
    public void The_layout_of_totals_is_the_order_in_which_vectors_store_them()
    {
        Assert.Equal(96, Unsafe.SizeOf<AggregatedTotals>());
        Assert.Equal(48, Unsafe.SizeOf<ActivityTotals>());
        Assert.Equal(8, Unsafe.SizeOf<DayWindow>());
        var totals = new AggregatedTotals(new(1, 2, 3, 4, 5, 6), new(7, 8, 9, 10, 11, 12));
        var sums = System.Runtime.InteropServices.MemoryMarshal.Cast<AggregatedTotals, long>(new Span<AggregatedTotals>(ref totals));
        Assert.Equal([1L, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], sums.ToArray());
    }

    [Fact]
    public void W01_An_activity_on_the_start_is_inside_and_one_on_the_end_is_outside()
    {
        var (start, end) = (new DateOnly(2026, 1, 16), new DateOnly(2026, 5, 15));
        AggregationRow Row(DateOnly day) => new(0, day.DayNumber, 100, 1, 10, 5, 2);
        var table = new AggregationTable([Row(start.AddDays(-1)), Row(start), Row(end.AddDays(-1)), Row(end)]);
        var totals = Aggregator.AggregateMember(0, table.Columns, new(start, end), through: end.DayNumber);
        Assert.Equal(new ActivityTotals(400, 4, 4, 40, 20, 8), totals.Lifetime);
        Assert.Equal(new ActivityTotals(200, 2, 2, 20, 10, 4), totals.Window);
    }

    [Fact]
    public void The_first_and_the_last_date_count()
    {
        var last = DateOnly.MaxValue.DayNumber;
        var table = new AggregationTable([new(0, 0, 1, 1, 1, 1, 1), new(0, last, 10, 10, 10, 10, 10)]);
        Assert.Equal(11, Aggregator.AggregateMember(0, table.Columns, new(0), last).Window.Sales);
        Assert.Equal(1, Aggregator.AggregateMember(0, table.Columns, new(0), last - 1).Window.Sales);
        Assert.Equal(1, Aggregator.AggregateMember(0, table.Columns, new(0, last), last).Window.Sales);
        Assert.Equal(10, Aggregator.AggregateMember(0, table.Columns, new(1), last).Window.Sales);
    }

    [Fact]
    public void An_activity_after_the_last_day_counts_nowhere()
    {
        var table = new AggregationTable([new(0, 10, 1, 1, 1, 1, 1), new(0, 11, 1, 1, 1, 1, 1)]);
        Assert.Equal(new AggregatedTotals(new(1, 1, 1, 1, 1, 1), new(1, 1, 1, 1, 1, 1)), Aggregator.AggregateMember(0, table.Columns, new(0, 20), through: 10));
    }

    [Fact]
    public void A_member_index_without_totals_is_named_with_its_row()
    {
        var table = new AggregationTable([new(0, 1, 1, 1, 1, 1, 1), new(3, 1, 1, 1, 1, 1, 1)]);
        var grouped = Assert.Throws<ArgumentOutOfRangeException>(() => new Aggregator(1).AggregateGrouped(table.Columns, new DayWindow[3], 9, new AggregatedTotals[3]));
        var scattered = Assert.Throws<ArgumentOutOfRangeException>(() => new Aggregator(1).AggregateScattered(table.Columns, new DayWindow[3], 9, new AggregatedTotals[3]));
        Assert.Contains("Row 1 belongs to member 3, but there are totals for members 0 to 2 only", grouped.Message, StringComparison.Ordinal);
        Assert.Equal(grouped.Message, scattered.Message);
        var negative = new AggregationTable([new(-1, 1, 1, 1, 1, 1, 1)]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Aggregator(1).AggregateGrouped(negative.Columns, new DayWindow[3], 9, new AggregatedTotals[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Aggregator(1).AggregateScattered(negative.Columns, new DayWindow[3], 9, new AggregatedTotals[3]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Rows_that_are_not_grouped_are_refused_with_the_first_row_out_of_order(int threads)
    {
        AggregationRow[] rows = [.. Enumerable.Range(0, 60).Select(row => new AggregationRow(row == 41 ? 7 : row / 2, 1, 1, 1, 1, 1, 1))];
        var refused = Assert.Throws<ArgumentException>(() => new Aggregator(AggregationKernels.Best, threads, pieceRows: 5).AggregateGrouped(
            new AggregationTable(rows).Columns, new DayWindow[30], 9, new AggregatedTotals[30]));
        Assert.Contains("Row 41 belongs to member 7 and the row before it to member 20", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Every order of few rows, cut into pieces at every place: disorder never passes, order is never refused.</summary>
    [Fact]
    public void Rows_out_of_order_are_found_wherever_the_pieces_begin()
    {
        const int Length = 6;
        var aggregator = new Aggregator(AggregationKernels.Best, threads: 2, pieceRows: 1);
        var members = new int[Length];
        for (var code = 0; code < 4 * 4 * 4 * 4 * 4 * 4; code++)
        {
            for (var row = 0; row < Length; row++)
            {
                members[row] = (code >> (2 * row)) & 3;
            }

            var table = new AggregationTable([.. members.Select(member => new AggregationRow(member, 1, 1, 1, 1, 1, 1))]);
            var refused = Record.Exception(() => aggregator.AggregateGrouped(table.Columns, new DayWindow[4], 9, new AggregatedTotals[4]));
            Assert.Equal(!members.SequenceEqual(members.Order()), refused is ArgumentException);
        }
    }

    [Fact]
    public void The_lowest_member_that_overflows_is_named_whatever_the_threads()
    {
        AggregationRow[] rows = [.. Enumerable.Range(0, 90).Select(row => new AggregationRow(row / 3, 1, row >= 30 ? long.MaxValue : 1, 1, 1, 1, 1))];
        var table = new AggregationTable(rows);
        foreach (var threads in (int[])[1, 2, 3])
        {
            var aggregator = new Aggregator(AggregationKernels.Best, threads, pieceRows: 5);
            var grouped = Assert.Throws<AggregationOverflowException>(() => aggregator.AggregateGrouped(table.Columns, new DayWindow[30], 9, new AggregatedTotals[30]));
            var scattered = Assert.Throws<AggregationOverflowException>(() => aggregator.AggregateScattered(table.Columns, new DayWindow[30], 9, new AggregatedTotals[30]));
            Assert.Equal((10, false, "sales", 3 * (Int128)long.MaxValue), (grouped.Member, grouped.InWindow, grouped.Metric, grouped.Sum));
            Assert.Equal(grouped.Message, scattered.Message);
        }
    }

    [Fact]
    public void Columns_of_different_lengths_and_missing_windows_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new AggregationColumns(new int[2], new int[3], new long[3], new int[3], new long[3], new int[3], new int[3]));
        Assert.Throws<ArgumentException>(() => new AggregationColumns(new int[3], new long[3], new int[2], new long[3], new int[3], new int[3]));
        Assert.Throws<ArgumentException>(() => new Aggregator(1).AggregateGrouped(default, new DayWindow[1], 9, new AggregatedTotals[2]));
        Assert.Throws<ArgumentException>(() => new Aggregator(1).AggregateScattered(
            new(new int[1], new long[1], new int[1], new long[1], new int[1], new int[1]), new DayWindow[2], 9, new AggregatedTotals[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Aggregator(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Aggregator(1).Gather(default, [0]));
    }

    [Fact]
    public void No_rows_give_zeros_and_no_members_give_nothing()
    {
        var totals = new AggregatedTotals[] { new(new(1, 1, 1, 1, 1, 1), default), new(new(1, 1, 1, 1, 1, 1), default) };
        new Aggregator(2).AggregateGrouped(default, new DayWindow[2], 9, totals);
        Assert.Equal(new AggregatedTotals[2], totals);
        new Aggregator(2).AggregateGrouped(default, [], 9, []);
        new Aggregator(2).AggregateScattered(default, [], 9, []);
        new Aggregator(2).ApplyChanges(default, default, [], 9, []);
        Aggregator.AggregateWindows(0, default, [], 9, []);
    }

    [Fact]
    public void A_window_that_ends_before_it_starts_cannot_be_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DayWindow(5, 4));
        Assert.False(new DayWindow(5, 5).Contains(5));
        Assert.Equal(new DayWindow(739_000, DayWindow.NoEnd), new DayWindow(DateOnly.FromDayNumber(739_000), end: null));
        Assert.Equal("[739000, no end)", new DayWindow(739_000).ToString());
        Assert.Equal("[739000, 739120)", new DayWindow(739_000, 739_120).ToString());
    }

    /// <summary>On the calling thread; the benchmarks count the whole process. The least of several rounds, because the first ones warm up.</summary>
    [Fact]
    public void Calls_after_the_first_allocate_nothing()
    {
        const int Count = 300_000;
        var random = new Random(1);
        var rows = Enumerable.Range(0, Count).Select(row => new AggregationRow(row / 7, 739_000 + random.Next(90), 5, 1, 9, 3, 2)).ToArray();
        var table = new AggregationTable(rows);
        var windows = Enumerable.Repeat(new DayWindow(739_010, 739_050), Count).ToArray();
        var totals = new AggregatedTotals[Count];
        var missions = new ActivityTotals[5];
        var own = Enumerable.Range(0, 5000).ToArray();
        var aggregator = new Aggregator(2);
        var least = long.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            aggregator.AggregateGrouped(table.Columns, windows, 739_080, totals);
            aggregator.AggregateScattered(table.Columns, windows, 739_080, totals);
            aggregator.ApplyChanges(table.Columns, table.Columns, windows, 739_080, totals);
            var gathered = aggregator.Gather(table.Columns, own);
            Aggregator.AggregateMember(0, gathered, windows[0], 739_080);
            Aggregator.AggregateWindows(0, gathered, windows.AsSpan(0, 5), 739_080, missions);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
