using FsCheck.Xunit;
using Loyalty.Activities;

namespace Loyalty.Tests.Activities;

/// <summary>Corrected totals equal a recomputation, or the batch left no trace.</summary>
[Properties(MaxTest = 10_000, Arbitrary = [typeof(AggregationCases)])]
public sealed class AggregationIncrementalTests
{
    private static readonly Aggregator[] Aggregators =
    [
        new(AggregationKernel.Scalar, threads: 1),
        new(AggregationKernels.Best, threads: 1),
        new(AggregationKernels.Best, threads: 3, pieceRows: 2),
    ];

    [Property]
    public void W05_Incremental_equals_recomputation_after_any_mix_of_inserts_corrections_moves_removals_and_late_rows(AggregationCase found, Seed seed)
    {
        var aggregator = Aggregators[seed.Value % Aggregators.Length];
        var random = new Random(seed.Value);
        var stored = found.Rows[..(found.Rows.Length / 2)].ToList();
        var pool = new Queue<AggregationRow>(found.Rows[stored.Count..]);
        var totals = new AggregatedTotals[found.MemberCount];
        if (!TryRecompute(found, stored, totals))
        {
            return;
        }

        for (var batch = 0; batch < 4; batch++)
        {
            var after = stored.ToList();
            var (removed, added) = Change(random, after, pool, found.MemberCount);
            var before = totals.ToArray();
            var expected = new AggregatedTotals[totals.Length];
            var fits = TryRecompute(found, after, expected);
            var applied = TryApply(aggregator, found, removed, added, totals);
            if (fits != applied || !totals.AsSpan().SequenceEqual(fits ? expected : before))
            {
                throw new InvalidOperationException($"batch {batch}: removed {string.Join(", ", removed)}; added {string.Join(", ", added)}");
            }

            stored = fits ? after : stored;
        }
    }

    [Property]
    public bool A_day_that_moves_on_adds_the_activities_that_begin_to_count(AggregationCase found, DaysLater days)
    {
        var totals = new AggregatedTotals[found.MemberCount];
        var later = found with { Through = (int)Math.Min(int.MaxValue, (long)found.Through + days.Count) };
        var expected = new AggregatedTotals[found.MemberCount];
        if (!TryRecompute(found, found.Rows, totals) || !TryRecompute(later, found.Rows, expected))
        {
            return true;
        }

        var begun = found.Rows.Where(row => row.Day > found.Through && row.Day <= later.Through).ToArray();
        return TryApply(Aggregators[days.Count % Aggregators.Length], later, [], begun, totals) && totals.AsSpan().SequenceEqual(expected);
    }

    [Property]
    public bool W05_A_moved_window_made_anew_equals_recomputation(AggregationCase found)
    {
        var aggregator = new Aggregator(threads: 1);
        var table = new AggregationTable(found.Rows);
        var totals = new AggregatedTotals[found.MemberCount];
        var moved = found with { Windows = [.. found.Windows.Reverse()] };
        var expected = new AggregatedTotals[found.MemberCount];
        if (!TryRecompute(found, found.Rows, totals) || !TryRecompute(moved, found.Rows, expected))
        {
            return true;
        }

        for (var member = 0; member < totals.Length; member++)
        {
            var rows = Enumerable.Range(0, found.Rows.Length).Where(row => found.Rows[row].Member == member).ToArray();
            totals[member] = Aggregator.AggregateMember(member, aggregator.Gather(table.Columns, rows), moved.Windows[member], found.Through);
        }

        return totals.AsSpan().SequenceEqual(expected);
    }

    [Fact]
    public void A_sum_may_leave_the_range_on_the_way_and_come_back()
    {
        var aggregator = new Aggregator();
        var totals = new[] { new AggregatedTotals(new(long.MaxValue - 5, 0, 1, 0, 0, 0), default) };
        var windows = new[] { default(DayWindow) };
        aggregator.ApplyChanges(
            new AggregationTable([new(0, 1, 100, 0, 0, 0, 0)]).Columns,
            new AggregationTable([new(0, 1, 90, 0, 0, 0, 0), new(0, 1, 15, 0, 0, 0, 0)]).Columns,
            windows, through: 10, totals);
        Assert.Equal(new AggregatedTotals(new(long.MaxValue, 0, 2, 0, 0, 0), default), totals[0]);
    }

