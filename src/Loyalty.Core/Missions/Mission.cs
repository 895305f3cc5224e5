using Loyalty.Activities;
using Loyalty.Checkpoints;

namespace Loyalty.Missions;

/// <summary>Where the window of a mission comes from.</summary>
public enum MissionWindowKind
{
    /// <summary>The member's own checkpoint window at the time the instance is created.</summary>
    Checkpoint,

    /// <summary>Dates that are the same for all members.</summary>
    Fixed,

    /// <summary>A number of days again and again, counted from the date the member achieved the present level.</summary>
    Every,
}

/// <summary>A goal on one metric over one window.</summary>
/// <remarks>Immutable. Created by <see cref="OverCheckpoint"/>, <see cref="OverDates"/> and <see cref="EveryDays"/>.</remarks>
public sealed class Mission
{
    private readonly HashSet<string>? _levels;

    private Mission(string id, Metric metric, long target, IEnumerable<string>? levels, MissionWindowKind kind, Window dates, int days)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(target);
        Goal = new MissionGoal(id, metric, target);
        WindowKind = kind;
        Dates = dates;
        Days = days;
        _levels = levels is null ? null : new HashSet<string>(levels, StringComparer.Ordinal);
    }

    /// <summary>What it asks for.</summary>
    public MissionGoal Goal { get; }

    /// <summary>The id, unique in the program.</summary>
    public string Id => Goal.MissionId;

    /// <summary>What is counted.</summary>
    public Metric Metric => Goal.Metric;

    /// <summary>The goal, above 0: minor units for sales, a count for the others.</summary>
    public long Target => Goal.Target;

    /// <summary>Where the window comes from.</summary>
    public MissionWindowKind WindowKind { get; }

    /// <summary>The dates of a mission of kind <see cref="MissionWindowKind.Fixed"/>.</summary>
    public Window Dates { get; }

    /// <summary>The days of a mission of kind <see cref="MissionWindowKind.Every"/>; 0 for the others.</summary>
    public int Days { get; }

    /// <summary>The names of the levels that may take part; <see langword="null"/> when all may.</summary>
    public IReadOnlyCollection<string>? Levels => _levels;

    /// <summary>A mission over the member's own checkpoint window.</summary>
    /// <param name="id">The id, not blank.</param>
    /// <param name="metric">What is counted.</param>
    /// <param name="target">The goal, above 0.</param>
    /// <param name="levels">The levels that may take part, or <see langword="null"/> for all.</param>
    /// <exception cref="ArgumentException"><paramref name="id"/> is blank or <paramref name="target"/> is not above 0.</exception>
    public static Mission OverCheckpoint(string id, Metric metric, long target, IEnumerable<string>? levels = null) =>
        new(id, metric, target, levels, MissionWindowKind.Checkpoint, default, 0);

    /// <summary>A mission over given dates.</summary>
    /// <param name="id">The id, not blank.</param>
    /// <param name="metric">What is counted.</param>
    /// <param name="target">The goal, above 0.</param>
    /// <param name="dates">The window, with an end.</param>
    /// <param name="levels">The levels that may take part, or <see langword="null"/> for all.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="id"/> is blank, <paramref name="target"/> is not above 0 or <paramref name="dates"/> has no end.
    /// </exception>
    public static Mission OverDates(string id, Metric metric, long target, Window dates, IEnumerable<string>? levels = null) =>
        dates.HasEnd && dates != default
            ? new(id, metric, target, levels, MissionWindowKind.Fixed, dates, 0)
            : throw new ArgumentException("The dates of a mission must end.", nameof(dates));

    /// <summary>A mission over every <paramref name="days"/> days, counted from the date the member achieved the present level.</summary>
    /// <param name="id">The id, not blank.</param>
    /// <param name="metric">What is counted.</param>
    /// <param name="target">The goal, above 0.</param>
    /// <param name="days">The length, 1 to 36,600 days.</param>
    /// <param name="levels">The levels that may take part, or <see langword="null"/> for all.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="id"/> is blank, <paramref name="target"/> is not above 0 or <paramref name="days"/> is out of bounds.
    /// </exception>
    public static Mission EveryDays(string id, Metric metric, long target, int days, IEnumerable<string>? levels = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, 36_600);
        return new(id, metric, target, levels, MissionWindowKind.Every, default, days);
    }

    /// <summary>Whether members of the level called <paramref name="level"/> may take part.</summary>
    public bool IsFor(string level) => _levels is null || _levels.Contains(level);

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
