using System.Text.Json;
using Npgsql;

namespace Loyalty.Postgres.Cutover;

/// <summary>The rows of the component's own tables: sets, generations, journal, results of checks.</summary>
internal static class GenerationRows
{
    private const string Select =
        "SELECT id, state, schema_name, rows::text, made_at, live_at, replaced_at FROM loyalty_cutover.generation WHERE set_id = $1 ORDER BY id";

    private const string SelectJournal =
        "SELECT number, kind = 'rollback', from_generation, to_generation, at, by_role, kept, discarded FROM loyalty_cutover.journal WHERE set_id = $1 ORDER BY number";

    private const string InsertCheck =
        "INSERT INTO loyalty_cutover.check_result (set_id, generation, number, name, passed, expected, found, details, answer, answered_by, at) "
        + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $9::text IS NULL THEN NULL ELSE session_user END, clock_timestamp())";

    public static ValueTask<List<Generation>> ReadAsync(CutoverSession session, CancellationToken cancellationToken) => session.QueryAsync(
        Select,
        static r => new Generation(
            r.GetInt64(0), Enum.Parse<GenerationState>(r.GetString(1), ignoreCase: true), r.GetString(2), ReadRows(r.GetString(3)), r.GetFieldValue<DateTimeOffset>(4), When(r, 5), When(r, 6)),
        cancellationToken,
        session.SetId);

    public static ValueTask<List<JournalEntry>> ReadJournalAsync(CutoverSession session, CancellationToken cancellationToken) => session.QueryAsync(
        SelectJournal,
        static r => new JournalEntry(
            r.GetInt64(0), r.GetBoolean(1), r.IsDBNull(2) ? null : r.GetInt64(2), r.GetInt64(3), r.GetFieldValue<DateTimeOffset>(4), r.GetString(5), r.GetInt64(6), r.GetInt64(7)),
        cancellationToken,
        session.SetId);

    /// <summary>Makes the set if it is new; one with other tables is refused.</summary>
    public static async ValueTask RequireSetAsync(CutoverSession session, CancellationToken cancellationToken)
    {
        var set = session.Set;
        await session.ExecuteAsync(
            "INSERT INTO loyalty_cutover.cutover_set (name, live_schema, tables, next_generation) VALUES ($1, $2, $3, 1) ON CONFLICT (name) DO NOTHING",
            cancellationToken,
            set.Name,
            set.Schema,
            set.Tables.Order(StringComparer.Ordinal).ToArray()).ConfigureAwait(false);
        await session.SetIdAsync(cancellationToken).ConfigureAwait(false);
        var (schema, tables) = (await session.QueryAsync(
            "SELECT live_schema, tables FROM loyalty_cutover.cutover_set WHERE id = $1", static r => (r.GetString(0), r.GetFieldValue<string[]>(1)), cancellationToken, session.SetId).ConfigureAwait(false))[0];
        if (!string.Equals(schema, set.Schema, StringComparison.Ordinal) || !tables.SequenceEqual(set.Tables.Order(StringComparer.Ordinal), StringComparer.Ordinal))
        {
            throw new CutoverException(
                CutoverFault.Refused, $"The set '{set.Name}' was made of other tables ({string.Join(", ", tables)} in {schema}); nothing was changed. Use another name for other tables.");
        }
    }

    public static async ValueTask<long> AddAsync(CutoverSession session, GenerationState state, CancellationToken cancellationToken)
    {
        var id = await session.ScalarAsync<long>(
            "UPDATE loyalty_cutover.cutover_set SET next_generation = next_generation + 1 WHERE id = $1 RETURNING next_generation - 1", cancellationToken, session.SetId).ConfigureAwait(false);
        await session.ExecuteAsync(
            "INSERT INTO loyalty_cutover.generation (set_id, id, state, schema_name, rows, content_xid, made_at, live_at) "
            + "VALUES ($1, $2, $3, $4, '{}', pg_current_xact_id(), clock_timestamp(), CASE WHEN $3 = 'live' THEN clock_timestamp() END)",
            cancellationToken,
            session.SetId,
            id,
            Word(state),
            state == GenerationState.Live ? session.Set.Schema : session.Set.SchemaOf(id)).ConfigureAwait(false);
        return id;
    }

    /// <summary>Notes that the staged rows changed: what was validated of them holds no more.</summary>
    public static async ValueTask ChangedAsync(CutoverSession session, long generation, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "UPDATE loyalty_cutover.generation SET state = 'prepared', validated_at = NULL, content_xid = pg_current_xact_id() WHERE set_id = $1 AND id = $2", cancellationToken, session.SetId, generation)
            .ConfigureAwait(false);
        await session.ExecuteAsync("DELETE FROM loyalty_cutover.check_result WHERE set_id = $1 AND generation = $2", cancellationToken, session.SetId, generation).ConfigureAwait(false);
        await session.ExecuteAsync(
            "DELETE FROM loyalty_cutover.settled WHERE set_id = $1 AND (from_generation = $2 OR to_generation = $2)", cancellationToken, session.SetId, generation).ConfigureAwait(false);
    }

    public static async ValueTask ValidatedAsync(
        CutoverSession session, long generation, IReadOnlyDictionary<string, long> rows, IReadOnlyList<CheckResult> results, CancellationToken cancellationToken)
    {
        var settled = results.All(static r => r.IsSettled);
        await session.ExecuteAsync(
            "UPDATE loyalty_cutover.generation SET state = CASE WHEN $3 THEN 'validated' ELSE 'prepared' END, validated_at = CASE WHEN $3 THEN clock_timestamp() END, rows = $4::jsonb, "
            + "digested = (SELECT coalesce(max(id), 0) FROM loyalty_cutover.write_log WHERE set_id = $1 AND generation = $2) WHERE set_id = $1 AND id = $2",
            cancellationToken,
            session.SetId,
            generation,
            settled,
            Json(rows)).ConfigureAwait(false);
        await session.ExecuteAsync("DELETE FROM loyalty_cutover.check_result WHERE set_id = $1 AND generation = $2", cancellationToken, session.SetId, generation).ConfigureAwait(false);
        foreach (var (i, result) in results.Index())
        {
            await session.ExecuteAsync(
                InsertCheck, cancellationToken, session.SetId, generation, i + 1, result.Name, result.Passed, result.Expected, result.Found, result.Details.ToArray(), result.Answer)
                .ConfigureAwait(false);
        }
    }

    public static string Word(GenerationState state) => state switch
    {
        GenerationState.Prepared => "prepared",
        GenerationState.Validated => "validated",
        GenerationState.Live => "live",
        _ => "previous",
    };

    private static string Json(IReadOnlyDictionary<string, long> rows)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (table, count) in rows)
            {
                writer.WriteNumber(table, count);
            }

            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Dictionary<string, long> ReadRows(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetInt64(), StringComparer.Ordinal);
    }

    private static DateTimeOffset? When(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
