using Loyalty.Checkpoints;
using Loyalty.Missions;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>An instance of a mission without references: its goal is a number.</summary>
internal readonly record struct MissionRow(int GoalAndStatus, int Start, int End, int CompletedDay, long Current)
{
    private const int Bits = 2;

    public MissionStatus Status => (MissionStatus)(GoalAndStatus & ((1 << Bits) - 1));

    public static MissionRow Of(in MissionInstance instance, NumberedValues<MissionGoal> goals) => new(
        (NumberOf(instance.Goal, goals) << Bits) | (int)instance.Status, instance.Window.StartDay, instance.Window.EndDay, instance.CompletedOn?.DayNumber ?? 0, instance.Current);

    public MissionInstance ToInstance(NumberedValues<MissionGoal> goals) => new(goals[GoalAndStatus >> Bits], new Window(Start, End), Status, Current, CompletedDay);

    private static int NumberOf(MissionGoal goal, NumberedValues<MissionGoal> goals) =>
        goals.FindLatest(goal, static (known, g) => ReferenceEquals(known, g) || known.Equals(g)) is var number and >= 0 ? number : goals.NumberOf(goal);
}
