using System.Runtime.CompilerServices;
using Loyalty.Memory;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Which rows of a table are whose, in the order in which they came.</summary>
internal sealed class RowsByMember
{
    private readonly ActivityTable _table;
    private readonly int[] _first;
    private readonly int[] _rows;

    /// <summary>Groups rows by their members.</summary>
    /// <param name="table">The table.</param>
    /// <param name="members">How many members there are.</param>
    /// <param name="counts">Whether a row counts; <see langword="null"/>: all do.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public RowsByMember(ActivityTable table, int members, Predicate<int>? counts)
    {
        _table = table;
        _first = new int[members + 1];
        var rows = table.Rows;
        for (var row = 0; row < rows.Length; row++)
        {
            if (counts is null || counts(row))
            {
                _first[rows[row].Member + 1]++;
            }
        }

        for (var member = 0; member < members; member++)
        {
            _first[member + 1] += _first[member];
        }

        _rows = new int[_first[^1]];
        var at = _first.AsSpan(0, members).ToArray();
        for (var row = 0; row < rows.Length; row++)
        {
            if (counts is null || counts(row))
            {
                _rows[at[rows[row].Member]++] = row;
            }
        }
    }

    /// <summary>The rows of a member.</summary>
    public ReadOnlySpan<int> this[int member] => _rows.AsSpan(_first[member].._first[member + 1]);

    /// <summary>Asks for the rows of the members who come after one of a list, in the three steps in which they are found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Prefetch(ReadOnlySpan<int> members, int at)
    {
        if (at + 3 < members.Length)
        {
            Cache.Prefetch(in _first[members[at + 3]]);
        }

        if (at + 2 < members.Length && _first[members[at + 2]] is var first && first < _rows.Length)
        {
            Cache.Prefetch(in _rows[first]);
        }

        if (at + 1 < members.Length)
        {
            var rows = _table.Rows;
            foreach (var row in this[members[at + 1]])
            {
                // The row may straddle two lines of the cache.
                Cache.Prefetch(in rows[row].Sales);
                Cache.Prefetch(in rows[row].Next);
            }
        }
    }
}
