using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Activities;

/// <summary>Corrects existing totals by what changed, at a cost proportional to the change.</summary>
/// <remarks>
/// <para>
/// A change is told as the rows that no longer hold and the rows that hold now: an inserted activity is an added row; a removed one is a
/// removed row; a corrected one is its old row removed and its new row added; one that moved to another member is the old row
/// removed under the old member and the new row added under the new one. Order does not matter, neither among rows nor
/// between batches, and a late row (dated before rows already counted) is a row like any other.
/// </para>
/// <para>
/// The totals afterwards equal a recomputation from all activity for the same windows and the same day, provided that they did
/// before and that each removed row was counted. When the day moves on, activities dated between the old day and the new one begin
/// to count: they are added rows of a call for the new day. When a member's window moves, its totals are made anew by
/// <see cref="Aggregator.AggregateMember"/>.
/// </para>
/// </remarks>
public static unsafe class IncrementalTotals
{
    /// <summary>How many rows ahead the totals are asked for.</summary>
    private const int Ahead = 16;

    /// <summary>Sums and numbers inside ±2^62 cannot leave 64 bits in one addition.</summary>
    private const long Bound = 1L << 62;

    /// <summary>
    /// Removed and added rows are taken in turns of this many, so that the two sides of a correction, which lie at about the same place
    /// of both lists, find the member's totals in the cache.
    /// </summary>
#if DEBUG
    private const int TurnRows = 16;
#else
    private const int TurnRows = 256;
#endif

    /// <summary>Applies a batch of changes. Either all of it or, when an exception is thrown, nothing.</summary>
    /// <param name="removed">The rows that no longer hold, as they were counted.</param>
    /// <param name="added">The rows that hold now.</param>
    /// <param name="windows">The window of each member, the same as the totals were made for.</param>
    /// <param name="through">The last day that counts, as a day number, the same as the totals were made for.</param>
    /// <param name="totals">The totals to correct.</param>
    /// <exception cref="ArgumentException">There is no member column, or there are more or fewer windows than totals.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A member index has no place in <paramref name="totals"/>.</exception>
    /// <exception cref="AggregationOverflowException">A total afterwards would not fit 64 bits.</exception>
    public static void Apply(
        in AggregationColumns removed, in AggregationColumns added, ReadOnlySpan<DayWindow> windows, int through, Span<MemberTotals> totals)
    {
        removed.RequireMembers(nameof(removed));
        added.RequireMembers(nameof(added));
        AggregationRows.RequireWindows(windows.Length, totals.Length);
        RequireMembers(removed.Members, totals.Length);
        RequireMembers(added.Members, totals.Length);
        if (!TryApply(removed, added, windows, through, totals))
        {
            // Additions modulo 2^64 are undone without a trace, so the exact sums see the totals as they were.
            TryApply(added, removed, windows, through, totals);
            ThrowOnOverflow(removed, added, windows, through, totals);
            TryApply(removed, added, windows, through, totals);
        }
    }

    /// <summary>Applies the batch modulo 2^64; false when a sum came so near the end of the range that it might have wrapped.</summary>
    private static bool TryApply(
        in AggregationColumns removed, in AggregationColumns added, ReadOnlySpan<DayWindow> windows, int through, Span<MemberTotals> totals)
    {
        var beyond = 0L;
        fixed (DayWindow* window = windows)
        fixed (MemberTotals* total = totals)
        {
            // Turn by turn, at the same pace through both lists.
            var turns = (Math.Max(removed.Count, added.Count) + TurnRows - 1) / TurnRows;
            for (var turn = 0; turn < turns; turn++)
            {
                beyond |= Add(Turn(removed, turn, turns), window, through, total, negate: -1L);
                beyond |= Add(Turn(added, turn, turns), window, through, total, negate: 0L);
            }
        }

        // The top two bits of (number + 2^62) are 00 for numbers inside the bound, and only for them is the top bit clear.
        return beyond >= 0;
    }

