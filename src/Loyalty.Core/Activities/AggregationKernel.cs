using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loyalty.Activities;

/// <summary>The ways to sum a run of activities of one member; the seam through which tests and benchmarks reach each of them.</summary>
internal enum AggregationKernel
{
    /// <summary>One row at a time, without branches.</summary>
    Scalar,

    /// <summary>Two rows at a time.</summary>
    Vector128,

    /// <summary>Four rows at a time.</summary>
    Vector256,

    /// <summary>Eight rows at a time.</summary>
    Vector512,
}

/// <summary>Sizes at which the implementations change their way; small in Debug builds, so that tests cross every one of them.</summary>
internal static class AggregationLimits
{
    /// <summary>
    /// 64-bit sums of at most this many numbers within ±<see cref="Bound"/> cannot overflow: 2^16 · 2^46 = 2^62.
    /// </summary>
#if DEBUG
    public const int BlockRows = 48;
#else
    public const int BlockRows = 1 << 16;
#endif

    /// <summary>Rows that a thread takes at a time; input of fewer than two of them is summed on the caller's thread.</summary>
#if DEBUG
    public const int PieceRows = 40;
#else
    public const int PieceRows = 1 << 14;
#endif

    /// <summary>Sales and views outside [−2^46, 2^46) are summed in 128 bits.</summary>
    public const long Bound = 1L << 46;

    /// <summary>The bits that are clear in <c>number + Bound</c> when, and only when, the number is inside the bound.</summary>
    public const long BeyondBound = ~((Bound << 1) - 1);
}

/// <summary>The columns, pinned.</summary>
internal readonly unsafe struct AggregationPointers(int* members, int* days, long* sales, int* units, long* views, int* likes, int* comments, int count)
{
    public readonly int* Members = members;
    public readonly int* Days = days;
    public readonly long* Sales = sales;
    public readonly int* Units = units;
    public readonly long* Views = views;
    public readonly int* Likes = likes;
    public readonly int* Comments = comments;
    public readonly int Count = count;

    /// <summary>A view of some rows, for the exact sums.</summary>
    public AggregationColumns Rows(int start, int end) => new(
        new ReadOnlySpan<int>(Days + start, end - start),
        new ReadOnlySpan<long>(Sales + start, end - start),
        new ReadOnlySpan<int>(Units + start, end - start),
        new ReadOnlySpan<long>(Views + start, end - start),
        new ReadOnlySpan<int>(Likes + start, end - start),
        new ReadOnlySpan<int>(Comments + start, end - start));
}

/// <summary>Sums a run of rows of one member in 64 bits.</summary>
internal unsafe interface IAggregationKernel
{
    /// <summary>
    /// Sums the rows [start, end), at most <see cref="AggregationLimits.BlockRows"/> of them. Returns false, and leaves the result
    /// open, when it met a number so large that 64 bits might not do.
    /// </summary>
    static abstract bool TrySum(in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result);
}

/// <summary>Runs of any length on top of a kernel.</summary>
internal static unsafe class AggregationKernels
{
    /// <summary>The widest kernel that this processor runs at full speed.</summary>
    public static AggregationKernel Best =>
        Vector512Kernel.IsSupported ? AggregationKernel.Vector512
        : Vector256Kernel.IsSupported ? AggregationKernel.Vector256
        : Vector128.IsHardwareAccelerated ? AggregationKernel.Vector128
        : AggregationKernel.Scalar;

    /// <summary>Whether this processor has the instructions of a kernel.</summary>
    public static bool IsSupported(AggregationKernel kernel) => kernel switch
    {
        AggregationKernel.Vector512 => Vector512Kernel.IsSupported,
        AggregationKernel.Vector256 => Vector256Kernel.IsSupported,
        AggregationKernel.Vector128 => Vector128.IsHardwareAccelerated,
        _ => true,
    };

    /// <summary>Sums a run of any length; false when only the exact sums can tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySumRun<TKernel>(in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result)
        where TKernel : struct, IAggregationKernel =>
        end - start <= AggregationLimits.BlockRows
            ? TKernel.TrySum(columns, start, end, window, through, result)
            : TrySumBlocks<TKernel>(columns, start, end, window, through, result);

    /// <inheritdoc cref="TrySumRun{TKernel}"/>
    public static bool TrySumRun(
        AggregationKernel kernel, in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result) => kernel switch
    {
        AggregationKernel.Vector512 => TrySumRun<Vector512Kernel>(columns, start, end, window, through, result),
        AggregationKernel.Vector256 => TrySumRun<Vector256Kernel>(columns, start, end, window, through, result),
        AggregationKernel.Vector128 => TrySumRun<Vector128Kernel>(columns, start, end, window, through, result),
        _ => TrySumRun<ScalarKernel>(columns, start, end, window, through, result),
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TrySumBlocks<TKernel>(in AggregationPointers columns, int start, int end, DayWindow window, int through, AggregatedTotals* result)
        where TKernel : struct, IAggregationKernel
    {
        const int Sums = 12;
        AggregatedTotals block;
        *result = default;
        var fits = true;
        for (var from = start; from < end && fits; from += Math.Min(AggregationLimits.BlockRows, end - from))
        {
            fits = TKernel.TrySum(columns, from, from + Math.Min(AggregationLimits.BlockRows, end - from), window, through, &block);
            for (var sum = 0; sum < Sums; sum++)
            {
                var left = ((long*)result)[sum];
                var right = ((long*)&block)[sum];
                var both = left + right;
                fits &= ((left ^ both) & (right ^ both)) >= 0;
                ((long*)result)[sum] = both;
            }
        }

        return fits;
    }
}
