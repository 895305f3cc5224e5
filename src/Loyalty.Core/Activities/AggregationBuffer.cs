using System.Numerics;

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

        return new(
            _days.AsSpan(0, rows.Length), _sales.AsSpan(0, rows.Length), _units.AsSpan(0, rows.Length),
            _views.AsSpan(0, rows.Length), _likes.AsSpan(0, rows.Length), _comments.AsSpan(0, rows.Length));
    }

    private void Grow(int rows)
    {
        if (_days.Length >= rows)
        {
            return;
        }

        var capacity = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)Math.Max(rows, 256)), (uint)Array.MaxLength);
        _days = new int[capacity];
        _sales = new long[capacity];
        _units = new int[capacity];
        _views = new long[capacity];
        _likes = new int[capacity];
        _comments = new int[capacity];
    }
}
