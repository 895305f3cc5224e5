using Loyalty.Queue;

namespace Loyalty.Storage.InMemory.Queue;

/// <summary>The deliveries that have not ended by customer and route, and which of them is the next one there.</summary>
internal sealed class QueueLanes
{
    private readonly Dictionary<(string Customer, string Route), Lane> _lanes = [];
    private readonly Dictionary<string, List<Lane>> _byCustomer = new(StringComparer.Ordinal);

    /// <summary>The heads of lanes by when they are due: by route while they have no target, else by target.</summary>
    private readonly Dictionary<(bool HasTarget, string Name), SortedSet<(DateTimeOffset At, long Position)>> _heads = [];

    private readonly Dictionary<long, Lane> _byHead = [];

    /// <summary>Takes a delivery that is new or changed.</summary>
    public void Set(Delivery delivery)
    {
        var place = (delivery.Customer, delivery.Route);
        if (!_lanes.TryGetValue(place, out var lane))
        {
            if (delivery.HasEnded)
            {
                return;
            }

            _lanes.Add(place, lane = new Lane());
            if (!_byCustomer.TryGetValue(delivery.Customer, out var own))
            {
                _byCustomer.Add(delivery.Customer, own = []);
            }

            own.Add(lane);
        }

        if (delivery.HasEnded)
        {
            lane.Open.Remove(delivery.Position);
        }
        else
        {
            lane.Open[delivery.Position] = delivery;
        }

        SetHead(lane);
    }

    /// <summary>The positions of the deliveries to claim, the longest due first.</summary>
    public List<long> Due(string target, IReadOnlyList<string> routes, DateTimeOffset due, DateTimeOffset now, int count)
    {
        var found = new List<(DateTimeOffset At, long Position)>();
        foreach (var place in routes.Select(static r => (false, r)).Append((true, target)))
        {
            if (!_heads.TryGetValue(place, out var heads))
            {
                continue;
            }

            var left = count;
            foreach (var head in heads)
            {
                if (head.At > due || left == 0)
                {
                    break;
                }

                var lane = _byHead[head.Position];
                var delivery = lane.Open[head.Position];
                if ((delivery.Lease is not { } lease || lease.HasEnded(now)) && IsFirst(delivery, target, routes))
                {
                    found.Add(head);
                    left--;
                }
            }
        }

        found.Sort();
        return [.. found.Take(count).Select(static f => f.Position)];
    }

    /// <summary>Whether a parked operation stands before a delivery.</summary>
    public bool IsBehindParked(Delivery delivery)
    {
        if (delivery.Kind != DeliveryKind.Operation || !_lanes.TryGetValue((delivery.Customer, delivery.Route), out var lane))
        {
            return false;
        }

        foreach (var (position, other) in lane.Open)
        {
            if (position >= delivery.Position)
            {
                return false;
            }

            if (other.Status == DeliveryStatus.Parked)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The positions of what has not ended in a lane.</summary>
    public IEnumerable<long> Of(string customer, string route) => _lanes.TryGetValue((customer, route), out var lane) ? [.. lane.Open.Keys] : [];

    /// <summary>Of several lanes of one customer that lead to one target, the one whose head was caused first goes first.</summary>
    private bool IsFirst(Delivery delivery, string target, IReadOnlyList<string> routes)
    {
        foreach (var lane in _byCustomer[delivery.Customer])
        {
            if (lane.Head is { } head && lane.Heads is not null && head < delivery.Position
                && lane.Open[head] is var other && (other.Target.Length > 0 ? string.Equals(other.Target, target, StringComparison.Ordinal) : routes.Contains(other.Route, StringComparer.Ordinal)))
            {
                return false;
            }
        }

        return true;
    }

    private void SetHead(Lane lane)
    {
        if (lane.Head is { } old)
        {
            lane.Heads?.Remove((lane.At, old));
            _byHead.Remove(old);
        }

        (lane.Head, lane.Heads) = (null, null);
        foreach (var (position, delivery) in lane.Open)
        {
            if (!QueueRules.HoldsBack(delivery.Kind, delivery.Status))
            {
                continue;
            }

            lane.Head = position;
            lane.At = delivery.NextAttemptAt;
            _byHead[position] = lane;
            if (delivery.Status != DeliveryStatus.Parked)
            {
                var place = delivery.Target.Length > 0 ? (true, delivery.Target) : (false, delivery.Route);
                if (!_heads.TryGetValue(place, out var heads))
                {
                    _heads.Add(place, heads = []);
                }

                lane.Heads = heads;
                heads.Add((lane.At, position));
            }

            return;
        }
    }

    /// <summary>The deliveries of one customer and route that have not ended.</summary>
    private sealed class Lane
    {
        public SortedDictionary<long, Delivery> Open { get; } = [];

        /// <summary>The position of the one that goes next or holds the others back.</summary>
        public long? Head { get; set; }

        public DateTimeOffset At { get; set; }

        /// <summary>Where the head stands in order; <see langword="null"/> when it is parked.</summary>
        public SortedSet<(DateTimeOffset At, long Position)>? Heads { get; set; }
    }
}
