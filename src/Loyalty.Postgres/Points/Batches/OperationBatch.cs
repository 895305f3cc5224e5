using System.Data.Common;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Points;
using Npgsql;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>An operation and when it is done.</summary>
internal readonly record struct TimedOperation(LedgerOperation Operation, DateOnly BookedOn, DateTime RecordedAt);

/// <summary>
/// One attempt to do a batch of operations: under the lock of the book, keys and members are read, the ledger decides, and what it appended
/// is written and committed in one round trip.
/// </summary>
internal sealed class OperationBatch : IBookAttempt<LedgerResult[]>
{
    private readonly PostgresPointsStore _store;
    private readonly TenantTransaction _transaction;
    private readonly IReadOnlyList<TimedOperation> _operations;
    private readonly MemberCache _cache;
    private readonly AttemptToken? _lost;
    private readonly Dictionary<(LedgerOperationKind Kind, string Id), OperationRecord> _stored = [];
    private readonly HashSet<string> _ownOrders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OrderRow> _untold = new(StringComparer.Ordinal);
    private readonly HashSet<(LedgerOperationKind Kind, string Id)> _keptBefore = [];
    private readonly Dictionary<string, StoredMember> _members = new(StringComparer.Ordinal);
    private BookState? _book;
    private AttemptToken? _mark;

    /// <summary>Creates the attempt.</summary>
    /// <param name="store">The store.</param>
    /// <param name="transaction">Where to work.</param>
    /// <param name="operations">The operations.</param>
    /// <param name="cache">Members from batches before.</param>
    /// <param name="lost">The attempt whose answer to the commit was lost, if there is one: what it kept is no repeat.</param>
    public OperationBatch(
        PostgresPointsStore store, TenantTransaction transaction, IReadOnlyList<TimedOperation> operations, MemberCache cache, OperationBatch? lost)
    {
        _store = store;
        _transaction = transaction;
        _operations = operations;
        _cache = cache;
        _lost = lost?._mark;
    }

    public long Version => _mark?.Version ?? 0;

    /// <summary>Does the operations.</summary>
    /// <returns>One result for each operation.</returns>
    public async ValueTask<LedgerResult[]> RunAsync()
    {
        await LockAsync().ConfigureAwait(false);
        if (_book is null)
        {
            throw PointsRules.NoProgram();
        }

        var program = await _store.ReadProgramAsync(_transaction, _book.ProgramDigest, CancellationToken.None).ConfigureAwait(false);
        _cache.SeeAt(_book.Version);
        await FindMembersAsync().ConfigureAwait(false);

        // Members outlive the ledger in the cache, each as long as it is used.
        var ledger = new PointsLedger(program.Points!) { Arena = null };
        foreach (var member in _members.Values)
        {
            ledger.Restore(member.Ledger);

            // Until the batch is kept, the member is not as in the database.
            _cache.Forget(member.Ledger.Member);
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
            var mark = AttemptToken.New(_book.Version + 1, _operations.Count);
            _mark = mark;
            await new LedgerWriter(_transaction, _store.Tenant, mark.Version, mark.First)
                .WriteAsync(ledger, _members, _stored, _ownOrders).ConfigureAwait(false);
            _cache.Keep(_members.Values, mark.Version);
        }
        else
        {
            _cache.Keep(_members.Values, _book.Version);
        }

        return results;
    }

    private async ValueTask LockAsync()
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
                .With([.. keys.Select(static k => EnumText.Operation[k.Kind])]).With([.. keys.Select(static k => k.Id)]));
            if (orders.Length > 0)
            {
                batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.TakenOrders).With(orders));
            }

            var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                _book = await BookState.ReadFirstAsync(reader, _store.Tenant).ConfigureAwait(false);
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    ReadOperation(reader);
                }

                await reader.NextResultAsync().ConfigureAwait(false);
                while (orders.Length > 0 && await reader.ReadAsync().ConfigureAwait(false))
                {
                    ReadOrder(reader);
                }
            }
        }
    }

    private void ReadOrder(DbDataReader reader)
    {
        if (KeyReader.Earned(reader) is { } earned)
        {
            AddOwn(earned);
        }
        else if (KeyReader.Order(reader).Row is var order && !_stored.ContainsKey((LedgerOperationKind.Earn, order.Id)))
        {
            _untold.Add(order.Id, order);
        }
    }

    private void AddOwn(in OperationRecord earned)
    {
        _stored.Add((LedgerOperationKind.Earn, earned.Operation.Id), earned);
        _ownOrders.Add(earned.Operation.Id);
    }

    private void ReadOperation(DbDataReader reader)
    {
        var (record, version, number) = KeyReader.Operation(reader);
        var key = (record.Operation.Kind, record.Operation.Id);
        _stored.Add(key, record);
        if (_lost?.IsOn(version, number) == true)
        {
            _keptBefore.Add(key);
        }
    }

    private async ValueTask FindMembersAsync()
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
                See(_untold.GetValueOrDefault(operation.Kind == LedgerOperationKind.Refund ? operation.Target! : operation.Id).Customer);
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

        foreach (var earned in EarnedOrders.Find(_untold.Values, _members))
        {
            AddOwn(earned);
        }

        void See(string? name)
        {
            if (name is null || _members.ContainsKey(name) || !unsure.Add(name))
            {
                return;
            }

            if (_cache.Find(name, out var isRight) is { } member)
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

    private static (LedgerOperationKind Kind, string Id)? TargetOf(in LedgerOperation operation) => operation.Kind switch
    {
        LedgerOperationKind.GiveBack => (LedgerOperationKind.Redeem, operation.Target!),
        LedgerOperationKind.Refund => (LedgerOperationKind.Earn, operation.Target!),
        LedgerOperationKind.Commit or LedgerOperationKind.Release => (LedgerOperationKind.Reserve, operation.Target!),
        _ => null,
    };
}
