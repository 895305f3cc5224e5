using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>The rows of an order that has no id, kept until it is known that no other file has an order of its name.</summary>
internal sealed class NamedRows(int fileNumber, string file, string column, string name)
{
    private readonly List<(long Line, byte[] Raw)> _rows = [];

    public int FileNumber => fileNumber;

    public string File => file;

    public string Column => column;

    public string Name => name;

    public IReadOnlyList<(long Line, byte[] Raw)> Rows => _rows;

    public void Add(long line, ReadOnlySpan<byte> raw) => _rows.Add((line, raw.ToArray()));
}

/// <summary>What came of an order that is known by a name.</summary>
internal enum NamedOutcome
{
    /// <summary>It counts.</summary>
    Taken,

    /// <summary>Another file has other content under the name: its rows and those of the other were rejected.</summary>
    Contradictory,
}

/// <summary>
/// Orders whose key falls back to a name, such as <c>#1001</c>, which several shops give: what two files say differently is taken from neither, so
/// that nobody's order stands in for another's.
/// </summary>
internal sealed class NamedOrders(RejectHandler onReject)
{
    private readonly Dictionary<OrderKey, (Order Order, NamedRows Rows)> _known = [];
    private readonly HashSet<OrderKey> _contradictory = [];
    private readonly Dictionary<int, long> _rejected = [];

    public long RejectedOf(int file) => _rejected.GetValueOrDefault(file);

    public NamedOutcome Take(Order order, NamedRows rows)
    {
        if (_contradictory.Contains(order.Key))
        {
            Reject(rows, "an earlier file");
            return NamedOutcome.Contradictory;
        }

        if (_known.TryGetValue(order.Key, out var known) && known.Rows.FileNumber != rows.FileNumber && known.Order != order)
        {
            _contradictory.Add(order.Key);
            _known.Remove(order.Key);
            Reject(known.Rows, rows.File);
            Reject(rows, known.Rows.File);
            return NamedOutcome.Contradictory;
        }

        _known[order.Key] = (order, rows);
        return NamedOutcome.Taken;
    }

    private void Reject(NamedRows rows, string other)
    {
        foreach (var (line, raw) in rows.Rows)
        {
            onReject(new Reject
            {
                File = rows.File,
                Line = line,
                Column = rows.Column,
                Reason = $"contradictory: {other} has another order of this name, and neither has an id",
                Value = System.Text.Encoding.UTF8.GetBytes(rows.Name),
                Raw = raw,
            });
        }

        _rejected[rows.FileNumber] = _rejected.GetValueOrDefault(rows.FileNumber) + rows.Rows.Count;
    }
}
