namespace Loyalty.Postgres.Cutover;

/// <summary>Something that hangs on a table, as the statements that make and unmake it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Order">Lower ones are made first and unmade last.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsExposed">Whether it lets others reach the table or acts on them: made only at the moment of the swap, and unmade on what is replaced.</param>
/// <param name="Make">Makes it; names without a schema, so that two tables that stand alike have equal texts.</param>
/// <param name="Unmake">Unmakes it; empty where the other's <paramref name="Make"/> takes its place.</param>
/// <param name="Size">For a foreign key to a table outside the set: that table.</param>
internal sealed record CarriedObject(string Table, int Order, string Kind, string Name, bool IsExposed, string Make, string Unmake, uint Size);

/// <summary>The query for <see cref="CarriedObject"/>s: everything that PostgreSQL keeps about a table beside its columns' names and types.</summary>
internal static class CarriedObjects
{
    public const int ForeignKeyInside = 26;
    public const int ForeignKeyOutside = 40;
    public const int Grants = 50;

    // $1: the tables; $2: all tables of the set, to tell foreign keys inside it from those that leave it.
    private const string Query =
        """
        WITH t AS (
            SELECT c.*, quote_ident(c.relname) AS n, quote_ident(pg_get_userbyid(c.relowner)) AS o,
                CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind
            FROM pg_class c WHERE c.oid = ANY ($1)
        ), own AS (
            SELECT s.oid, s.relacl, quote_ident(s.relname) AS n, t.relname, t.relowner, t.o, a.attname, a.attidentity, q.*
            FROM t JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
            JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
            JOIN pg_sequence q ON q.seqrelid = s.oid
        ), acl AS (
            SELECT t.relname, t.relowner, t.o, 'TABLE ' || t.n AS what, '' AS col, x.* FROM t, aclexplode(t.relacl) WITH ORDINALITY x(grantor, grantee, privilege_type, is_grantable, i) WHERE t.relacl IS NOT NULL
            UNION ALL
            SELECT t.relname, t.relowner, t.o, 'TABLE ' || t.n, ' (' || quote_ident(a.attname) || ')', x.*
            FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) WITH ORDINALITY x(grantor, grantee, privilege_type, is_grantable, i) WHERE a.attacl IS NOT NULL
            UNION ALL
            SELECT own.relname, own.relowner, own.o, 'SEQUENCE ' || own.n, '', x.* FROM own, aclexplode(own.relacl) WITH ORDINALITY x(grantor, grantee, privilege_type, is_grantable, i) WHERE own.relacl IS NOT NULL
        )
        SELECT relname::text, ord, kind, name::text, exposed, make, unmake, size FROM (
            SELECT t.relname, 10 AS ord, 'owner' AS kind, '' AS name, false AS exposed, format('ALTER TABLE %s OWNER TO %s', t.n, t.o) AS make, '' AS unmake, 0::oid AS size FROM t
            UNION ALL SELECT t.relname, 11, 'persistence', '', false, format('ALTER TABLE %s SET %s', t.n, CASE t.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END), '', 0
                FROM t WHERE t.relkind = 'r'
            UNION ALL SELECT t.relname, 12, 'tablespace', '', false, format('ALTER TABLE %s SET TABLESPACE %I', t.n, coalesce(p.spcname, b.spcname)), '', 0
                FROM t LEFT JOIN pg_tablespace p ON p.oid = t.reltablespace, pg_database db JOIN pg_tablespace b ON b.oid = db.dattablespace WHERE db.datname = current_database()
            UNION ALL SELECT t.relname, 13, 'access method', '', false, format('ALTER TABLE %s SET ACCESS METHOD %I', t.n, m.amname), '', 0 FROM t JOIN pg_am m ON m.oid = t.relam
            UNION ALL SELECT t.relname, 14, 'storage option', x.prefix, false, format('ALTER TABLE %s SET (%s)', t.n, x.list), format('ALTER TABLE %s RESET (%s)', t.n, x.names), 0
                FROM t LEFT JOIN pg_class toast ON toast.oid = t.reltoastrelid, LATERAL (
                    SELECT prefix, string_agg(format('%s%s = %L', prefix, split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ' ORDER BY i) AS list, string_agg(prefix || split_part(o, '=', 1), ', ') AS names
                    FROM (SELECT '' AS prefix, o, i FROM unnest(t.reloptions) WITH ORDINALITY u(o, i) UNION ALL SELECT 'toast.', o, i FROM unnest(toast.reloptions) WITH ORDINALITY u(o, i)) u GROUP BY prefix) x
            UNION ALL SELECT t.relname, 15, 'default', a.attname, false,
                format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', t.n, a.attname, pg_get_expr(d.adbin, d.adrelid)), format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', t.n, a.attname), 0
                FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attgenerated = '' JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
            UNION ALL SELECT t.relname, 16, 'not null', a.attname, false,
                format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', t.n, a.attname), format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', t.n, a.attname), 0
                FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
                WHERE current_setting('server_version_num')::int < 180000 AND t.relkind = 'r'
            UNION ALL SELECT t.relname, 17, 'statistics target', a.attname, false,
                format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', t.n, a.attname, a.attstattarget), format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS -1', t.n, a.attname), 0
                FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(a.attstattarget, -1) <> -1
            UNION ALL SELECT t.relname, 17, 'column option', a.attname || '.' || x, false,
                format('ALTER TABLE %s ALTER COLUMN %I SET (%s = %L)', t.n, a.attname, split_part(x, '=', 1), substr(x, strpos(x, '=') + 1)),
                format('ALTER TABLE %s ALTER COLUMN %I RESET (%s)', t.n, a.attname, split_part(x, '=', 1)), 0
                FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped, unnest(a.attoptions) x WHERE x NOT LIKE 'pg\_%'
            UNION ALL SELECT t.relname, 17, 'storage', a.attname, false,
                format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE %s', t.n, a.attname, CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END),
                format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE %s', t.n, a.attname, CASE y.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END), 0
                FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type y ON y.oid = a.atttypid AND y.typstorage <> a.attstorage
            UNION ALL SELECT t.relname, 17, 'compression', a.attname, false,
                format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION %s', t.n, a.attname, CASE a.attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END),
                format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION default', t.n, a.attname), 0
                FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attcompression <> ''
            UNION ALL SELECT own.relname, 18, 'identity', own.attname, false,
                format('ALTER TABLE %I ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s)',
                    own.relname, own.attname, CASE own.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, own.n, own.seqstart, own.seqincrement,
                    own.seqmin, own.seqmax, own.seqcache, CASE WHEN own.seqcycle THEN ' CYCLE' ELSE '' END),
                format('ALTER TABLE %I ALTER COLUMN %I DROP IDENTITY', own.relname, own.attname), 0 FROM own
            UNION ALL SELECT t.relname, CASE k.contype WHEN 'n' THEN 19 WHEN 'c' THEN 21 ELSE 20 END, 'constraint', k.conname, false,
                format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.n, k.conname, pg_get_constraintdef(k.oid)), format('ALTER TABLE %s DROP CONSTRAINT %I', t.n, k.conname), 0
                FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x', 'c', 'n')
            UNION ALL SELECT t.relname, 22, 'index', i.relname, false, pg_get_indexdef(x.indexrelid, 0, true), format('DROP INDEX %I', i.relname), 0
                FROM t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
                WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
            UNION ALL SELECT t.relname, 23, 'clustering', i.relname, false, format('ALTER %s %s CLUSTER ON %I', t.kind, t.n, i.relname), format('ALTER %s %s SET WITHOUT CLUSTER', t.kind, t.n), 0
                FROM t JOIN pg_index x ON x.indrelid = t.oid AND x.indisclustered JOIN pg_class i ON i.oid = x.indexrelid
            UNION ALL SELECT t.relname, 23, 'index option', i.relname || '.' || opt, false,
                format('ALTER INDEX %I SET (%s = %L)', i.relname, split_part(opt, '=', 1), substr(opt, strpos(opt, '=') + 1)), format('ALTER INDEX %I RESET (%s)', i.relname, split_part(opt, '=', 1)), 0
                FROM t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid, unnest(i.reloptions) opt
                WHERE EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
            UNION ALL SELECT t.relname, 23, 'index tablespace', i.relname, false, format('ALTER INDEX %I SET TABLESPACE %I', i.relname, p.spcname), '', 0
                FROM t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_tablespace p ON p.oid = i.reltablespace
            UNION ALL SELECT t.relname, 23, 'index statistics target', i.relname || '.' || a.attnum, false,
                format('ALTER INDEX %I ALTER COLUMN %s SET STATISTICS %s', i.relname, a.attnum, a.attstattarget), format('ALTER INDEX %I ALTER COLUMN %s SET STATISTICS -1', i.relname, a.attnum), 0
                FROM t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_attribute a ON a.attrelid = i.oid AND coalesce(a.attstattarget, -1) <> -1
            UNION ALL SELECT t.relname, 24, 'extended statistics', e.stxname, false,
                regexp_replace(pg_get_statisticsobjdef(e.oid), '^CREATE STATISTICS ("([^"]|"")*"|[^ ".]+)\.', 'CREATE STATISTICS '), format('DROP STATISTICS %I', e.stxname), 0
                FROM t JOIN pg_statistic_ext e ON e.stxrelid = t.oid
            UNION ALL SELECT t.relname, 25, 'extended statistics target', e.stxname, false, format('ALTER STATISTICS %I SET STATISTICS %s', e.stxname, e.stxstattarget),
                format('ALTER STATISTICS %I SET STATISTICS -1', e.stxname), 0 FROM t JOIN pg_statistic_ext e ON e.stxrelid = t.oid AND coalesce(e.stxstattarget, -1) <> -1
            UNION ALL SELECT t.relname, 25, 'replica identity', '', false,
                format('ALTER TABLE %s REPLICA IDENTITY %s', t.n, CASE t.relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL' ELSE 'USING INDEX ' || quote_ident(i.relname) END),
                format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', t.n), 0
                FROM t LEFT JOIN pg_index x ON x.indrelid = t.oid AND x.indisreplident LEFT JOIN pg_class i ON i.oid = x.indexrelid WHERE t.relkind = 'r' AND t.relreplident <> 'd'
            UNION ALL SELECT t.relname, CASE WHEN k.confrelid = ANY ($2) THEN 26 ELSE 40 END, 'foreign key', k.conname, NOT k.confrelid = ANY ($2),
                format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.n, k.conname, pg_get_constraintdef(k.oid)), format('ALTER TABLE %s DROP CONSTRAINT %I', t.n, k.conname), k.confrelid
                FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
            UNION ALL SELECT t.relname, 30, 'comment', coalesce(a.attname, ''), false,
                format('COMMENT ON %s IS %L', CASE WHEN a.attname IS NULL THEN t.kind || ' ' || t.n ELSE format('COLUMN %s.%I', t.n, a.attname) END, d.description),
                format('COMMENT ON %s IS NULL', CASE WHEN a.attname IS NULL THEN t.kind || ' ' || t.n ELSE format('COLUMN %s.%I', t.n, a.attname) END), 0
                FROM t JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = t.oid LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.objsubid AND d.objsubid > 0
            UNION ALL SELECT t.relname, CASE WHEN k.contype = 'f' AND NOT k.confrelid = ANY ($2) THEN 49 ELSE 31 END, 'comment', 'constraint ' || k.conname,
                k.contype = 'f' AND NOT k.confrelid = ANY ($2), format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, t.n, obj_description(k.oid, 'pg_constraint')),
                CASE WHEN k.contype = 'f' AND NOT k.confrelid = ANY ($2) THEN '' ELSE format('COMMENT ON CONSTRAINT %I ON %s IS NULL', k.conname, t.n) END, 0
                FROM t JOIN pg_constraint k ON k.conrelid = t.oid WHERE obj_description(k.oid, 'pg_constraint') IS NOT NULL
            UNION ALL SELECT t.relname, 31, 'comment', 'index ' || i.relname, false, format('COMMENT ON INDEX %I IS %L', i.relname, obj_description(i.oid, 'pg_class')),
                format('COMMENT ON INDEX %I IS NULL', i.relname), 0
                FROM t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid WHERE obj_description(i.oid, 'pg_class') IS NOT NULL
            UNION ALL SELECT t.relname, 31, 'comment', 'statistics ' || e.stxname, false, format('COMMENT ON STATISTICS %I IS %L', e.stxname, obj_description(e.oid, 'pg_statistic_ext')),
                format('COMMENT ON STATISTICS %I IS NULL', e.stxname), 0 FROM t JOIN pg_statistic_ext e ON e.stxrelid = t.oid WHERE obj_description(e.oid, 'pg_statistic_ext') IS NOT NULL
            UNION ALL SELECT own.relname, 31, 'comment', 'sequence ' || own.n, false, format('COMMENT ON SEQUENCE %s IS %L', own.n, obj_description(own.oid, 'pg_class')),
                format('COMMENT ON SEQUENCE %s IS NULL', own.n), 0 FROM own WHERE obj_description(own.oid, 'pg_class') IS NOT NULL
            UNION ALL SELECT t.relname, 41, 'row level security', '', true, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.n), format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t.n), 0
                FROM t WHERE t.relrowsecurity
            UNION ALL SELECT t.relname, 42, 'forced row level security', '', true, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.n), format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t.n), 0
                FROM t WHERE t.relforcerowsecurity
            UNION ALL SELECT t.relname, 43, 'policy', p.polname, true,
                format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, t.n, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                    (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ' ORDER BY r) FROM unnest(p.polroles) r),
                    ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
                format('DROP POLICY %I ON %s', p.polname, t.n), 0 FROM t JOIN pg_policy p ON p.polrelid = t.oid
            UNION ALL SELECT t.relname, 44, 'rule', r.rulename, true, rtrim(pg_get_ruledef(r.oid, true), ';'), format('DROP RULE %I ON %s', r.rulename, t.n), 0
                FROM t JOIN pg_rewrite r ON r.ev_class = t.oid AND r.rulename <> '_RETURN'
            UNION ALL SELECT t.relname, 45, 'rule state', r.rulename, true,
                format('ALTER TABLE %s %s RULE %I', t.n, CASE r.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, r.rulename), '', 0
                FROM t JOIN pg_rewrite r ON r.ev_class = t.oid AND r.rulename <> '_RETURN' AND r.ev_enabled <> 'O'
            UNION ALL SELECT t.relname, 46, 'trigger', g.tgname, true, pg_get_triggerdef(g.oid, true), format('DROP TRIGGER %I ON %s', g.tgname, t.n), 0
                FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal JOIN pg_proc f ON f.oid = g.tgfoid JOIN pg_namespace s ON s.oid = f.pronamespace AND s.nspname <> 'loyalty_cutover'
            UNION ALL SELECT t.relname, 47, 'trigger state', g.tgname, true,
                format('ALTER TABLE %s %s TRIGGER %I', t.n, CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.tgname), '', 0
                FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'O'
                JOIN pg_proc f ON f.oid = g.tgfoid JOIN pg_namespace s ON s.oid = f.pronamespace AND s.nspname <> 'loyalty_cutover'
            UNION ALL SELECT t.relname, 48, 'publication', p.pubname, true,
                format('ALTER PUBLICATION %I ADD TABLE %s%s%s', p.pubname, t.n,
                    (SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY u.i) || ')' FROM unnest(r.prattrs) WITH ORDINALITY u(c, i) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.c),
                    ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')'),
                format('ALTER PUBLICATION %I DROP TABLE %s', p.pubname, t.n), 0 FROM t JOIN pg_publication_rel r ON r.prrelid = t.oid JOIN pg_publication p ON p.oid = r.prpubid
            UNION ALL SELECT t.relname, 49, 'comment', v.kind || v.name, true, format('COMMENT ON %s %I ON %s IS %L', v.kind, v.name, t.n, v.text), '', 0
                FROM t, LATERAL (
                    SELECT 'POLICY' AS kind, p.polname AS name, obj_description(p.oid, 'pg_policy') AS text FROM pg_policy p WHERE p.polrelid = t.oid
                    UNION ALL SELECT 'TRIGGER', g.tgname, obj_description(g.oid, 'pg_trigger') FROM pg_trigger g WHERE g.tgrelid = t.oid
                    UNION ALL SELECT 'RULE', r.rulename, obj_description(r.oid, 'pg_rewrite') FROM pg_rewrite r WHERE r.ev_class = t.oid AND r.rulename <> '_RETURN') v WHERE v.text IS NOT NULL
            UNION ALL SELECT x.relname, 49, 'grant', x.what || ' of the owner', true, format('REVOKE ALL ON %s FROM %s', x.what, x.o), '', 0
                FROM (SELECT DISTINCT relname, what, o FROM acl WHERE col = '') x
            UNION ALL SELECT a.relname, CASE WHEN a.grantor = a.relowner THEN 50 ELSE 51 END, 'grant', format('%s%s %s %s', a.what, a.col, lpad(min(a.i)::text, 8, '0'), a.is_grantable), true,
                CASE WHEN a.grantor <> a.relowner THEN format('SET LOCAL ROLE %I; ', pg_get_userbyid(a.grantor)) ELSE '' END
                || format('GRANT %s ON %s TO %s%s', string_agg(a.privilege_type || a.col, ', ' ORDER BY a.privilege_type), a.what,
                    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
                || CASE WHEN a.grantor <> a.relowner THEN format('; SET LOCAL ROLE %I', current_user) ELSE '' END, '', 0
                FROM acl a GROUP BY a.relname, a.relowner, a.what, a.col, a.grantor, a.grantee, a.is_grantable
        ) x ORDER BY ord, relname, kind, name
        """;

