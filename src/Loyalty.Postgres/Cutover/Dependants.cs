namespace Loyalty.Postgres.Cutover;

/// <summary>Kinds of objects outside a set that point at its tables.</summary>
internal enum DependantKind
{
    /// <summary>A foreign key of another table.</summary>
    ForeignKey,

    /// <summary>A view.</summary>
    View,

    /// <summary>A materialized view: made anew over the generation before the swap.</summary>
    MaterializedView,

    /// <summary>A function whose body points at the tables.</summary>
    Function,

    /// <summary>A policy of another table.</summary>
    Policy,

    /// <summary>A rule of another table.</summary>
    Rule,

    /// <summary>Something that cannot be carried over.</summary>
    Refused,
}

/// <summary>An object outside the set that points at its tables by number, not by name, and so must be pointed at the new ones.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Oid">Its number in the catalog.</param>
/// <param name="Relation">The view, or the table whose key, policy or rule it is.</param>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Owner">The role that it belongs to.</param>
/// <param name="Make">Makes it point at the tables that have the names then.</param>
/// <param name="Unmake">Takes it away first, where that is needed.</param>
/// <param name="Target">For a foreign key: the table that it refers to.</param>
/// <param name="More">For a foreign key: what is made after it.</param>
/// <param name="Plain">For a foreign key: whether its table is one that takes keys that are not checked yet.</param>
internal sealed record Dependant(
    DependantKind Kind, uint Oid, uint Relation, string Name, string Owner, string Make, string Unmake, uint Target, string More, bool Plain);

