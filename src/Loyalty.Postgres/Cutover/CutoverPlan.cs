namespace Loyalty.Postgres.Cutover;

/// <summary>What the catalog says of live tables: what hangs on them and what points at them.</summary>
internal sealed class CutoverPlan
{
    private const string Statistics =
        "SELECT c.relname::text, e.stxname::text, s.nspname::text FROM pg_statistic_ext e JOIN pg_class c ON c.oid = e.stxrelid JOIN pg_namespace s ON s.oid = e.stxnamespace WHERE e.stxrelid = ANY ($1)";

    private const string Relations =
        "SELECT c.oid, c.relname::text, s.nspname::text, c.oid::regclass::text, pg_relation_size(c.oid) / 8192, pg_has_role(c.relowner, 'USAGE') "
        + "FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE c.oid = ANY ($1)";

    // Whose consent is needed: of tables, views, functions and publications.
    private const string Strangers =
        """
        SELECT format('%s belongs to %s, of which %s is no member', c.oid::regclass, c.relowner::regrole, current_user) FROM pg_class c WHERE c.oid = ANY ($1) AND NOT pg_has_role(c.relowner, 'USAGE')
        UNION ALL SELECT format('%s belongs to %s, of which %s is no member', f.oid::regprocedure, f.proowner::regrole, current_user) FROM pg_proc f WHERE f.oid = ANY ($2) AND NOT pg_has_role(f.proowner, 'USAGE')
        UNION ALL SELECT DISTINCT format('publication %I belongs to %s, of which %s is no member', p.pubname, p.pubowner::regrole, current_user)
            FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = ANY ($1) AND NOT pg_has_role(p.pubowner, 'USAGE')
        """;

    // Every catalog row that the plan was read from, by its version; a fraction of the cost of reading the plan. $1: tables and materialized views; $2: these and all other relations
    // of the plan; $3: functions.
    private const string Versions =
        """
        SELECT count(*) || ' ' || coalesce(sum(hashtextextended(x::text, 0)), 0) FROM (
            SELECT 1 AS k, oid AS a, 0 AS b, xmin::text AS v FROM pg_class WHERE oid = ANY ($2)
            UNION ALL SELECT 2, i.indexrelid, 0, i.xmin::text || ' ' || c.xmin::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ANY ($1)
            UNION ALL SELECT 3, attrelid, attnum, xmin::text FROM pg_attribute WHERE attrelid = ANY ($1) AND attnum > 0
            UNION ALL SELECT 4, oid, 0, xmin::text FROM pg_attrdef WHERE adrelid = ANY ($1)
            UNION ALL SELECT 5, oid, 0, xmin::text FROM pg_constraint WHERE conrelid = ANY ($2)
            UNION ALL SELECT 6, oid, 0, xmin::text FROM pg_trigger WHERE tgrelid = ANY ($1) AND NOT tgisinternal
            UNION ALL SELECT 7, oid, 0, xmin::text FROM pg_policy WHERE polrelid = ANY ($2)
            UNION ALL SELECT 8, oid, 0, xmin::text FROM pg_rewrite WHERE ev_class = ANY ($2)
            UNION ALL SELECT 9, oid, 0, xmin::text FROM pg_statistic_ext WHERE stxrelid = ANY ($1)
            UNION ALL SELECT 10, oid, 0, xmin::text FROM pg_publication_rel WHERE prrelid = ANY ($1)
            UNION ALL SELECT 11, inhrelid, 0, inhparent::text FROM pg_inherits WHERE inhrelid = ANY ($1) OR inhparent = ANY ($1)
            UNION ALL SELECT 12, d.objid, d.objsubid, format('%s %s %s %s', d.classid, d.refobjid, d.refobjsubid, d.deptype) FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1)
            UNION ALL SELECT 13, oid, 0, xmin::text FROM pg_proc WHERE oid = ANY ($3)
            UNION ALL SELECT 14, objoid, objsubid, xmin::text FROM pg_description WHERE objoid = ANY ($2)
            UNION ALL SELECT 14, d.objoid, 0, d.xmin::text FROM pg_description d JOIN pg_constraint k ON k.oid = d.objoid WHERE k.conrelid = ANY ($2)
            UNION ALL SELECT 14, d.objoid, 0, d.xmin::text FROM pg_description d JOIN pg_trigger g ON g.oid = d.objoid WHERE g.tgrelid = ANY ($1)) x
        """;

