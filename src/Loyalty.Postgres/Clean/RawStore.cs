using Loyalty.Clean;
using Loyalty.Postgres.Cutover;
using Loyalty.Postgres.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Clean;

/// <summary>What a reading of a source changed in the raw tables.</summary>
/// <param name="Added">Records that are new.</param>
/// <param name="Changed">Records that differ from what was received before, or are back.</param>
/// <param name="Missing">Records that the source does not have any more; they stay, marked.</param>
public sealed record RawChanges(long Added, long Changed, long Missing)
{
    /// <summary>Both together.</summary>
    public static RawChanges operator +(RawChanges left, RawChanges right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new RawChanges(left.Added + right.Added, left.Changed + right.Changed, left.Missing + right.Missing);
    }
}

/// <summary>Records as they were received, in tables of a tenant's own.</summary>
/// <remarks>Connects as the owner. A record that comes again unchanged is not written again.</remarks>
public sealed class RawStore
{
    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;

    /// <summary>Creates the store of a tenant.</summary>
    /// <param name="dataSource">Gives connections of the owner; stays the caller's.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="time">The clock for when a record was received; <see langword="null"/>: the system's.</param>
    public RawStore(NpgsqlDataSource dataSource, string tenant, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        (_source, Tenant, _time) = (dataSource, tenant, time ?? TimeProvider.System);
    }

    /// <summary>How long after its beginning a reading of a list may be gone on with: later, what it read first may have changed at the source.</summary>
    public static TimeSpan ResumeWithin { get; } = TimeSpan.FromHours(1);

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>The table of payments, with its schema.</summary>
    public string PaymentTable => $"{CleanSchema.RawOf(Tenant)}.payment";

    /// <summary>The table of contacts, with its schema.</summary>
    public string ContactTable => $"{CleanSchema.RawOf(Tenant)}.contact";

