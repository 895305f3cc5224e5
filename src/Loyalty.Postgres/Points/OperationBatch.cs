using System.Data.Common;
using Loyalty.Points;
using Npgsql;

namespace Loyalty.Postgres.Points;

/// <summary>An operation and when it is done.</summary>
internal readonly record struct TimedOperation(LedgerOperation Operation, DateOnly BookedOn, DateTime RecordedAt);

/// <summary>
/// One attempt to do a batch of operations: under the lock of the book, keys and members are read, the ledger decides, and what it appended
/// is written and committed in one round trip.
/// </summary>
internal sealed class OperationBatch
{
    private readonly PostgresPointsStore _store;
    private readonly TenantTransaction _transaction;
    private readonly IReadOnlyList<TimedOperation> _operations;
    private readonly Dictionary<(LedgerOperationKind Kind, string Id), OperationRecord> _stored = [];
    private readonly HashSet<string> _ownOrders = new(StringComparer.Ordinal);
    private readonly HashSet<(LedgerOperationKind Kind, string Id)> _keptBefore = [];
    private readonly Dictionary<string, StoredMember> _members = new(StringComparer.Ordinal);
    private BookState? _book;

    public OperationBatch(PostgresPointsStore store, TenantTransaction transaction, IReadOnlyList<TimedOperation> operations)
    {
        _store = store;
        _transaction = transaction;
        _operations = operations;
    }

    /// <summary>The version of the book that the attempt tries to make; 0 before it is known.</summary>
    public long Version { get; private set; }

    /// <summary>Does the operations.</summary>
    /// <param name="cache">Members from batches before.</param>
    /// <param name="lost">The version of an attempt whose answer to the commit was lost, or -1: what it kept is no repeat.</param>
    /// <returns>One result for each operation.</returns>
    public async ValueTask<LedgerResult[]> RunAsync(MemberCache cache, long lost)
    {
        await LockAsync(lost).ConfigureAwait(false);
        if (_book is null)
        {
            throw new InvalidOperationException("The store has no program yet; keep a run first.");
        }

        var program = await _store.ReadProgramAsync(_transaction, _book.ProgramDigest, CancellationToken.None).ConfigureAwait(false);
        cache.SeeAt(_book.Version);
        await FindMembersAsync(cache).ConfigureAwait(false);

        // Members outlive the ledger in the cache, each as long as it is used.
        var ledger = new PointsLedger(program.Points!) { Arena = null };
        foreach (var member in _members.Values)
        {
            ledger.Restore(member.Ledger);

            // Until the batch is kept, the member is not as in the database.
            cache.Forget(member.Ledger.Member);
        }

        ledger.Issued = _book.Issued;
        foreach (var record in _stored.Values)
        {
            ledger.Restore(record);
        }

        var results = new LedgerResult[_operations.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var (operation, bookedOn, recordedAt) = _operations[i];
            results[i] = ledger.Apply(operation, bookedOn, recordedAt);
            if (results[i].IsRepeat && _keptBefore.Remove((operation.Kind, operation.Id)))
            {
                results[i] = results[i] with { IsRepeat = false };
            }
        }

        if (ledger.Operations.Count > _stored.Count)
        {
            Version = _book.Version + 1;
            await WriteAsync(ledger).ConfigureAwait(false);
            cache.Keep(_members.Values, Version);
        }
        else
        {
            cache.Keep(_members.Values, _book.Version);
        }

        return results;
    }

