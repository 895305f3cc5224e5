using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Postgres.Queue;

/// <content>Which deliveries a worker gets.</content>
public sealed partial class PostgresQueueStore
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ClaimedDelivery>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        while (true)
        {
            var claimed = new List<ClaimedDelivery>();
            var hasBlocks = await InTransactionAsync(transaction => ClaimAsync(transaction, request, claimed, cancellationToken), cancellationToken).ConfigureAwait(false);

            if (!hasBlocks)
            {
                return claimed;
            }

            // What stands in a block comes after every row.
            await InTransactionAsync(transaction => TakeFirstBlockAsync(transaction, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Claims what is due; says whether nothing is and there are blocks.</summary>
    private static async ValueTask<bool> ClaimAsync(TenantTransaction transaction, ClaimRequest request, List<ClaimedDelivery> claimed, CancellationToken cancellationToken)
    {
        // Every way to the target is asked for as many as are wanted; of all of them those that are due for longest are taken.
        var found = new List<(long At, long Head, string Customer, string Route)>();
        foreach (var route in request.Routes.Select(static r => (string?)r).Prepend(null))
        {
            var command = transaction.Command(route is null ? QueueSql.LockTriedLanes : QueueSql.LockNewLanes)
                .With(QueueInstant.Of(request.Shift)).With((long)request.Count).With([.. request.Routes]).With(request.Target);
            await using (command.ConfigureAwait(false))
            {
                var reader = await (route is null ? command : command.With(route)).ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        found.Add((reader.GetInt64(3), reader.GetInt64(2), reader.GetString(0), reader.GetString(1)));
                    }
                }
            }
        }

        if (found.Count > 0)
        {
            var lanes = found.Order().Take(request.Count).ToArray();
            await LeaseAsync(
                transaction, request, [.. lanes.Select(static l => l.Customer)], [.. lanes.Select(static l => l.Route)], [.. lanes.Select(static l => l.Head)],
                claimed, cancellationToken).ConfigureAwait(false);
        }

        return found.Count == 0 && await QueueBlocks.ExistAsync(transaction, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask LeaseAsync(
        TenantTransaction transaction, ClaimRequest request, string[] customers, string[] routes, long[] heads, List<ClaimedDelivery> claimed,
        CancellationToken cancellationToken)
    {
        var lease = QueueInstant.Of(request.Lease);
        await transaction.Command(QueueSql.LeaseLanes).With(lease).With(customers).With(routes).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var ids = new List<byte[]>(heads.Length);
        var find = transaction.Command(QueueSql.FindHeads).With(customers).With(routes).With(heads);
        await using (find.ConfigureAwait(false))
        {
            var reader = await find.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    ids.Add(reader.GetFieldValue<byte[]>(0));
                }
            }
        }

        var command = transaction.Command(QueueSql.LeaseDeliveries).With(lease).With(request.Token).With([.. ids]);
        var leased = await ReadAsync(command, cancellationToken, isShown: false).ConfigureAwait(false);
        claimed.AddRange(leased.OrderBy(static d => d.NextAttemptAt).ThenBy(static d => d.Position).Select(d => new ClaimedDelivery(d, request.Token, d.IsBegun)));
    }
}