    /// <summary>Makes the tables that are missing.</summary>
    /// <exception cref="CutoverException">The server refused.</exception>
    public ValueTask MigrateAsync(CancellationToken cancellationToken = default) => RunAsync(
        async (connection, ct) =>
        {
            await ExecuteAsync(connection, "SET LOCAL client_min_messages = warning; SELECT pg_advisory_xact_lock(30521821366838395)", ct).ConfigureAwait(false);
            await ExecuteAsync(connection, CleanSchema.CreateRaw(Tenant), ct).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Takes a whole source: records of its kinds that it does not have any more are marked.</summary>
    /// <param name="items">All records; of two with one kind and id the last one counts.</param>
    /// <param name="cancellationToken">Gives up; nothing is kept then.</param>
    /// <exception cref="CutoverException">The server refused.</exception>
    public async ValueTask<RawChanges> TakeAsync(IReadOnlyList<RawItem> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var changes = new RawChanges(0, 0, 0);
        await RunAsync(
            async (connection, ct) =>
            {
                foreach (var group in items.GroupBy(static i => i.Kind))
                {
                    await StageAsync(connection, [.. group], ct).ConfigureAwait(false);
                    changes += await MergeAsync(connection, group.Key, ct).ConfigureAwait(false);
                    changes += new RawChanges(0, 0, await ExecuteAsync(
                        connection,
                        $"UPDATE {TableOf(group.Key)} t SET missing_since = $2 WHERE t.kind = $1 AND t.missing_since IS NULL AND NOT EXISTS (SELECT FROM incoming i WHERE i.id = t.id)",
                        ct,
                        Word(group.Key),
                        _time.GetUtcNow()).ConfigureAwait(false));
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return changes;
    }

    /// <summary>
    /// Where reading of a list goes on; <see langword="null"/>: at the beginning. A reading that began longer ago than <see cref="ResumeWithin"/> is forgotten; the records it
    /// took stay.
    /// </summary>
    public async ValueTask<string?> FindProgressAsync(string list, CancellationToken cancellationToken = default)
    {
        string? after = null;
        await RunAsync(
            async (connection, ct) =>
            {
                var (raw, oldest) = (Sql.Name(CleanSchema.RawOf(Tenant)), _time.GetUtcNow() - ResumeWithin);
                if (await ExecuteAsync(connection, $"DELETE FROM {raw}.progress WHERE list = $1 AND begun_at < $2", ct, list, oldest).ConfigureAwait(false) > 0)
                {
                    await ExecuteAsync(connection, $"DELETE FROM {raw}.seen WHERE list = $1", ct, list).ConfigureAwait(false);
                }

                after = await ScalarAsync<string>(connection, $"SELECT after FROM {raw}.progress WHERE list = $1", ct, list).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return after;
    }

    /// <summary>Takes one page of a list, with where to go on, in one transaction.</summary>
    /// <param name="list">The list.</param>
    /// <param name="items">The page's records.</param>
    /// <param name="next">Where the next page begins; <see langword="null"/> on the last page, after which records that no page had are marked as missing.</param>
    /// <param name="cancellationToken">Gives up; nothing of the page is kept then.</param>
    /// <exception cref="CutoverException">The server refused.</exception>
    public async ValueTask<RawChanges> TakePageAsync(string list, IReadOnlyList<RawItem> items, string? next, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var (changes, raw) = (new RawChanges(0, 0, 0), Sql.Name(CleanSchema.RawOf(Tenant)));
        await RunAsync(
            async (connection, ct) =>
            {
                foreach (var group in items.GroupBy(static i => i.Kind))
                {
                    await StageAsync(connection, [.. group], ct).ConfigureAwait(false);
                    changes += await MergeAsync(connection, group.Key, ct).ConfigureAwait(false);
                    await ExecuteAsync(connection, $"INSERT INTO {raw}.seen SELECT DISTINCT $1, id FROM incoming ON CONFLICT DO NOTHING", ct, list).ConfigureAwait(false);
                }

                if (next is not null)
                {
                    await ExecuteAsync(connection, $"INSERT INTO {raw}.progress (list, after, begun_at) VALUES ($1, $2, $3) ON CONFLICT (list) DO UPDATE SET after = excluded.after", ct, list, next, _time.GetUtcNow()).ConfigureAwait(false);
                    return true;
                }

                var kind = KindOf(list);
                changes += new RawChanges(0, 0, await ExecuteAsync(
                    connection,
                    $"UPDATE {TableOf(kind)} t SET missing_since = $3 WHERE t.kind = $2 AND t.missing_since IS NULL AND NOT EXISTS (SELECT FROM {raw}.seen s WHERE s.list = $1 AND s.id = t.id)",
                    ct,
                    list,
                    Word(kind),
                    _time.GetUtcNow()).ConfigureAwait(false));
                await ExecuteAsync(connection, $"DELETE FROM {raw}.seen WHERE list = $1", ct, list).ConfigureAwait(false);
                await ExecuteAsync(connection, $"DELETE FROM {raw}.progress WHERE list = $1", ct, list).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return changes;
    }

    /// <summary>Reads all records of some kinds, those that are missing at the source too, in order of kind and id.</summary>
    public async ValueTask<IReadOnlyList<RawItem>> ReadAsync(IReadOnlyCollection<RawKind> kinds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        var items = new List<RawItem>();
        await RunAsync(
            async (connection, ct) =>
            {
                foreach (var kind in kinds)
                {
                    var command = new NpgsqlCommand($"SELECT id, received::text, received_from FROM {TableOf(kind)} WHERE kind = $1 ORDER BY id COLLATE \"C\"", connection);
                    await using (command.ConfigureAwait(false))
                    {
                        command.Parameters.Add(new NpgsqlParameter { Value = Word(kind) });
                        var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
                        await using (reader.ConfigureAwait(false))
                        {
                            while (await reader.ReadAsync(ct).ConfigureAwait(false))
                            {
                                items.Add(new RawItem(kind, reader.GetString(0), reader.GetString(1), reader.GetString(2)));
                            }
                        }
                    }
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return items;
    }

    /// <summary>The list that an item of a kind belongs to.</summary>
    public static string ListOf(RawKind kind) => Word(kind);

    internal static string Word(RawKind kind) => kind switch
    {
        RawKind.InvoiceRow => "invoice-row",
        RawKind.Transaction => "transaction",
        RawKind.Invoice => "invoice",
        RawKind.ContactRow => "contact-row",
        _ => "contact",
    };

    internal static RawKind KindOf(string word) => Enum.GetValues<RawKind>().First(k => string.Equals(Word(k), word, StringComparison.Ordinal));

    private string TableOf(RawKind kind) => Sql.Name(
        CleanSchema.RawOf(Tenant), kind switch { RawKind.InvoiceRow or RawKind.Transaction => "payment", RawKind.Invoice => "invoice", _ => "contact" });

    private static async ValueTask StageAsync(NpgsqlConnection connection, List<RawItem> items, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            "SET LOCAL client_min_messages = warning; DROP TABLE IF EXISTS pg_temp.incoming; CREATE TEMPORARY TABLE incoming (n integer, id text, received text, received_from text) ON COMMIT DROP", cancellationToken)
            .ConfigureAwait(false);
        var writer = await connection.BeginBinaryImportAsync("COPY pg_temp.incoming FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            foreach (var (n, item) in items.Index())
            {
                await writer.StartRowAsync(cancellationToken).ConfigureAwait(false);
                await writer.WriteAsync(n, NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
                await writer.WriteAsync(item.Id, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
                await writer.WriteAsync(item.Json, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
                await writer.WriteAsync(item.From, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        await ExecuteAsync(connection, "ANALYZE pg_temp.incoming", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what is new or differs; a row that is as it was is not even locked.</summary>
    private async ValueTask<RawChanges> MergeAsync(NpgsqlConnection connection, RawKind kind, CancellationToken cancellationToken)
    {
        var table = TableOf(kind);
        var changed = await ExecuteAsync(
            connection,
            $"UPDATE {table} t SET received = i.received::json, received_from = i.received_from, received_at = $2, missing_since = NULL "
            + $"FROM (SELECT DISTINCT ON (id) * FROM pg_temp.incoming ORDER BY id, n DESC) i WHERE t.kind = $1 AND t.id = i.id AND (t.received::text <> i.received OR t.missing_since IS NOT NULL)",
            cancellationToken,
            Word(kind),
            _time.GetUtcNow()).ConfigureAwait(false);
        var added = await ExecuteAsync(
            connection,
            $"INSERT INTO {table} SELECT $1, i.id, i.received::json, i.received_from, $2, NULL FROM (SELECT DISTINCT ON (id) * FROM pg_temp.incoming ORDER BY id, n DESC) i "
            + $"WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.kind = $1 AND t.id = i.id)",
            cancellationToken,
            Word(kind),
            _time.GetUtcNow()).ConfigureAwait(false);
        return new RawChanges(added, changed, 0);
    }

    internal async ValueTask RunAsync(Func<NpgsqlConnection, CancellationToken, ValueTask<bool>> run, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    // Tables that were just filled have no statistics yet; a loop over both would take minutes.
                    await ExecuteAsync(connection, "SET LOCAL enable_nestloop = off; SET LOCAL jit = off", cancellationToken).ConfigureAwait(false);
                    if (await run(connection, cancellationToken).ConfigureAwait(false))
                    {
                        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw CutoverErrors.Map(e);
        }
    }

    internal static async ValueTask<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            }

            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal static async ValueTask<T?> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            }

            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is { } found and not DBNull ? (T)found : default;
        }
    }
}
