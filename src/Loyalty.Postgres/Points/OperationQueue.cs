using Loyalty.Points;

namespace Loyalty.Postgres.Points;

/// <summary>
/// Lets callers that wait at the same time share a transaction: while one batch is at work, operations queue, and the next batch takes them
/// all. So the more callers there are, the less each one pays for lock and commit.
/// </summary>
internal sealed class OperationQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly Func<IReadOnlyList<TimedOperation>, ValueTask<LedgerResult[]>> _run;
    private readonly int _mostInBatch;
    private bool _isWorking;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="run">Does a batch; never called twice at once.</param>
    /// <param name="mostInBatch">The most operations of a batch.</param>
    public OperationQueue(Func<IReadOnlyList<TimedOperation>, ValueTask<LedgerResult[]>> run, int mostInBatch)
    {
        _run = run;
        _mostInBatch = mostInBatch;
    }

    /// <summary>Has operations done, at most as many as fit into a batch, in the order of the calls.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="cancellationToken">Takes them out of the queue; what is in a batch is waited for.</param>
    public async ValueTask<LedgerResult[]> RunAsync(TimedOperation[] operations, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(operations, cancellationToken);
        bool mustStart;
        lock (_lock)
        {
            _waiting.Enqueue(waiting);
            mustStart = !_isWorking;
            _isWorking = true;
        }

        if (mustStart)
        {
            _ = Task.Run(WorkAsync, CancellationToken.None);
        }

        var registration = cancellationToken.Register(waiting.GiveUp);
        await using (registration.ConfigureAwait(false))
        {
            return await waiting.Done.ConfigureAwait(false);
        }
    }

    private async Task WorkAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                TimedOperation[] operations = batch is [var only] ? only.Operations : [.. batch.SelectMany(static w => w.Operations)];
                var results = await _run(operations).ConfigureAwait(false);
                var first = 0;
                foreach (var waiting in batch)
                {
                    waiting.Finish(results[first..(first + waiting.Operations.Length)]);
                    first += waiting.Operations.Length;
                }
            }
#pragma warning disable CA1031 // whatever went wrong belongs to those who wait
            catch (Exception e)
#pragma warning restore CA1031
            {
                foreach (var waiting in batch)
                {
                    waiting.Fail(e);
                }
            }

            await LetCallersGoOnAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Callers that got their answers may send what they have next before the next batch is taken: a full batch costs as much as a small one.</summary>
    private static Task LetCallersGoOnAsync()
    {
        var turn = new TaskCompletionSource();
        ThreadPool.UnsafeQueueUserWorkItem(static t => t.SetResult(), turn, preferLocal: false);
        return turn.Task;
    }

    private List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        var count = 0;
        lock (_lock)
        {
            while (_waiting.TryPeek(out var next) && (count == 0 || count + next.Operations.Length <= _mostInBatch))
            {
                _waiting.Dequeue();
                if (next.TryStart())
                {
                    batch.Add(next);
                    count += next.Operations.Length;
                }
            }

            _isWorking = batch.Count > 0;
        }

        return batch;
    }

    /// <summary>A call that waits for its results.</summary>
    private sealed class Waiting(TimedOperation[] operations, CancellationToken cancellationToken)
    {
        private readonly TaskCompletionSource<LedgerResult[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _isTaken;

        public TimedOperation[] Operations { get; } = operations;

        public Task<LedgerResult[]> Done => _done.Task;

        public bool TryStart() => Interlocked.Exchange(ref _isTaken, 1) == 0;

        public void GiveUp()
        {
            if (TryStart())
            {
                _done.SetCanceled(cancellationToken);
            }
        }

        public void Finish(LedgerResult[] results) => _done.SetResult(results);

        public void Fail(Exception exception) => _done.SetException(exception);
    }
}
