using Loyalty.Clubs;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Points.Books;

/// <summary>Writes what a run appended to its part of the book, in chunks: while the server takes one, the next is made.</summary>
internal sealed class RunWriter
{
    private readonly TenantTransaction _transaction;
    private readonly StoreLimits _limits;
    private readonly LoadedBook _run;
    private readonly string _tenant;
    private readonly long _version;
    private readonly Dictionary<string, Rewards.RedemptionStatus> _statuses = new(StringComparer.Ordinal);
    private List<RowBlock> _ready = [];
    private Task _writing = Task.CompletedTask;

    /// <summary>Notes how the book stands before the run.</summary>
    public RunWriter(TenantTransaction transaction, StoreLimits limits, LoadedBook run, string tenant)
    {
        _transaction = transaction;
        _limits = limits;
        _run = run;
        _tenant = tenant;
        _version = (run.Stored?.Version ?? 0) + 1;
        foreach (var member in run.Members.Values)
        {
            foreach (var redemption in member.Book!.Claims)
            {
                _statuses.Add(redemption.Id, redemption.Status);
            }
        }
    }

    /// <summary>How many claims the tenant has after the run.</summary>
    public long Redemptions { get; private set; }

    public long Version => _version;

    /// <summary>Writes what a run does. While the rules decide, its new orders are written already.</summary>
    /// <param name="decide">Takes the rows of the run, which have their keys.</param>
    /// <param name="asOf">The last day that the run closes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<T> WriteAsync<T>(Func<T> decide, DateOnly asOf, CancellationToken cancellationToken)
    {
        try
        {
            _writing = Task.Run(() => WriteNewOrdersAsync(asOf, cancellationToken), CancellationToken.None);
            var decided = decide();
            await WriteAsync(cancellationToken).ConfigureAwait(false);
            return decided;
        }
        finally
        {
            await _writing.ConfigureAwait(false);
        }
    }

