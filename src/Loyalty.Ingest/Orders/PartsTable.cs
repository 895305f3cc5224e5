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

    public int Count { get; private set; }

    /// <summary>Whether any id may be shared by several customers.</summary>
    public bool AreShared => _shared.Count > 0;

    public ref OrderParts this[int position] => ref _blocks[position >> BlockBits][position & (BlockSize - 1)];

    /// <summary>The parts of an order, new ones when there are none yet.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="id">The id of the order.</param>
    /// <param name="customer">Parts the rows of an id that several customers share; empty for none.</param>
    public ref OrderParts Get(OrderPlatform platform, string id, string customer)
    {
        ref var position = ref customer.Length > 0
            ? ref CollectionsMarshal.GetValueRefOrAddDefault(_shared, (platform, id, customer), out var isKnown)
            : ref CollectionsMarshal.GetValueRefOrAddDefault(PositionsOf(platform), id, out isKnown);
        if (!isKnown)
        {
            position = Count;
            Add(new OrderParts(platform, id, customer));
        }

        return ref this[position];
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
