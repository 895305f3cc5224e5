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
            var claimed = await InTransactionAsync(transaction => ClaimAsync(transaction, request, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (claimed is not null)
            {
                return claimed;
            }

            await InTransactionAsync(transaction => QueueBlocks.TakeFirstAsync(transaction, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Claims what is due; <see langword="null"/>, and nothing, where that is less than is wanted and a block may have more of it.</summary>
    private static async ValueTask<List<ClaimedDelivery>?> ClaimAsync(TenantTransaction transaction, ClaimRequest request, CancellationToken cancellationToken)
    {
        string[] routes = [.. request.Routes];
        var hasBlocks = false;

        // Every way to the target is asked for as many as are wanted; of all of them those that are due for longest are taken.
        var found = new List<(long At, long Head, string Customer, string Route)>();
        var batch = transaction.Batch();
        await using (batch.ConfigureAwait(false))
        {
            // Blocks first: what becomes rows after this look is found by those that follow.
            batch.BatchCommands.Add(transaction.BatchCommand(QueueSql.HasBlocksOfRoutes).With(routes));
            foreach (var route in routes.Prepend(null))
            {
                var command = transaction.BatchCommand(route is null ? QueueSql.LockTriedLanes : QueueSql.LockNewLanes)
                    .With(QueueInstant.Of(request.Shift)).With((long)request.Count).With(routes).With(request.Target);
                batch.BatchCommands.Add(route is null ? command : command.With(route));
            }

            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                hasBlocks = reader.GetBoolean(0);
                while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        found.Add((reader.GetInt64(3), reader.GetInt64(2), reader.GetString(0), reader.GetString(1)));
                    }
                }
            }
        }

        if (hasBlocks && found.Count < request.Count)
        {
            return null;
        }

        var claimed = new List<ClaimedDelivery>();
        if (found.Count > 0)
        {
            var lanes = found.Order().Take(request.Count).ToArray();
            await LeaseAsync(
                transaction, request, [.. lanes.Select(static l => l.Customer)], [.. lanes.Select(static l => l.Route)], [.. lanes.Select(static l => l.Head)],
                claimed, cancellationToken).ConfigureAwait(false);
        }

        return claimed;
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
