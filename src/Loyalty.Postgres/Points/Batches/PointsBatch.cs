using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Points;

namespace Loyalty.Postgres.Points.Batches;

/// <summary>
/// One attempt to do a batch of operations and rows: under the lock of the book, keys and members are read, the rules decide, and what they appended is
/// written and committed in one round trip.
/// </summary>
internal sealed class PointsBatch : IBookAttempt<BatchAnswer[]>
{
    private readonly BookContext _context;
    private readonly TenantTransaction _transaction;
    private readonly IReadOnlyList<BatchItem> _items;
    private readonly MemberCache _cache;
    private readonly PointsBatch? _lost;
    private readonly BatchAnswer[] _answers;
    private AttemptToken? _token;
    private string? _transactionId;

    /// <summary>Creates the attempt.</summary>
    /// <param name="context">Whose book it is.</param>
    /// <param name="transaction">Where to work.</param>
    /// <param name="items">What is asked for.</param>
    /// <param name="cache">Members from batches before.</param>
    /// <param name="lost">The attempt whose answer to the commit was lost, if there is one: when it was kept, its answers are the answers.</param>
    public PointsBatch(
        BookContext context, TenantTransaction transaction, IReadOnlyList<BatchItem> items, MemberCache cache, PointsBatch? lost)
    {
        _context = context;
        _transaction = transaction;
        _items = items;
        _cache = cache;
        _lost = lost;
        _answers = new BatchAnswer[items.Count];
    }

    public long Version => _token?.Version ?? 0;

    /// <summary>Does what is asked for.</summary>
    /// <returns>One answer for each item.</returns>
    public async ValueTask<BatchAnswer[]> RunAsync()
    {
        var keys = new BatchKeys(_items);
        await keys.LockAsync(_transaction, _context.Tenant, _lost?._token, _lost?._transactionId).ConfigureAwait(false);
        _transactionId = keys.TransactionId;
        var stored = keys.Book ?? throw PointsRules.NoProgram();
        if (keys.WasLostKept)
        {
            return _lost!._answers;
        }

        var program = await _context.ReadProgramAsync(_transaction, stored.ProgramDigest, CancellationToken.None).ConfigureAwait(false);
        _transaction.Grow(_context.GrowthOf(stored));
        _cache.SeeAt(stored.Version);
        var loaded = new BatchBook(_transaction, program, keys, stored, _cache);
        await loaded.LoadAsync(_items).ConfigureAwait(false);
        Decide(loaded, new LiveTaker(loaded.Book, program));
        if (loaded.IsChanged)
        {
            var token = AttemptToken.New(stored.Version + 1, _items.Count);
            _token = token;
            await new BatchWriter(_transaction, _context.Tenant, token.Version, token.First).WriteAsync(loaded).ConfigureAwait(false);
        }

        loaded.Keep(_cache, _token?.Version ?? stored.Version);
        return _answers;
    }

    private void Decide(BatchBook loaded, LiveTaker taker)
    {
        var ledger = loaded.Book.Ledger;
        for (var i = 0; i < _answers.Length; i++)
        {
            var (operation, row, bookedOn, recordedAt) = _items[i];
            var before = ledger.Operations.Count;
            _answers[i] = row switch
            {
                null => new(ledger.Apply(operation, bookedOn, recordedAt), default),
                OrderRow order => new(default, taker.Take(order, bookedOn, recordedAt)),
                RefundRow refund => new(default, taker.Take(refund, bookedOn, recordedAt)),
                _ => new(default, taker.Take((RedemptionRequest)row, bookedOn, recordedAt)),
            };
            if (row is not null)
            {
                loaded.AddOfRows(before, ledger.Operations.Count);
            }
        }
    }
}