    private CutoverPlan(string schema, List<TableShape> tables) => (Schema, Tables) = (schema, tables);

    /// <summary>The schema of the live tables.</summary>
    public string Schema { get; }

    /// <summary>The live tables; none before the first cutover.</summary>
    public List<TableShape> Tables { get; }

    /// <summary>What hangs on the tables.</summary>
    public List<CarriedObject> Objects { get; private set; } = [];

    /// <summary>What points at the tables.</summary>
    public List<Dependant> Dependants { get; } = [];

    /// <summary>The materialized views over the tables, in the order in which they can be made, with their schemas.</summary>
    public List<(Dependant View, string Name, string Schema)> Materialized { get; } = [];

    /// <summary>What hangs on the materialized views.</summary>
    public List<CarriedObject> OfMaterialized { get; private set; } = [];

    /// <summary>Extended statistics: table, name, schema.</summary>
    public List<(string Table, string Name, string Schema)> ExtendedStatistics { get; private set; } = [];

    /// <summary>The names, with their schemas, and pages of tables outside the set that foreign keys lead to or come from.</summary>
    public Dictionary<uint, (string Name, long Pages, bool IsOwn)> Neighbours { get; } = [];

    /// <summary>The search path under which all texts of the plan were made and are run.</summary>
    public string[] SearchPath => [Schema, .. Materialized.Select(static m => m.Schema).Where(s => !string.Equals(s, Schema, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)];

    /// <summary>What cannot be carried over, one line each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Reads the plan.</summary>
    public static async ValueTask<CutoverPlan> ReadAsync(CutoverSession session, CancellationToken cancellationToken)
    {
        await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
        var plan = new CutoverPlan(session.Set.Schema, await TableShape.ReadAsync(session, session.Set.Schema, session.Set.Tables, cancellationToken).ConfigureAwait(false));
        if (plan.Tables.Count > 0)
        {
            await plan.FillAsync(session, cancellationToken).ConfigureAwait(false);
        }

        await session.UseSchemasAsync(cancellationToken).ConfigureAwait(false);
        plan.Version = await plan.ReadVersionAsync(session, cancellationToken).ConfigureAwait(false);
        return plan;
    }

    /// <summary>What the rows of the catalog looked like when the plan was read: equal texts, equal plans.</summary>
    public string Version { get; private set; } = string.Empty;

    /// <summary>The version now.</summary>
    public async ValueTask<string> ReadVersionAsync(CutoverSession session, CancellationToken cancellationToken)
    {
        uint[] swapped = [.. Tables.Select(static t => t.Oid), .. Materialized.Select(static m => m.View.Relation)];
        return await session.ScalarAsync<string>(
            Versions,
            cancellationToken,
            swapped,
            (uint[])[.. swapped, .. Neighbours.Keys],
            (uint[])[.. Dependants.Where(static d => d.Kind == DependantKind.Function).Select(static d => d.Oid)]).ConfigureAwait(false) ?? string.Empty;
    }

    private async ValueTask FillAsync(CutoverSession session, CancellationToken cancellationToken)
    {
        uint[] tables = [.. Tables.Select(static t => t.Oid)];
        Faults.AddRange(await Cutover.Dependants.FaultsAsync(session, tables, cancellationToken).ConfigureAwait(false));
        await FindDependantsAsync(session, tables, cancellationToken).ConfigureAwait(false);
        Objects = await CarriedObjects.ReadAsync(session, tables, tables, cancellationToken).ConfigureAwait(false);
        uint[] views = [.. Materialized.Select(static m => m.View.Relation)];
        if (views.Length > 0)
        {
            OfMaterialized = [.. (await CarriedObjects.ReadAsync(session, views, tables, cancellationToken).ConfigureAwait(false)).Where(static o => o.Kind is not ("owner" or "access method"))];
        }

        ExtendedStatistics = await session.QueryAsync(
            Statistics, static r => (r.GetString(0), r.GetString(1), r.GetString(2)), cancellationToken, (object)(uint[])[.. tables, .. views]).ConfigureAwait(false);
        foreach (var (oid, name, pages, isOwn) in await session.QueryAsync(
            Relations,
            static r => (r.GetFieldValue<uint>(0), Sql.Name(r.GetString(2), r.GetString(1)), r.GetInt64(4), r.GetBoolean(5)),
            cancellationToken,
            (object)(uint[])[.. Objects.Where(static o => o.Order == CarriedObjects.ForeignKeyOutside).Select(static o => o.Size), .. Dependants.Where(static d => d.Kind != DependantKind.Function).Select(static d => d.Relation)])
            .ConfigureAwait(false))
        {
            Neighbours[oid] = (name, pages, isOwn);
        }

        Faults.AddRange(await session.QueryAsync(
            Strangers,
            static r => r.GetString(0),
            cancellationToken,
            (uint[])[.. tables, .. Dependants.Where(static d => d.Kind != DependantKind.Function).Select(static d => d.Relation), .. views],
            (uint[])[.. Dependants.Where(static d => d.Kind == DependantKind.Function).Select(static d => d.Oid)]).ConfigureAwait(false));
    }

    /// <summary>Finds what points at the tables, and at the materialized views over them, and so on.</summary>
    private async ValueTask FindDependantsAsync(CutoverSession session, uint[] tables, CancellationToken cancellationToken)
    {
        var schemas = new List<string> { Schema };
        var views = new Dictionary<uint, (string Name, string Schema)>();
        while (true)
        {
            await session.ExecuteAsync(Sql.SearchPath([.. schemas]), cancellationToken).ConfigureAwait(false);
            Dependants.Clear();
            Dependants.AddRange(await Cutover.Dependants.ReadAsync(session, [.. tables, .. views.Keys], cancellationToken).ConfigureAwait(false));
            uint[] found = [.. Dependants.Where(static d => d.Kind == DependantKind.MaterializedView).Select(static d => d.Relation), .. views.Keys];
            var before = views.Count;
            foreach (var (oid, name, schema, text) in await session.QueryAsync(
                Relations, static r => (r.GetFieldValue<uint>(0), r.GetString(1), r.GetString(2), r.GetString(3)), cancellationToken, (object)found).ConfigureAwait(false))
            {
                views[oid] = (name, schema);
                if (!schemas.Contains(schema, StringComparer.Ordinal))
                {
                    schemas.Add(schema);
                }
            }

            if (views.Count == before)
            {
                break;
            }
        }

        // A materialized view is made after those that it reads, whose numbers are lower: it cannot be replaced.
        var own = views.Keys.ToHashSet();
        Faults.AddRange(Dependants.Where(static d => d.Kind == DependantKind.Refused).Select(static d => $"{d.Name} depends on the tables' rows as a type, or in a way that cannot be pointed at other tables"));
        if (views.Count > 0)
        {
            var all = await Cutover.Dependants.ReadMaterializedAsync(session, [.. views.Keys], cancellationToken).ConfigureAwait(false);
            foreach (var view in all.OrderBy(static v => v.Relation))
            {
                var (name, schema) = views[view.Relation];
                Materialized.Add((view, name, schema));
                if (view.Name.Contains('.', StringComparison.Ordinal))
                {
                    Faults.Add($"materialized view {view.Name} is hidden by a relation of the same name in {Schema}");
                }

                if (session.Set.Tables.Contains(name, StringComparer.Ordinal) || Materialized.Count(m => string.Equals(m.Name, name, StringComparison.Ordinal)) > 1)
                {
                    Faults.Add($"materialized view {view.Name} has the name of another table or view that is swapped");
                }
            }
        }

        Dependants.RemoveAll(d => own.Contains(d.Relation) || d.Kind == DependantKind.Refused);
        Dependants.Sort(static (a, b) => a.Kind != b.Kind ? a.Kind.CompareTo(b.Kind) : a.Oid.CompareTo(b.Oid));
    }

    /// <summary>Whether a foreign key from another table is checked after the commit, because there are many rows.</summary>
    public bool IsCheckedLate(Dependant key, List<TableShape> tables, long pagesCheckedUnderLock) => !CarriedObjects.IsUnchecked(key.Make) && key.Plain
        && Neighbours[key.Relation].Pages + tables.Find(t => t.Number == Tables.Find(p => p.Oid == key.Target)!.Number)!.Pages > pagesCheckedUnderLock;
}
