using System.Data.Common;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Rewards;
using Npgsql;

namespace Loyalty.Postgres.Points.Books;

/// <summary>
/// The part of a tenant's book that a run may touch: the keys of its rows, the rows that wait, and the members that these and the calendar
/// concern. For the rules it is a whole book.
/// </summary>
internal sealed class LoadedBook
{
    private readonly TenantTransaction _transaction;
    private readonly StoreLimits _limits;
    private readonly LoyaltyProgram _program;
    private readonly HashSet<object> _waiting = [];
    private readonly HashSet<string> _lastRefunds = new(StringComparer.Ordinal);

    public LoadedBook(TenantTransaction transaction, StoreLimits limits, LoyaltyProgram program, BookState? stored)
    {
        _transaction = transaction;
        _limits = limits;
        _program = program;
        Stored = stored;
        Book = new PointsBook(program.Points!, stored?.AsOf, stored?.Arrivals ?? 0);
    }

    public BookState? Stored { get; }

    public PointsBook Book { get; }

    /// <summary>The members that the database has, of those in the book.</summary>
    public Dictionary<string, StoredMember> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>The operations that the database has, of those in the ledger.</summary>
    public Dictionary<(LedgerOperationKind Kind, string Id), RecordedOperation> Operations { get; } = [];

    /// <summary>Orders that hold their key of the ledger themselves.</summary>
    public HashSet<string> OwnOrders { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a row takes its key in this run.</summary>
    public bool IsNew<T>(RowRecord<T> record)
        where T : struct => record.Arrival >= (Stored?.Arrivals ?? 0);

    /// <summary>Whether a row of an earlier run was taken or refused in this one.</summary>
    public bool IsMoved<T>(RowRecord<T> record)
        where T : struct => record.State != RowState.Waiting && _waiting.Contains(record);

    /// <summary>Reads what the run may touch.</summary>
    public async ValueTask LoadAsync(
        IReadOnlyList<OrderRow> orders, IReadOnlyList<RefundRow> refunds, IReadOnlyList<RedemptionRow> redemptions, DateOnly asOf, CancellationToken cancellationToken)
    {
        if (Stored is null)
        {
            return;
        }

        await LoadWaitingAsync(cancellationToken).ConfigureAwait(false);
        await ReadAsync(PointsSql.Refunds, refunds.Select(static r => r.Id), r => Book.Add(KeyReader.Refund(r)), cancellationToken)
            .ConfigureAwait(false);
        var orderIds = Distinct(orders.Select(static o => o.Id), refunds.Select(static r => r.Order), Book.Refunds.Values.Select(static r => r.Row.Order));
        await ReadAsync(PointsSql.Orders, orderIds, ReadOrder, cancellationToken).ConfigureAwait(false);
        var claimIds = Distinct(
            redemptions.Select(static r => r.Id), Book.Claims.Keys, Book.Events.Keys.Select(static k => k.Id));
        await ReadAsync(PointsSql.RedemptionEvents, claimIds, ReadRedemptionEvent, cancellationToken).ConfigureAwait(false);
        await LoadOperationsAsync(
            [
                .. Distinct(orderIds, Book.Orders.Keys).Select(static id => (LedgerOperationKind.Earn, id)),
                .. Distinct(refunds.Select(static r => r.Id), Book.Refunds.Keys).Select(static id => (LedgerOperationKind.Refund, id)),
                .. claimIds.Select(static id => (LedgerOperationKind.Redeem, id)),
                .. claimIds.Select(static id => (LedgerOperationKind.GiveBack, id)),
            ],
            cancellationToken).ConfigureAwait(false);
        await LoadMembersAsync(orders, redemptions, claimIds, asOf, cancellationToken).ConfigureAwait(false);
        await LoadLastRefundsAsync(redemptions, cancellationToken).ConfigureAwait(false);
        await CountTakenAsync(claimIds.Length > 0, cancellationToken).ConfigureAwait(false);
        var refunded = Distinct(refunds.Select(static r => r.Order), Book.Refunds.Values.Select(static r => r.Row.Order));
        FindEarned(refunded);
        await LoadRefundsAsync(refunded, cancellationToken).ConfigureAwait(false);
        RestoreOperations();
    }

    /// <summary>Counts what is taken of rewards with a stock; nobody asks it of the others, or when nothing is claimed.</summary>
    private async ValueTask CountTakenAsync(bool hasClaims, CancellationToken cancellationToken)
    {
        foreach (var reward in _program.Rewards.Where(r => hasClaims && r.Stock is not null))
        {
            await ReadAsync(_transaction.Command(PointsSql.Taken).With(reward.Id), r => Book.Desk.Restore(reward.Id, r.GetInt32(0)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Finds what orders earned that refunds name; nobody asks it of the others.</summary>
    private void FindEarned(string[] refunded)
    {
        var orders = refunded.Where(id => !Operations.ContainsKey((LedgerOperationKind.Earn, id)))
            .Select(Book.Orders.GetValueOrDefault).OfType<RowRecord<OrderRow>>().Where(static o => o.State == RowState.Taken).Select(static o => o.Row);
        foreach (var earned in EarnedOrders.Find([.. orders], Members))
        {
            Operations.Add((LedgerOperationKind.Earn, earned.Operation.Id), earned);
            OwnOrders.Add(earned.Operation.Id);
        }
    }

    /// <summary>Reads the earlier refunds of orders that earned nothing: of those the ledger does not know what is left.</summary>
    private ValueTask LoadRefundsAsync(string[] refunded, CancellationToken cancellationToken) => ReadAsync(
        PointsSql.RefundsOfOrders,
        refunded.Where(id => Book.Orders.GetValueOrDefault(id) is { State: RowState.Taken } && !Operations.ContainsKey((LedgerOperationKind.Earn, id))),
        r => Book.Add(KeyReader.Refund(r)),
        cancellationToken);

    private void RestoreOperations()
    {
        Book.Ledger.Restore(Operations.Values, _lastRefunds);
        Book.Ledger.RestoreIssued(Stored!.Issued);
    }

    /// <summary>Reads the orders whose refunds may ask for points that are given back.</summary>
    private async ValueTask LoadLastRefundsAsync(IReadOnlyList<RedemptionRow> redemptions, CancellationToken cancellationToken)
    {
        var orders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in redemptions.Concat(Book.Events.Values.Select(static e => e.Row)).Where(static r => Redemption.GivesBack(r.Event)))
        {
            var redeemed = Operations.GetValueOrDefault((LedgerOperationKind.Redeem, row.Id));
            if (Members.TryGetValue(redeemed.Operation.Member ?? row.Customer, out var member))
            {
                orders.UnionWith(member.Ledger.OrdersToAsk(redeemed.Result.IsApplied ? redeemed.Lot : 0));
            }
        }

        var refunded = new List<string>();
        await ReadAsync(
            PointsSql.LastRefunds,
            orders,
            reader =>
            {
                var (record, _, _) = KeyReader.Operation(reader);
                Operations.TryAdd((record.Operation.Kind, record.Operation.Id), record);
                _lastRefunds.Add(record.Operation.Id);
                refunded.Add(record.Operation.Target!);
            },
            cancellationToken).ConfigureAwait(false);
        refunded.RemoveAll(id => Operations.ContainsKey((LedgerOperationKind.Earn, id)));
        await LoadOperationsAsync([.. refunded.Select(static id => (LedgerOperationKind.Earn, id))], cancellationToken).ConfigureAwait(false);
        await ReadAsync(PointsSql.Orders, refunded, ReadOrder, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask LoadWaitingAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(_transaction.Command(PointsSql.WaitingOrders), ReadOrder, cancellationToken).ConfigureAwait(false);
        await ReadAsync(
            _transaction.Command(PointsSql.WaitingRefunds), r => Book.Add(KeyReader.Refund(r)), cancellationToken).ConfigureAwait(false);
        await ReadAsync(_transaction.Command(PointsSql.WaitingRedemptionEvents), ReadRedemptionEvent, cancellationToken).ConfigureAwait(false);
        _waiting.UnionWith([.. Book.WaitingOrders, .. Book.WaitingRefunds, .. Book.WaitingRedemptions]);
    }

    private async ValueTask LoadOperationsAsync(IReadOnlyList<(LedgerOperationKind Kind, string Id)> keys, CancellationToken cancellationToken)
    {
        foreach (var chunk in keys.Chunk(_limits.FetchRows))
        {
            var command = _transaction.Command(PointsSql.Operations)
                .With([.. chunk.Select(static k => EnumText.Operation[k.Kind])]).With([.. chunk.Select(static k => k.Id)]);
            await ReadAsync(
                command,
                reader =>
                {
                    var (record, _, _) = KeyReader.Operation(reader);
                    Operations.Add((record.Operation.Kind, record.Operation.Id), record);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask LoadMembersAsync(
        IReadOnlyList<OrderRow> orders, IReadOnlyList<RedemptionRow> redemptions, IReadOnlyList<string> claimIds, DateOnly asOf, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(orders.Select(static o => o.Customer), StringComparer.Ordinal);
        names.UnionWith(redemptions.Select(static r => r.Customer));
        names.UnionWith(Book.Orders.Values.Select(static o => o.Row.Customer));
        names.UnionWith([.. Book.Claims.Values.Select(static r => r.Row.Customer), .. Book.Events.Values.Select(static r => r.Row.Customer)]);
        names.UnionWith(Operations.Values.Select(static o => o.Operation.Member).OfType<string>());
        var redeemed = new List<Redemption>();
        await ReadAsync(PointsSql.Redemptions, claimIds, r => redeemed.Add(MemberReader.Redemption(r)), cancellationToken).ConfigureAwait(false);
        foreach (var redemption in redeemed)
        {
            names.Add(redemption.Member);
            if (ToldClaims.Row(redemption) is { } claim)
            {
                Book.Add(claim);
            }
        }

        names.UnionWith(await _transaction.Command(PointsSql.MembersDue).With(asOf).ListAsync(cancellationToken).ConfigureAwait(false));
        await LoadMembersAsync(names, cancellationToken).ConfigureAwait(false);
        foreach (var operation in ToldClaims.Find([.. redeemed.Where(r => !Operations.ContainsKey((LedgerOperationKind.Redeem, r.Id)))], Members))
        {
            Operations.Add((LedgerOperationKind.Redeem, operation.Operation.Id), operation);
        }
    }

    private async ValueTask LoadMembersAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var reader = new MemberReader(_transaction, isWhole: true);
        foreach (var chunk in names.Chunk(_limits.ChunkMembers))
        {
            foreach (var (name, member) in await reader.ReadAsync(chunk, known: null, cancellationToken).ConfigureAwait(false))
            {
                Members.Add(name, member);
                Book.Add(member.Book!);
            }
        }
    }

    private void ReadOrder(DbDataReader reader)
    {
        var order = KeyReader.Order(reader);
        if (ReferenceEquals(Book.Add(order), order) && KeyReader.Earned(reader) is { } earned)
        {
            Operations.Add((LedgerOperationKind.Earn, order.Row.Id), earned);
            OwnOrders.Add(order.Row.Id);
        }
    }

    private void ReadRedemptionEvent(DbDataReader reader) => Book.Add(KeyReader.RedemptionEvent(reader));

    private static string[] Distinct(params IEnumerable<string>[] ids) => [.. ids.SelectMany(static i => i).Distinct(StringComparer.Ordinal)];

    /// <summary>Reads rows by their ids, not too many at once.</summary>
    private async ValueTask ReadAsync(string sql, IEnumerable<string> ids, Action<DbDataReader> add, CancellationToken cancellationToken)
    {
        foreach (var chunk in ids.Distinct(StringComparer.Ordinal).Chunk(_limits.FetchRows))
        {
            await ReadAsync(_transaction.Command(sql).With(chunk), add, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask ReadAsync(NpgsqlCommand command, Action<DbDataReader> add, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    add(reader);
                }
            }
        }
    }
}
