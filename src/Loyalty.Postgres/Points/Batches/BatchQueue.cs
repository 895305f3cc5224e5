namespace Loyalty.Postgres.Points.Batches;

/// <summary>
/// Lets callers that wait at the same time share a transaction: while one batch is at work, what else comes queues, and the next batch takes it
/// all. So the more callers there are, the less each one pays for lock and commit.
/// </summary>
/// <typeparam name="TItem">What is asked for.</typeparam>
/// <typeparam name="TResult">What becomes of one.</typeparam>
internal sealed class BatchQueue<TItem, TResult>
{
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly Func<IReadOnlyList<TItem>, ValueTask<TResult[]>> _run;
    private readonly int _mostInBatch;
    private bool _isWorking;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="run">Does a batch; never called twice at once.</param>
    /// <param name="mostInBatch">The most items of a batch.</param>
    public BatchQueue(Func<IReadOnlyList<TItem>, ValueTask<TResult[]>> run, int mostInBatch)
    {
        _run = run;
        _mostInBatch = mostInBatch;
    }

    /// <summary>Has items done, in the order of the calls.</summary>
    /// <param name="items">The items.</param>
    /// <param name="cancellationToken">Gives up before the next batch; takes them out of the queue, but what is in a batch is waited for.</param>
    public async ValueTask<TResult[]> RunAsync(TItem[] items, CancellationToken cancellationToken)
    {
        if (items.Length <= _mostInBatch)
        {
            return await WaitAsync(items, cancellationToken).ConfigureAwait(false);
        }

        var results = new TResult[items.Length];
        for (var first = 0; first < items.Length; first += _mostInBatch)
        {
            var last = Math.Min(first + _mostInBatch, items.Length);
            (await WaitAsync(items[first..last], cancellationToken).ConfigureAwait(false)).CopyTo(results, first);
        }

        return results;
    }

    private async ValueTask<TResult[]> WaitAsync(TItem[] items, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new Waiting(items, cancellationToken);
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
                TItem[] items = batch is [var only] ? only.Items : [.. batch.SelectMany(static w => w.Items)];
                var results = await _run(items).ConfigureAwait(false);
                var first = 0;
                foreach (var waiting in batch)
                {
                    waiting.Finish(results[first..(first + waiting.Items.Length)]);
                    first += waiting.Items.Length;
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
            while (_waiting.TryPeek(out var next) && (count == 0 || count + next.Items.Length <= _mostInBatch))
            {
                _waiting.Dequeue();
                if (next.TryStart())
                {
                    batch.Add(next);
                    count += next.Items.Length;
                }
            }

            _isWorking = batch.Count > 0;
        }

        return batch;
    }

    /// <summary>A call that waits for its results.</summary>
    private sealed class Waiting(TItem[] items, CancellationToken cancellationToken)
    {
        private readonly TaskCompletionSource<TResult[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _isTaken;

        public TItem[] Items { get; } = items;

        public Task<TResult[]> Done => _done.Task;

        public bool TryStart() => Interlocked.Exchange(ref _isTaken, 1) == 0;

        public void GiveUp()
        {
            if (TryStart())
            {
                _done.SetCanceled(cancellationToken);
            }
        }

        public void Finish(TResult[] results) => _done.SetResult(results);

        public void Fail(Exception exception) => _done.SetException(exception);
    }
}
