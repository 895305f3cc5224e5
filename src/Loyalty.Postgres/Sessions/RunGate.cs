using System.Globalization;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Sessions;

/// <summary>Stops a run whose input has far fewer rows or far more sales than the median of the runs before it.</summary>
/// <remarks>
/// Immutable. A run without rows, and one with fewer than <see cref="LeastRuns"/> runs before it, passes. Worked example: the last runs had
/// 1,000, 1,010 and 990 rows, median 1,000; with <see cref="LeastRowsRatio"/> 0.5 a file of 499 rows is stopped and one of 500 passes.
/// </remarks>
public sealed class RunGate
{
    /// <summary>How many runs before are looked at, 1 to 1,000. Default: 7.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public int Runs
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000);
            field = value;
        }
    } = 7;

    /// <summary>With fewer runs before, every run passes. Default: 3.</summary>
    public int LeastRuns { get; init; } = 3;

    /// <summary>A run passes when its rows are at least this part of the median. Default: 0.5.</summary>
    public decimal LeastRowsRatio { get; init; } = 0.5m;

    /// <summary>A run passes when its sales are at most this many times the median, where the median is above zero. Default: 5.</summary>
    public decimal MostSalesRatio { get; init; } = 5m;

    /// <summary>Checks a run against the runs before it.</summary>
    /// <exception cref="StoreException">The run is stopped (<see cref="StoreFault.Suspicious"/>).</exception>
    internal void Check(long rows, decimal sales, IReadOnlyList<(long Rows, decimal Sales)> before)
    {
        if (rows == 0 || before.Count < LeastRuns || before.Count == 0)
        {
            return;
        }

        var usualRows = Median(before.Select(static r => (decimal)r.Rows));
        if (rows < usualRows * LeastRowsRatio)
        {
            throw Stopped($"has {Text(rows)} rows, but the last {before.Count} runs had {Text(usualRows)} (median)");
        }

        var usualSales = Median(before.Select(static r => r.Sales));
        if (usualSales > 0 && sales > usualSales * MostSalesRatio)
        {
            throw Stopped($"has sales of {Text(sales)} minor units, but the last {before.Count} runs had {Text(usualSales)} (median)");
        }
    }

    private static StoreException Stopped(string what) =>
        new(StoreFault.Suspicious, $"The input {what}; nothing was changed. Check the file; to take it all the same, run without the gate.");

    private static decimal Median(IEnumerable<decimal> values)
    {
        decimal[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Text(decimal value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);
}
