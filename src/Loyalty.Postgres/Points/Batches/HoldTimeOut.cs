using System.Data.Common;
using Loyalty.Points.Ledger;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>
/// One attempt to end the first of the holds that are over: under the lock of the book they are found by their ends, the ledger sets free what
/// they kept, and that is written and committed.
/// </summary>
internal sealed class HoldTimeOut : IBookAttempt<(int Ended, bool IsLast)>
{
    private readonly BookContext _context;
    private readonly TenantTransaction _transaction;
    private readonly DateTime _instant;
    private readonly HoldTimeOut? _lost;
    private readonly Dictionary<(LedgerOperationKind Kind, string Id), RecordedOperation> _holds = [];
    private BookState? _book;
    private string? _transactionId;
    private int _endedBefore;

    /// <summary>Creates the attempt.</summary>
    /// <param name="context">Whose book it is.</param>
    /// <param name="transaction">Where to work.</param>
    /// <param name="instant">What time it is.</param>
    /// <param name="lost">The attempt whose answer to the commit was lost, if there is one: what it ended counts, too.</param>
    public HoldTimeOut(BookContext context, TenantTransaction transaction, DateTime instant, HoldTimeOut? lost)
    {
        _context = context;
        _transaction = transaction;
        _instant = instant;
        _lost = lost;
    }

    public long Version { get; private set; }

    public async ValueTask<(int Ended, bool IsLast)> RunAsync()
    {
        await LockAsync().ConfigureAwait(false);
        if (_book is null || _holds.Count == 0)
        {
            return (_endedBefore, true);
        }

        var program = await _context.ReadProgramAsync(_transaction, _book.ProgramDigest, CancellationToken.None).ConfigureAwait(false);
        var names = _holds.Values.Select(static h => h.Operation.Member!).Distinct(StringComparer.Ordinal).ToArray();
        var members = await new MemberReader(_transaction, isWhole: false).ReadAsync(names, known: null, CancellationToken.None).ConfigureAwait(false);
        var ledger = new PointsLedger(program.Points!);
        foreach (var member in members.Values)
        {
            ledger.Restore(member.Ledger);
        }

        ledger.RestoreIssued(_book.Issued);
        foreach (var hold in _holds.Values)
        {
            ledger.Restore(hold);
        }

        var ended = ledger.TimeOutHolds(_instant);
        Version = _book.Version + 1;
        await new LedgerWriter(_transaction, _context.Tenant, Version).WriteAsync(ledger, members, _holds, ownOrders: []).ConfigureAwait(false);
        return (_endedBefore + ended, ended < _context.Limits.MostInBatch);
    }

    private async ValueTask LockAsync()
    {
        var batch = _transaction.FirstBatch(PointsSql.BatchSettings, _context.Limits.MostInBatch);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.LockBook));
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.HoldsOver).With(_instant.Ticks).With((long)_context.Limits.MostInBatch));
            batch.BatchCommands.Add(_transaction.BatchCommand(PointsSql.Transactions).With(_lost?._transactionId));
            var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                _book = await BookState.ReadFirstAsync(reader, _context.Tenant).ConfigureAwait(false);
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    ReadHold(reader);
                }

                await reader.NextResultAsync().ConfigureAwait(false);
                await reader.ReadAsync().ConfigureAwait(false);
                _transactionId = reader.GetString(0);
                _endedBefore = (_lost?._endedBefore ?? 0) + (reader.GetBoolean(1) ? _lost!._holds.Count : 0);
            }
        }
    }

    private void ReadHold(DbDataReader reader)
    {
        var (hold, _, _) = KeyReader.Operation(reader);
        _holds.Add((hold.Operation.Kind, hold.Operation.Id), hold);
    }
}
