using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loyalty.Postgres.Cutover;

/// <summary>How long to wait, how often to try, and what to keep; immutable.</summary>
public sealed record CutoverOptions
{
    /// <summary>The longest that others may have to wait because of an attempt: half a second.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan _lockWait = TimeSpan.FromMilliseconds(150);
    private readonly int _attempts = 40;
    private readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);
    private readonly int _keepPrevious = 3;
    private readonly TimeSpan? _rollbackWindow;

    /// <summary>The defaults.</summary>
    public static CutoverOptions Default { get; } = new();

    /// <summary>How long one attempt waits for all its locks together; default 150 ms, more than 0, at most 250 ms, so that waiting and swapping stay below 500 ms.</summary>
    public TimeSpan LockWait
    {
        get => _lockWait;
        init => _lockWait = value > TimeSpan.Zero && value <= TimeSpan.FromMilliseconds(250)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The wait for locks is more than 0 and at most 250 milliseconds.");
    }

    /// <summary>How many times the locks are tried; default 40, at least 1.</summary>
    public int Attempts
    {
        get => _attempts;
        init => _attempts = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "There is at least one attempt.");
    }

    /// <summary>The mean pause between attempts, in which nobody waits; from half of it to one and a half, by chance. Default 100 ms, at most a minute.</summary>
    public TimeSpan Pause
    {
        get => _pause;
        init => _pause = value >= TimeSpan.Zero && value <= TimeSpan.FromMinutes(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The pause is from 0 to a minute.");
    }

    /// <summary>How many previous generations are kept; older ones are dropped after a cutover. Default 3, at least 1.</summary>
    public int KeepPrevious
    {
        get => _keepPrevious;
        init => _keepPrevious = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least one previous generation is kept.");
    }

    /// <summary>How long after it was replaced a generation may be gone back to; <see langword="null"/>, the default: as long as it is kept.</summary>
    public TimeSpan? RollbackWindow
    {
        get => _rollbackWindow;
        init => _rollbackWindow = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The window is more than 0.");
    }

    /// <summary>Writes the log; default: none.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// Pages of 8 kB, both tables together, up to which a foreign key is checked while locks are held; above that it is added as not valid and checked right after the
    /// commit, without locks that others wait for.
    /// </summary>
    internal long PagesCheckedUnderLock { get; init; } = 512;

    /// <summary>Called before each statement, for tests that interrupt there; statements are then sent one by one.</summary>
    internal Func<string, ValueTask>? OnStatement { get; init; }
}

/// <summary>What becomes of rows that an application wrote to the live tables since they became live.</summary>
public enum LaterWrites
{
    /// <summary>Their number is told and nothing is changed.</summary>
    Refuse,

    /// <summary>They are applied, by primary key, to the generation that becomes live, over what it has.</summary>
    Keep,

    /// <summary>They stay in the generation that is replaced.</summary>
    Discard,
}
