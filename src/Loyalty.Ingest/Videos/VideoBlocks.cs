using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Loyalty.Activities;
using Loyalty.Ingest.Csv;

namespace Loyalty.Ingest.Videos;

/// <summary>
/// The records of a source in blocks, read one after the other, made to activities side by side, and given out in their order. Helpers
/// do both; whoever asks for a block that is not ready does what is to be done meanwhile. So hardly anybody waits for another thread to
/// wake up, which takes as long as the work on so small a block.
/// </summary>
internal sealed class VideoBlocks
{
    /// <summary>How many blocks helpers read before they make their activities: who asks finds work, and need not wait for the source.</summary>
    private const int ReadAhead = 2;

    private readonly Lock _lock = new();
    private readonly CsvSource _source;
    private readonly Action<CsvRecords, ActivityBatch> _take;
    private readonly int _rows;
    private readonly int _helpers;
    private readonly Block[] _blocks;

    // Blocks by their numbers: those below are read, begun to be taken, given back. Each stands in the place of its number modulo the number of places.
    private long _read;
    private long _begun;
    private long _released;
    private bool _isReading;
    private bool _hasEnded;
    private ExceptionDispatchInfo? _failure;
    private TaskCompletionSource? _change;

    /// <param name="source">The source; nobody else reads it.</param>
    /// <param name="take">Turns records into activities of an empty batch, on any thread.</param>
    /// <param name="rows">How many rows of a block.</param>
    /// <param name="blocks">How many blocks there may be at once.</param>
    /// <param name="room">For how many rows of a block to make room at first.</param>
    /// <param name="helpers">How many help at the most; at least 0.</param>
    public VideoBlocks(CsvSource source, Action<CsvRecords, ActivityBatch> take, int rows, int blocks, int room, int helpers)
    {
        _source = source;
        _take = take;
        _rows = rows;
        _helpers = Math.Min(helpers, blocks - 1);
        _blocks = new Block[blocks];
        for (var i = 0; i < blocks; i++)
        {
            _blocks[i] = new Block(source.Names.Length, room);
        }
    }

    /// <summary>All blocks in their order, each valid until the next is asked for.</summary>
    /// <exception cref="SourceException">As <see cref="CsvSource.Read(CsvRecords, int)"/>, when all blocks before were given out.</exception>
    public async IAsyncEnumerable<Block> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _source.Cancellation = stop.Token;
        var helpers = new Task[_helpers];
        for (var i = 0; i < helpers.Length; i++)
        {
            helpers[i] = Task.Run(() => HelpAsync(stop.Token), CancellationToken.None);
        }

        try
        {
            for (var next = 0L; await IsReadyAsync(next, cancellationToken).ConfigureAwait(false); next++)
            {
                var block = _blocks[next % _blocks.Length];
                block.Failure?.Throw();
                yield return block;
                lock (_lock)
                {
                    _released = next + 1;
                    Signal();
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(helpers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Works until a block is ready.</summary>
    /// <returns>Whether there is such a block.</returns>
    private async ValueTask<bool> IsReadyAsync(long number, CancellationToken cancellationToken)
    {
        Task? change = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (_lock)
            {
                if (number < _read && _blocks[number % _blocks.Length].IsDone)
                {
                    return true;
                }

                if (number == _read && _hasEnded)
                {
                    // Who cancels may meet a helper that was stopped by it; the caller's own token is the one to name.
                    cancellationToken.ThrowIfCancellationRequested();
                    _failure?.Throw();
                    return false;
                }
            }

            // Asked for before it was looked once more, so that no change is missed.
            if (change is not null)
            {
                await change.WaitAsync(cancellationToken).ConfigureAwait(false);
                change = null;
            }
            else
            {
                _ = TryWork(toRead: 1, out change);
            }
        }
    }

    private async Task HelpAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (!TryWork(ReadAhead, out var change))
            {
                await change.WaitAsync(stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads a block, or makes the activities of one.</summary>
    /// <param name="toRead">Below how many blocks without activities another is read first.</param>
    /// <param name="change">What to wait for when there is nothing to do.</param>
    private bool TryWork(int toRead, [NotNullWhen(false)] out Task? change)
    {
        change = null;
        Block block;
        bool reads;
        lock (_lock)
        {
            var waiting = _read - _begun;
            reads = waiting < toRead && !_isReading && !_hasEnded && _read - _released < _blocks.Length;
            if (!reads && waiting == 0)
            {
                change = (_change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                return false;
            }

            _isReading |= reads;
            block = _blocks[(reads ? _read : _begun++) % _blocks.Length];
        }

        if (reads)
        {
            Read(block);
        }
        else
        {
            Take(block);
        }

        return true;
    }

    private void Read(Block block)
    {
        var isRead = false;
        try
        {
            isRead = _source.Read(block.Records, _rows);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        lock (_lock)
        {
            block.IsDone = false;
            _isReading = false;
            _hasEnded = !isRead;
            _read += isRead ? 1 : 0;
            Signal();
        }
    }

    private void Take(Block block)
    {
        block.Batch.Clear();
        try
        {
            _take(block.Records, block.Batch);
        }
        catch (Exception e)
        {
            block.Failure = ExceptionDispatchInfo.Capture(e);
        }

        lock (_lock)
        {
            block.IsDone = true;
            Signal();
        }
    }

    private void Signal()
    {
        _change?.SetResult();
        _change = null;
    }

    /// <summary>Records on their way to become activities.</summary>
    internal sealed class Block(int columns, int rows)
    {
        public CsvRecords Records { get; } = new(columns, Math.Max(rows, 16));

        public ActivityBatch Batch { get; } = new(rows);

        public bool IsDone { get; set; }

        public ExceptionDispatchInfo? Failure { get; set; }
    }
}
