using System.Data;
using System.Diagnostics;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Sessions;

/// <summary>How a run of some kind is looked up: by statements that name the tenant as <c>$1</c>.</summary>
/// <param name="Lock">Locks the row whose lock is that of a run, waiting; returns nothing when there is none yet.</param>
/// <param name="Create">Makes that row as a first run would; parameters follow the tenant.</param>
/// <param name="CreateParameters">Adds the parameters of <paramref name="Create"/>.</param>
/// <param name="Find">Finds the run <c>$2</c> in the ledger.</param>
internal sealed record RunLookup(string Lock, string Create, Func<NpgsqlCommand, NpgsqlCommand> CreateParameters, string Find);

/// <summary>Begins runs again that were interrupted, and finds out whether one was kept when the answer to its commit was lost.</summary>
internal sealed class RunAttempts
{
    private const string WaitForRow = "; SET LOCAL lock_timeout = '10s'";

    private readonly NpgsqlDataSource _dataSource;
    private readonly TenantId _tenant;
    private readonly PostgresStoreOptions _options;
    private readonly ILogger _log;
    private readonly RunLookup _lookup;

    public RunAttempts(NpgsqlDataSource dataSource, TenantId tenant, PostgresStoreOptions options, ILogger log, RunLookup lookup)
    {
        _dataSource = dataSource;
        _tenant = tenant;
        _options = options;
        _log = log;
        _lookup = lookup;
    }

    /// <summary>Runs an attempt until it succeeds, fails for good, or was tried as often as the options say.</summary>
    /// <param name="name">The name of the activity that is traced.</param>
    /// <param name="attempt">One attempt; all of them share the run id, so that no run is kept twice.</param>
    /// <param name="cancellationToken">Gives up between attempts.</param>
    public async ValueTask<T> RunAsync<T>(string name, Func<Guid, CancellationToken, ValueTask<T>> attempt, CancellationToken cancellationToken)
    {
        var runId = Guid.CreateVersion7(_options.TimeProvider.GetUtcNow());
        using var activity = PostgresTelemetry.Source.StartActivity(name);
        activity?.SetTag("loyalty.run_id", runId);
        activity?.SetTag("loyalty.tenant_id", _tenant.Value);
        var delay = _options.RetryDelay;
        for (var number = 1; ; number++)
        {
            try
            {
                return await attempt(runId, cancellationToken).ConfigureAwait(false);
            }
            catch (StoreException e) when (ShouldRetry(e, number))
            {
                PostgresLog.RunInterrupted(_log, runId, e.Fault, number, delay);
                PostgresTelemetry.Retries.Add(1);
                activity?.AddEvent(new ActivityEvent("retry"));
            }

            await Task.Delay(delay, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            delay *= 2;
        }
    }

    /// <summary>Commits; when the answer is lost, asks on a new connection whether the run was kept.</summary>
    /// <param name="transaction">The transaction of the run; disposed when its answer was lost.</param>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Gives up asking, not committing: from here on the answer matters.</param>
    /// <exception cref="StoreException">
    /// The run was not kept (<see cref="StoreFault.Interrupted"/>), or the store could not be asked (<see cref="StoreFault.OutcomeUnknown"/>).
    /// </exception>
    public async ValueTask CommitAsync(TenantTransaction transaction, Guid runId, CancellationToken cancellationToken)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            if (e is PostgresException { SqlState: var state } && !state.StartsWith("57P", StringComparison.Ordinal)
                && !state.StartsWith("08", StringComparison.Ordinal))
            {
                throw PostgresErrors.Map(e);
            }

            PostgresLog.CommitUnknown(_log, runId);
            await transaction.AbandonAsync().ConfigureAwait(false);
            var kept = await WasKeptAsync(runId, e, cancellationToken).ConfigureAwait(false);
            PostgresLog.CommitResolved(_log, runId, kept);
            if (!kept)
            {
                throw PostgresErrors.Map(e);
            }
        }
    }

    private async ValueTask<bool> WasKeptAsync(Guid runId, Exception cause, CancellationToken cancellationToken)
    {
        var delay = _options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await LookUpAsync(runId, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e))
            {
                if (attempt == _options.MaxAttempts || cancellationToken.IsCancellationRequested)
                {
                    throw Unknown(runId, cause);
                }
            }
            catch (OperationCanceledException)
            {
                throw Unknown(runId, cause);
            }

            await Task.Delay(delay, _options.TimeProvider, CancellationToken.None).ConfigureAwait(false);
            delay *= 2;
        }
    }

    private async ValueTask<bool> LookUpAsync(Guid runId, CancellationToken cancellationToken)
    {
        var transaction = await TenantTransaction
            .OpenAsync(_dataSource, _tenant, IsolationLevel.ReadCommitted, WaitForRow, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // The lost backend may still be committing; it holds the lock of the row until it is done.
            if (await transaction.Command(_lookup.Lock).ScalarAsync(cancellationToken).ConfigureAwait(false) is null)
            {
                // A first run makes the row itself: making it, too, waits for the other, and is rolled back here.
                await _lookup.CreateParameters(transaction.Command(_lookup.Create)).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            }

            return await transaction.Command(_lookup.Find).With(runId).ScalarAsync(cancellationToken).ConfigureAwait(false) is not null;
        }
    }

    /// <summary>
    /// An interrupted run may be tried again; one that meets the lock of its own lost attempt may, too, but not one that met another run first.
    /// </summary>
    private bool ShouldRetry(StoreException e, int attempt) =>
        attempt < _options.MaxAttempts && (e.Fault == StoreFault.Interrupted || (e.Fault == StoreFault.AlreadyRunning && attempt > 1));

    private static StoreException Unknown(Guid runId, Exception cause) => new(
        StoreFault.OutcomeUnknown,
        $"The connection was lost while run {runId} was being kept, and PostgreSQL cannot be asked whether it was; "
        + "run again with the same files and date: what was kept is then unchanged.",
        cause);
}
