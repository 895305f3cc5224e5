using System.Data;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Queue;
using Npgsql;

namespace Loyalty.Postgres.Queue;

/// <summary>Occurrences of a tenant's jobs in PostgreSQL: over all hosts each is begun once.</summary>
/// <remarks>Thread-safe. Leases end by the database's clock.</remarks>
public sealed class PostgresJobStore : IJobStore
{
    private const string Now = "(extract(epoch FROM now()) * 1000000)::bigint";

    /// <summary>How long a failed occurrence rests, in microseconds.</summary>
    private const string Pause = "60000000";

    private const string Lock = "SELECT next_position FROM loyalty.queue_book WHERE tenant_id = $1 FOR UPDATE";

    private const string Begin =
        "INSERT INTO loyalty.job_occurrence AS j (tenant_id, occurrence, lease_until, started_at, token, job, state, error) "
        + "SELECT $1, $3, " + Now + " + $5, " + Now + ", $4, $2, 'running', '' WHERE NOT EXISTS (SELECT FROM loyalty.job_occurrence AS o WHERE o.tenant_id = $1 "
        + "AND o.job = $2 AND ((o.state = 'running' AND o.lease_until > " + Now + ") OR o.occurrence > $3)) "
        + "ON CONFLICT (tenant_id, job, occurrence) DO UPDATE SET state = 'running', token = excluded.token, lease_until = excluded.lease_until, "
        + "started_at = excluded.started_at, ended_at = NULL, error = '' WHERE j.state <> 'done' AND j.lease_until <= excluded.started_at";

    private const string Renew =
        "UPDATE loyalty.job_occurrence SET lease_until = " + Now + " + $5 WHERE tenant_id = $1 AND job = $2 AND occurrence = $3 AND token = $4 AND state = 'running'";

    private const string End =
        "UPDATE loyalty.job_occurrence SET state = $5, ended_at = " + Now + ", error = $6, lease_until = " + Now + " + CASE WHEN $5 = 'failed' THEN " + Pause
        + " ELSE 0 END WHERE tenant_id = $1 AND job = $2 AND occurrence = $3 AND token = $4 AND state = 'running'";

    private const string Last =
        "SELECT occurrence, state, started_at, ended_at, error FROM loyalty.job_occurrence WHERE tenant_id = $1 AND job = $2 AND ($3 = '' OR state = $3) "
        + "ORDER BY occurrence DESC LIMIT 1";

    private readonly NpgsqlDataSource _dataSource;
    private readonly TenantId _tenant;
    private readonly string _name;

    /// <summary>Creates the store of a tenant; nothing is asked of the server yet.</summary>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="tenant">The tenant, as the program names it.</param>
    public PostgresJobStore(NpgsqlDataSource dataSource, string tenant)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        _name = tenant;
        _tenant = TenantId.FromName(tenant);
    }

    /// <inheritdoc/>
    public ValueTask<JobOccurrence?> FindLastAsync(string job, JobState? state = null, CancellationToken cancellationToken = default) => InTransactionAsync(
        async transaction =>
        {
            var command = transaction.Command(Last).With(job).With(state is { } wanted ? Word(wanted) : string.Empty);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
                        ? new JobOccurrence(
                            job, QueueInstant.From(reader.GetInt64(0)), State(reader.GetString(1)), QueueInstant.From(reader.GetInt64(2)),
                            reader.IsDBNull(3) ? null : QueueInstant.From(reader.GetInt64(3)), reader.GetString(4))
                        : null;
                }
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> TryBeginAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default) =>
        InTransactionAsync(
            async transaction =>
            {
                // One host after the other: what is seen below is then all there is.
                if (await transaction.Command(Lock).ScalarAsync(cancellationToken).ConfigureAwait(false) is null)
                {
                    await transaction.Command(QueueSql.CreateBook).With(_name).ExecuteAsync(cancellationToken).ConfigureAwait(false);
                    await transaction.Command(Lock).ScalarAsync(cancellationToken).ConfigureAwait(false);
                }

                return await transaction.Command(Begin).With(job).With(QueueInstant.Of(occurrence)).With(token).With(QueueInstant.Of(lease))
                    .ExecuteAsync(cancellationToken).ConfigureAwait(false) == 1;
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(string job, DateTimeOffset occurrence, Guid token, TimeSpan lease, CancellationToken cancellationToken = default) => InTransactionAsync(
        async transaction => await transaction.Command(Renew).With(job).With(QueueInstant.Of(occurrence)).With(token).With(QueueInstant.Of(lease))
            .ExecuteAsync(cancellationToken).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(string job, DateTimeOffset occurrence, Guid token, string? error, CancellationToken cancellationToken = default) => InTransactionAsync(
        async transaction => await transaction.Command(End).With(job).With(QueueInstant.Of(occurrence)).With(token)
            .With(Word(error is null ? JobState.Done : JobState.Failed)).With(Loyalty.Queue.QueueRules.Cut(error ?? string.Empty))
            .ExecuteAsync(cancellationToken).ConfigureAwait(false) == 1,
        cancellationToken);

    private static string Word(JobState state) => state switch
    {
        JobState.Running => "running",
        JobState.Done => "done",
        _ => "failed",
    };

    private static JobState State(string word) => word switch
    {
        "running" => JobState.Running,
        "done" => JobState.Done,
        _ => JobState.Failed,
    };

    private async ValueTask<T> InTransactionAsync<T>(Func<TenantTransaction, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            var transaction = await TenantTransaction.OpenAsync(_dataSource, _tenant, IsolationLevel.ReadCommitted, string.Empty, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var result = await work(transaction).ConfigureAwait(false);
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                return result;
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e))
        {
            throw PostgresErrors.Map(e);
        }
    }
}
