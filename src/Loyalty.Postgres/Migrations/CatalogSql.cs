namespace Loyalty.Postgres.Migrations;

/// <summary>Reads the schema <c>loyalty</c> from the catalog as lines of kind, name and value, in words that are the same on every version of PostgreSQL.</summary>
/// <remarks>
/// Not read: comments, statistics, storage and autovacuum settings, tablespaces: they change nothing that anybody can see or do. Every query goes through
/// <c>pg_class</c>, from which a cluster hides the shards that the coordinator may hold.
/// </remarks>
internal static class CatalogSql
{
    /// <summary>Names are written out in full, whatever the connection's own path is.</summary>
    public const string Settings = "SET LOCAL search_path = ''";

    private const string Relations =
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'loyalty' ";

    private const string RelationKind =
        "CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' "
        + "WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'type' END";

    private const string Grantee = "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(x.grantee) END";

    private const string Privileges =
        "string_agg(DISTINCT x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', ')";

    public const string Read =
        // Owners are compared with each other, see SchemaCheck: their names are the installation's.
        $"SELECT 'relation' AS kind, c.relname::text AS name, concat_ws(', ', {RelationKind}, "
        + "CASE c.relpersistence WHEN 'p' THEN 'permanent' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END, "
        + "CASE WHEN c.relrowsecurity THEN 'row level security enabled' END, CASE WHEN c.relforcerowsecurity THEN 'row level security forced' END, "
        + "CASE WHEN c.relispartition THEN 'a partition' END, CASE WHEN c.reloftype <> 0 THEN 'of a type' END, "
        + "CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) THEN 'inherits' END, "
        + "CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END) AS value "
        + Relations + "AND c.relkind NOT IN ('i', 'I', 't') "

        + "UNION ALL SELECT 'column', c.relname || '.' || a.attname, concat_ws(' ', pg_catalog.format_type(a.atttypid, a.atttypmod), "
        + "CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || (SELECT quote_ident(l.collname) FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation) END, "
        + "CASE WHEN a.attnotnull THEN 'NOT NULL' END, CASE a.attidentity WHEN '' THEN NULL ELSE 'IDENTITY' END, "
        + "CASE a.attgenerated WHEN '' THEN 'DEFAULT ' ELSE 'GENERATED AS ' END || pg_catalog.pg_get_expr(d.adbin, d.adrelid)) "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
        + "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
        + "WHERE s.nspname = 'loyalty' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped "

        // Not null stands with the column: only newer versions keep a constraint for it.
        + "UNION ALL SELECT 'constraint', c.relname || '.' || k.conname, pg_catalog.pg_get_constraintdef(k.oid) "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid "
        + "WHERE s.nspname = 'loyalty' AND k.contype IN ('p', 'u', 'c', 'f', 'x') "

        + "UNION ALL SELECT 'index', c.relname || '.' || n.relname, regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), ' WITH \\([^)]*\\)', '') "
        + "|| CASE WHEN i.indisvalid AND i.indisready THEN '' ELSE ' INVALID' END "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_index i ON i.indrelid = c.oid "
        + "JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid WHERE s.nspname = 'loyalty' AND c.relkind IN ('r', 'p', 'm') "

        + "UNION ALL SELECT 'policy', c.relname || '.' || p.polname, concat_ws(' ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, "
        + "'FOR', CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END, "
        + "'TO', (SELECT string_agg(CASE r.oid WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(r.oid) END, ', ' ORDER BY 1) FROM unnest(p.polroles) AS r (oid)), "
        + "'USING ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'WITH CHECK ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid "
        + "WHERE s.nspname = 'loyalty' "

        + "UNION ALL SELECT 'trigger', c.relname || '.' || t.tgname, pg_catalog.pg_get_triggerdef(t.oid) "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid "
        + "WHERE s.nspname = 'loyalty' AND NOT t.tgisinternal "

        + "UNION ALL SELECT 'rule', c.relname || '.' || r.rulename, pg_catalog.pg_get_ruledef(r.oid) "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid "
        + "WHERE s.nspname = 'loyalty' AND c.relkind NOT IN ('v', 'm') "

        + $"UNION ALL SELECT 'grant', 'on ' || c.relname || ' to ' || {Grantee}, {Privileges} "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) AS x "
        + "WHERE s.nspname = 'loyalty' AND x.grantee <> c.relowner GROUP BY c.relname, x.grantee "

        + $"UNION ALL SELECT 'grant', 'on ' || c.relname || ' (' || a.attname || ') to ' || {Grantee}, {Privileges} "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
        + "CROSS JOIN LATERAL aclexplode(a.attacl) AS x WHERE s.nspname = 'loyalty' AND NOT a.attisdropped AND x.grantee <> c.relowner "
        + "GROUP BY c.relname, a.attname, x.grantee "

        + $"UNION ALL SELECT 'grant', 'on schema loyalty to ' || {Grantee}, {Privileges} "
        + "FROM pg_catalog.pg_namespace s CROSS JOIN LATERAL aclexplode(s.nspacl) AS x WHERE s.nspname = 'loyalty' AND x.grantee <> s.nspowner GROUP BY x.grantee "

        + $"UNION ALL SELECT 'default grant', 'on ' || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' "
        + $"WHEN 'T' THEN 'types' ELSE 'objects' END || ' to ' || {Grantee}, {Privileges} "
        + "FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_namespace s ON s.oid = d.defaclnamespace CROSS JOIN LATERAL aclexplode(d.defaclacl) AS x "
        + "WHERE s.nspname = 'loyalty' AND x.grantee <> d.defaclrole GROUP BY d.defaclobjtype, x.grantee "

        // Whatever else lives in the schema: functions, types, operators and so on. The first two classes are tables and statistics.
        + "UNION ALL SELECT 'object', pg_catalog.pg_describe_object(d.classid, d.objid, 0), CASE WHEN f.prosecdef THEN 'SECURITY DEFINER' ELSE '' END "
        + "FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace s ON s.oid = d.refobjid LEFT JOIN pg_catalog.pg_proc f "
        + "ON d.classid = 'pg_catalog.pg_proc'::regclass AND f.oid = d.objid WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND s.nspname = 'loyalty' "
        + "AND d.classid NOT IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_statistic_ext'::regclass, 'pg_catalog.pg_default_acl'::regclass)";
}
