using System.Globalization;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Members;

public sealed partial class PostgresMemberStore
{
    private const string ProgressSql =
        "SELECT t.program_digest, t.as_of, "
        + "m.handle, m.level, m.joined, m.achieved_on, m.window_start, m.window_end, m.in_grace, "
        + "m.lifetime_sales, m.lifetime_units, m.lifetime_videos, m.lifetime_views, m.lifetime_likes, m.lifetime_comments, "
        + "m.window_sales, m.window_units, m.window_videos, m.window_views, m.window_likes, m.window_comments, "
        + "m.lifetime_adjusted_sales, m.lifetime_adjusted_units, m.window_adjusted_sales, m.window_adjusted_units "
        + "FROM loyalty.tenant t JOIN loyalty.member m ON m.tenant_id = t.tenant_id "
        + "WHERE t.tenant_id = $1 AND m.tenant_id = $1 AND m.handle = $2";

    /// <inheritdoc/>
    /// <remarks>One row by primary key, in one round trip; every ten seconds another one looks at the version of the schema.</remarks>
    public async ValueTask<MemberProgress?> FindProgressAsync(string handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        if (!StorableText.IsStorable(handle))
        {
            return null;
        }

        string digest;
        try
        {
            var connection = await SchemaWatch.OpenAsync(_dataSource, cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                // The whole transaction goes out at once. A failure in the middle leaves it open, and the pool rolls it back.
                var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands =
                    {
                        new NpgsqlBatchCommand("BEGIN READ ONLY"),
                        new NpgsqlBatchCommand($"SET LOCAL app.tenant_id = '{TenantId}'"),
                        Find(handle),
                        new NpgsqlBatchCommand("COMMIT"),
                    },
                };
                await using (batch.ConfigureAwait(false))
                {
                    var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                        {
                            return null;
                        }

                        digest = reader.GetString(0);
                        if (_programs.TryGetValue(digest, out var program))
                        {
                            var row = MemberRow.Read(reader, program.Tiers!.Ladder, MemberRow.Day(reader, 1), first: 2);
                            return new MemberProgress(row.Handle, row.Standing, row.Totals, program.Tiers);
                        }
                    }
                }
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }

        // The first read after the program changed also reads the program; from then on it is known.
        return (await FindMemberAsync(handle, asOf: null, cancellationToken).ConfigureAwait(false))?.Progress;
    }

    private NpgsqlBatchCommand Find(string handle) => new(ProgressSql)
    {
        Parameters =
        {
            new NpgsqlParameter<long> { TypedValue = TenantId.Value },
            new NpgsqlParameter<string> { TypedValue = handle, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
        },
    };
}