    /// <summary>Writes what the rules have decided; new orders are written already.</summary>
    public async ValueTask WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAnswersAsync(cancellationToken).ConfigureAwait(false);
            await WriteMembersAsync(cancellationToken).ConfigureAwait(false);
            await WriteOtherRowsAsync(cancellationToken).ConfigureAwait(false);
            await WriteOperationsAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Whatever happened here, the connection is free only when the server has answered.
            await _writing.ConfigureAwait(false);
        }
    }

    /// <summary>Writes what identifies the new orders, which no longer changes; runs beside the rules, which change what becomes of them.</summary>
    private async Task WriteNewOrdersAsync(DateOnly asOf, CancellationToken cancellationToken)
    {
        var rows = new OrderRows();
        foreach (var order in _run.Book.Orders.Values)
        {
            if (!_run.IsNew(order))
            {
                continue;
            }

            rows.Add(order.Row, order.Arrival, order.Row.Date > asOf ? RowState.Waiting : RowState.Taken);
            if (rows.Count >= _limits.FetchRows)
            {
                await rows.WriteAsync(_transaction, _limits, cancellationToken).ConfigureAwait(false);
                rows = new OrderRows();
            }
        }

        await rows.WriteAsync(_transaction, _limits, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what became of orders where their row and the entries do not tell it.</summary>
    private async ValueTask WriteAnswersAsync(CancellationToken cancellationToken)
    {
        var operations = _run.Book.Ledger.Operations;
        var answers = new AnsweredOrderRows();
        foreach (var order in _run.Book.Orders.Values)
        {
            if (_run.IsNew(order) ? order.State == RowState.Refused : _run.IsMoved(order))
            {
                // An operation that came before this run keeps its key in its own row.
                var number = operations.Find(LedgerOperationKind.Earn, order.Row.Id);
                answers.Add(order.Row.Id, order.State, number >= _run.Operations.Count ? operations[number] : null);
            }
        }

        for (var number = _run.Operations.Count; number < operations.Count; number++)
        {
            var record = operations[number];
            if (record.Operation.Kind == LedgerOperationKind.Earn && !EarnedOrders.IsTold(record) && _run.IsNew(_run.Book.Orders[record.Operation.Id]))
            {
                answers.Add(record);
            }
        }

        await SendAsync([answers], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteMembersAsync(CancellationToken cancellationToken)
    {
        var ledger = _run.Book.Ledger;
        var entries = new EntryRows();
        var (members, settlements, enrollments, discounts) = (new MemberRows(), new SettlementRows(), new EnrollmentRows(), new DiscountRows());
        foreach (var book in _run.Book.InOrder())
        {
            if (!_run.Members.TryGetValue(book.Member, out var member))
            {
                member = new StoredMember(book.Ledger, _tenant);
                member.Begin(book);
            }

            var isChanged = member.CollectClub(enrollments, discounts) | member.IsChanged;
            if (!isChanged)
            {
                continue;
            }

            member.Collect(entries, settlements, entry => ledger.ReversedLot(entry));
            members.Add(member, _version);
            if (entries.Count >= _limits.FetchRows)
            {
                await SendAsync([entries], cancellationToken).ConfigureAwait(false);
                entries = new EntryRows();
            }

            // Less of these for each entry: they wait until they are worth a COPY.
            if (members.Count + settlements.Count + enrollments.Count + discounts.Count >= 2 * _limits.FetchRows)
            {
                await SendAsync([members, settlements, enrollments, discounts], cancellationToken).ConfigureAwait(false);
                (members, settlements, enrollments, discounts) = (new MemberRows(), new SettlementRows(), new EnrollmentRows(), new DiscountRows());
            }
        }

        await SendAsync([entries, members, settlements, enrollments, discounts], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteOtherRowsAsync(CancellationToken cancellationToken)
    {
        var book = _run.Book;
        var (freshRefunds, movedRefunds) = (new RefundRows(PointsSql.InsertRefunds), new RefundRows(PointsSql.UpdateRefunds));
        foreach (var record in book.Refunds.Values)
        {
            if (_run.IsNew(record))
            {
                freshRefunds.Add(record);
            }
            else if (_run.IsMoved(record))
            {
                movedRefunds.Add(record);
            }
        }

        var (fresh, moved) = (new RedemptionEventRows(PointsSql.InsertRedemptionEvents), new RedemptionEventRows(PointsSql.UpdateRedemptionEvents));
        foreach (var record in book.Claims.Values.Concat(book.Events.Values))
        {
            if (_run.IsNew(record))
            {
                if (!ToldClaims.IsTold(record, book.Desk.Find(record.Row.Id)))
                {
                    fresh.Add(record);
                }
            }
            else if (_run.IsMoved(record))
            {
                moved.Add(record);
            }
        }

        Redemptions = _run.Stored?.Redemptions ?? 0;
        var (redemptions, changed) = (new RedemptionRows(PointsSql.InsertRedemptions), new RedemptionRows(PointsSql.UpdateRedemptions));
        foreach (var redemption in book.Desk.Redemptions)
        {
            if (!_statuses.TryGetValue(redemption.Id, out var status))
            {
                redemptions.Add(Redemptions++, redemption);
            }
            else if (status != redemption.Status)
            {
                changed.Add(0, redemption);
            }
        }

        await SendAsync([freshRefunds, movedRefunds, fresh, moved, redemptions, changed], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteOperationsAsync(CancellationToken cancellationToken)
    {
        var ledger = _run.Book.Ledger;
        var difference = new LedgerDifference(ledger, _run.Operations);
        var fresh = new OperationRows(PointsSql.InsertOperations);
        foreach (var number in difference.New)
        {
            // New orders stand in rows of their own, claims with their redemptions.
            var record = ledger.Operations[number];
            if (record.Operation.Kind != LedgerOperationKind.Earn && !ToldClaims.IsTold(record))
            {
                fresh.Add(record, _version);
            }
        }

        var (changed, refunded) = difference.ChangedRows(_run.OwnOrders);

        await SendAsync([fresh, changed, refunded], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins to write blocks, when those before are written. Their bytes are made while the server is busy with those.</summary>
    private async ValueTask SendAsync(List<RowBlock> blocks, CancellationToken cancellationToken)
    {
        blocks.ForEach(b => b.Encode(_limits));
        await _writing.ConfigureAwait(false);
        _ready = blocks;
        _writing = Task.Run(() => WriteReadyAsync(cancellationToken), CancellationToken.None);
    }

    private async Task WriteReadyAsync(CancellationToken cancellationToken)
    {
        foreach (var block in _ready)
        {
            await block.WriteAsync(_transaction, _limits, cancellationToken).ConfigureAwait(false);
        }
    }
}
