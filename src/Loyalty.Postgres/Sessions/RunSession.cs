using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Sessions;

/// <summary>What every run on PostgreSQL holds: its transaction, its steps under guard, what else is written with it, its commit.</summary>
internal sealed class RunSession : IAsyncDisposable
{
    private readonly RunAttempts _attempts;
    private readonly DateOnly _asOf;
    private readonly List<Func<NpgsqlTransaction, CancellationToken, ValueTask>> _alsoWritten = [];
    private readonly long _startedTicks;
    private bool _hasFailed;
    private bool _isCommitted;
    private bool _isDisposed;

    public RunSession(RunAttempts attempts, TenantTransaction transaction, Guid runId, DateOnly asOf)
    {
        _attempts = attempts;
        _asOf = asOf;
        Transaction = transaction;
        RunId = runId;
        StartedAt = Now;
        _startedTicks = attempts.Options.TimeProvider.GetTimestamp();
        PostgresLog.RunBegins(attempts.Log, runId, transaction.Tenant, asOf);
    }

    public TenantTransaction Transaction { get; }

    public Guid RunId { get; }

    public DateTimeOffset StartedAt { get; }

    public DateTimeOffset Now => _attempts.Options.TimeProvider.GetUtcNow();

    public TimeSpan Elapsed => _attempts.Options.TimeProvider.GetElapsedTime(_startedTicks);

    /// <summary>Notes what else is written in the transaction, just before it is committed.</summary>
    public void AlsoWrite(Func<NpgsqlTransaction, CancellationToken, ValueTask> write)
    {
        ThrowIf(_isCommitted, "The run was committed already.");
        _alsoWritten.Add(write);
    }

    /// <summary>Refuses a call that is out of order, or that comes after an error or the end.</summary>
    public void ThrowIf(bool wrong, string message)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (wrong)
        {
            throw new InvalidOperationException(message);
        }

        if (_hasFailed)
        {
            throw new InvalidOperationException("The run failed before; dispose it and begin a new one.");
        }
    }

    /// <summary>Runs a step; after any error the transaction is of no more use, and what the outside world threw becomes a store error.</summary>
    public async ValueTask GuardAsync(Func<CancellationToken, ValueTask> step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var whole = false;
        try
        {
            await step(cancellationToken).ConfigureAwait(false);
            whole = true;
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
        finally
        {
            _hasFailed |= !whole;
        }
    }

    /// <summary>Writes the journal and what else belongs to the run, and commits.</summary>
    public async ValueTask CommitAsync(Func<CancellationToken, ValueTask> writeJournal, CancellationToken cancellationToken)
    {
        ThrowIf(_isCommitted, "The run was committed already.");
        await GuardAsync(
            async token =>
            {
                await writeJournal(token).ConfigureAwait(false);
                foreach (var write in _alsoWritten)
                {
                    await write(Transaction.Inner, token).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        _hasFailed = true;
        await _attempts.CommitAsync(Transaction, RunId, cancellationToken).ConfigureAwait(false);
        _hasFailed = false;
        _isCommitted = true;
        PostgresLog.RunCompleted(_attempts.Log, RunId, Transaction.Tenant, Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            await Transaction.AbandonAsync().ConfigureAwait(false);
        }
    }
}
