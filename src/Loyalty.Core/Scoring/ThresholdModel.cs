namespace Loyalty.Scoring;

/// <summary>The threshold model: fixed limits of days, orders and money for the scores 5 to 2; what is beyond the last gets a 1.</summary>
/// <remarks>
/// A customer scores R 5 when the last order is at most <c>RecencyDays[0]</c> days ago, F 5 with at least <c>Orders[0]</c> orders, M 5 with a net
/// spend of at least <c>Net[0]</c>, and so on. A customer who never ordered has R 1. Immutable.
/// </remarks>
public sealed class ThresholdModel
{
    private readonly int[] _recencyDays;
    private readonly int[] _orders;
    private readonly decimal[] _net;

    /// <summary>Creates a model.</summary>
    /// <param name="recencyDays">Four numbers of days, rising, at least 0: the most for the scores 5, 4, 3, 2.</param>
    /// <param name="orders">Four numbers of orders, falling, at least 0: the fewest for the scores 5, 4, 3, 2.</param>
    /// <param name="net">Four amounts, falling: the least for the scores 5, 4, 3, 2.</param>
    /// <exception cref="ArgumentException">There are not four of each, or they do not rise or fall as they should.</exception>
    public ThresholdModel(ReadOnlySpan<int> recencyDays, ReadOnlySpan<int> orders, ReadOnlySpan<decimal> net)
    {
        _recencyDays = recencyDays.ToArray();
        _orders = orders.ToArray();
        _net = net.ToArray();
        if (_recencyDays.Length != 4 || _orders.Length != 4 || _net.Length != 4)
        {
            throw new ArgumentException("Each input has four thresholds, for the scores 5, 4, 3 and 2.", nameof(recencyDays));
        }

        if (_recencyDays[0] < 0 || _orders[3] < 0 || _net[0] >= RfmInput.MaxNet || _net[3] <= -RfmInput.MaxNet)
        {
            throw new ArgumentException("Days and orders are at least 0, amounts below 10^12 in magnitude.", nameof(net));
        }

        for (var i = 1; i < 4; i++)
        {
            if (_recencyDays[i] <= _recencyDays[i - 1] || _orders[i] >= _orders[i - 1] || _net[i] >= _net[i - 1])
            {
                throw new ArgumentException("Thresholds stand from score 5 to score 2: days rise, orders and amounts fall.", nameof(recencyDays));
            }
        }

        // R counts the boundaries that the age of the last order is beyond: at most 30 days is not beyond 30.
        Recency = new ScoreBoundaries([.. _recencyDays.Select(static d => d * 5m)], inclusive: false);
        Frequency = new ScoreBoundaries([.. _orders.Reverse().Select(static n => n * 5m)], inclusive: true);
        Money = new ScoreBoundaries([.. _net.Reverse().Select(static a => a * 5m)], inclusive: true);
    }

    /// <summary>The model without a program: 30, 60, 90, 180 days; 10, 5, 3, 1 orders; 1000, 500, 200, 50 of money.</summary>
    public static ThresholdModel Default { get; } = new([30, 60, 90, 180], [10, 5, 3, 1], [1000m, 500m, 200m, 50m]);

    /// <summary>The most days since the last order for the scores 5, 4, 3, 2.</summary>
    public ReadOnlySpan<int> RecencyDays => _recencyDays;

    /// <summary>The fewest orders for the scores 5, 4, 3, 2.</summary>
    public ReadOnlySpan<int> Orders => _orders;

    /// <summary>The least net spend for the scores 5, 4, 3, 2.</summary>
    public ReadOnlySpan<decimal> Net => _net;

    internal ScoreBoundaries Recency { get; }

    internal ScoreBoundaries Frequency { get; }

    internal ScoreBoundaries Money { get; }
}
