using System.Runtime.CompilerServices;
using Loyalty.Activities;
using Loyalty.Checkpoints;

namespace Loyalty.Tiers;

/// <summary>
/// One member's activity and adjustments by date, ready to answer what any range of dates adds up to.
/// </summary>
/// <remarks>
/// A buffer to be filled, sealed, asked and cleared again; it allocates only while it grows. Not thread-safe. The order of additions
/// does not matter. Sums over a range cost two binary searches.
/// </remarks>
public sealed class MemberHistory
{
    private int _count;
    private int[] _days = new int[16];
    private ActivityTotals[] _sums = new ActivityTotals[17];
    private int _adjustmentCount;
    private int[] _adjustmentDays = new int[4];
    private AdjustmentTotals[] _adjustmentSums = new AdjustmentTotals[5];
    private bool _sealed;

    /// <summary>The number of activities.</summary>
    public int ActivityCount => _count;

    /// <summary>The number of adjustments.</summary>
    public int AdjustmentCount => _adjustmentCount;

    /// <summary>Empties the history for the next member.</summary>
    public void Clear()
    {
        _count = 0;
        _adjustmentCount = 0;
        _sealed = false;
    }

    /// <summary>Adds one activity.</summary>
    /// <param name="date">The date it counts on.</param>
    /// <param name="totals">What it counts; <see cref="ActivityTotals.Videos"/> is 1.</param>
    /// <exception cref="InvalidOperationException">The history is sealed.</exception>
    public void Add(DateOnly date, in ActivityTotals totals) => Add(date.DayNumber, totals);

    /// <summary>Adds one adjustment.</summary>
    /// <param name="date">The date it counts on.</param>
    /// <param name="totals">What it corrects.</param>
    /// <exception cref="InvalidOperationException">The history is sealed.</exception>
    public void Add(DateOnly date, in AdjustmentTotals totals) => AddAdjustment(date.DayNumber, totals);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Add(int day, in ActivityTotals totals)
    {
        ThrowIfSealed();
        if (_count == _days.Length)
        {
            Array.Resize(ref _days, _count * 2);
            Array.Resize(ref _sums, (_count * 2) + 1);
        }

        _days[_count] = day;
        _sums[++_count] = totals;
    }

    internal void AddAdjustment(int day, in AdjustmentTotals totals)
    {
        ThrowIfSealed();
        if (_adjustmentCount == _adjustmentDays.Length)
        {
            Array.Resize(ref _adjustmentDays, _adjustmentCount * 2);
            Array.Resize(ref _adjustmentSums, (_adjustmentCount * 2) + 1);
        }

        _adjustmentDays[_adjustmentCount] = day;
        _adjustmentSums[++_adjustmentCount] = totals;
    }

    /// <summary>Sorts by date and adds up; from now on the history can be asked. Sealing again does nothing.</summary>
    /// <exception cref="OverflowException">A running sum leaves the range of <see cref="long"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Seal()
    {
        if (_sealed)
        {
            return;
        }

        Sort(_days.AsSpan(0, _count), _sums.AsSpan(1, _count));
        for (var i = 1; i < _count; i++)
        {
            _sums[i + 1] = _sums[i] + _sums[i + 1];
        }

        Sort(_adjustmentDays.AsSpan(0, _adjustmentCount), _adjustmentSums.AsSpan(1, _adjustmentCount));
        for (var i = 1; i < _adjustmentCount; i++)
        {
            _adjustmentSums[i + 1] = _adjustmentSums[i] + _adjustmentSums[i + 1];
        }

        _sealed = true;
    }

    internal ReadOnlySpan<int> Days => _days.AsSpan(0, _count);

    internal ReadOnlySpan<int> AdjustmentDays => _adjustmentDays.AsSpan(0, _adjustmentCount);

    /// <summary>How many activities are dated before <paramref name="day"/>.</summary>
    internal int ActivitiesBefore(int day) => FirstAtOrAfter(_days.AsSpan(0, _count), day);

