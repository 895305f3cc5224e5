using Loyalty.Memory;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.InMemory.Points;

/// <summary>A store of points in the memory of the process; <see cref="PointsSnapshot"/> keeps it between runs.</summary>
/// <remarks>Not thread-safe. A run collects its rows; completing it is one step that cannot be cancelled half way.</remarks>
public sealed class InMemoryPointsStore : IPointsStore
{
    private bool _isRunning;

    internal LoyaltyProgram? Program { get; private set; }

    internal PointsBook? Book { get; private set; }

    /// <summary>The hashes of the entries that were kept in a file, by member.</summary>
    internal Dictionary<string, byte[]> Sealed { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<IPointsSession> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        PointsRules.Check(program, asOf, recordedAt, Program, Book?.AsOf);
        cancellationToken.ThrowIfCancellationRequested();
        if (_isRunning)
        {
            throw new StoreException(StoreFault.AlreadyRunning, "Another run is open on this store; complete or dispose it first.");
        }

        // The first one by name is told, as every store does.
        var off = Book?.Members.Values.Where(m => m.Club.Active is { } active && program.Club!.Find(active.Stage) is null)
            .MinBy(static m => m.Member, CodePointOrder.Instance);
        if (off is not null)
        {
            PointsRules.CheckStage(program, off.Member, off.Club.Active);
        }

        _isRunning = true;
        return new(new Session(this, program, asOf, recordedAt));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operations);
        CheckReady();
        cancellationToken.ThrowIfCancellationRequested();
        var results = new LedgerResult[operations.Count];
        Book!.Ledger.Apply(operations as LedgerOperation[] ?? [.. operations], results, bookedOn, recordedAt);
        foreach (var operation in operations)
        {
            AddMember(operation.Member);
            AddMember(operation.Kind == LedgerOperationKind.Transfer ? operation.Target : null);
        }

        return new(results);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeRedemptionsAsync(
        IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        PointsRules.Check(requests, bookedOn, recordedAt);
        CheckReady();
        cancellationToken.ThrowIfCancellationRequested();
        var taker = new RedemptionTaker(Book!, Program!);
        return new([.. requests.Select(r => taker.Take(r, bookedOn, recordedAt))]);
    }

    /// <inheritdoc/>
    public ValueTask<int> TimeOutHoldsAsync(DateTime instant, CancellationToken cancellationToken = default)
    {
        PointsRules.CheckInstant(instant, nameof(instant));
        CheckNoRun();
        cancellationToken.ThrowIfCancellationRequested();
        return new(Book?.Ledger.TimeOutHolds(instant) ?? 0);
    }

    /// <inheritdoc/>
    public ValueTask<PointsStatus?> GetStatusAsync(CancellationToken cancellationToken = default) =>
        new(Book is { AsOf: { } asOf } book ? new PointsStatus(Program!, asOf, book.Members.Count, book.Ledger.EntryCount) : null);

    /// <inheritdoc/>
    public async IAsyncEnumerable<MemberPoints> ReadMembersAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        foreach (var member in Book?.InOrder() ?? [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Show(member);
        }
    }

