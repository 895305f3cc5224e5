namespace Loyalty.Queue;

/// <summary>How long to wait between attempts, and how many there are.</summary>
/// <remarks>
/// After attempt n: min(first × factor^(n−1), max) × (1 ± jitter). A time that an answer names is followed instead: never earlier, and later by at
/// most jitter. Immutable.
/// </remarks>
public sealed record RetryPolicy
{
    /// <summary>The defaults: 30 seconds, doubling to an hour, 20 % jitter, 8 attempts.</summary>
    public static RetryPolicy Default { get; } = new();

    /// <summary>The wait after the first attempt, above zero. Default: 30 seconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public TimeSpan First
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(30));
            field = value;
        }
    } = TimeSpan.FromSeconds(30);

    /// <summary>What the wait is multiplied by from attempt to attempt, 1 to 100. Default: 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public double Factor
    {
        get;
        init
        {
            if (value is not (>= 1 and <= 100))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "Expected a factor from 1 to 100.");
            }

            field = value;
        }
    } = 2;

    /// <summary>The longest wait before jitter. Default: one hour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public TimeSpan Max
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(30));
            field = value;
        }
    } = TimeSpan.FromHours(1);

    /// <summary>How far waits are spread, as a share, 0 to below 1. Default: 0.2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public double Jitter
    {
        get;
        init
        {
            if (value is not (>= 0 and < 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "Expected a share from 0 to below 1.");
            }

            field = value;
        }
    } = 0.2;

    /// <summary>How many attempts there are, 1 to 1,000; so there is one wait less. Default: 8.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of bounds.</exception>
    public int Attempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000);
            field = value;
        }
    } = 8;

    /// <summary>The wait after an attempt.</summary>
    /// <param name="attempt">Which attempt, from 1.</param>
    /// <param name="sample">A number from 0 to below 1, drawn evenly and anew for each wait.</param>
    public TimeSpan After(int attempt, double sample)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        var wait = First.Ticks * Math.Pow(Factor, attempt - 1);
        wait = wait < Max.Ticks ? wait : Max.Ticks;
        return new TimeSpan((long)(wait * (1 + (Jitter * ((2 * Within(sample)) - 1)))));
    }

    /// <summary>The wait when an answer named one.</summary>
    /// <param name="named">The wait that the answer asks for; below zero counts as zero.</param>
    /// <param name="sample">A number from 0 to below 1.</param>
    public TimeSpan Named(TimeSpan named, double sample)
    {
        var ticks = Math.Max(0, named.Ticks);
        var late = Math.Min(ticks * Jitter * Within(sample), TimeSpan.FromDays(3_650).Ticks);
        return new TimeSpan(Math.Min(ticks, TimeSpan.FromDays(3_650).Ticks) + (long)late);
    }

    private static double Within(double sample) => sample is >= 0 and <= 1
        ? sample
        : throw new ArgumentOutOfRangeException(nameof(sample), sample, "Expected a number from 0 to 1.");

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(RetryPolicy), PrintMembers);
}
