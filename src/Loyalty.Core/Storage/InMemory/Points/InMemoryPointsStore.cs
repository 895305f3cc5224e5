using System.Runtime.CompilerServices;
using Loyalty.Memory;
using Loyalty.Money;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.InMemory.Points;

/// <summary>A store of points in the memory of the process; <see cref="StateFile"/> keeps it between runs.</summary>
/// <remarks>
/// Thread-safe: one call at a time looks at the book or changes it. <see cref="ReadMembersAsync"/> shows each member whole, as it is when its turn comes.
/// A run closes its days on a copy of the book, so that it costs time and memory with all that is stored.
/// </remarks>
public sealed class InMemoryPointsStore : IPointsStore
{
    private readonly Lock _lock = new();
    private bool _isRunning;

    /// <summary>Whose store this is a part of; none when it stands alone.</summary>
    internal (string Tenant, Currency Currency)? Owner { get; set; }

    internal LoyaltyProgram? Program { get; private set; }

    /// <summary>The queue beside the points, where what a run causes goes; none when the store stands alone.</summary>
    internal InMemoryQueueStore? Queue { get; set; }

    internal PointsBook? Book { get; private set; }

    /// <summary>The hashes of the entries that were kept in a file, by member.</summary>
    internal Dictionary<string, byte[]> Sealed { get; private set; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<IPointsRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            PointsRules.Check(program, asOf, recordedAt, Program, Book?.AsOf);
            MemberRules.CheckOwner(program, Owner);
            cancellationToken.ThrowIfCancellationRequested();
            if (_isRunning)
            {
                throw new StoreException(StoreFault.AlreadyRunning, "Another run is open on this store; commit or dispose it first.");
            }

            // The first one by name is told, as every store does.
            var off = Book?.Members.Values.Where(m => m.Club.Active is { } active && program.Club?.Find(active.Stage) is null)
                .MinBy(static m => m.Member, CodePointOrder.Instance);
            if (off is not null)
            {
                PointsRules.CheckStage(program, off.Member, off.Club.Active);
            }

            _isRunning = true;
            return new(new InMemoryPointsRun(this, program, asOf, recordedAt));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        return PointsRules.ApplyAsync(operations, recordedAt, kept => Change<IReadOnlyList<LedgerResult>>(
            book =>
            {
                var results = new LedgerResult[kept.Count];
                book.Ledger.Apply(kept as LedgerOperation[] ?? [.. kept], results, bookedOn, recordedAt);
                foreach (var operation in kept)
                {
                    AddMember(operation.Member);
                    AddMember(operation.Kind == LedgerOperationKind.Transfer ? operation.Target : null);
                }

                return results;
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeOrdersAsync(
        IReadOnlyList<OrderRow> orders, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orders);
        PointsRules.CheckBooking(bookedOn, recordedAt);
        return Take(orders, (taker, order) => taker.Take(order, bookedOn, recordedAt), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeRefundsAsync(
        IReadOnlyList<RefundRow> refunds, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(refunds);
        PointsRules.CheckBooking(bookedOn, recordedAt);
        return Take(refunds, (taker, refund) => taker.Take(refund, bookedOn, recordedAt), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeRedemptionsAsync(
        IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        PointsRules.Check(requests, bookedOn, recordedAt);
        return Take(requests, (taker, request) => taker.Take(request, bookedOn, recordedAt), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> TimeOutHoldsAsync(DateTime instant, CancellationToken cancellationToken = default)
    {
        PointsRules.CheckInstant(instant, nameof(instant));
        lock (_lock)
        {
            CheckNoRun();
            cancellationToken.ThrowIfCancellationRequested();
            return new(Book?.Ledger.TimeOutHolds(instant) ?? 0);
        }
    }

    /// <inheritdoc/>
    public ValueTask<PointsStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => Read<PointsStatus?>(
        (book, asOf) => new PointsStatus(Program!, asOf, book.Members.Count, book.Ledger.EntryCount), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberPoints> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        Book is { } book ? ShowAll(book, Program!, _lock, cancellationToken) : AsyncEnumerable.Empty<MemberPoints>();

    /// <inheritdoc/>
    public ValueTask<PointsBalance?> FindBalanceAsync(string member, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Read(
            (book, asOf) => book.Members.TryGetValue(member, out var found)
                ? PointsBalance.Of(member, asOf, found.Ledger.Balance, found.Ledger.Held, found.Ledger.Lifetime, Program!.Points!)
                : null,
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PointsAsOf?> FindAsOfAsync(string member, DateOnly asOf, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Read(
            (book, _) => book.Members.ContainsKey(member)
                ? new PointsAsOf(member, asOf, book.Ledger.BalanceAsOf(member, asOf), book.Ledger.LotsAsOf(member, asOf))
                : null,
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerEntry>> ReadEntriesAsync(string member, int after, int limit, CancellationToken cancellationToken = default)
    {
        PointsRules.CheckPage(member, after, limit);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (Book is null || !Book.Members.TryGetValue(member, out var found) || after >= found.Ledger.Entries.Length)
            {
                return new([]);
            }

            var entries = new LedgerEntry[Math.Min(limit, found.Ledger.Entries.Length - after)];
            for (var i = 0; i < entries.Length; i++)
            {
                entries[i] = found.Ledger.Entries[after + i];
            }

            return new(entries);
        }
    }

    /// <inheritdoc/>
    public ValueTask<PointsLiability?> FindLiabilityAsync(CancellationToken cancellationToken = default) => Read<PointsLiability?>(
        (book, asOf) => PointsLiability.Of(asOf, book.Ledger.Outstanding(), Program!.Points!), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberPoints?> FindMemberAsync(string member, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Read((book, _) => book.Members.TryGetValue(member, out var found) ? Show(book, Program!, found) : null, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerFault>> VerifyAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
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
    }

    /// <summary>Shows the members of a book in order, each as it stands when its turn comes.</summary>
    internal static async IAsyncEnumerable<MemberPoints> ShowAll(
        PointsBook book, LoyaltyProgram program, Lock held, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask.ConfigureAwait(false);
        BookMember[] members;
        lock (held)
        {
            members = [.. book.InOrder()];
        }

        foreach (var member in members)
        {
            cancellationToken.ThrowIfCancellationRequested();
            MemberPoints shown;
            lock (held)
            {
                shown = Show(book, program, member);
            }

            yield return shown;
        }
    }

    internal static InMemoryPointsStore Of(KeptPoints? kept)
    {
        var store = new InMemoryPointsStore();
        if (kept is not null)
        {
            store.Restore(kept.Program, kept.Book);
            store.Sealed = kept.Hashes;
        }

        return store;
    }

    /// <summary>Looks at what a file is to keep while nothing changes it; does nothing while the store is empty.</summary>
    internal void Keep(Action<KeptPoints> look)
    {
        lock (_lock)
        {
            if (Book is not null)
            {
                Seal(Book);
                look(new KeptPoints(Program!, Book, Sealed));
            }
        }
    }

    /// <summary>The book of a run: what is stored, as a file would keep it; <see langword="null"/> while the store is empty.</summary>
    internal PointsBook? CopyBook()
    {
        PointsBook? copy = null;
        Keep(kept => copy = PointsSnapshotContent.Copy(kept).Book);
        return copy;
    }

    internal void CloseRun()
    {
        lock (_lock)
        {
            _isRunning = false;
        }
    }

    /// <summary>Extends the hash chains to all entries.</summary>
    private void Seal(PointsBook book)
    {
        Span<byte> hash = stackalloc byte[LedgerChain.HashLength];
        foreach (var member in book.Members.Values)
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
        lock (_lock)
        {
            Program = program;
            Book = book;
        }
    }

    private ValueTask<IReadOnlyList<RowOutcome>> Take<T>(IReadOnlyList<T> rows, Func<LiveTaker, T, RowOutcome> take, CancellationToken cancellationToken) =>
        Change<IReadOnlyList<RowOutcome>>(
            book =>
            {
                var taker = new LiveTaker(book, Program!);
                return [.. rows.Select(row => take(taker, row))];
            },
            cancellationToken);

    private ValueTask<T> Change<T>(Func<PointsBook, T> change, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Book is null)
            {
                throw PointsRules.NoProgram();
            }

            CheckNoRun();
            cancellationToken.ThrowIfCancellationRequested();
            return new(change(Book));
        }
    }

    private ValueTask<T?> Read<T>(Func<PointsBook, DateOnly, T?> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return new(Book is { AsOf: { } asOf } book ? read(book, asOf) : default);
        }
    }

    private void CheckNoRun()
    {
        if (_isRunning)
        {
            throw new StoreException(StoreFault.AlreadyRunning, "A run is open on this store; commit or dispose it first.");
        }
    }

    private void AddMember(string? member)
    {
        if (member is not null && Book!.Ledger.Find(member) is not null)
        {
            Book.Member(member);
        }
    }

    private static MemberPoints Show(PointsBook book, LoyaltyProgram program, BookMember member) =>
        MemberPoints.Of(member, book.Ledger, book.AsOf!.Value, program.Club is not null);
}
