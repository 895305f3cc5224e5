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

/// <summary>One member's try at a mission: a snapshot of the window and the goal, and how far it got.</summary>
/// <remarks>Immutable. The window does not move when the member's level changes.</remarks>
public sealed class MissionInstance
{
    internal MissionInstance(
        string missionId, Metric metric, long target, Window window, MissionStatus status, long current, DateOnly? completedOn)
    {
        MissionId = missionId;
        Metric = metric;
        Target = target;
        Window = window;
        Status = status;
        Current = current;
        CompletedOn = completedOn;
    }

    /// <summary>The id of the mission.</summary>
    public string MissionId { get; }

    /// <summary>What is counted.</summary>
    public Metric Metric { get; }

    /// <summary>The goal when the instance was made: minor units for sales, a count for the others.</summary>
    public long Target { get; }

    /// <summary>The dates that count.</summary>
    public Window Window { get; }

    /// <summary>How it stands.</summary>
    public MissionStatus Status { get; }

    /// <summary>The metric over the activity known now, dated in the window and up to the as-of date.</summary>
    public long Current { get; }

    /// <summary>The first date on which the running sum reached the target, with the data known when it was completed.</summary>
    public DateOnly? CompletedOn { get; }

    internal MissionInstance Settled(MissionStatus status, DateOnly? completedOn) =>
        new(MissionId, Metric, Target, Window, status, Current, completedOn);

    internal MissionInstance Counted(long current) =>
        current == Current ? this : new(MissionId, Metric, Target, Window, Status, current, CompletedOn);

    /// <summary>The instance on one line, for debugging.</summary>
    public override string ToString() => $"{MissionId} {Window}: {Current} of {Target}, {Status}";
}
