namespace Loyalty.Clubs;

/// <summary>One stage of a club: what it costs to get there, what it gives, and for how long.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ClubStage
{
    /// <summary>The longest duration in months.</summary>
    public const int MaxMonths = 1_200;

    /// <summary>Creates a stage.</summary>
    /// <param name="name">The name, unique in the club.</param>
    /// <param name="discountPercent">The discount in the shop, 0 to 100 percent.</param>
    /// <param name="months">How long an enrollment lasts, 1 to <see cref="MaxMonths"/> months.</param>
    /// <param name="minimumPurchase">The lowest amount of an order that qualifies, in minor units, at least 0.</param>
    /// <exception cref="ArgumentException">The name is blank, or a number is out of its bounds.</exception>
    public ClubStage(string name, decimal discountPercent, int months, long minimumPurchase)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfNegative(discountPercent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(discountPercent, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(months, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(months, MaxMonths);
        ArgumentOutOfRangeException.ThrowIfNegative(minimumPurchase);
        Name = name;
        DiscountPercent = discountPercent;
        Months = months;
        MinimumPurchase = minimumPurchase;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The discount in the shop, in percent.</summary>
    public decimal DiscountPercent { get; }

    /// <summary>How long an enrollment lasts, in months.</summary>
    public int Months { get; }

    /// <summary>The lowest amount of an order that qualifies, in minor units.</summary>
    public long MinimumPurchase { get; }

    /// <summary>The date a duration later: the same day of the month, or the month's last day; at most 9999-12-31.</summary>
    public DateOnly After(DateOnly date) =>
        Months > ((9999 - date.Year) * 12) + 12 - date.Month ? DateOnly.MaxValue : date.AddMonths(Months);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>The stages of a club, ordered by minimum purchase.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ClubProgram
{
    private readonly ClubStage[] _stages;

    /// <summary>Creates a club.</summary>
    /// <param name="stages">At least one stage, in any order; names and minimum purchases differ.</param>
    /// <exception cref="ArgumentException">There is no stage, or two have the same name or minimum purchase.</exception>
    public ClubProgram(IEnumerable<ClubStage> stages)
    {
        ArgumentNullException.ThrowIfNull(stages);
        _stages = [.. stages.OrderBy(static s => s.MinimumPurchase)];
        if (_stages.Length == 0)
        {
            throw new ArgumentException("A club needs a stage.", nameof(stages));
        }

        for (var i = 1; i < _stages.Length; i++)
        {
            if (_stages[i].MinimumPurchase == _stages[i - 1].MinimumPurchase)
            {
                throw new ArgumentException($"The stages '{_stages[i - 1]}' and '{_stages[i]}' have the same minimum purchase.", nameof(stages));
            }
        }

        if (_stages.DistinctBy(static s => s.Name, StringComparer.Ordinal).Count() != _stages.Length)
        {
            throw new ArgumentException("Two stages have the same name.", nameof(stages));
        }
    }

    /// <summary>The stages, the lowest minimum purchase first.</summary>
    public IReadOnlyList<ClubStage> Stages => _stages;

    /// <summary>The highest stage whose minimum an amount reaches, or <see langword="null"/> when it reaches none.</summary>
    /// <param name="amount">The amount of an order in minor units.</param>
    public ClubStage? Qualify(long amount)
    {
        for (var i = _stages.Length - 1; i >= 0; i--)
        {
            if (amount >= _stages[i].MinimumPurchase)
            {
                return _stages[i];
            }
        }

        return null;
    }

    /// <summary>The stage called <paramref name="name"/>, or <see langword="null"/>.</summary>
    public ClubStage? Find(string name)
    {
        foreach (var stage in _stages)
        {
            if (string.Equals(stage.Name, name, StringComparison.Ordinal))
            {
                return stage;
            }
        }

        return null;
    }
}