    /// <summary>How many adjustments are dated before <paramref name="day"/>.</summary>
    internal int AdjustmentsBefore(int day) => _adjustmentCount == 0 ? 0 : FirstAtOrAfter(_adjustmentDays.AsSpan(0, _adjustmentCount), day);

    /// <summary>One metric over the activities from the <paramref name="low"/>th on, before the <paramref name="high"/>th, in order of dates.</summary>
    internal long Sum(Metric metric, int low, int high) =>
        high <= low ? 0 : low == 0 ? _sums[high].Of(metric) : checked(_sums[high].Of(metric) - _sums[low].Of(metric));

    /// <summary>One metric over the adjustments from the <paramref name="low"/>th on, before the <paramref name="high"/>th, in order of dates.</summary>
    internal long SumAdjustments(Metric metric, int low, int high) =>
        high <= low ? 0 : low == 0 ? _adjustmentSums[high].Of(metric) : checked(_adjustmentSums[high].Of(metric) - _adjustmentSums[low].Of(metric));

    /// <summary>The activity dated on <paramref name="from"/> or later and before <paramref name="until"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal ActivityTotals Activity(int from, int until)
    {
        var low = FirstAtOrAfter(_days.AsSpan(0, _count), from);
        var high = FirstAtOrAfter(_days.AsSpan(0, _count), until);
        return high <= low ? default : low == 0 ? _sums[high] : _sums[high] - _sums[low];
    }

    /// <summary>The activity in <paramref name="window"/> dated on <paramref name="through"/> at the latest.</summary>
    public ActivityTotals Activity(Window window, DateOnly through) =>
        Activity(window.StartDay, Until(window, through.DayNumber));

    /// <summary>The adjustments dated on <paramref name="from"/> or later and before <paramref name="until"/>.</summary>
    internal AdjustmentTotals Adjustments(int from, int until)
    {
        var low = FirstAtOrAfter(_adjustmentDays.AsSpan(0, _adjustmentCount), from);
        var high = FirstAtOrAfter(_adjustmentDays.AsSpan(0, _adjustmentCount), until);
        return high <= low ? default : low == 0 ? _adjustmentSums[high] : _adjustmentSums[high] - _adjustmentSums[low];
    }

    /// <summary>The adjustments in <paramref name="window"/> dated on <paramref name="through"/> at the latest.</summary>
    public AdjustmentTotals Adjustments(Window window, DateOnly through) =>
        Adjustments(window.StartDay, Until(window, through.DayNumber));

    internal static int Until(Window window, int throughDay) => Math.Min(window.EndDay, throughDay + 1);

    /// <summary>
    /// The first date on which the running sum of a metric, from the <paramref name="low"/>th activity on and before the
    /// <paramref name="high"/>th, reaches a target; <see cref="int.MaxValue"/> if it never does.
    /// </summary>
    internal int FirstReached(Metric metric, long target, int low, int high)
    {
        var days = Days;
        for (var i = low; i < high; i++)
        {
            // A date counts as a whole: the running sum is looked at after its last activity.
            if ((i + 1 == high || days[i + 1] != days[i]) && Sum(metric, low, i + 1) >= target)
            {
                return days[i];
            }
        }

        return int.MaxValue;
    }

    private static void Sort<T>(Span<int> days, Span<T> values)
    {
        if (days.Length > 24)
        {
            days.Sort(values);
            return;
        }

        for (var i = 1; i < days.Length; i++)
        {
            var day = days[i];
            if (days[i - 1] <= day)
            {
                continue;
            }

            var value = values[i];
            var j = i - 1;
            while (j >= 0 && days[j] > day)
            {
                days[j + 1] = days[j];
                values[j + 1] = values[j];
                j--;
            }

            days[j + 1] = day;
            values[j + 1] = value;
        }
    }

    private static int FirstAtOrAfter(ReadOnlySpan<int> days, int day)
    {
        var low = 0;
        var high = days.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (days[middle] < day)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void ThrowIfSealed()
    {
        if (_sealed)
        {
            throw new InvalidOperationException("The history is sealed; clear it before adding to it.");
        }
    }
}