    /// <summary>Whether a constraint, as a statement makes it, lets rows be that break it.</summary>
    public static bool IsUnchecked(string make) => make.EndsWith(" NOT VALID", StringComparison.Ordinal) || make.EndsWith(" NOT ENFORCED", StringComparison.Ordinal);

    /// <summary>What hangs on the tables, under the search path of the session, which must begin with the schema where they stand.</summary>
    public static async ValueTask<List<CarriedObject>> ReadAsync(CutoverSession session, uint[] tables, uint[] all, CancellationToken cancellationToken) =>
        await session.QueryAsync(
            Query,
            static r => new CarriedObject(r.GetString(0), r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), r.GetString(5), r.GetString(6), r.GetFieldValue<uint>(7)),
            cancellationToken,
            tables,
            all).ConfigureAwait(false);

    /// <summary>Statements that make the second set of objects like the first.</summary>
    public static List<string> Difference(IEnumerable<CarriedObject> wanted, IEnumerable<CarriedObject> found)
    {
        var have = found.ToList();
        var want = wanted.ToList();
        var makes = want.Select(static o => o.Make).ToHashSet(StringComparer.Ordinal);
        var made = have.Select(static o => o.Make).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. have.Where(o => !makes.Contains(o.Make) && o.Unmake.Length > 0).OrderByDescending(static o => o.Order).Select(static o => o.Unmake),
            .. want.Where(o => !made.Contains(o.Make)).OrderBy(static o => o.Order).Select(static o => o.Make),
        ];
    }
}
