using FsCheck;
using FsCheck.Fluent;
using Loyalty.Activities;

namespace Loyalty.Core.Tests.Activities;

/// <summary>Every implementation equals the naive one, in totals and in overflows.</summary>
public sealed class AggregationPropertyTests
{
    private const int Cases = 10_000;

    public static TheoryData<string> Kernels => [.. Enum.GetValues<AggregationKernel>().Where(AggregationKernels.IsSupported).Select(kernel => kernel.ToString())];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Grouped_rows_on_one_thread_equal_the_naive_totals(string kernel) =>
        GroupedEqualsNaive(new(Enum.Parse<AggregationKernel>(kernel), threads: 1));

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Grouped_rows_on_several_threads_equal_the_naive_totals(string kernel) =>
        GroupedEqualsNaive(new(Enum.Parse<AggregationKernel>(kernel), threads: 3, pieceRows: 5));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Scattered_rows_equal_the_naive_totals(int threads)
    {
        var aggregator = new Aggregator(AggregationKernels.Best, threads, pieceRows: 5);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(AggregationCase.Any, found =>
        {
            var table = new AggregationTable(found.Rows);
            return Naive(found) == AggregationOutcome.Of(
                found.MemberCount, totals => aggregator.AggregateScattered(table.Columns, found.Windows, found.Through, totals));
        }));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Runs_of_one_member_equal_the_naive_totals_wherever_they_lie(string kernel)
    {
        var kind = Enum.Parse<AggregationKernel>(kernel);
        var starts = Gen.Choose(0, 40).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(AggregationCase.Any, starts, (found, start) =>
        {
            start = Math.Min(start, found.Rows.Length);
            var table = new AggregationTable(found.Rows);
            var run = found.Rows.Length - start == 0 ? 0 : 1 + (found.Through & int.MaxValue) % (found.Rows.Length - start);
            var window = found.Windows[0];
            var expected = AggregationOutcome.Of(
                1, totals => totals[0] = AggregationNaive.AggregateMember(0, table.Columns.Slice(start, run), window, found.Through));
            return expected == AggregationOutcome.Of(1, totals => totals[0] = Run(kind, table.Columns, start, start + run, window, found.Through));
        }));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Many_windows_in_one_pass_equal_one_pass_for_each(string kernel)
    {
        var kind = Enum.Parse<AggregationKernel>(kernel);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(AggregationCase.Any, found =>
        {
            var table = new AggregationTable(found.Rows);
            var expected = Outcome(found, totals =>
            {
                for (var window = 0; window < totals.Length; window++)
                {
                    totals[window] = AggregationNaive.AggregateWindow(7, table.Columns, lifetime: false, found.Windows[window], found.Through);
                }
            });
            return expected == Outcome(found, totals => AggregationWindows.Aggregate(kind, 7, table.Columns, found.Windows, found.Through, totals));
        }));

        static string Outcome(AggregationCase found, Action<ActivityTotals[]> aggregate)
        {
            var totals = new ActivityTotals[found.Windows.Length];
            return AggregationOutcome.Of(0, _ => aggregate(totals)) is { Length: > 0 } overflow ? overflow : string.Join('\n', totals);
        }
    }

    [Fact]
    public void W04_Activities_in_a_thousand_orders_give_the_same_totals()
    {
        var aggregator = new Aggregator(threads: 1);
        var found = AggregationCase.Any.Generator.Where(some => some.Rows.Length > 100).Sample(1, 50)[0];
        var expected = Naive(found);
        for (var order = 0; order < 1000; order++)
        {
            var scattered = new AggregationTable(AggregationCase.Shuffle(found.Rows, order));
            var grouped = new AggregationTable([.. AggregationCase.Shuffle(found.Rows, order).OrderBy(row => row.Member)]);
            Assert.Equal(expected, AggregationOutcome.Of(
                found.MemberCount, totals => aggregator.AggregateScattered(scattered.Columns, found.Windows, found.Through, totals)));
            Assert.Equal(expected, AggregationOutcome.Of(
                found.MemberCount, totals => aggregator.AggregateGrouped(grouped.Columns, found.Windows, found.Through, totals)));
        }
    }

    internal static string Naive(AggregationCase found)
    {
        var table = new AggregationTable(found.Rows);
        return AggregationOutcome.Of(found.MemberCount, totals => AggregationNaive.Aggregate(table.Columns, found.Windows, found.Through, totals));
    }

    private static void GroupedEqualsNaive(Aggregator aggregator) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases), Prop.ForAll(AggregationCase.Any, found =>
        {
            var table = new AggregationTable(found.GroupedRows);
            return Naive(found) == AggregationOutcome.Of(
                found.MemberCount, totals => aggregator.AggregateGrouped(table.Columns, found.Windows, found.Through, totals));
        }));

    private static unsafe MemberTotals Run(AggregationKernel kernel, in AggregationColumns columns, int start, int end, DayWindow window, int through)
    {
        fixed (int* days = columns.Days, units = columns.Units, likes = columns.Likes, comments = columns.Comments)
        fixed (long* sales = columns.Sales, views = columns.Views)
        {
            MemberTotals totals;
            var pointers = new AggregationPointers(null, days, sales, units, views, likes, comments, columns.Count);
            return AggregationKernels.TrySumRun(kernel, pointers, start, end, window, through, &totals)
                ? totals
                : AggregationNaive.AggregateMember(0, columns.Slice(start, end - start), window, through);
        }
    }
}
