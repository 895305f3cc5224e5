using System.Threading.Channels;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Connectors.Delivering;

/// <summary>Sends the reports of many attempts to the store together: while it is busy with some, the others gather.</summary>
internal sealed class ReportBatcher(IQueueStore store, TimeProvider clock) : IAsyncDisposable
{
    private const int Most = 256;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly Channel<(DeliveryReport Report, TaskCompletionSource<bool> Taken)> _channel =
        Channel.CreateUnbounded<(DeliveryReport, TaskCompletionSource<bool>)>(new() { SingleReader = true });

    private Task? _work;

    /// <summary>Reports, and waits until the store has kept it.</summary>
    /// <returns>Whether the claim still held.</returns>
    public Task<bool> ReportAsync(DeliveryReport report)
    {
        var taken = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        ObjectDisposedException.ThrowIf(!_channel.Writer.TryWrite((report, taken)), this);
        return taken.Task;
    }

    public void Start() => _work = Task.Run(WorkAsync);

    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        if (_work is not null)
        {
            await _work.ConfigureAwait(false);
        }
    }

    private async Task WorkAsync()
    {
        var batch = new List<(DeliveryReport Report, TaskCompletionSource<bool> Taken)>();
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < Most && _channel.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            try
            {
                var taken = await KeepAsync([.. batch.Select(static b => b.Report)]).ConfigureAwait(false);
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].Taken.TrySetResult(taken[i]);
                }
            }
            catch (Exception e)
            {
                foreach (var (_, taken) in batch)
                {
                    taken.TrySetException(e);
                }
            }
        }
    }

    /// <summary>
    /// Keeps reports, again when the connection is lost: an end that was kept already has given its token up and is not taken twice, and a beginning
    /// that is kept twice counts one attempt more, which loses nothing.
    /// </summary>
    private async Task<IReadOnlyList<bool>> KeepAsync(DeliveryReport[] reports)
    {
        var delay = TimeSpan.FromMilliseconds(50);
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await store.ReportAsync(reports).ConfigureAwait(false);
            }
            catch (StoreException e) when ((e.IsTransient || e.Fault == StoreFault.OutcomeUnknown) && clock.GetElapsedTime(started) < Longest)
            {
                await Task.Delay(delay, clock).ConfigureAwait(false);
                delay = delay * 2 < TimeSpan.FromSeconds(1) ? delay * 2 : TimeSpan.FromSeconds(1);
            }
        }
    }
}
