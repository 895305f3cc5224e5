using System.Text.Json.Serialization;
using Loyalty.Activities;
using Loyalty.Checkpoints;

namespace Loyalty.Missions;

/// <summary>How a member's instance of a mission stands.</summary>
public enum MissionStatus
{
    /// <summary>The window is open and the target not reached.</summary>
    Active,

    /// <summary>The target was reached; stays so whatever arrives later.</summary>
    Completed,

    /// <summary>The window ended below the target; stays so whatever arrives later.</summary>
    Expired,
}

/// <summary>What a mission asks for: its id, what is counted, and how much of it.</summary>
/// <param name="MissionId">The id of the mission.</param>
/// <param name="Metric">What is counted.</param>
/// <param name="Target">The goal, above 0: minor units for sales, a count for the others.</param>
public sealed record MissionGoal(string MissionId, Metric Metric, long Target);

/// <summary>One member's try at a mission: a snapshot of the goal and the window, and how far it got.</summary>
/// <remarks>
/// A value. The window does not move when the member's level changes, and the goal stays when the program changes.
/// <see langword="default"/> is no instance.
/// </remarks>
public readonly struct MissionInstance
{
    private readonly int _completedDay;

    /// <summary>Creates an instance from what a store kept of it.</summary>
    /// <param name="goal">What was asked for.</param>
    /// <param name="window">The dates that count.</param>
    /// <param name="status">How it stands.</param>
    /// <param name="current">The metric over the activity known then.</param>
    /// <param name="completedOn">The date on which the target was reached; given if, and only if, the status is <see cref="MissionStatus.Completed"/>.</param>
    /// <exception cref="ArgumentException">The values are no instance; the message says which does not fit.</exception>
    [JsonConstructor]
    public MissionInstance(MissionGoal goal, Window window, MissionStatus status, long current, DateOnly? completedOn)
        : this(goal, window, status, current, completedOn?.DayNumber ?? 0)
    {
        ArgumentNullException.ThrowIfNull(goal);
        ArgumentException.ThrowIfNullOrEmpty(goal.MissionId, nameof(goal));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(goal.Target, nameof(goal));
        if (!Enum.IsDefined(status) || !Enum.IsDefined(goal.Metric) || window.EndDay == 0 || (status == MissionStatus.Completed) != (completedOn is not null)
            || (completedOn is { } on && !window.Contains(on)))
        {
            throw new ArgumentException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"An instance of '{goal.MissionId}' over {window} cannot be {status} with a completion on '{completedOn:O}'."),
                nameof(status));
        }
    }

    internal MissionInstance(MissionGoal goal, Window window, MissionStatus status, long current, int completedDay)
    {
        Goal = goal;
        Window = window;
        Status = status;
        Current = current;
        _completedDay = completedDay;
    }

    /// <summary>What was asked for when the instance was made.</summary>
    public MissionGoal Goal { get; }

    /// <summary>The id of the mission.</summary>
    public string MissionId => Goal?.MissionId ?? string.Empty;

    /// <summary>What is counted.</summary>
    public Metric Metric => Goal?.Metric ?? default;

    /// <summary>The goal: minor units for sales, a count for the others.</summary>
    public long Target => Goal?.Target ?? 0;

    /// <summary>The dates that count.</summary>
    public Window Window { get; }

    /// <summary>How it stands.</summary>
    public MissionStatus Status { get; }

    /// <summary>The metric over the activity known now, dated in the window and up to the as-of date.</summary>
    public long Current { get; }

    /// <summary>The first date on which the running sum reached the target, with the data known when it was completed.</summary>
    public DateOnly? CompletedOn => Status == MissionStatus.Completed ? DateOnly.FromDayNumber(_completedDay) : null;

    /// <summary>The instance on one line, for debugging.</summary>
    public override string ToString() => $"{MissionId} {Window}: {Current} of {Target}, {Status}";

    internal MissionInstance Completed(int day) => new(Goal, Window, MissionStatus.Completed, Current, day);

    internal MissionInstance Expired() => new(Goal, Window, MissionStatus.Expired, Current, 0);

    internal MissionInstance Counted(long current) => new(Goal, Window, Status, current, _completedDay);
}