    private static AggregationColumns Turn(in AggregationColumns columns, int turn, int turns)
    {
        var start = (int)((long)columns.Count * turn / turns);
        return columns.Slice(start, (int)((long)columns.Count * (turn + 1) / turns) - start);
    }

    private static long Add(AggregationColumns columns, DayWindow* windows, int through, MemberTotals* totals, long negate)
    {
        var beyond = 0L;
        var members = columns.Members;
        for (var row = 0; row < members.Length; row++)
        {
            var ahead = members[Math.Min(row + Ahead, members.Length - 1)];
            Prefetch(totals + ahead, windows + ahead);
            var member = members[row];
            var day = columns.Days[row];
            var window = windows[member];
            var counts = day <= through ? -1L : 0L;
            var inside = (uint)(day - window.Start) < (uint)(window.End - window.Start) ? counts : 0L;

            // (x ^ -1) - -1 is -x.
            var sales = (columns.Sales[row] ^ negate) - negate;
            var units = (columns.Units[row] ^ negate) - negate;
            var views = (columns.Views[row] ^ negate) - negate;
            var likes = (columns.Likes[row] ^ negate) - negate;
            var comments = (columns.Comments[row] ^ negate) - negate;
            var one = (1 ^ negate) - negate;
            beyond |= (columns.Sales[row] + Bound) | (columns.Views[row] + Bound);
            var sums = (long*)(totals + member);
            beyond |= Add(sums, sales & counts, units & counts, one & counts, views & counts, likes & counts, comments & counts);
            beyond |= Add(sums + 6, sales & inside, units & inside, one & inside, views & inside, likes & inside, comments & inside);
        }

        return beyond;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Add(long* sums, long sales, long units, long videos, long views, long likes, long comments)
    {
        var beyond = (sums[0] + Bound) | (sums[1] + Bound) | (sums[2] + Bound) | (sums[3] + Bound) | (sums[4] + Bound) | (sums[5] + Bound);
        sums[0] += sales;
        sums[1] += units;
        sums[2] += videos;
        sums[3] += views;
        sums[4] += likes;
        sums[5] += comments;
        return beyond;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(MemberTotals* totals, DayWindow* window)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(totals);
            Sse.Prefetch0((byte*)totals + 64);
            Sse.Prefetch0(window);
        }
    }

    private static void RequireMembers(ReadOnlySpan<int> members, int count)
    {
        for (var row = 0; row < members.Length; row++)
        {
            AggregationRows.RequireMember(members[row], row, count);
        }
    }

    /// <summary>Makes the new totals of the members concerned in 128 bits.</summary>
    private static void ThrowOnOverflow(
        in AggregationColumns removed, in AggregationColumns added, ReadOnlySpan<DayWindow> windows, int through, ReadOnlySpan<MemberTotals> totals)
    {
        var exact = new SortedDictionary<int, (AggregationExactSums Lifetime, AggregationExactSums Window)>();
        Collect(exact, removed, windows, through, totals, sign: -1);
        Collect(exact, added, windows, through, totals, sign: 1);
        foreach (var (member, sums) in exact)
        {
            sums.Lifetime.ToTotals(member, inWindow: false);
            sums.Window.ToTotals(member, inWindow: true);
        }
    }

    private static void Collect(
        SortedDictionary<int, (AggregationExactSums Lifetime, AggregationExactSums Window)> exact,
        in AggregationColumns columns,
        ReadOnlySpan<DayWindow> windows,
        int through,
        ReadOnlySpan<MemberTotals> totals,
        int sign)
    {
        for (var row = 0; row < columns.Count; row++)
        {
            var member = columns.Members[row];
            if (!exact.TryGetValue(member, out var sums))
            {
                sums.Lifetime.Add(totals[member].Lifetime);
                sums.Window.Add(totals[member].Window);
            }

            if (columns.Days[row] <= through)
            {
                sums.Lifetime.Add(columns, row, sign);
                if (windows[member].Contains(columns.Days[row]))
                {
                    sums.Window.Add(columns, row, sign);
                }
            }

            exact[member] = sums;
        }
    }
}
