using Loyalty.Missions;

namespace Loyalty.Rewards;

/// <summary>What a member is when claiming.</summary>
/// <param name="Level">The level or stage, <see langword="null"/> for none: the stage of the active enrollment, or the tier.</param>
/// <param name="Achievement">Which achievement of a level this is, from 1; the last one when the member is on none; 0: never on any.</param>
/// <param name="AchievedOn">The date of that achievement; <see langword="null"/>: never on any.</param>
/// <param name="Points">The points available.</param>
public readonly record struct Claimant(string? Level, int Achievement, DateOnly? AchievedOn, long Points)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Claimant), PrintMembers);
}

/// <summary>Decides claims against a catalogue, and keeps what is left of each reward.</summary>
/// <remarks>Deterministic; not thread-safe. Stock and limits count claims that were not cancelled, rejected or refunded.</remarks>
public sealed class RewardDesk
{
    private static readonly DateOnly NoAchievement = DateOnly.MinValue;

    private readonly Dictionary<string, Redemption> _redemptions = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Member, string Reward), List<Redemption>> _claims = [];
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    /// <summary>All redemptions, in the order of their claims.</summary>
    public IReadOnlyCollection<Redemption> Redemptions => _redemptions.Values;

    /// <summary>The redemption with an id, or <see langword="null"/>.</summary>
    public Redemption? Find(string id) => _redemptions.GetValueOrDefault(id);

    /// <summary>How many claims of a reward count now.</summary>
    public int TakenOf(string reward) => _taken.GetValueOrDefault(reward);

    /// <summary>Says whether a claim would be granted, without changing anything.</summary>
    /// <param name="reward">The reward, or <see langword="null"/> when the program has none of that id.</param>
    /// <param name="member">Who claims.</param>
    /// <param name="claimant">What the member is.</param>
    /// <param name="day">The day of the claim.</param>
    /// <param name="grants">
    /// How often the member's missions have granted the reward: a reward of a mission needs one grant for each claim. Ignored for the others.
    /// </param>
    public ClaimRefusal Judge(Reward? reward, string member, in Claimant claimant, DateOnly day, int grants = 0) =>
        reward is null ? ClaimRefusal.UnknownReward
        : !reward.IsAvailableOn(day) ? ClaimRefusal.NotAvailable
        : !reward.IsFor(claimant.Level) || (reward.Mission is not null && Claims(member, reward.Id).Count(static c => c.Counts) >= grants) ? ClaimRefusal.NotEligible
        : IsLimitReached(reward, member, claimant, day) ? ClaimRefusal.LimitReached
        : reward.Stock is { } stock && TakenOf(reward.Id) >= stock ? ClaimRefusal.OutOfStock
        : reward.Points > Math.Max(0, claimant.Points) ? ClaimRefusal.InsufficientPoints
        : ClaimRefusal.None;

    /// <summary>Takes a claim: grants it, or records that it was refused. The caller takes the points together with it.</summary>
    /// <param name="id">The id of the redemption, not used before.</param>
    /// <param name="reward">The reward, or <see langword="null"/> when the program has none of that id.</param>
    /// <param name="rewardId">The id of the reward as asked for.</param>
    /// <param name="member">Who claims.</param>
    /// <param name="claimant">What the member is.</param>
    /// <param name="day">The day of the claim.</param>
    /// <param name="grants">How often the member's missions have granted the reward.</param>
    /// <exception cref="ArgumentException">The id was used before.</exception>
    public Redemption Claim(string id, Reward? reward, string rewardId, string member, in Claimant claimant, DateOnly day, int grants = 0)
    {
        var refusal = Judge(reward, member, claimant, day, grants);
        var redemption = refusal == ClaimRefusal.None
            ? new Redemption(id, member, rewardId, day, reward!.Points, claimant.Level, claimant.Achievement)
            : Redemption.Refuse(id, member, rewardId, day, claimant.Level, claimant.Achievement, refusal);
        Add(redemption);
        return redemption;
    }

    /// <summary>Moves a redemption on, when its status allows it. The caller gives the points back together with it.</summary>
    /// <param name="redemption">A redemption of this desk.</param>
    /// <param name="happening">What happens.</param>
    /// <param name="day">The day.</param>
    /// <returns>Whether it was allowed.</returns>
    public bool TryMove(Redemption redemption, RedemptionEvent happening, DateOnly day)
    {
        ArgumentNullException.ThrowIfNull(redemption);
        if (Redemption.After(redemption.Status, happening) is not { } next)
        {
            return false;
        }

        if (Redemption.GivesBack(next))
        {
            _taken[redemption.Reward]--;
        }

        redemption.Change(next, day);
        return true;
    }

    /// <summary>How often completed missions grant a reward to a member: once for each completed instance of its mission.</summary>
    /// <param name="reward">The reward.</param>
    /// <param name="missions">The member's mission instances.</param>
    public static int GrantsOf(Reward reward, IEnumerable<MissionInstance> missions)
    {
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(missions);
        return reward.Mission is null ? 0 : missions.Count(m =>
            m.Status == MissionStatus.Completed && string.Equals(m.MissionId, reward.Mission, StringComparison.Ordinal));
    }

    /// <summary>Says how many claims of a reward count, also those that are not on this desk.</summary>
    /// <param name="reward">The id of the reward.</param>
    /// <param name="taken">How many, at least 0.</param>
    public void Restore(string reward, int taken)
    {
        ArgumentException.ThrowIfNullOrEmpty(reward);
        ArgumentOutOfRangeException.ThrowIfNegative(taken);
        _taken[reward] = taken;
    }

    /// <summary>Puts a redemption back as a store kept it; those of a member in the order of their claims.</summary>
    /// <exception cref="ArgumentException">The id stands on the desk already.</exception>
    public void Add(Redemption redemption)
    {
        ArgumentNullException.ThrowIfNull(redemption);
        _redemptions.Add(redemption.Id, redemption);
        if (redemption.Status == RedemptionStatus.Refused)
        {
            return;
        }

        var key = (redemption.Member, redemption.Reward);
        if (!_claims.TryGetValue(key, out var claims))
        {
            _claims.Add(key, claims = []);
        }

        claims.Add(redemption);
        _taken[redemption.Reward] = TakenOf(redemption.Reward) + (redemption.Counts ? 1 : 0);
    }

    private List<Redemption> Claims(string member, string reward) => _claims.GetValueOrDefault((member, reward)) ?? [];

    private bool IsLimitReached(Reward reward, string member, in Claimant claimant, DateOnly day)
    {
        var limit = reward.Limit;
        if (limit.Kind == RewardLimitKind.None)
        {
            return false;
        }

        var (from, until) = (DateOnly.MinValue.DayNumber, int.MaxValue);
        if (limit.Days > 0)
        {
            // Without any achievement the windows count from the first day of the calendar.
            var anchor = (claimant.AchievedOn ?? NoAchievement).DayNumber;
            var window = (int)Math.Floor((day.DayNumber - anchor) / (double)limit.Days);
            from = anchor + (window * limit.Days);
            until = from + limit.Days;
        }

        var count = 0;
        foreach (var claim in Claims(member, reward.Id))
        {
            count += claim.Counts && claim.ClaimedOn.DayNumber >= from && claim.ClaimedOn.DayNumber < until
                && (limit.Kind != RewardLimitKind.OncePerAchievement || claim.Achievement == claimant.Achievement) ? 1 : 0;
        }

        return count >= limit.Count;
    }
}
