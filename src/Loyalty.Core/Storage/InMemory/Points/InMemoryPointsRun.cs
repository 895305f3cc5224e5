using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.InMemory.Points;

/// <summary>A run in memory: collects its rows, closes the days on a copy of the book, which takes the place of what is stored on commit.</summary>
internal sealed class InMemoryPointsRun(InMemoryPointsStore store, LoyaltyProgram program, DateOnly asOf, DateTime recordedAt) : IPointsRun
{
    private readonly List<OrderRow> _orders = [];
    private readonly List<RefundRow> _refunds = [];
    private readonly List<RedemptionRow> _redemptions = [];
    private readonly InMemoryRunOutbox? _outbox = store.Queue is { } queue ? new InMemoryRunOutbox(queue) : null;
    private PointsBook? _book;
    private Step _step;

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
        _book = store.CopyBook() ?? new PointsBook(program.Points!);
        var result = new PointsRun(_book, program, asOf, recordedAt).Run(_orders, _refunds, _redemptions);
        _step = Step.Closed;
        return new(result);
    }

    public IAsyncEnumerable<MemberPoints> ReadMembersAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step != Step.Closed, "Members can be read after the days were closed and before the commit.");
        return InMemoryPointsStore.ShowAll(_book!, program, new Lock(), cancellationToken);
    }

    public IRunOutbox Outbox => _outbox ?? throw new NotSupportedException("The store keeps no queue: the one that holds it was made without a clock.");

    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_step < Step.Closed, "A run can be committed after the days were closed.");
        ThrowIf(_step > Step.Closed, "The run was committed already.");
        cancellationToken.ThrowIfCancellationRequested();
        store.Restore(program, _book!);
        if (_outbox is not null)
        {
            await _outbox.CommitAsync().ConfigureAwait(false);
        }

        _step = Step.Committed;
        store.CloseRun();
    }

    public ValueTask DisposeAsync()
    {
        if (_step < Step.Committed)
        {
            store.CloseRun();
        }

        _step = Step.Disposed;
        return default;
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
}
