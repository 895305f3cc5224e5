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
    private readonly RunLookup _lookup;

    public RunAttempts(NpgsqlDataSource dataSource, TenantId tenant, PostgresStoreOptions options, ILogger log, RunLookup lookup)
    {
        _dataSource = dataSource;
        _tenant = tenant;
        Options = options;
        Log = log;
        _lookup = lookup;
    }

    public PostgresStoreOptions Options { get; }

    public ILogger Log { get; }

    public Guid NewRunId() => Guid.CreateVersion7(Options.TimeProvider.GetUtcNow());

    /// <summary>Opens a run: a transaction on a schema of this version, under the lock of the run's kind.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="asOf">Its date.</param>
    /// <param name="isolation">The level of the transaction.</param>
    /// <param name="settings">More <c>SET LOCAL</c> statements, each with a semicolon in front.</param>
    /// <param name="enterAsync">Locks or makes the row of the state, and checks that the run may be made.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<RunSession> BeginAsync(
        Guid runId,
        DateOnly asOf,
        IsolationLevel isolation,
        string settings,
        Func<TenantTransaction, CancellationToken, ValueTask> enterAsync,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var transaction = await TenantTransaction.OpenAsync(_dataSource, _tenant, isolation, settings, cancellationToken, isLong: true).ConfigureAwait(false);
            try
            {
                await new Migrations.Migrator(_dataSource, Options).CheckAsync(transaction.Connection, cancellationToken).ConfigureAwait(false);
                await enterAsync(transaction, cancellationToken).ConfigureAwait(false);
                return new RunSession(this, transaction, runId, asOf);
            }
            catch
            {
                await transaction.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>Makes a run until it is kept, fails for good, or was tried as often as the options say.</summary>
    /// <param name="name">The name of the activity that is traced.</param>
    /// <param name="beginAsync">Opens an attempt; all of them share the run id, so that no run is kept twice.</param>
    /// <param name="runAsync">Does everything but the commit.</param>
    /// <param name="cancellationToken">Gives up between attempts.</param>
    public async ValueTask<T> RunAsync<TRun, T>(
        string name,
        Func<Guid, CancellationToken, ValueTask<TRun>> beginAsync,
        Func<TRun, CancellationToken, ValueTask<T>> runAsync,
        CancellationToken cancellationToken)
        where TRun : IRun
    {
        ArgumentNullException.ThrowIfNull(runAsync);
        var runId = NewRunId();
        using var activity = PostgresTelemetry.Source.StartActivity(name);
        activity?.SetTag("loyalty.run_id", runId);
        activity?.SetTag("loyalty.tenant_id", _tenant.Value);
        var retry = new Retry(Options);
        while (true)
        {
            try
            {
                var run = await beginAsync(runId, cancellationToken).ConfigureAwait(false);
                await using (run.ConfigureAwait(false))
                {
                    var result = await runAsync(run, cancellationToken).ConfigureAwait(false);
                    await run.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return result;
                }
            }
            catch (StoreException e) when (retry.IsWorthIt(e.Fault, mayMeetItself: retry.Attempt > 1))
            {
                PostgresLog.RunInterrupted(Log, runId, e.Fault, retry.Attempt, retry.Delay);
                PostgresTelemetry.Retries.Add(1);
                activity?.AddEvent(new ActivityEvent("retry"));
            }
            catch (Exception e)
            {
                activity?.SetStatus(ActivityStatusCode.Error, e is StoreException { Fault: var fault } ? fault.ToString() : e.GetType().Name);
                throw;
            }

            await retry.WaitAsync(cancellationToken).ConfigureAwait(false);
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
            if (!PostgresErrors.IsAnswerLost(e))
            {
                throw PostgresErrors.Map(e);
            }

            PostgresLog.CommitUnknown(Log, runId);
            await transaction.AbandonAsync().ConfigureAwait(false);
            var kept = await WasKeptAsync(runId, e, cancellationToken).ConfigureAwait(false);
            PostgresLog.CommitResolved(Log, runId, kept);
            if (!kept)
            {
                throw PostgresErrors.Map(e);
            }
        }
    }

    /// <summary>Whether the journal has a run, asked after its commit got no answer.</summary>
    public async ValueTask<bool> WasKeptAsync(Guid runId, Exception cause, CancellationToken cancellationToken)
    {
        var retry = new Retry(Options);
        while (true)
        {
            try
            {
                return await LookUpAsync(runId, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e))
            {
                if (retry.Attempt == Options.MaxAttempts || cancellationToken.IsCancellationRequested)
                {
                    throw Unknown(runId, cause);
                }
            }
            catch (OperationCanceledException)
            {
                throw Unknown(runId, cause);
            }

            await retry.WaitAsync(CancellationToken.None).ConfigureAwait(false);
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

    private static StoreException Unknown(Guid runId, Exception cause) => new(
        StoreFault.OutcomeUnknown,
        $"The connection was lost while run {runId} was being kept, and PostgreSQL cannot be asked whether it was; "
        + "run again with the same files and date: what was kept is then unchanged.",
        cause);
}