    [Fact]
    public void A_batch_that_overflows_names_the_lowest_member_and_leaves_no_trace()
    {
        var aggregator = new Aggregator();
        var totals = new[]
        {
            new AggregatedTotals(new(1, 2, 3, 4, 5, 6), default),
            new AggregatedTotals(new(7, 8, 9, 10, long.MaxValue, 12), default),
            new AggregatedTotals(new(long.MaxValue, 8, 9, 10, 11, 12), default),
        };
        var before = totals.ToArray();
        var added = new AggregationTable([new(2, 1, 1, 0, 0, 0, 0), new(0, 1, 1, 1, 1, 1, 1), new(1, 1, 1, 1, 1, 1, 1)]);
        var overflow = Assert.Throws<AggregationOverflowException>(
            () => aggregator.ApplyChanges(default, added.Columns, new DayWindow[3], through: 10, totals));
        Assert.Equal((1, false, "likes", (Int128)long.MaxValue + 1), (overflow.Member, overflow.InWindow, overflow.Metric, overflow.Sum));
        Assert.Equal(before, totals);
    }

    [Fact]
    public void A_member_without_totals_is_refused_before_anything_is_changed()
    {
        var aggregator = new Aggregator();
        var totals = new AggregatedTotals[2];
        var added = new AggregationTable([new(0, 1, 1, 1, 1, 1, 1), new(2, 1, 1, 1, 1, 1, 1)]);
        var refused = Assert.Throws<ArgumentOutOfRangeException>(
            () => aggregator.ApplyChanges(default, added.Columns, new DayWindow[2], through: 10, totals));
        Assert.Contains("Row 1 belongs to member 2", refused.Message, StringComparison.Ordinal);
        Assert.Equal(new AggregatedTotals[2], totals);
    }

    /// <summary>Changes the stored rows at random; returns the rows that no longer hold and those that hold now.</summary>
    private static (List<AggregationRow> Removed, List<AggregationRow> Added) Change(
        Random random, List<AggregationRow> stored, Queue<AggregationRow> pool, int members)
    {
        var removed = new List<AggregationRow>();
        var added = new List<AggregationRow>();
        for (var change = random.Next(60); change > 0; change--)
        {
            var place = stored.Count == 0 ? -1 : random.Next(stored.Count);
            AggregationRow? now = random.Next(4) switch
            {
                0 when pool.Count > 0 => pool.Dequeue(),
                1 when place >= 0 => stored[place] with { Sales = random.Next(1000), Views = random.Next(1000), Day = stored[place].Day ^ 3 },
                2 when place >= 0 => stored[place] with { Member = random.Next(members) },
                _ => null,
            };
            var inserted = now is not null && pool.Count > 0 && random.Next(4) == 0;
            if (place >= 0 && !inserted)
            {
                // A row that an earlier change of the batch added may change again.
                removed.Add(stored[place]);
                stored.RemoveAt(place);
            }

            if (now is { } row)
            {
                added.Add(row);
                stored.Add(row);
            }
        }

        return (removed, added);
    }

    private static bool TryRecompute(AggregationCase found, IReadOnlyCollection<AggregationRow> rows, AggregatedTotals[] totals)
    {
        try
        {
            AggregationNaive.Aggregate(new AggregationTable(rows).Columns, found.Windows, found.Through, totals);
            return true;
        }
        catch (AggregationOverflowException)
        {
            return false;
        }
    }

    private static bool TryApply(
        Aggregator aggregator, AggregationCase found, IReadOnlyCollection<AggregationRow> removed, IReadOnlyCollection<AggregationRow> added, AggregatedTotals[] totals)
    {
        try
        {
            aggregator.ApplyChanges(
                new AggregationTable(removed).Columns, new AggregationTable(added).Columns, found.Windows, found.Through, totals);
            return true;
        }
        catch (AggregationOverflowException)
        {
            return false;
        }
    }
}
