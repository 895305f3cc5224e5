using Loyalty.Money;
using Loyalty.Tiers;

namespace Loyalty.Creators;

/// <summary>A badge earned by the sales of one calendar month.</summary>
/// <param name="Month">The first day of the month.</param>
/// <param name="Gmv">The GMV of the videos posted in it.</param>
/// <param name="Badge">The highest badge whose threshold it reaches.</param>
public sealed record BadgeMonth(DateOnly Month, decimal Gmv, string Badge)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(BadgeMonth), PrintMembers);
}

/// <summary>The badges of creators: a second ladder, over calendar months.</summary>
/// <remarks>
/// <para>A month is measured over <c>[first day, first day of the next month)</c>: the GMV of all known videos posted in it.</para>
/// <para>
/// The badge on a date is the higher one of what the last whole month earned and what the running month earned so far: it rises at once, and is kept through the
/// month after the one that earned it. Immutable.
/// </para>
/// </remarks>
public sealed class BadgeLadder
{
    private readonly TierLadder _ladder;

    /// <summary>A ladder of badges; thresholds are minor units of the currency.</summary>
    public BadgeLadder(TierLadder ladder)
    {
        ArgumentNullException.ThrowIfNull(ladder);
        _ladder = ladder;
    }

    /// <summary>How many badges there are.</summary>
    public int Count => _ladder.Count;

    /// <summary>The badge at a rank, 0 being the entry badge.</summary>
    public string this[int rank] => _ladder[rank].Name;

    /// <summary>The thresholds in minor units, ascending.</summary>
    public IReadOnlyList<long> Thresholds => [.. Enumerable.Range(0, Count).Select(i => _ladder[i].Threshold)];

    /// <summary>Bronze, Silver from 1,000 and Gold from 5,000: the thresholds that are known of TikTok Shop. Others are data of a program.</summary>
    public static BadgeLadder Default(Currency currency)
    {
        ArgumentNullException.ThrowIfNull(currency);
        return new BadgeLadder(new TierLadder(
            [new TierLevel("Bronze", 0), new TierLevel("Silver", 1_000 * currency.MinorUnits), new TierLevel("Gold", 5_000 * currency.MinorUnits)]));
    }

    /// <summary>The rank of a badge by its name in any case, or -1.</summary>
    public int RankOf(string name)
    {
        for (var rank = 0; rank < Count; rank++)
        {
            if (string.Equals(this[rank], name, StringComparison.OrdinalIgnoreCase))
            {
                return rank;
            }
        }

        return -1;
    }

    /// <summary>The rank that the sales of a month earn.</summary>
    /// <param name="minor">The sales in minor units.</param>
    public int Earned(long minor) => _ladder.HighestReached(minor);

    /// <summary>The rank on a date.</summary>
    /// <param name="lastMonth">The sales of the last whole month, in minor units.</param>
    /// <param name="runningMonth">The sales of the running month, in minor units.</param>
    public int On(long lastMonth, long runningMonth) => Math.Max(Earned(lastMonth), Earned(runningMonth));

    /// <summary>The first day of the month of a date.</summary>
    public static DateOnly MonthOf(DateOnly date) => new(date.Year, date.Month, 1);

    /// <summary>The badge of every month in which a creator posted, oldest first.</summary>
    public IReadOnlyList<BadgeMonth> Months(IEnumerable<CreatorVideo> videos, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(videos);
        ArgumentNullException.ThrowIfNull(currency);
        return
        [
            .. from video in videos
               group video.Gmv by MonthOf(video.PostedOn) into month
               orderby month.Key
               let gmv = month.Sum()
               select new BadgeMonth(month.Key, gmv, this[Earned(ToMinor(gmv, currency))]),
        ];
    }

    /// <summary>An amount in minor units.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    internal static long ToMinor(decimal amount, Currency currency) =>
        currency.TryToMinor(amount, out var minor) ? minor : throw new OverflowException($"{amount} does not fit the currency {currency}.");
}