    /// <inheritdoc/>
    public ValueTask<MemberPoints?> FindMemberAsync(string member, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return new(Book is not null && Book.Members.TryGetValue(member, out var found) ? Show(found) : null);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerFault>> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var faults = new List<LedgerFault>();
        foreach (var member in Book?.InOrder() ?? [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            var hashes = Sealed.GetValueOrDefault(member.Member) ?? [];
            var kept = hashes.Length / LedgerChain.HashLength;
            var fault = kept > member.Ledger.Entries.Length
                ? new LedgerFault(member.Member, member.Ledger.Entries.Length + 1, $"expected at least {kept} entries")
                : LedgerChain.Verify(Program!.Tenant, member.Member, member.Ledger.Entries.ToArray().AsSpan(0, kept), hashes) ?? LedgerVerifier.Verify(member.Ledger);
            if (fault is not null)
            {
                faults.Add(fault);
            }
        }

        return new(faults);
    }

    /// <summary>A member's balance after the last entry that was booked on or before a day, and the lots of then.</summary>
    /// <param name="member">The member.</param>
    /// <param name="day">The day.</param>
    public (long Balance, IReadOnlyList<Lot> Lots) AsOf(string member, DateOnly day) =>
        Book is null ? (0, []) : (Book.Ledger.BalanceAsOf(member, day), Book.Ledger.LotsAsOf(member, day));

    /// <summary>What the points of all members with a positive balance are worth, in minor units, rounded once; 0 while the store is empty.</summary>
    public long Liability() => Book?.Ledger.Liability() ?? 0;

    /// <summary>Extends the hash chains to all entries.</summary>
    internal void Seal()
    {
        Span<byte> hash = stackalloc byte[LedgerChain.HashLength];
        foreach (var member in Book?.Members.Values ?? Enumerable.Empty<BookMember>())
        {
            var entries = member.Ledger.Entries;
            var hashes = Sealed.GetValueOrDefault(member.Member) ?? [];
            var kept = hashes.Length / LedgerChain.HashLength;
            if (kept == entries.Length)
            {
                continue;
            }

            if (kept == 0)
            {
                LedgerChain.Start(Program!.Tenant, member.Member, hash);
            }
            else
            {
                hashes.AsSpan(hashes.Length - LedgerChain.HashLength).CopyTo(hash);
            }

            Array.Resize(ref hashes, entries.Length * LedgerChain.HashLength);
            for (var i = kept; i < entries.Length; i++)
            {
                LedgerChain.Next(hash, entries[i], hash);
                hash.CopyTo(hashes.AsSpan(i * LedgerChain.HashLength));
            }

            Sealed[member.Member] = hashes;
        }
    }

    internal void Restore(LoyaltyProgram program, PointsBook book)
    {
        Program = program;
        Book = book;
    }

    private void CheckReady()
    {
        if (Book is null)
        {
            throw PointsRules.NoProgram();
        }

        CheckNoRun();
    }

    private void CheckNoRun()
    {
        if (_isRunning)
        {
            throw new StoreException(StoreFault.AlreadyRunning, "A run is open on this store; complete or dispose it first.");
        }
    }

    private void AddMember(string? member)
    {
        if (member is not null && Book!.Ledger.Find(member) is not null)
        {
            Book.Member(member);
        }
    }

    private MemberPoints Show(BookMember member) => MemberPoints.Of(member, Book!.Ledger, Book.AsOf!.Value);

    private sealed class Session(InMemoryPointsStore store, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt) : IPointsSession
    {
        private readonly List<OrderRow> _orders = [];
        private readonly List<RefundRow> _refunds = [];
        private readonly List<RedemptionRow> _redemptions = [];
        private bool _isOver;

        public ValueTask AddOrdersAsync(IReadOnlyList<OrderRow> rows, CancellationToken cancellationToken = default) => Add(_orders, rows, cancellationToken);

        public ValueTask AddRefundsAsync(IReadOnlyList<RefundRow> rows, CancellationToken cancellationToken = default) => Add(_refunds, rows, cancellationToken);

        public ValueTask AddRedemptionsAsync(IReadOnlyList<RedemptionRow> rows, CancellationToken cancellationToken = default) =>
            Add(_redemptions, rows, cancellationToken);

        public ValueTask<PointsRunResult> CompleteAsync(CancellationToken cancellationToken = default)
        {
            CheckOpen();
            cancellationToken.ThrowIfCancellationRequested();
            var book = store.Book ?? new PointsBook(program.Points!);
            var result = new PointsRun(book, program, asOf, recordedAt).Run(_orders, _refunds, _redemptions);
            store.Restore(program, book);
            Close();
            return new(result);
        }

        public ValueTask DisposeAsync()
        {
            if (!_isOver)
            {
                Close();
            }

            return default;
        }

        private ValueTask Add<T>(List<T> all, IReadOnlyList<T> rows, CancellationToken cancellationToken)
        {
            CheckOpen();
            cancellationToken.ThrowIfCancellationRequested();
            all.AddRange(rows);
            return default;
        }

        private void CheckOpen()
        {
            if (_isOver)
            {
                throw new InvalidOperationException("The run was completed or disposed.");
            }
        }

        private void Close()
        {
            _isOver = true;
            store._isRunning = false;
        }
    }
}