/// <summary>The query for <see cref="Dependant"/>s.</summary>
internal static class Dependants
{
    // $1: the tables and the materialized views over them.
    private const string Query =
        """
        WITH s AS (SELECT unnest($1::oid[]) AS oid), ref AS (
            SELECT 'pg_class'::regclass::oid AS c, oid AS o, false AS is_type FROM s
            UNION SELECT 'pg_class'::regclass, i.indexrelid, false FROM pg_index i JOIN s ON s.oid = i.indrelid
            UNION SELECT 'pg_class'::regclass, d.objid, false FROM pg_depend d JOIN s ON d.refobjid = s.oid AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
            UNION SELECT 'pg_constraint'::regclass, k.oid, false FROM pg_constraint k JOIN s ON s.oid = k.conrelid
            UNION SELECT 'pg_type'::regclass, y.oid, true FROM pg_type y JOIN s ON s.oid = y.typrelid
            UNION SELECT 'pg_type'::regclass, y.typarray, true FROM pg_type y JOIN s ON s.oid = y.typrelid WHERE y.typarray <> 0
        ), dep AS (
            SELECT d.classid, d.objid, bool_or(ref.is_type) AS is_type FROM pg_depend d JOIN ref ON d.refclassid = ref.c AND d.refobjid = ref.o WHERE d.deptype <> 'e' GROUP BY 1, 2
        ), x AS (
            SELECT d.classid, d.objid, d.is_type, k.conrelid, k.confrelid, k.contype, k.conparentid, coalesce(g.tgrelid, e.adrelid, p.polrelid, t.stxrelid, pr.prrelid) AS part_of, g.tgisinternal,
                rw.ev_class, rw.rulename, v.relkind AS view_kind, c.relkind, y.typrelid, p.polname, f.prokind, k.conname
            FROM dep d
            LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
            LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
            LEFT JOIN pg_attrdef e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
            LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
            LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
            LEFT JOIN pg_statistic_ext t ON d.classid = 'pg_statistic_ext'::regclass AND t.oid = d.objid
            LEFT JOIN pg_publication_rel pr ON d.classid = 'pg_publication_rel'::regclass AND pr.oid = d.objid
            LEFT JOIN pg_rewrite rw ON d.classid = 'pg_rewrite'::regclass AND rw.oid = d.objid LEFT JOIN pg_class v ON v.oid = rw.ev_class
            LEFT JOIN pg_type y ON d.classid = 'pg_type'::regclass AND y.oid = d.objid
            LEFT JOIN pg_proc f ON d.classid = 'pg_proc'::regclass AND f.oid = d.objid
        ), y AS (
            SELECT x.*, CASE
                WHEN classid = 'pg_class'::regclass AND relkind IN ('i', 'I', 't', 'S') THEN NULL
                WHEN classid = 'pg_type'::regclass AND (typrelid IN (SELECT oid FROM s) OR objid IN (SELECT o FROM ref)) THEN NULL
                WHEN conrelid IN (SELECT oid FROM s) OR conparentid <> 0 THEN NULL
                WHEN contype = 'f' AND confrelid IN (SELECT oid FROM s) THEN 'ForeignKey'
                WHEN part_of IN (SELECT oid FROM s) OR tgisinternal THEN NULL
                WHEN ev_class IN (SELECT oid FROM s) THEN NULL
                WHEN view_kind = 'v' THEN 'View'
                WHEN view_kind = 'm' THEN 'MaterializedView'
                WHEN ev_class IS NOT NULL THEN 'Rule'
                WHEN polname IS NOT NULL THEN 'Policy'
                WHEN prokind IN ('f', 'p') AND NOT is_type THEN 'Function'
                ELSE 'Refused' END AS kind FROM x
        )
        SELECT DISTINCT ON (y.kind, coalesce(CASE WHEN y.kind IN ('View', 'MaterializedView') THEN y.ev_class END, y.objid))
            y.kind, y.objid, coalesce(r.oid, 0::oid),
            CASE y.kind WHEN 'ForeignKey' THEN format('foreign key %I of %s', y.conname, r.oid::regclass) WHEN 'View' THEN 'view ' || r.oid::regclass WHEN 'MaterializedView' THEN r.oid::regclass::text
                ELSE pg_describe_object(y.classid, y.objid, 0) END,
            coalesce(pg_get_userbyid(coalesce(r.relowner, f.proowner)), '')::text,
            coalesce(CASE y.kind
                WHEN 'ForeignKey' THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.oid::regclass, y.conname, pg_get_constraintdef(y.objid))
                WHEN 'View' THEN format('CREATE OR REPLACE VIEW %I.%I%s AS %s', n.nspname, r.relname, ' WITH (' || array_to_string(r.reloptions, ', ') || ')', rtrim(pg_get_viewdef(r.oid), ';'))
                WHEN 'Function' THEN pg_get_functiondef(y.objid)
                WHEN 'Policy' THEN format('ALTER POLICY %I ON %s%s%s', y.polname, r.oid::regclass, ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
                WHEN 'Rule' THEN regexp_replace(rtrim(pg_get_ruledef(y.objid), ';'), '^CREATE RULE', 'CREATE OR REPLACE RULE') END, ''),
            CASE y.kind WHEN 'ForeignKey' THEN format('ALTER TABLE %s DROP CONSTRAINT %I', r.oid::regclass, y.conname) ELSE '' END,
            coalesce(y.confrelid, 0::oid),
            coalesce(CASE y.kind WHEN 'ForeignKey' THEN format('COMMENT ON CONSTRAINT %I ON %s IS %L', y.conname, r.oid::regclass, obj_description(y.objid, 'pg_constraint')) END, ''),
            coalesce(r.relkind = 'r', false), obj_description(y.objid, 'pg_constraint') IS NOT NULL
        FROM y
        LEFT JOIN pg_policy p ON y.kind = 'Policy' AND p.oid = y.objid
        LEFT JOIN pg_class r ON r.oid = coalesce(CASE WHEN y.kind = 'ForeignKey' THEN y.conrelid END, y.ev_class, p.polrelid)
        LEFT JOIN pg_namespace n ON n.oid = r.relnamespace
        LEFT JOIN pg_proc f ON y.kind = 'Function' AND f.oid = y.objid
        WHERE y.kind IS NOT NULL
        """;

