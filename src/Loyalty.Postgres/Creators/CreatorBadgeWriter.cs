using Loyalty.Creators;
using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Creators;

/// <summary>Sets the badges of all creators on a date, from the videos of two months; rows that have theirs already are not written.</summary>
internal static class CreatorBadgeWriter
{
    public static async ValueTask WriteAsync(TenantTransaction transaction, BadgeLadder badges, DateOnly date, CancellationToken cancellationToken)
    {
        var running = BadgeLadder.MonthOf(date);
        var from = running == DateOnly.MinValue ? running : running.AddMonths(-1);
        var to = running is { Year: 9999, Month: 12 } ? DateOnly.MaxValue : running.AddMonths(1);
        await transaction.Command(CreatorSql.SetBadges).With(from).With(running).With(to).With([.. badges.Thresholds]).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await transaction.Command(CreatorSql.EndBadges).With(from).With(to).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }
}
