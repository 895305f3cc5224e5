using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Recomputes what an in-memory store keeps from all its activity.</summary>
internal static class InMemoryVerifier
{
    public static Verification Verify(InMemoryMemberStore store, CancellationToken cancellationToken)
    {
        if (store.Program is not { } program)
        {
            return new Verification(default, 0, 0, 0, [], []);
        }

        // The totals were made member by member; here they are made another way, in one pass over all activity.
        var totals = ScatteredTotals.Of(store, store.Members.Standing);
        var verifier = new MemberVerifier(program, store.AsOf);
        var history = new MemberHistory();
        foreach (var member in MemberOrder.ByHandle(store.Handles, store.Members.Count))
        {
            cancellationToken.ThrowIfCancellationRequested();
            store.Gather(member, history);
            verifier.Verify(
                store.Handles.Text(member),
                store.Members.Standing[member],
                store.Members.Totals[member],
                store.Members.DecisionsOf(member),
                store.Members.MissionsOf(member),
                history,
                totals[member]);
        }

        return verifier.Result(store.Activities.Count);
    }
}
