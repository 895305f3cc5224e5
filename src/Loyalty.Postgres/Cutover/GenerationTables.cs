namespace Loyalty.Postgres.Cutover;

/// <summary>The tables of a generation: makes them, makes them stand like the live ones, and refuses what cannot be swapped.</summary>
internal static class GenerationTables
{
    /// <summary>Makes a generation: its schema, which nobody else may use, and its tables, empty.</summary>
    public static async ValueTask<long> MakeAsync(CutoverSession session, CancellationToken cancellationToken)
    {
        var plan = await CutoverPlan.ReadAsync(session, cancellationToken).ConfigureAwait(false);
        if (plan.Faults.Count > 0)
        {
            throw CannotCarry(plan.Faults);
        }

        var id = await GenerationRows.AddAsync(session, GenerationState.Prepared, cancellationToken).ConfigureAwait(false);
        var schema = session.Set.SchemaOf(id);
        await session.RunAsync(MakeSchema(schema, plan), cancellationToken).ConfigureAwait(false);
        await session.UseSchemasAsync(cancellationToken, [schema, .. plan.SearchPath]).ConfigureAwait(false);
        if (plan.Tables.Count == 0 || session.Set.ColumnsMayChange)
        {
            await session.ExecuteAsync(
                session.Set.CreateTables ?? throw new CutoverException(
                    CutoverFault.Refused, $"The schema '{session.Set.Schema}' has none of the tables, and the set does not say how to make them; nothing was changed. Give CreateTables, or make the live tables first."),
                cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await session.RunAsync(
                [.. plan.Tables.Select(t => $"CREATE TABLE {Sql.Name(schema, t.Name)} (LIKE {t.Sql} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION)")], cancellationToken)
                .ConfigureAwait(false);
        }

        await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
        var tables = await RequireTablesOrShapeAsync(session, schema, cancellationToken).ConfigureAwait(false);
        if (plan.Tables.Count > 0)
        {
            await HandOnSequencesAsync(session, plan, tables, cancellationToken).ConfigureAwait(false);
            await ReconcileAsync(session, plan, schema, tables, cancellationToken).ConfigureAwait(false);
        }

        await session.RunAsync([.. tables.Select(t => $"SELECT loyalty_cutover.revoke_all({Sql.Text(t.Sql)}::regclass)")], cancellationToken).ConfigureAwait(false);
        await RequireTablesAsync(session, new Generation(id, GenerationState.Prepared, schema, new Dictionary<string, long>(StringComparer.Ordinal), default, null, null), cancellationToken).ConfigureAwait(false);
        return id;
    }

    private static async ValueTask<List<TableShape>> RequireTablesOrShapeAsync(CutoverSession session, string schema, CancellationToken cancellationToken)
    {
        var tables = await TableShape.ReadAsync(session, schema, session.Set.Tables, cancellationToken).ConfigureAwait(false);
        var missing = session.Set.Tables.Except(tables.Select(static t => t.Name), StringComparer.Ordinal).ToList();
        return missing.Count == 0 ? tables : throw new CutoverException(CutoverFault.Refused, "CreateTables did not make all tables of the set; nothing was changed. Missing are", missing);
    }

    /// <summary>A sequence that a live column owns serves every generation, so that no number is given out twice; one of the same name that was made for the generation goes.</summary>
    private static async ValueTask HandOnSequencesAsync(CutoverSession session, CutoverPlan plan, List<TableShape> tables, CancellationToken cancellationToken)
    {
        foreach (var table in tables)
        {
            var live = plan.Tables.Find(t => t.Number == table.Number)!;
            foreach (var sequence in table.Sequences.Where(s => !s.IsIdentity && live.Sequences.Exists(o => !o.IsIdentity && string.Equals(o.Name, s.Name, StringComparison.Ordinal))))
            {
                await session.RunAsync(
                    [$"ALTER TABLE {table.Sql} ALTER COLUMN {Sql.Name(sequence.Column)} DROP DEFAULT", $"DROP SEQUENCE {Sql.Name(table.Schema, sequence.Name)}"], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Makes tables of a generation stand like the live ones, but for what would let others reach them.</summary>
    public static async ValueTask ReconcileAsync(CutoverSession session, CutoverPlan plan, string schema, List<TableShape> tables, CancellationToken cancellationToken)
    {
        if (!session.Set.ColumnsMayChange)
        {
            List<string> differences = [.. plan.Tables.SelectMany(t => t.ColumnDifferences(tables.Find(n => n.Number == t.Number)!))];
            if (differences.Count > 0)
            {
                throw CannotCarry(differences);
            }
        }

        await session.UseSchemasAsync(cancellationToken, [schema, .. plan.SearchPath]).ConfigureAwait(false);
        uint[] oids = [.. tables.Select(static t => t.Oid)];
        var found = (await CarriedObjects.ReadAsync(session, oids, oids, cancellationToken).ConfigureAwait(false)).Where(static o => !o.IsExposed);
        var wanted = plan.Objects.Where(static o => !o.IsExposed);
        await session.RunAsync(CarriedObjects.Difference(wanted, session.Set.ColumnsMayChange ? found.Select(static o => o with { Unmake = string.Empty }) : found), cancellationToken).ConfigureAwait(false);
        await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async ValueTask<List<TableShape>> RequireTablesAsync(CutoverSession session, Generation generation, CancellationToken cancellationToken)
    {
        var tables = await TableShape.ReadAsync(session, generation.Schema, session.Set.Tables, cancellationToken).ConfigureAwait(false);
        var missing = session.Set.Tables.Except(tables.Select(static t => t.Name), StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            throw new CutoverException(
                CutoverFault.GenerationGone, $"Generation {Sql.Number(generation.Id)} lacks tables in the schema '{generation.Schema}'; nothing was changed. Missing are", missing);
        }

        var faults = await Dependants.FaultsAsync(session, [.. tables.Select(static t => t.Oid)], cancellationToken).ConfigureAwait(false);
        return faults.Count == 0 ? tables : throw new CutoverException(
            CutoverFault.CannotCarry, $"Tables of generation {Sql.Number(generation.Id)} cannot be swapped; nothing was changed:", faults);
    }

    public static CutoverException CannotCarry(IReadOnlyList<string> faults) => new(
        CutoverFault.CannotCarry, "Something cannot be carried over to another generation; nothing was changed. Change or drop it, and make it again afterwards:", faults);

    public static async ValueTask RefuseDistributedAsync(CutoverSession session, CutoverPlan plan, CancellationToken cancellationToken)
    {
        if (await session.ScalarAsync<bool>("SELECT to_regclass('pg_catalog.pg_dist_partition') IS NULL", cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var distributed = await session.QueryAsync(
            "SELECT logicalrelid::regclass::text FROM pg_catalog.pg_dist_partition WHERE logicalrelid::oid = ANY ($1)",
            static r => r.GetString(0),
            cancellationToken,
            (object)(uint[])[.. plan.Tables.Select(static t => t.Oid), .. plan.Neighbours.Keys]).ConfigureAwait(false);
        if (distributed.Count > 0)
        {
            throw new CutoverException(
                CutoverFault.Distributed,
                "Citus distributes some of the tables; constraints, triggers and policies of distributed tables cannot be moved as a swap needs. Use a generation pointer for each tenant instead "
                + "(docs/cutover.md, \"On Citus\"). Distributed are",
                distributed);
        }
    }

    public static string[] MakeSchema(string schema, CutoverPlan plan) =>
        [$"CREATE SCHEMA {Sql.Name(schema)}", $"SELECT loyalty_cutover.close_schema({Sql.Text(schema)}, {Array(plan.Tables.Select(static t => t.Owner))})"];

    private static string Array(IEnumerable<string> texts) => $"ARRAY[{string.Join(", ", texts.Distinct(StringComparer.Ordinal).Select(Sql.Text))}]::text[]";
}
