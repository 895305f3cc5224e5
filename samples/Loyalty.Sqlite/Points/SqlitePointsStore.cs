using System.Numerics;
using System.Runtime.CompilerServices;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;

namespace Loyalty.Sqlite.Points;

/// <summary>Clubs, points and rewards in a SQLite file.</summary>
/// <remarks>
/// May be used by several threads; one run or call writes at a time. A run in another process is waited for as long as a call may take, not longer.
/// Each call is one transaction, so that a call with many rows costs one flush of the disk.
/// </remarks>
internal sealed class SqlitePointsStore(SqliteFile file) : IPointsStore
{
    /// <inheritdoc/>
    public ValueTask<IPointsRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        // What is wrong with the program itself is said before the file is touched.
        PointsRules.Check(program, asOf, recordedAt, stored: null, storedAsOf: null);
        cancellationToken.ThrowIfCancellationRequested();
        return new(file.Begin(lease => new SqlitePointsRun(lease, program, asOf, recordedAt), cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        return PointsRules.ApplyAsync(operations, recordedAt, kept => Change<IReadOnlyList<LedgerResult>>(
            loaded =>
            {
                foreach (var operation in kept)
                {
                    loaded.Need(operation);
                }
            },
            (book, _) =>
            {
                var results = new LedgerResult[kept.Count];
                for (var i = 0; i < results.Length; i++)
                {
                    results[i] = book.Ledger.Apply(kept[i], bookedOn, recordedAt);
                    List(book, kept[i].Member);
                    List(book, kept[i].Kind == LedgerOperationKind.Transfer ? kept[i].Target : null);
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
        return Take(
            orders,
            (loaded, order) =>
            {
                if (LiveRows.Fault(order) == RowColumn.None)
                {
                    loaded.NeedOrder(order.Id);
                    loaded.Need(order.Customer);
                }
            },
            (taker, order) => taker.Take(order, bookedOn, recordedAt),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeRefundsAsync(
        IReadOnlyList<RefundRow> refunds, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(refunds);
        PointsRules.CheckBooking(bookedOn, recordedAt);
        return Take(
            refunds,
            (loaded, refund) =>
            {
                if (LiveRows.Fault(refund) == RowColumn.None)
                {
                    loaded.NeedRefund(refund.Id);
                    loaded.NeedOrder(refund.Order);
                }
            },
            (taker, refund) => taker.Take(refund, bookedOn, recordedAt),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RowOutcome>> TakeRedemptionsAsync(
        IReadOnlyList<RedemptionRequest> requests, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default)
    {
        PointsRules.Check(requests, bookedOn, recordedAt);
        return Take(
            requests,
            (loaded, request) =>
            {
                if (LiveRows.Fault(request.Row) == RowColumn.None)
                {
                    loaded.NeedRedemption(request.Row.Id);
                    loaded.Need(request.Row.Customer);
                }
            },
            (taker, request) => taker.Take(request, bookedOn, recordedAt),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> TimeOutHoldsAsync(DateTime instant, CancellationToken cancellationToken = default)
    {
        PointsRules.CheckInstant(instant, nameof(instant));
        if (Read(static (_, run) => run, cancellationToken) is null)
        {
            return new(0);
        }

        return Change(
            loaded => loaded.NeedHolds(instant),
            (book, _) => book.Ledger.TimeOutHolds(instant),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PointsStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => new(Read(
        static (rows, run) => new PointsStatus(
            run.Program, run.AsOf, (int)rows.Count("SELECT count(*) FROM points_member"), rows.Count("SELECT count(*) FROM points_entry")),
        cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberPoints> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        ReadAllAsync(static (member, run) => Show(member, run), isLenient: false, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PointsBalance?> FindBalanceAsync(string member, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return new(Read(
            (rows, run) => rows.Sums(member) is var (balance, held, lifetime)
                ? PointsBalance.Of(member, run.AsOf, balance, held, lifetime, run.Program.Points!)
                : null,
            cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<PointsAsOf?> FindAsOfAsync(string member, DateOnly asOf, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return new(Read(
            (rows, run) =>
            {
                if (rows.Member(member) is not { } found)
                {
                    return null;
                }

                var ledger = new PointsLedger(run.Program.Points!);
                ledger.Restore(found.Book.Ledger);
                return new PointsAsOf(member, asOf, ledger.BalanceAsOf(member, asOf), ledger.LotsAsOf(member, asOf));
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerEntry>> ReadEntriesAsync(string member, int after, int limit, CancellationToken cancellationToken = default)
    {
        PointsRules.CheckPage(member, after, limit);
        return new(Read<IReadOnlyList<LedgerEntry>>((rows, _) => rows.Entries(member, after, limit), cancellationToken) ?? []);
    }

    /// <inheritdoc/>
    public ValueTask<PointsLiability?> FindLiabilityAsync(CancellationToken cancellationToken = default) => new(Read(
        static (rows, run) => PointsLiability.Of(run.AsOf, rows.Outstanding(), run.Program.Points!), cancellationToken));

    /// <inheritdoc/>
    public ValueTask<MemberPoints?> FindMemberAsync(string member, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return new(Read((rows, run) => rows.Member(member) is { } found ? Show(found, run) : null, cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LedgerFault>> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var faults = new List<LedgerFault>();
        await foreach (var fault in ReadAllAsync(static (member, run) => Verify(run.Program.Tenant, member), isLenient: true, cancellationToken).ConfigureAwait(false))
        {
            if (fault is not null)
            {
                faults.Add(fault);
            }
        }

        return faults;
    }

    internal static MemberPoints Show(StoredMember member, PointsRunRow run)
    {
        var ledger = new PointsLedger(run.Program.Points!);
        ledger.Restore(member.Book.Ledger);
        return MemberPoints.Of(member.Book, ledger, run.AsOf, run.Program.Club is not null);
    }

    private static LedgerFault? Verify(string tenant, StoredMember member)
    {
        var (ledger, row) = (member.Book.Ledger, member.Row);
        return LedgerChain.Verify(tenant, ledger.Member, member.Entries, member.Hashes, member.Head, row.Entries)
            ?? LedgerVerifier.Verify(ledger)
            ?? (row.Balance != ledger.Balance ? Fault($"the member's row says a balance of {row.Balance}, the entries {ledger.Balance}")
                : row.Lifetime != ledger.Lifetime ? Fault($"the member's row says {row.Lifetime} points ever earned, the entries {ledger.Lifetime}")
                : row.Settlements != ledger.Settlements.Length ? Fault($"expected {row.Settlements} settlements, found {ledger.Settlements.Length}")
                : null);

        LedgerFault Fault(string message) => new(ledger.Member, ledger.Entries.Length, message);
    }

    /// <summary>Members that have points are listed.</summary>
    private static void List(PointsBook book, string? member)
    {
        if (member is not null && book.Ledger.FindMember(member) is not null)
        {
            book.Member(member);
        }
    }

    private ValueTask<IReadOnlyList<RowOutcome>> Take<T>(
        IReadOnlyList<T> rows, Action<LoadedBook, T> need, Func<LiveTaker, T, RowOutcome> take, CancellationToken cancellationToken) =>
        Change<IReadOnlyList<RowOutcome>>(
            loaded =>
            {
                foreach (var row in rows)
                {
                    need(loaded, row);
                }
            },
            (book, program) =>
            {
                var taker = new LiveTaker(book, program);
                return [.. rows.Select(row => take(taker, row))];
            },
            cancellationToken);

    /// <summary>Loads what a call needs, lets the rules work on it, and keeps what they did, in one transaction.</summary>
    private ValueTask<T> Change<T>(Action<LoadedBook> need, Func<PointsBook, LoyaltyProgram, T> change, CancellationToken cancellationToken) => new(file.Change(
        lease =>
        {
            var stored = new PointsRows(lease).Run() ?? throw PointsRules.NoProgram();
            var loaded = new LoadedBook(lease, stored.Program, stored);
            need(loaded);
            loaded.Load();
            var result = change(loaded.Book, stored.Program);
            new PointsWriter(lease, stored.Program.Tenant).Write(loaded, stored.Program);
            return result;
        },
        cancellationToken));

    private T? Read<T>(Func<PointsRows, PointsRunRow, T?> read, CancellationToken cancellationToken)
        where T : class => file.Read(lease => new PointsRows(lease) is var rows && rows.Run() is { } run ? read(rows, run) : null, null, cancellationToken);

    private IAsyncEnumerable<T> ReadAllAsync<T>(Func<StoredMember, PointsRunRow, T> show, bool isLenient, CancellationToken cancellationToken) => file.ReadEachAsync(
        lease => new PointsRows(lease) is var rows && rows.Run() is { } run
            ? rows.Texts("SELECT member FROM points_member ORDER BY member").Select(name => show(rows.Member(name, isLenient)!, run))
            : [],
        cancellationToken);
}
