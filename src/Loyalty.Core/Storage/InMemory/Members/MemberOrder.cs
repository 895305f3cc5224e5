using System.Runtime.CompilerServices;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Reads members and missions in ordinal order of handles.</summary>
internal static class MemberOrder
{
    /// <summary>How many members ahead a handle is asked for: in order, they stand far apart.</summary>
    private const int Ahead = 8;

    public static int[] ByHandle(HandleTable handles, int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        handles.Sort(order);
        return order;
    }

    public static async IAsyncEnumerable<MemberProgress> Progress(
        HandleTable handles, int[] order, MemberTable members, TierProgram tiers, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        for (var i = 0; i < order.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ahead = order[Math.Min(i + Ahead, order.Length - 1)];
            handles.PrefetchText(ahead);
            members.Prefetch(ahead);
            var member = order[i];
            yield return new MemberProgress(handles.Text(member), members.Standing[member], members.Totals[member], tiers);
        }
    }

    public static async IAsyncEnumerable<MemberMission> Missions(
        HandleTable handles, int[] order, MemberTable members, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var instances = new Missions.MissionInstance[16];
        for (var i = 0; i < order.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ahead = order[Math.Min(i + Ahead, order.Length - 1)];
            handles.PrefetchText(ahead);
            members.PrefetchMissions(ahead);
            var member = order[i];
            var count = members.ReadMissions(member, ref instances);
            if (count == 0)
            {
                continue;
            }

            var handle = handles.Text(member);
            Sort(instances.AsSpan(0, count));
            for (var instance = 0; instance < count; instance++)
            {
                yield return new MemberMission(handle, instances[instance]);
            }
        }
    }

    /// <summary>Instances in ordinal order of mission, then window start.</summary>
    public static void Sort(Span<Missions.MissionInstance> instances)
    {
        if (instances.Length > 1)
        {
            instances.Sort(static (a, b) =>
                string.CompareOrdinal(a.MissionId, b.MissionId) is var c && c != 0 ? c : a.Window.StartDay.CompareTo(b.Window.StartDay));
        }
    }
}
