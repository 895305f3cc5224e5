using System.Runtime.InteropServices;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>The parts of orders in order of first appearance, found by platform and id.</summary>
/// <remarks>They stand in blocks that never move, so a million of them are neither objects of their own nor copied when the table grows.</remarks>
internal sealed class PartsTable
{
    private const int BlockBits = 10;
    private const int BlockSize = 1 << BlockBits;

    private readonly Dictionary<OrderPlatform, Dictionary<string, int>> _positions = [];
    private readonly Dictionary<(OrderPlatform Platform, string Id, string Customer), int> _shared = [];
    private readonly List<OrderParts[]> _blocks = [];

    // Only orders that gave back have any; what came back by day.
    private readonly Dictionary<int, SortedDictionary<DateOnly, (DateTime At, decimal Amount)>> _refunds = [];

    public int Count { get; private set; }

    /// <summary>Whether any id may be shared by several customers.</summary>
    public bool AreShared => _shared.Count > 0;

    public ref OrderParts this[int position] => ref _blocks[position >> BlockBits][position & (BlockSize - 1)];

    /// <summary>The parts of an order, new ones when there are none yet.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="id">The id of the order.</param>
    /// <param name="customer">Parts the rows of an id that several customers share; empty for none.</param>
    /// <param name="at">Their position.</param>
    public ref OrderParts Get(OrderPlatform platform, string id, string customer, out int at)
    {
        ref var position = ref customer.Length > 0
            ? ref CollectionsMarshal.GetValueRefOrAddDefault(_shared, (platform, id, customer), out var isKnown)
            : ref CollectionsMarshal.GetValueRefOrAddDefault(PositionsOf(platform), id, out isKnown);
        if (!isKnown)
        {
            position = Count;
            Add(new OrderParts(platform, id, customer));
        }

        at = position;
        return ref this[position];
    }

    /// <summary>Notes what a part gives back, and when.</summary>
    public void NoteRefund(int position, DateTime at, decimal amount)
    {
        ref var days = ref CollectionsMarshal.GetValueRefOrAddDefault(_refunds, position, out _);
        days ??= [];
        var day = DateOnly.FromDateTime(at);
        days[day] = days.TryGetValue(day, out var known) ? (known.At < at ? known.At : at, known.Amount + amount) : (at, amount);
    }

    /// <summary>An order of parts, as it stands on its own date: what is given back later are credits.</summary>
    public Order OrderAt(int position)
    {
        ref var parts = ref this[position];
        var later = 0m;
        if (_refunds.TryGetValue(position, out var days))
        {
            foreach (var (day, refund) in days)
            {
                later += day > parts.Date ? refund.Amount : 0;
            }
        }

        return parts.ToOrder(later);
    }

    public IEnumerable<Order> Orders()
    {
        for (var i = 0; i < Count; i++)
        {
            if (!this[i].IsEmpty)
            {
                yield return OrderAt(i);
            }
        }
    }

    /// <summary>What orders gave back after their own date, one credit for each day.</summary>
    public IEnumerable<Order> Credits()
    {
        foreach (var (position, days) in _refunds)
        {
            foreach (var (day, refund) in days)
            {
                if (day > this[position].Date)
                {
                    yield return this[position].ToCredit(refund.At, refund.Amount);
                }
            }
        }
    }

    private Dictionary<string, int> PositionsOf(OrderPlatform platform)
    {
        ref var positions = ref CollectionsMarshal.GetValueRefOrAddDefault(_positions, platform, out _);
        return positions ??= new Dictionary<string, int>(StringComparer.Ordinal);
    }

    private void Add(in OrderParts parts)
    {
        if (Count == _blocks.Count << BlockBits)
        {
            _blocks.Add(new OrderParts[BlockSize]);
        }

        this[Count++] = parts;
    }
}
