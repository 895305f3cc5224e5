using System.Data;
using System.Runtime.CompilerServices;
using Loyalty.Messages;
using Loyalty.Postgres.Sessions;
using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Queue;

/// <summary>A tenant's queue in PostgreSQL 15 to 18, or the same schema distributed by tenant.</summary>
/// <remarks>
/// Thread-safe. The clock is the database's. Each call is one short transaction at READ COMMITTED; a call that is interrupted may be made again,
/// as its callers do.
/// </remarks>
public sealed partial class PostgresQueueStore : IQueueStore
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresStoreOptions _options;
    private readonly StoreLimits _limits;

    /// <summary>Creates the queue of a tenant; nothing is asked of the server yet.</summary>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="tenant">The tenant, as the program names it.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is blank.</exception>
    public PostgresQueueStore(NpgsqlDataSource dataSource, string tenant, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        Tenant = tenant;
        TenantId = TenantId.FromName(tenant);
        _options = options ?? PostgresStoreOptions.Default;
        _limits = _options.Limits;
    }

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>The number of the tenant in the database.</summary>
    public TenantId TenantId { get; }

    /// <summary>The names of the tenants with points or a queue that a connection may see, in ordinal order.</summary>
    /// <remarks>The application's role sees one only that is named; owners and administrators see all.</remarks>
    public static async ValueTask<IReadOnlyList<string>> ListTenantsAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        try
        {
            var command = dataSource.CreateCommand("SELECT name FROM loyalty.points_book UNION SELECT name FROM loyalty.queue_book ORDER BY 1");
            await using (command.ConfigureAwait(false))
            {
                var names = new List<string>();
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        names.Add(reader.GetString(0));
                    }
                }

                return names;
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset> GetNowAsync(CancellationToken cancellationToken = default) => InTransactionAsync(
        async transaction => QueueInstant.From((long)(await transaction.Command(QueueSql.ReadNow).ScalarAsync(cancellationToken).ConfigureAwait(false))!), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<int> EnqueueAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(deliveries);
        var stored = await WithoutBlocksAsync<int?>(
            async transaction =>
            {
                // Rows come after no block: one that came meanwhile becomes rows first, in a transaction of its own.
                await QueueWriter.LockAsync(transaction, Tenant, cancellationToken).ConfigureAwait(false);
                if (await QueueBlocks.ExistAsync(transaction, cancellationToken).ConfigureAwait(false))
                {
                    return (int?)null;
                }

                var keys = deliveries.Where(static d => d.Key.Length > 0).Select(static d => d.Key).ToArray();
                byte[][] ids = [.. keys.Distinct(StringComparer.Ordinal).Select(QueueInstant.IdOf)];
                var before = await CountAsync(transaction, ids, cancellationToken).ConfigureAwait(false);
                await QueueWriter.EnqueueAsync(transaction, Tenant, deliveries, asRows: true, _limits, cancellationToken).ConfigureAwait(false);
                return await CountAsync(transaction, ids, cancellationToken).ConfigureAwait(false) - before + deliveries.Count - keys.Length;
            },
            IsolationLevel.ReadCommitted,
            cancellationToken).ConfigureAwait(false);
        return stored!.Value;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<bool>> ReportAsync(IReadOnlyList<DeliveryReport> reports, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var taken = new bool[reports.Count];
        if (reports.Count == 0)
        {
            return taken;
        }

        var ids = await InTransactionAsync(transaction => ReportAsync(transaction, reports, cancellationToken), cancellationToken, isOneBatch: true).ConfigureAwait(false);
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = ids.Contains((DeliveryKey.Digest(reports[i].Claim.Delivery.Key), reports[i].Claim.Token));
        }

        return taken;
    }

    /// <inheritdoc/>
    public ValueTask<int> RetryAsync(IReadOnlyList<string>? keys, CancellationToken cancellationToken = default) =>
        ChangeAsync(keys, QueueRules.CanRetry, "retry", "parked", QueueSql.PutBack, static (d, now) => QueueTransitions.Retry(d, now), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> DropAsync(IReadOnlyList<string>? keys, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return ChangeAsync(
            keys, QueueRules.CanDrop, "drop", "waiting, blocked and parked", QueueSql.Drop, (d, now) => QueueTransitions.Drop(d, reason, now), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Delivery> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // The rows of the moment in which there was no block.
        var transaction = await OpenAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        while (await QueueBlocks.ExistAsync(transaction, cancellationToken).ConfigureAwait(false))
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            await InTransactionAsync(t => QueueBlocks.TakeFirstAsync(t, cancellationToken), cancellationToken).ConfigureAwait(false);
            transaction = await OpenAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        }

        await using (transaction.ConfigureAwait(false))
        {
            var command = transaction.Command(QueueSql.ReadAll);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        yield return DeliveryReader.Read(reader, isShown: true);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Delivery>> FindAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return WithoutBlocksAsync(
            transaction => ReadAsync(transaction.Command(QueueSql.ReadByKeys).With([.. keys.Distinct(StringComparer.Ordinal).Select(QueueInstant.IdOf)]), cancellationToken),
            IsolationLevel.RepeatableRead,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Delivery>> FindBlockedAsync(IReadOnlyList<string> customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        var waiting = customers.Count == 0 ? [] : await WithoutBlocksAsync(
            transaction => ReadAsync(transaction.Command(QueueSql.ReadBlocked).With([.. customers.Where(static c => StorableText.IsStorable(c))]), cancellationToken),
            IsolationLevel.RepeatableRead,
            cancellationToken).ConfigureAwait(false);
        return [.. waiting.Where(static d => d.Status == DeliveryStatus.Blocked)];
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueueCount>> CountAsync(CancellationToken cancellationToken = default) => WithoutBlocksAsync(
        async transaction =>
        {
            var counts = new List<QueueCount>();
            var command = transaction.Command(QueueSql.Count);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        counts.Add(new(reader.GetString(0), DeliveryReader.Status(reader.GetString(1)), reader.GetInt64(2), QueueInstant.From(reader.GetInt64(3))));
                    }
                }
            }

            return (IReadOnlyList<QueueCount>)counts;
        },
        IsolationLevel.RepeatableRead,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PutContactsAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(contacts);
        await InTransactionAsync(
            async transaction =>
            {
                await QueueWriter.PutContactsAsync(transaction, contacts, _limits, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask AppendConsentAsync(IReadOnlyList<ConsentEntry> entries, CancellationToken cancellationToken = default)
    {
        QueueInput.Check(entries);
        await InTransactionAsync(
            async transaction =>
            {
                await QueueWriter.AppendConsentAsync(transaction, Tenant, entries, _limits, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, CustomerRecord>> ReadCustomersAsync(
        IReadOnlyCollection<string> customers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customers);
        return InTransactionAsync(transaction => CustomerReader.ReadAsync(transaction, customers, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ConsentEntry> ReadConsentAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var transaction = await OpenAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var command = transaction.Command(QueueSql.ReadConsent);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        yield return CustomerReader.ReadEntry(reader);
                    }
                }
            }
        }
    }

    private static async ValueTask<HashSet<(Guid Id, Guid Token)>> ReportAsync(
        TenantTransaction transaction, IReadOnlyList<DeliveryReport> reports, CancellationToken cancellationToken)
    {
        var taken = new HashSet<(Guid, Guid)>();
        var columns = new ReportColumns(reports);
        var batch = transaction.FirstBatch(string.Empty, reports.Count);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(columns.OfLanes(transaction.BatchCommand(QueueSql.LockLanes)));
            batch.BatchCommands.Add(columns.OfReports(transaction.BatchCommand(QueueSql.Report)));
            batch.BatchCommands.Add(columns.OfLanes(transaction.BatchCommand(QueueSql.AdvanceLanes)));
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    taken.Add((new Guid(reader.GetFieldValue<byte[]>(0), bigEndian: true), reader.GetGuid(1)));
                }
            }
        }

        return taken;
    }

    private static async ValueTask<IReadOnlyList<Delivery>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken, bool isShown = true)
    {
        var found = new List<Delivery>();
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    found.Add(DeliveryReader.Read(reader, isShown));
                }
            }
        }

        return found;
    }

    private static async ValueTask<int> CountAsync(TenantTransaction transaction, IEnumerable<byte[]> ids, CancellationToken cancellationToken) => (int)(long)(await transaction
        .Command(QueueSql.CountKeys).With([.. ids]).ScalarAsync(cancellationToken).ConfigureAwait(false))!;

    private ValueTask<int> ChangeAsync(
        IReadOnlyList<string>? keys, Func<DeliveryStatus, bool> isRight, string verb, string expected, string sql, Func<Delivery, DateTimeOffset, Delivery> change,
        CancellationToken cancellationToken) => WithoutBlocksAsync(
        async transaction =>
        {
            var now = QueueInstant.From((long)(await transaction.Command(QueueSql.ReadNow).ScalarAsync(cancellationToken).ConfigureAwait(false))!);
            var lanes = await ReadAsync(Select(QueueSql.ReadByKeys, transaction), cancellationToken).ConfigureAwait(false);
            var (customers, routes) = (lanes.Select(static d => d.Customer).ToArray(), lanes.Select(static d => d.Route).ToArray());

            // Lanes before deliveries, as workers lock them.
            await transaction.Command(QueueSql.LockLanes).With(customers).With(routes).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            var found = (await ReadAsync(Select(QueueSql.LockByKeys, transaction), cancellationToken).ConfigureAwait(false)).ToDictionary(static d => d.Key, StringComparer.Ordinal);
            foreach (var key in keys ?? [])
            {
                if (!found.TryGetValue(key, out var delivery))
                {
                    throw QueueTransitions.Unknown(key);
                }

                if (!isRight(delivery.Status))
                {
                    throw QueueTransitions.Refuse(key, delivery.Status, verb, expected);
                }
            }

            var changed = found.Values.Where(d => isRight(d.Status)).Select(d => change(d, now)).ToArray();
            await transaction.Command(sql).With([.. changed.Select(static d => QueueInstant.IdOf(d.Key))]).With([.. changed.Select(static d => HistoryLine.Write(d.History[^1]))])
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            await transaction.Command(QueueSql.AdvanceLanes).With(customers).With(routes).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            return changed.Length;

            NpgsqlCommand Select(string byKeys, TenantTransaction t) => keys is null
                ? t.Command(QueueSql.LockParked)
                : t.Command(byKeys).With([.. keys.Distinct(StringComparer.Ordinal).Select(QueueInstant.IdOf)]);
        },
        IsolationLevel.ReadCommitted,
        cancellationToken);

    private ValueTask<TenantTransaction> OpenAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        TenantTransaction.OpenAsync(_dataSource, TenantId, isolation, string.Empty, cancellationToken);

    /// <summary>Does something while there is no block; rows are made of one at a time, each in a transaction of its own.</summary>
    /// <param name="work">What to do; <see langword="null"/> from it means that there was a block after all.</param>
    /// <param name="isolation">Whether it sees the rows of the moment in which there was no block (repeatable read), or those of each statement.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async ValueTask<T> WithoutBlocksAsync<T>(Func<TenantTransaction, ValueTask<T>> work, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (isDone, result) = await InTransactionAsync(
                async transaction => await QueueBlocks.ExistAsync(transaction, cancellationToken).ConfigureAwait(false)
                    ? (false, default(T)!)
                    : (true, await work(transaction).ConfigureAwait(false)),
                cancellationToken,
                isolation: isolation).ConfigureAwait(false);
            if (isDone && result is not null)
            {
                return result;
            }

            await InTransactionAsync(transaction => QueueBlocks.TakeFirstAsync(transaction, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="isOneBatch">Whether the work is one batch, which begins with the settings of the transaction and saves a round trip.</param>
    /// <param name="isolation">What the transaction sees.</param>
    private async ValueTask<T> InTransactionAsync<T>(
        Func<TenantTransaction, ValueTask<T>> work, CancellationToken cancellationToken, bool isOneBatch = false, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        try
        {
            var transaction = isOneBatch
                ? await TenantTransaction.BeginAsync(_dataSource, TenantId, isolation, cancellationToken).ConfigureAwait(false)
                : await OpenAsync(isolation, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var result = await work(transaction).ConfigureAwait(false);
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                return result;
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            throw PostgresErrors.Map(e);
        }
    }
}

/// <summary>Arrays of bytes as a parameter.</summary>
internal static class QueueParameters
{
    public static NpgsqlCommand With(this NpgsqlCommand command, byte[][] values)
    {
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        return command;
    }
}
