using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Replays an in-memory store under another program, on all processors; the result does not depend on how many there are.</summary>
internal static class InMemorySimulation
{
#if DEBUG
    private const int ChunkSize = 3;
#else
    private const int ChunkSize = 1_024;
#endif

    public static IEnumerable<MemberSimulation> Run(InMemoryMemberStore store, LoyaltyProgram stored, LoyaltyProgram program, DateOnly? since, CancellationToken cancellationToken)
    {
        var describer = new MemberSimulator(stored, program, store.AsOf, since);
        var order = MemberOrder.ByHandle(store.Handles, store.Members.Count);
        var simulated = new MemberStanding[order.Length];
        var differences = new DateOnly?[order.Length];
        var failures = new Exception?[(order.Length + ChunkSize - 1) / ChunkSize];
        Parallel.For(
            0,
            failures.Length,
            new ParallelOptions { CancellationToken = cancellationToken },
            () => (new MemberSimulator(stored, program, store.AsOf, since), new MemberHistory()),
            (chunk, _, worker) =>
            {
                var (simulator, history) = worker;
                try
                {
                    foreach (var member in order.AsSpan(chunk * ChunkSize, Math.Min(ChunkSize, order.Length - (chunk * ChunkSize))))
                    {
                        store.Gather(member, history);
                        (simulated[member], differences[member]) = simulator.Replay(
                            store.Handles.Text(member), store.Members.Standing[member], store.Members.DecisionsOf(member), history);
                    }
                }
                catch (StoreException e)
                {
                    failures[chunk] = e;
                }

                return worker;
            },
            static _ => { });

        // The first failure in order of handles, whichever thread met it first.
        if (Array.Find(failures, static f => f is not null) is { } failure)
        {
            throw failure;
        }

        var totals = ScatteredTotals.Of(store, simulated);
        var found = new MemberHistory();
        foreach (var member in order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            found.Clear();
            foreach (var adjustment in store.Members.Adjustments[member] ?? [])
            {
                found.AddAdjustment(adjustment.Date.DayNumber, adjustment.Totals);
            }

            found.Seal();
            yield return describer.Describe(
                store.Handles.Text(member), store.Members.Standing[member], simulated[member], differences[member],
                MemberAsOf.Sum(simulated[member], found, store.AsOf.DayNumber, totals[member]));
        }
    }
}
