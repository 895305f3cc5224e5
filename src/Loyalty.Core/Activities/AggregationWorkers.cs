namespace Loyalty.Activities;

/// <summary>Work that falls into pieces, each of which may run on any thread.</summary>
internal interface IAggregationWork
{
    /// <summary>Does one piece. Must not throw.</summary>
    void Run(int piece);
}

/// <summary>
/// Runs the pieces of a work on the caller's thread and on pool threads, without allocating once its helpers are made. The caller takes
/// pieces too, so a busy pool costs speed, never progress: helpers that have not started when the pieces run out are called off.
/// </summary>
internal sealed class AggregationWorkers
{
    private readonly Helper[] _helpers;
    private IAggregationWork? _work;
    private int _pieces;
    private int _next;

    public AggregationWorkers(int threads)
    {
        _helpers = new Helper[threads - 1];
        for (var helper = 0; helper < _helpers.Length; helper++)
        {
            _helpers[helper] = new(this);
        }
    }

    /// <summary>Returns when all pieces are done.</summary>
    public void Run(IAggregationWork work, int pieces)
    {
        _work = work;
        _pieces = pieces;
        _next = 0;
        var helpers = Math.Min(_helpers.Length, pieces - 1);
        for (var helper = 0; helper < helpers; helper++)
        {
            _helpers[helper].Call();
        }

        TakePieces();
        for (var helper = 0; helper < helpers; helper++)
        {
            _helpers[helper].Finish();
        }

        _work = null;
    }

    private void TakePieces()
    {
        for (var piece = Interlocked.Increment(ref _next) - 1; piece < _pieces; piece = Interlocked.Increment(ref _next) - 1)
        {
            _work!.Run(piece);
        }
    }

    private sealed class Helper(AggregationWorkers workers) : IThreadPoolWorkItem
    {
        private const int Idle = 0;
        private const int Called = 1;
        private const int Working = 2;
        private const int CalledOff = 3;

        private int _state = Idle;

        /// <summary>Asks the pool for a thread, unless an earlier request that was called off still waits in its queue.</summary>
        public void Call()
        {
            if (Interlocked.CompareExchange(ref _state, Called, CalledOff) != CalledOff)
            {
                Volatile.Write(ref _state, Called);
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        public void Finish()
        {
            if (Interlocked.CompareExchange(ref _state, CalledOff, Called) != Called)
            {
                var spin = default(SpinWait);
                while (Volatile.Read(ref _state) == Working)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }
            }
        }

        void IThreadPoolWorkItem.Execute()
        {
            while (true)
            {
                if (Interlocked.CompareExchange(ref _state, Working, Called) == Called)
                {
                    workers.TakePieces();
                    Volatile.Write(ref _state, Idle);
                    return;
                }

                if (Interlocked.CompareExchange(ref _state, Idle, CalledOff) == CalledOff)
                {
                    return;
                }
            }
        }
    }
}
