using Loyalty.Postgres.Sessions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Cutover;

/// <summary>A look at the staged rows before they may become live.</summary>
/// <param name="connection">A connection in a transaction, with the staged generation's schema first in the search path.</param>
/// <param name="staged">The staged generation.</param>
/// <param name="live">The live generation, if there is one.</param>
/// <param name="cancellationToken">Gives up.</param>
public delegate ValueTask<IReadOnlyList<CheckResult>> CutoverCheck(NpgsqlConnection connection, Generation staged, Generation? live, CancellationToken cancellationToken);

/// <summary>Makes a prepared generation of a set of tables live in one transaction or not at all, and goes back by one call.</summary>
/// <remarks>
/// <para>
/// A generation that is not live stands in a schema of its own that nobody but the owner may use, under its final names; a swap moves the tables of two generations from schema to schema, so
/// that no index, constraint or sequence ever changes its name. What hangs on the live tables is read from the catalog and made on the new ones; what points at them is pointed at the
/// new ones; what cannot be carried is refused by name before anything is touched.
/// </para>
/// <para>
/// Connects as the owner of the tables. Free of the stores: it knows nothing of members or points. Thread-safe; two calls for one set at once, also from two processes:
/// one works, the other is told so. Does not work on tables that Citus distributes.
/// </para>
/// </remarks>
public sealed partial class TableCutover
{
    private readonly NpgsqlDataSource _source;
    private readonly CutoverOptions _options;
    private readonly ILogger _log;

    /// <summary>Creates the component for a set.</summary>
    /// <param name="dataSource">Gives connections of the owner of the tables; stays the caller's.</param>
    /// <param name="set">The tables.</param>
    /// <param name="options">Waits, attempts and what is kept; <see langword="null"/> for the defaults.</param>
    public TableCutover(NpgsqlDataSource dataSource, CutoverSet set, CutoverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(set);
        _source = dataSource;
        Set = set;
        _options = options ?? CutoverOptions.Default;
        _log = _options.LoggerFactory.CreateLogger<TableCutover>();
    }

    /// <summary>The tables.</summary>
    public CutoverSet Set { get; }

    /// <summary>Makes the component's own tables, in the schema <c>loyalty_cutover</c>, or brings them to this version.</summary>
    /// <exception cref="CutoverException">The database is newer than this version, or the server refused.</exception>
    public ValueTask MigrateAsync(CancellationToken cancellationToken = default) =>
        GuardAsync(ct => CutoverMigrator.MigrateAsync(_source, ct), cancellationToken);

    /// <summary>How the set stands. Counts rows, and waits for nobody but a swap.</summary>
    /// <exception cref="CutoverException">The component's tables are missing, or the server refused.</exception>
    public ValueTask<CutoverStatus> GetStatusAsync(CancellationToken cancellationToken = default) => GuardAsync(
        async ct =>
        {
            var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: true, ct).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                var generations = await GenerationRows.ReadAsync(session, ct).ConfigureAwait(false);
                for (var i = 0; i < generations.Count; i++)
                {
                    var tables = await TableShape.ReadAsync(session, generations[i].Schema, Set.Tables, ct).ConfigureAwait(false);
                    var rows = new Dictionary<string, long>(StringComparer.Ordinal);
                    foreach (var table in tables)
                    {
                        rows[table.Name] = await session.ScalarAsync<long>($"SELECT count(*) FROM {table.Sql}", ct).ConfigureAwait(false);
                    }

                    generations[i] = generations[i] with { Rows = rows };
                }

                return new CutoverStatus(
                    generations,
                    await GenerationRows.ReadJournalAsync(session, ct).ConfigureAwait(false),
                    await session.QueryAsync("SELECT unnest(pending) FROM loyalty_cutover.journal WHERE set_id = $1", static r => r.GetString(0), ct, session.SetId).ConfigureAwait(false));
            }
        },
        cancellationToken);

    /// <summary>The results of the last validation of a generation, in order.</summary>
    public ValueTask<IReadOnlyList<CheckResult>> GetChecksAsync(long generation, CancellationToken cancellationToken = default) => GuardAsync<IReadOnlyList<CheckResult>>(
        async ct =>
        {
            var session = await CutoverSession.BeginAsync(_source, Set, _options, readOnly: true, ct).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                return await session.QueryAsync(
                    "SELECT name, passed, expected, found, details, answer FROM loyalty_cutover.check_result WHERE set_id = $1 AND generation = $2 ORDER BY number",
                    static r => new CheckResult(r.GetString(0), r.GetBoolean(1), r.GetString(2), r.GetString(3), r.GetFieldValue<string[]>(4), r.IsDBNull(5) ? null : r.GetString(5)),
                    ct,
                    session.SetId,
                    generation).ConfigureAwait(false);
            }
        },
        cancellationToken);

    private static async ValueTask<T> GuardAsync<T>(Func<CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw CutoverErrors.Map(e);
        }
    }

    private static async ValueTask GuardAsync(Func<CancellationToken, ValueTask> run, CancellationToken cancellationToken) => await GuardAsync(
        async ct =>
        {
            await run(ct).ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);
}