    private async ValueTask LockAsync(long lost)
    {
        var keys = new HashSet<(LedgerOperationKind Kind, string Id)>();
        foreach (var (operation, _, _) in _operations)
        {
            keys.Add((operation.Kind, operation.Id));
            if (TargetOf(operation) is { } target)
            {
                keys.Add(target);
            }
        }

        var orders = keys.Where(static k => k.Kind == LedgerOperationKind.Earn).Select(static k => k.Id).ToArray();
        var batch = _transaction.FirstBatch(PointsSql.BatchSettings);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.LockBook));
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Operations)
                .With([.. keys.Select(static k => PointsWords.Operation[k.Kind])]).With([.. keys.Select(static k => k.Id)]));
            if (orders.Length > 0)
            {
                batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.EarnedOrders).With(orders));
            }

            var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (await reader.ReadAsync().ConfigureAwait(false))
                {
                    _book = BookState.Read(reader, _store.Tenant);
                }

                await reader.NextResultAsync().ConfigureAwait(false);
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    ReadOperation(reader, lost);
                }

                await reader.NextResultAsync().ConfigureAwait(false);
                while (orders.Length > 0 && await reader.ReadAsync().ConfigureAwait(false))
                {
                    var earned = KeyReader.Earned(reader)!.Value;
                    _stored.Add((LedgerOperationKind.Earn, earned.Operation.Id), earned);
                    _ownOrders.Add(earned.Operation.Id);
                }
            }
        }
    }

    private void ReadOperation(DbDataReader reader, long lost)
    {
        var (record, version) = KeyReader.Operation(reader);
        var key = (record.Operation.Kind, record.Operation.Id);
        _stored.Add(key, record);
        if (version == lost)
        {
            _keptBefore.Add(key);
        }
    }

    private async ValueTask FindMembersAsync(MemberCache cache)
    {
        var known = new Dictionary<string, StoredMember>(StringComparer.Ordinal);
        var unsure = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (operation, _, _) in _operations)
        {
            if (!_stored.ContainsKey((operation.Kind, operation.Id)))
            {
                See(operation.Member);
                See(operation.Kind == LedgerOperationKind.Transfer ? operation.Target : null);
                See(TargetOf(operation) is { } target && _stored.TryGetValue(target, out var record) ? record.Operation.Member : null);
            }
        }

        if (unsure.Count > 0)
        {
            var read = await new MemberReader(_transaction, isWhole: false).ReadAsync([.. unsure], known, CancellationToken.None).ConfigureAwait(false);
            foreach (var (name, member) in read)
            {
                _members.Add(name, member);
            }
        }

        void See(string? name)
        {
            if (name is null || _members.ContainsKey(name) || !unsure.Add(name))
            {
                return;
            }

            if (cache.Find(name, out var isRight) is { } member)
            {
                if (isRight)
                {
                    unsure.Remove(name);
                    _members.Add(name, member);
                }
                else
                {
                    known.Add(name, member);
                }
            }
        }
    }

    private async ValueTask WriteAsync(PointsLedger ledger)
    {
        var members = new MemberRows();
        var (entries, settlements) = (new EntryRows(), new SettlementRows());
        foreach (var name in ledger.Members)
        {
            if (!_members.TryGetValue(name, out var member))
            {
                _members.Add(name, member = new StoredMember(ledger.Find(name)!, _store.Tenant));
            }

            if (member.IsChanged)
            {
                member.Collect(entries, settlements, entry => LedgerDifference.ReversedLot(ledger, entry));
                members.Add(member, Version);
            }
        }

        var difference = new LedgerDifference(ledger, _stored);
        var operations = new OperationRows();
        foreach (var number in difference.New)
        {
            operations.Add(ledger.Operations[number], Version);
        }

        var changed = new ChangedOperationRows();
        var refunded = new RefundedOrderRows();
        foreach (var number in difference.Changed)
        {
            ref var record = ref ledger.Operations[number];
            if (record.Operation.Kind == LedgerOperationKind.Earn && _ownOrders.Contains(record.Operation.Id))
            {
                refunded.Add(record);
            }
            else
            {
                changed.Add(record);
            }
        }

        var batch = new NpgsqlBatch(_transaction.Connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var block in (ReadOnlySpan<RowBlock>)[members, entries, settlements, operations, changed, refunded])
            {
                if (block.Count > 0)
                {
                    batch.BatchCommands.Add(block.ToCommand(_transaction.Tenant));
                }
            }

            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.NextVersion).With(Version).With(ledger.Issued));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static (LedgerOperationKind Kind, string Id)? TargetOf(in LedgerOperation operation) => operation.Kind switch
    {
        LedgerOperationKind.GiveBack => (LedgerOperationKind.Redeem, operation.Target!),
        LedgerOperationKind.Refund => (LedgerOperationKind.Earn, operation.Target!),
        LedgerOperationKind.Commit or LedgerOperationKind.Release => (LedgerOperationKind.Reserve, operation.Target!),
        _ => null,
    };
}
