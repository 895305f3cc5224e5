using System.Runtime.CompilerServices;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Postgres.Members;

public sealed partial class PostgresMemberStore
{
    /// <inheritdoc/>
    public IAsyncEnumerable<MemberSimulation> SimulateAsync(LoyaltyProgram program, DateOnly? since = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        return Mapped(ReadAllAsync((reader, state, token) => SimulateAsync(reader, state, program, since, token), cancellationToken));
    }

    /// <summary>Members come in pages with their decisions; what happened to them, and when, stands in their rows.</summary>
    private static async IAsyncEnumerable<MemberSimulation> SimulateAsync(
        TenantReader reader, TenantState state, LoyaltyProgram program, DateOnly? since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var simulator = new MemberSimulator(state.Program, program, state.AsOf, since);
        var days = new DailySums();
        var history = new MemberHistory();
        var last = string.Empty;
        while (true)
        {
            var page = await reader.MembersAfterAsync(last, state.Program.Tiers!.Ladder, state.AsOf, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0)
            {
                yield break;
            }

            last = page[^1].Handle;
            var decisions = await reader.DecisionsBetweenAsync(page[0].Handle, last, cancellationToken).ConfigureAwait(false);
            foreach (var member in page)
            {
                days.Clear();
                days.Unpack(member.History);
                days.CopyTo(history);
                yield return simulator.Simulate(member.Handle, member.Standing, decisions.GetValueOrDefault(member.Handle, []), history);
            }
        }
    }
}
