using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;

namespace Loyalty.Connectors.Delivering;

/// <summary>Empties a queue: claims what is due, sends it, and reports what became of it.</summary>
/// <remarks>
/// One object for one run. Any number of them, in any number of processes, may work on one queue. A worker that is ended at any moment loses nothing:
/// what it held is claimed again when its lease has ended, and an attempt that it began counts as one whose answer was lost.
/// </remarks>
public sealed class DeliveryWorker
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(300);

    private readonly IQueueStore _store;
    private readonly IReadOnlyList<DeliveryTarget> _targets;
    private readonly DeliveryOptions _options;
    private readonly ILogger _log;
    private readonly RunTally _tally = new();

    /// <summary>Creates a worker.</summary>
    /// <param name="store">The queue.</param>
    /// <param name="targets">Where its deliveries go.</param>
    /// <param name="options">How to work.</param>
    /// <exception cref="ArgumentException">The timeout of a target is not shorter than the lease, or two targets have one name.</exception>
    public DeliveryWorker(IQueueStore store, IReadOnlyList<DeliveryTarget> targets, DeliveryOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(options);
        if (targets.FirstOrDefault(t => t.Options.Timeout >= options.Lease) is { } slow)
        {
            throw new ArgumentException($"The timeout of '{slow.Options.Name}' must be shorter than the lease ({options.Lease:c}).", nameof(targets));
        }

        if (targets.DistinctBy(static t => t.Options.Name, StringComparer.Ordinal).Count() != targets.Count)
        {
            throw new ArgumentException("Two targets have the same name.", nameof(targets));
        }

        (_store, _targets, _options) = (store, targets, options);
        _log = options.LoggerFactory.CreateLogger("Loyalty.Queue");
    }

    /// <summary>What the run did so far.</summary>
    public DeliveryResult Progress => _tally.Result;

    /// <summary>Works until the run ends.</summary>
    /// <param name="stop">Ends the run: nothing more is claimed, what is on its way comes to its end.</param>
    /// <param name="cancellationToken">Ends the run at once: what is on its way has a moment, then counts as lost.</param>
    /// <exception cref="StoreException">The store fails.</exception>
    /// <exception cref="OperationCanceledException">The run was ended at once.</exception>
    public async Task<DeliveryResult> RunAsync(CancellationToken stop = default, CancellationToken cancellationToken = default)
    {
        var clock = new BackOffClock(_options, await _store.GetNowAsync(cancellationToken).ConfigureAwait(false));
        using var board = new ClaimBoard(_store, _targets, _options, _tally, _log);
        var reports = new ReportBatcher(_store, _options.Clock);
        reports.Start();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        using var late = new CancellationTokenSource();
        var atOnce = cancellationToken.Register(() => late.CancelAfter(Grace));
        await using (atOnce.ConfigureAwait(false))
        {
            try
            {
                var attempts = new AttemptRunner(_store, reports, clock, _options, _tally, _log, late.Token);
                await Task.WhenAll(Enumerable.Range(0, _options.Workers).Select(_ => Task.Run(() => WorkAsync(board, attempts, ending), CancellationToken.None)))
                    .ConfigureAwait(false);
            }
            finally
            {
                await GiveBackAsync(board, reports).ConfigureAwait(false);
                await reports.DisposeAsync().ConfigureAwait(false);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        foreach (var blocked in await _store.FindBlockedAsync(_tally.HoldingBack, CancellationToken.None).ConfigureAwait(false))
        {
            _tally.Touch(blocked.Key);
        }

        return _tally.Result;
    }

    private static async Task WorkAsync(ClaimBoard board, AttemptRunner attempts, CancellationTokenSource ending)
    {
        // How the one before ended is kept while the next one begins, in one transaction with its beginning; nothing more is begun before it is kept.
        var before = Task.CompletedTask;
        try
        {
            while (await board.NextAsync(ending.Token).ConfigureAwait(false) is { } ready)
            {
                var sent = new TaskCompletionSource();
                var last = before;
                before = WorkAsync(ready, sent, board, attempts, ending);
                await sent.Task.ConfigureAwait(false);
                await last.ConfigureAwait(false);
            }
        }
        finally
        {
            // Also when the one before it failed: nothing goes on behind the end of the run.
            await before.ConfigureAwait(false);
        }
    }

    /// <summary>Works on a claim until it is over.</summary>
    private static async Task WorkAsync(ReadyClaim ready, TaskCompletionSource sent, ClaimBoard board, AttemptRunner attempts, CancellationTokenSource ending)
    {
        try
        {
            var kept = await attempts.RunAsync(ready).ConfigureAwait(false);
            sent.TrySetResult();
            await kept.ConfigureAwait(false);
        }
        catch
        {
            // The others stop, too: what fails here fails for all.
            await ending.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            board.Over(ready.Target);
            sent.TrySetResult();
        }
    }

    /// <summary>Gives back what was claimed ahead; a store that cannot be reached waits for the leases to end.</summary>
    private static async Task GiveBackAsync(ClaimBoard board, ReportBatcher reports)
    {
        try
        {
            await Task.WhenAll(board.Left.Select(l => reports.ReportAsync(new DeliveryReport(l.Claim, ReportKind.Release, l.Target)))).ConfigureAwait(false);
        }
        catch (StoreException)
        {
            // The leases end by themselves.
        }
    }
}
