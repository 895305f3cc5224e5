using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Activities;

namespace Loyalty.Tests.Activities;

/// <summary>Every implementation equals the naive one, in totals and in overflows, on generated input.</summary>
[Properties(MaxTest = 10_000, Arbitrary = [typeof(AggregationCases)])]
public sealed class AggregationPropertyTests
{
    private static readonly AggregationKernel[] Kernels = [.. Enum.GetValues<AggregationKernel>().Where(AggregationKernels.IsSupported)];

    private static readonly (string Name, Aggregator Aggregator)[] OfGroupedRows =
    [
        .. Kernels.Select(kernel => ($"{kernel}, one thread", new Aggregator(kernel, threads: 1))),
        .. Kernels.Select(kernel => ($"{kernel}, three threads", new Aggregator(kernel, threads: 3, pieceRows: 5))),
    ];

    private static readonly (string Name, Aggregator Aggregator)[] OfScatteredRows =
    [
        .. new[] { 1, 2, 3 }.Select(threads => ($"scalar, {threads} threads", new Aggregator(AggregationKernel.Scalar, threads, pieceRows: 5))),
        .. new[] { 1, 2, 3 }.Select(threads => ($"vectors, {threads} threads", new Aggregator(AggregationKernels.Best, threads, pieceRows: 5))),
    ];

    [Property]
    public void Grouped_rows_equal_the_naive_totals_on_every_kernel_and_number_of_threads(AggregationCase found)
    {
        var table = new AggregationTable(found.GroupedRows);
        CheckAll(Naive(found), OfGroupedRows.Select(each => (each.Name, AggregationOutcome.Of(
            found.MemberCount, totals => each.Aggregator.AggregateGrouped(table.Columns, found.Windows, found.Through, totals)))));
    }

    [Property]
    public void Scattered_rows_equal_the_naive_totals_on_every_number_of_threads(AggregationCase found)
    {
        var table = new AggregationTable(found.Rows);
        CheckAll(Naive(found), OfScatteredRows.Select(each => (each.Name, AggregationOutcome.Of(
            found.MemberCount, totals => each.Aggregator.AggregateScattered(table.Columns, found.Windows, found.Through, totals)))));
    }

    /// <summary>Reading past a run must neither count its neighbours nor leave the columns, at their start, middle and end.</summary>
    [Property]
    public void Runs_equal_the_naive_totals_wherever_they_lie_in_the_columns(AggregationCase found, Seed place)
    {
        var table = new AggregationTable(found.Rows);
        var start = place.Value % (found.Rows.Length + 1);
        var end = start + (place.Value >> 8) % (found.Rows.Length - start + 1);
        var window = found.Windows[0];
        var expected = AggregationOutcome.Of(
            1, totals => totals[0] = AggregationNaive.AggregateMember(0, table.Columns.Slice(start, end - start), window, found.Through));
        CheckAll(expected, Kernels.Select(kernel => (kernel.ToString(), AggregationOutcome.Of(
            1, totals => totals[0] = Run(kernel, table.Columns, start, end, window, found.Through)))));
    }

    [Property]
    public void Many_windows_in_one_pass_equal_one_pass_for_each(AggregationCase found)
    {
        var table = new AggregationTable(found.Rows);
        var expected = AggregationOutcome.Of(found.Windows.Length, totals =>
        {
            for (var window = 0; window < totals.Length; window++)
            {
                totals[window] = new(default, AggregationNaive.AggregateWindow(7, table.Columns, lifetime: false, found.Windows[window], found.Through));
            }
        });
        CheckAll(expected, Kernels.Select(kernel => (kernel.ToString(), AggregationOutcome.Of(found.Windows.Length, totals =>
        {
            var sums = new ActivityTotals[totals.Length];
            AggregationWindows.Aggregate(kernel, 7, table.Columns, found.Windows, found.Through, sums);
            for (var window = 0; window < totals.Length; window++)
            {
                totals[window] = new(default, sums[window]);
            }
        }))));
    }

    [Property]
    public bool Gathered_rows_are_the_rows_asked_for(AggregationCase found)
    {
        var aggregator = new Aggregator(threads: 1);
        var table = new AggregationTable(found.Rows);
        var rows = Enumerable.Range(0, found.Rows.Length).Where(row => found.Rows[row].Member == 0).ToArray();
        var expected = new AggregationTable([.. rows.Select(row => found.Rows[row])]);
        var gathered = aggregator.Gather(table.Columns, rows);
        return gathered.Days.SequenceEqual(expected.Columns.Days) && gathered.Sales.SequenceEqual(expected.Columns.Sales)
            && gathered.Units.SequenceEqual(expected.Columns.Units) && gathered.Views.SequenceEqual(expected.Columns.Views)
            && gathered.Likes.SequenceEqual(expected.Columns.Likes) && gathered.Comments.SequenceEqual(expected.Columns.Comments);
    }

    [Fact]
    public void W04_Activities_in_a_thousand_orders_give_the_same_totals()
    {
        var aggregator = new Aggregator(threads: 1);
        var found = AggregationCases.Any.Generator.Where(some => some.Rows.Length > 100).Sample(1, 100)[0];
        var expected = Naive(found);
        for (var order = 0; order < 1000; order++)
        {
            var shuffled = AggregationCase.Shuffle(found.Rows, order);
            var scattered = new AggregationTable(shuffled);
            var grouped = new AggregationTable([.. shuffled.OrderBy(row => row.Member)]);
            Assert.Equal(expected, AggregationOutcome.Of(
                found.MemberCount, totals => aggregator.AggregateScattered(scattered.Columns, found.Windows, found.Through, totals)));
            Assert.Equal(expected, AggregationOutcome.Of(
                found.MemberCount, totals => aggregator.AggregateGrouped(grouped.Columns, found.Windows, found.Through, totals)));
        }
    }

    internal static AggregationOutcome Naive(AggregationCase found)
    {
        var table = new AggregationTable(found.Rows);
        return AggregationOutcome.Of(found.MemberCount, totals => AggregationNaive.Aggregate(table.Columns, found.Windows, found.Through, totals));
    }

    private static void CheckAll(AggregationOutcome expected, IEnumerable<(string Name, AggregationOutcome Outcome)> outcomes)
    {
        foreach (var (name, outcome) in outcomes)
        {
            if (outcome != expected)
            {
                throw new InvalidOperationException($"{name} gave\n{outcome}\ninstead of\n{expected}");
            }
        }
    }

    private static unsafe AggregatedTotals Run(AggregationKernel kernel, in AggregationColumns columns, int start, int end, DayWindow window, int through)
    {
        fixed (int* days = columns.Days, units = columns.Units, likes = columns.Likes, comments = columns.Comments)
        fixed (long* sales = columns.Sales, views = columns.Views)
        {
            AggregatedTotals totals;
            var pointers = new AggregationPointers(null, days, sales, units, views, likes, comments, columns.Count);
            return AggregationKernels.TrySumRun(kernel, pointers, start, end, window, through, &totals)
                ? totals
                : AggregationNaive.AggregateMember(0, columns.Slice(start, end - start), window, through);
        }
    }
}
