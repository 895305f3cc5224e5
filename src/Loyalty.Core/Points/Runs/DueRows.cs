namespace Loyalty.Points.Runs;

/// <summary>The rows of one kind whose day has come, in the order in which they are taken: by day, by date, then as they came.</summary>
internal sealed class DueRows<T>
    where T : struct
{
    /// <summary>The day when there is no further row; no run closes it.</summary>
    public static readonly DateOnly NoDay = DateOnly.MaxValue;

    private readonly List<DueRow> _rows;
    private int _next;

    /// <summary>Takes out of the rows that wait what is due.</summary>
    /// <param name="waiting">Rows that wait; those that still do are left in it.</param>
    /// <param name="dateOf">The date on which a row counts.</param>
    /// <param name="asOf">The last day that the run closes.</param>
    /// <param name="lastAsOf">The last day that is closed already; rows dated before are taken on it.</param>
    public DueRows(List<RowRecord<T>> waiting, Func<T, DateOnly> dateOf, DateOnly asOf, DateOnly? lastAsOf)
    {
        _rows = new(waiting.Count);
        var left = 0;
        var isInOrder = true;
        for (var i = 0; i < waiting.Count; i++)
        {
            var record = waiting[i];
            var date = dateOf(record.Row);
            if (date > asOf)
            {
                waiting[left++] = record;
                continue;
            }

            var row = new DueRow(lastAsOf is { } last && last > date ? last : date, date, record);
            isInOrder &= _rows is not [.., var before] || before.CompareTo(row) < 0;
            _rows.Add(row);
        }

        waiting.RemoveRange(left, waiting.Count - left);
        waiting.TrimExcess();

        // Files mostly come in order.
        if (!isInOrder)
        {
            _rows.Sort();
        }
    }

    public int Count => _rows.Count;

    /// <summary>How many rows were taken.</summary>
    public int Taken => _next;

    /// <summary>The row of a number, in the order in which they are taken.</summary>
    public RowRecord<T> this[int number] => _rows[number].Record;

    /// <summary>The day of the next row, or <see cref="NoDay"/>.</summary>
    public DateOnly NextDay => _next < _rows.Count ? _rows[_next].Day : NoDay;

    /// <summary>The next row, when it is of a day.</summary>
    public RowRecord<T>? Take(DateOnly day) => NextDay == day ? _rows[_next++].Record : null;

    private readonly record struct DueRow(DateOnly Day, DateOnly Date, RowRecord<T> Record) : IComparable<DueRow>
    {
        public int CompareTo(DueRow other)
        {
            var order = Day.CompareTo(other.Day);
            order = order != 0 ? order : Date.CompareTo(other.Date);
            return order != 0 ? order : Record.Arrival.CompareTo(other.Record.Arrival);
        }
    }
}
