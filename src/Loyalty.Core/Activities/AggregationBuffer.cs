using System.Numerics;
using System.Runtime.CompilerServices;

namespace Loyalty.Activities;

/// <summary>Columns of its own that grow to the largest number of rows asked for.</summary>
internal sealed class AggregationBuffer
{
    private int[] _days = [];
    private long[] _sales = [];
    private int[] _units = [];
    private long[] _views = [];
    private int[] _likes = [];
    private int[] _comments = [];
    private int _count;

    /// <summary>The rows that were added.</summary>
    public AggregationColumns Columns => View(_count);

    public void Clear() => _count = 0;

    /// <summary>Adds a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int day, long sales, int units, long views, int likes, int comments)
    {
        var row = _count;
        if (row == _days.Length)
        {
            Grow(row + 1);
        }

        _days[row] = day;
        _sales[row] = sales;
        _units[row] = units;
        _views[row] = views;
        _likes[row] = likes;
        _comments[row] = comments;
        _count = row + 1;
    }

    public AggregationColumns Gather(in AggregationColumns columns, ReadOnlySpan<int> rows)
    {
        Grow(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if ((uint)row >= (uint)columns.Count)
            {
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"Row {row} was asked for, but there are rows 0 to {columns.Count - 1} only.");
            }

            _days[i] = columns.Days[row];
            _sales[i] = columns.Sales[row];
            _units[i] = columns.Units[row];
            _views[i] = columns.Views[row];
            _likes[i] = columns.Likes[row];
            _comments[i] = columns.Comments[row];
        }

        return View(rows.Length);
    }

    private AggregationColumns View(int rows) => new(
        _days.AsSpan(0, rows), _sales.AsSpan(0, rows), _units.AsSpan(0, rows),
        _views.AsSpan(0, rows), _likes.AsSpan(0, rows), _comments.AsSpan(0, rows));

    private void Grow(int rows)
    {
        if (_days.Length >= rows)
        {
            return;
        }

        var capacity = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)Math.Max(rows, 256)), (uint)Array.MaxLength);
        Array.Resize(ref _days, capacity);
        Array.Resize(ref _sales, capacity);
        Array.Resize(ref _units, capacity);
        Array.Resize(ref _views, capacity);
        Array.Resize(ref _likes, capacity);
        Array.Resize(ref _comments, capacity);
    }
}
