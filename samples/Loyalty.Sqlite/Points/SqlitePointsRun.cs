using System.Runtime.CompilerServices;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Sqlite.Files;
using Loyalty.Sqlite.Queue;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Sqlite.Points;

/// <summary>A run: one transaction on the file. Rows are collected; closing the days loads what they touch, lets the rules decide, and writes.</summary>
internal sealed class SqlitePointsRun : IPointsRun
{
    private readonly SqliteConnectionLease _lease;
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly DateTime _recordedAt;
    private readonly PointsRunRow? _stored;
    private readonly List<OrderRow> _orders = [];
    private readonly List<RefundRow> _refunds = [];
    private readonly List<RedemptionRow> _redemptions = [];
    private readonly SqliteRunOutbox _outbox;
    private Step _step;

    public SqlitePointsRun(SqliteConnectionLease lease, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt)
    {
        _lease = lease;
        _program = program;
        _asOf = asOf;
        _recordedAt = recordedAt;
        _outbox = new SqliteRunOutbox(lease);
        _stored = new PointsRows(lease).Run();
        PointsRules.Check(program, asOf, recordedAt, _stored?.Program, _stored?.AsOf);
        CheckStages();
    }

    private enum Step
    {
        Taking,
        Failed,
        Closed,
        Committed,
        Disposed,
    }

    /// <remarks>There is no journal to put it in.</remarks>
    public Guid RunId { get; } = Guid.Empty;

    public IRunOutbox Outbox
    {
        get
        {
            ThrowIf(_step != Step.Closed, "Deliveries are stored after the days were closed and before the commit.");
            return _outbox;
        }
    }

    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIf(_step > Step.Closed, "Inputs must be noted before the commit.");
    }

    public ValueTask AddOrdersAsync(IReadOnlyList<OrderRow> rows, CancellationToken cancellationToken = default) => Add(_orders, rows, cancellationToken);

    public ValueTask AddRefundsAsync(IReadOnlyList<RefundRow> rows, CancellationToken cancellationToken = default) => Add(_refunds, rows, cancellationToken);

    public ValueTask AddRedemptionsAsync(IReadOnlyList<RedemptionRow> rows, CancellationToken cancellationToken = default) =>
        Add(_redemptions, rows, cancellationToken);

    public ValueTask<PointsRunResult> CloseDaysAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step != Step.Taking, "The days were closed already.");
        cancellationToken.ThrowIfCancellationRequested();

        // Days that fail half way can be neither closed again nor kept.
        _step = Step.Failed;
        var loaded = Load();
        var result = new PointsRun(loaded.Book, _program, _asOf, _recordedAt).Run(_orders, _refunds, _redemptions);
        cancellationToken.ThrowIfCancellationRequested();
        var writer = new PointsWriter(_lease, _program.Tenant);
        if (!writer.Write(loaded, _program))
        {
            // The day is closed all the same.
            writer.PutRun(loaded.Book, _program);
        }

        _step = Step.Closed;
        return new(result);
    }

    public async IAsyncEnumerable<MemberPoints> ReadMembersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIf(_step != Step.Closed, "Members can be read after the days were closed and before the commit.");
        await Task.CompletedTask.ConfigureAwait(false);
        var rows = new PointsRows(_lease);
        var run = rows.Run()!;
        foreach (var name in rows.Texts("SELECT member FROM points_member ORDER BY member"))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return SqlitePointsStore.Show(rows.Member(name)!, run);
        }
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step < Step.Closed, "A run can be committed after the days were closed.");
        ThrowIf(_step > Step.Closed, "The run was committed already.");
        cancellationToken.ThrowIfCancellationRequested();
        _lease.Commit();
        _step = Step.Committed;
        return default;
    }

    public ValueTask DisposeAsync()
    {
        if (_step != Step.Disposed)
        {
            _step = Step.Disposed;
            _lease.Dispose();
        }

        return default;
    }

    private LoadedBook Load()
    {
        var loaded = new LoadedBook(_lease, _program, _stored);
        if (_stored is not null)
        {
            loaded.NeedDue(_asOf);
            foreach (var order in LiveRows.WithoutFault(_orders))
            {
                loaded.NeedOrder(order.Id);
                loaded.Need(order.Customer);
            }

            foreach (var refund in LiveRows.WithoutFault(_refunds))
            {
                loaded.NeedRefund(refund.Id);
                loaded.NeedOrder(refund.Order);
                loaded.NeedRefundsOf(refund.Order);
            }

            foreach (var redemption in LiveRows.WithoutFault(_redemptions))
            {
                loaded.NeedRedemption(redemption.Id);
                loaded.Need(redemption.Customer);
            }
        }

        loaded.Load();
        return loaded;
    }

    private ValueTask Add<T>(List<T> all, IReadOnlyList<T> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ThrowIf(_step != Step.Taking, "The days were closed already.");
        cancellationToken.ThrowIfCancellationRequested();
        all.AddRange(rows);
        return default;
    }

    private void ThrowIf(bool wrong, string message)
    {
        ObjectDisposedException.ThrowIf(_step == Step.Disposed, this);
        if (wrong)
        {
            throw new InvalidOperationException(message);
        }
    }

    private void CheckStages()
    {
        var stages = (_program.Club?.Stages ?? []).Select(static s => s.Name).ToHashSet(StringComparer.Ordinal);
        var rows = _lease["SELECT member, stage FROM points_member WHERE stage IS NOT NULL ORDER BY member"];
        while (rows.Step())
        {
            if (!stages.Contains(rows.Text(1)))
            {
                var (member, stage) = (rows.Text(0), rows.Text(1));
                rows.Reset();
                throw PointsRules.OffStages(member, stage);
            }
        }
    }
}
