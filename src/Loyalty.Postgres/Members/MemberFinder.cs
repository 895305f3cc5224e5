using System.Globalization;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Postgres.Members;

/// <summary>Shows one member with everything that was decided.</summary>
internal static class MemberFinder
{
    public static async ValueTask<MemberDetail?> FindAsync(
        TenantTransaction transaction, TenantState state, string handle, DateOnly? asOf, CancellationToken cancellationToken)
    {
        if (!StorableText.IsStorable(handle))
        {
            return null;
        }

        var reader = new TenantReader(transaction, StoreLimits.Standard);
        var rows = await reader.MembersAsync([handle], state.Program.Tiers!.Ladder, state.AsOf, cancellationToken).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            return null;
        }

        var at = asOf ?? state.AsOf;
        if (at > state.AsOf)
        {
            throw new ArgumentOutOfRangeException(nameof(asOf), at.ToString("O", CultureInfo.InvariantCulture), $"The store was reviewed through {state.AsOf:O}.");
        }

        var decisions = await reader.DecisionsBetweenAsync(handle, handle, cancellationToken).ConfigureAwait(false);
        var missions = await reader.MissionsBetweenAsync(handle, handle, cancellationToken).ConfigureAwait(false);
        var history = new MemberHistory();
        var days = new DailySums();
        days.Unpack(rows[0].History);
        days.Sum();
        days.CopyTo(history);
        return MemberAsOf.Show(
            state.Program,
            at,
            state.AsOf,
            handle,
            rows[0].Standing,
            decisions.GetValueOrDefault(handle, []),
            missions.GetValueOrDefault(handle, []),
            history);
    }
}
