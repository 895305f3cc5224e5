using Loyalty.Queue;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Queue;

namespace Loyalty.Sqlite.Queue;

/// <summary>Occurrences of jobs in a SQLite file, so that over all processes of the machine each runs once.</summary>
/// <remarks>Thread-safe. Leases end by the store's clock.</remarks>
internal sealed class SqliteJobStore(SqliteFile file, TimeProvider clock) : IJobStore
{
    /// <summary>How long an occurrence that failed is left alone.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    public ValueTask<JobOccurrence?> FindLastAsync(string job, JobState? state = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = file.OpenForReading();
        if (lease is null)
        {
            return default;
        }

        var row = lease[
            "SELECT occurrence, state, started_at, ended_at, error FROM job_occurrence WHERE job = ?1 AND (?2 IS NULL OR state = ?2) ORDER BY occurrence DESC LIMIT 1"]
            .With(job).With(state is { } wanted ? EnumText<JobState>.Of(wanted) : null);
        var found = row.Step()
            ? new JobOccurrence(
                job, QueueRows.Instant(row.Long(0)), EnumText<JobState>.Parse(row.Text(1)), QueueRows.Instant(row.Long(2)),
                row.IsNull(3) ? null : QueueRows.Instant(row.Long(3)), row.Text(4))
            : null;
        row.Reset();
        return new(found);
    }

    public ValueTask<bool> TryBeginAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        var now = clock.GetUtcNow();
        return new(Change(
            connection => connection[
                """
                INSERT INTO job_occurrence AS j (job, occurrence, state, token, lease_until, started_at, ended_at, error)
                    SELECT ?1, ?2, 'running', ?3, ?4, ?5, NULL, '' WHERE NOT EXISTS (SELECT 1 FROM job_occurrence AS o
                        WHERE o.job = ?1 AND ((o.state = 'running' AND o.lease_until > ?5) OR o.occurrence > ?2))
                    ON CONFLICT (job, occurrence) DO UPDATE SET state = 'running', token = excluded.token, lease_until = excluded.lease_until,
                        started_at = excluded.started_at, ended_at = NULL, error = '' WHERE j.state <> 'done' AND j.lease_until <= excluded.started_at
                """].With(job).With(occurrence.UtcTicks).With(token.ToString()).With((now + lease).UtcTicks).With(now.UtcTicks),
            cancellationToken));
    }

    public ValueTask<bool> RenewAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        return new(Change(
            connection => connection["UPDATE job_occurrence SET lease_until = ? WHERE job = ? AND occurrence = ? AND token = ? AND state = 'running'"]
                .With((clock.GetUtcNow() + lease).UtcTicks).With(job).With(occurrence.UtcTicks).With(token.ToString()),
            cancellationToken));
    }

    public ValueTask<bool> EndAsync(string job, DateTimeOffset occurrence, Guid token, string? error, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        var now = clock.GetUtcNow();
        return new(Change(
            connection => connection[
                "UPDATE job_occurrence SET state = ?, ended_at = ?, error = ?, lease_until = ? WHERE job = ? AND occurrence = ? AND token = ? AND state = 'running'"]
                .With(EnumText<JobState>.Of(error is null ? JobState.Done : JobState.Failed)).With(now.UtcTicks).With(QueueRules.Cut(error ?? string.Empty))
                .With((error is null ? now : now + Pause).UtcTicks).With(job).With(occurrence.UtcTicks).With(token.ToString()),
            cancellationToken));
    }

    private bool Change(Func<SqliteConnectionLease, SqliteStatement> change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var lease = file.OpenForCall();
        var isDone = change(lease).Run() > 0;
        lease.Commit();
        return isDone;
    }
}
