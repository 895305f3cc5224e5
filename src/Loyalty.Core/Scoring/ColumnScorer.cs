using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loyalty.Scoring;

/// <summary>The boundaries of a rule as whole numbers: R loses a point for each day limit that the last order is not after.</summary>
[InlineArray(ScoreBoundaries.Count)]
internal struct FourLongs
{
    private long _first;
}

/// <summary>The boundaries of a rule, ready to compare with columns.</summary>
internal readonly struct ColumnThresholds
{
    /// <summary>R − 1 is the number of these that the last order day is above.</summary>
    public readonly FourLongs Days;

    /// <summary>F − 1 is the number of these that the number of orders is above.</summary>
    public readonly FourLongs Orders;

    /// <summary>M − 1 is the number of these that the net spend is above.</summary>
    public readonly FourLongs Net;

    public ColumnThresholds(ScoreRule rule, DateOnly asOf, int digits)
    {
        Span<long> days = Days;
        rule.Recency.Thresholds(0, days);
        foreach (ref var day in days)
        {
            // days ago >= t, so the last day <= asOf − t; Never must stay at or below all of them.
            day = asOf.DayNumber - Math.Clamp(day, -int.MaxValue / 2, int.MaxValue / 2);
        }

        Span<long> orders = Orders;
        rule.Frequency.Thresholds(0, orders);
        foreach (ref var order in orders)
        {
            order = Math.Clamp(order - 1, int.MinValue, int.MaxValue);
        }

        Span<long> net = Net;
        rule.Money.Thresholds(digits, net);
        foreach (ref var amount in net)
        {
            amount--;
        }
    }
}

/// <summary>Scores columns: one plain loop, and the same with 32 customers at a time in vectors.</summary>
internal static class ColumnScorer
{
    private const int Block = 32;

    public static void Score(in RfmColumns columns, in ColumnThresholds thresholds, Span<byte> cells)
    {
        var done = Vector256.IsHardwareAccelerated ? ScoreBlocks(columns, thresholds, cells) : 0;
        ScoreRows(columns, thresholds, cells, done);
    }

    public static void ScoreRows(in RfmColumns columns, in ColumnThresholds thresholds, Span<byte> cells, int from)
    {
        var days = columns.LastOrderDays;
        var orders = columns.Orders;
        var net = columns.Net;
        for (var i = from; i < orders.Length; i++)
        {
            int r = 0, f = 0, m = 0;
            for (var k = 0; k < ScoreBoundaries.Count; k++)
            {
                r += days[i] > thresholds.Days[k] ? 1 : 0;
                f += orders[i] > thresholds.Orders[k] ? 1 : 0;
                m += net[i] > thresholds.Net[k] ? 1 : 0;
            }

            cells[i] = (byte)((((r * 5) + f) * 5) + m);
        }
    }

    private static int ScoreBlocks(in RfmColumns columns, in ColumnThresholds thresholds, Span<byte> cells)
    {
        var d0 = Vector256.Create((int)thresholds.Days[0]);
        var d1 = Vector256.Create((int)thresholds.Days[1]);
        var d2 = Vector256.Create((int)thresholds.Days[2]);
        var d3 = Vector256.Create((int)thresholds.Days[3]);
        var o0 = Vector256.Create((int)thresholds.Orders[0]);
        var o1 = Vector256.Create((int)thresholds.Orders[1]);
        var o2 = Vector256.Create((int)thresholds.Orders[2]);
        var o3 = Vector256.Create((int)thresholds.Orders[3]);
        var n0 = Vector256.Create(thresholds.Net[0]);
        var n1 = Vector256.Create(thresholds.Net[1]);
        var n2 = Vector256.Create(thresholds.Net[2]);
        var n3 = Vector256.Create(thresholds.Net[3]);
        var blocks = columns.Length / Block * Block;
        ref var days = ref MemoryMarshal.GetReference(columns.LastOrderDays);
        ref var orders = ref MemoryMarshal.GetReference(columns.Orders);
        ref var net = ref MemoryMarshal.GetReference(columns.Net);
        for (var at = 0; at < blocks; at += Block)
        {
            var a = Eight(ref days, ref orders, ref net, at);
            var b = Eight(ref days, ref orders, ref net, at + 8);
            var c = Eight(ref days, ref orders, ref net, at + 16);
            var d = Eight(ref days, ref orders, ref net, at + 24);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).AsByte().CopyTo(cells[at..]);
        }

        return blocks;

        // A comparison that holds is −1 in each lane, so that the sums are counted downwards.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector256<int> Eight(ref int lastDay, ref int orderCount, ref long amount, int at)
        {
            var day = Vector256.LoadUnsafe(ref lastDay, (nuint)at);
            var r = Vector256.GreaterThan(day, d0) + Vector256.GreaterThan(day, d1) + Vector256.GreaterThan(day, d2) + Vector256.GreaterThan(day, d3);
            var count = Vector256.LoadUnsafe(ref orderCount, (nuint)at);
            var f = Vector256.GreaterThan(count, o0) + Vector256.GreaterThan(count, o1)
                + Vector256.GreaterThan(count, o2) + Vector256.GreaterThan(count, o3);
            var low = Vector256.LoadUnsafe(ref amount, (nuint)at);
            var high = Vector256.LoadUnsafe(ref amount, (nuint)at + 4);
            var m = Vector256.Narrow(
                Vector256.GreaterThan(low, n0) + Vector256.GreaterThan(low, n1) + Vector256.GreaterThan(low, n2) + Vector256.GreaterThan(low, n3),
                Vector256.GreaterThan(high, n0) + Vector256.GreaterThan(high, n1) + Vector256.GreaterThan(high, n2) + Vector256.GreaterThan(high, n3));
            var rf = (r << 2) + r + f;
            return Vector256<int>.Zero - ((rf << 2) + rf + m);
        }
    }
}