    // What makes a table one that cannot be swapped at all.
    private const string Faults =
        """
        SELECT format('%s is %s', c.oid::regclass, CASE c.relkind WHEN 'p' THEN 'a partitioned table' WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table' ELSE 'no table' END)
            FROM pg_class c WHERE c.oid = ANY ($1) AND c.relkind <> 'r'
        UNION ALL SELECT format('%s is a partition or inherits from %s', c.oid::regclass, i.inhparent::regclass) FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.oid = ANY ($1)
        UNION ALL SELECT format('%s inherits from %s', i.inhrelid::regclass, c.oid::regclass) FROM pg_class c JOIN pg_inherits i ON i.inhparent = c.oid WHERE c.oid = ANY ($1)
        UNION ALL SELECT format('%s is made of the type %s', c.oid::regclass, c.reloftype::regtype) FROM pg_class c WHERE c.oid = ANY ($1) AND c.reloftype <> 0
        UNION ALL SELECT format('%s is temporary', c.oid::regclass) FROM pg_class c WHERE c.oid = ANY ($1) AND c.relpersistence = 't'
        UNION ALL SELECT format('%s belongs to an extension', c.oid::regclass) FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' WHERE c.oid = ANY ($1)
        UNION ALL SELECT format('%s has a security label', l.objoid::regclass) FROM pg_seclabel l WHERE l.classoid = 'pg_class'::regclass AND l.objoid = ANY ($1)
        UNION ALL SELECT format('%s is filled by a subscription', r.srrelid::regclass) FROM pg_subscription_rel r WHERE r.srrelid = ANY ($1)
        UNION ALL SELECT format('%s has no primary key', c.oid::regclass) FROM pg_class c WHERE c.oid = ANY ($1) AND c.relkind = 'r'
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
        """;

    public static async ValueTask<List<Dependant>> ReadAsync(CutoverSession session, uint[] relations, CancellationToken cancellationToken) => await session.QueryAsync(
        Query,
        static r => new Dependant(
            Enum.Parse<DependantKind>(r.GetString(0)), r.GetFieldValue<uint>(1), r.GetFieldValue<uint>(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6),
            r.GetFieldValue<uint>(7), r.GetBoolean(10) ? r.GetString(8) : string.Empty, r.GetBoolean(9)),
        cancellationToken,
        relations).ConfigureAwait(false);

    /// <summary>Materialized views themselves.</summary>
    public static ValueTask<List<Dependant>> ReadMaterializedAsync(CutoverSession session, uint[] views, CancellationToken cancellationToken) => session.QueryAsync(
        """
        SELECT r.oid, r.oid::regclass::text, pg_get_userbyid(r.relowner)::text,
            format('CREATE MATERIALIZED VIEW %I USING %I%s AS %s WITH %sDATA', r.relname, m.amname, ' WITH (' || array_to_string(r.reloptions, ', ') || ')', rtrim(pg_get_viewdef(r.oid), ';'),
                CASE WHEN r.relispopulated THEN '' ELSE 'NO ' END)
        FROM pg_class r JOIN pg_am m ON m.oid = r.relam WHERE r.oid = ANY ($1)
        """,
        static r => new Dependant(
            DependantKind.MaterializedView, r.GetFieldValue<uint>(0), r.GetFieldValue<uint>(0), r.GetString(1), r.GetString(2), r.GetString(3), string.Empty, 0, string.Empty, Plain: false),
        cancellationToken,
        views);

    public static ValueTask<List<string>> FaultsAsync(CutoverSession session, uint[] tables, CancellationToken cancellationToken) =>
        session.QueryAsync(Faults, static r => r.GetString(0), cancellationToken, tables);

    /// <summary>The columns of a foreign key and those that they refer to, as SQL names.</summary>
    public static ValueTask<List<(string Child, string Parent)>> ColumnsAsync(CutoverSession session, Dependant key, CancellationToken cancellationToken) => session.QueryAsync(
        "SELECT a.attname::text, b.attname::text FROM pg_constraint k, unnest(k.conkey, k.confkey) u(c, f) JOIN pg_attribute a ON a.attnum = u.c JOIN pg_attribute b ON b.attnum = u.f "
        + "WHERE k.oid = $1 AND a.attrelid = k.conrelid AND b.attrelid = k.confrelid",
        static r => (Child: Sql.Name(r.GetString(0)), Parent: Sql.Name(r.GetString(1))),
        cancellationToken,
        (object)(long)key.Oid);
}
