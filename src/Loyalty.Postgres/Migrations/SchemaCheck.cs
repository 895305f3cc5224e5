using Npgsql;

namespace Loyalty.Postgres.Migrations;

/// <summary>
/// Who may pass by what the schema says, and what reaches into it from elsewhere: owners, the application's role and its members, views and functions of
/// other schemas.
/// </summary>
/// <remarks>Each query's rows are sentences, each a fault. They complete <see cref="Catalog"/>, which says what is in the schema itself.</remarks>
internal static class SchemaCheck
{
    private const string Relations =
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'loyalty' ";

    private const string InLoyalty = "(SELECT c.oid " + Relations + "AND c.relkind NOT IN ('i', 'I', 't'))";

    // Newer versions keep for each membership whether it gives anything: who makes a role becomes a member that has nothing of it.
    private const string Effective =
        "(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))";

    // Each member of the application's role, and each role that it can act as; the member itself among them.
    private const string Members =
        $"WITH RECURSIVE member (oid) AS (SELECT m.member FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid "
        + $"WHERE r.rolname = 'loyalty_app' AND {Effective} "
        + $"UNION SELECT m.member FROM pg_catalog.pg_auth_members m JOIN member ON m.roleid = member.oid WHERE {Effective}), "
        + "reach (member, role) AS (SELECT oid, oid FROM member "
        + $"UNION SELECT reach.member, m.roleid FROM pg_catalog.pg_auth_members m JOIN reach ON m.member = reach.role WHERE {Effective}) ";

    private const string Through =
        "FROM reach JOIN pg_catalog.pg_roles w ON w.oid = reach.member JOIN pg_catalog.pg_roles r ON r.oid = reach.role ";

    private const string As =
        "CASE WHEN r.oid = w.oid THEN format('Role %I, a member of loyalty_app,', w.rolname) "
        + "ELSE format('Role %I, a member of loyalty_app, can act as %I, which', w.rolname, r.rolname) END";

    private const string Powers =
        "(VALUES ('is a superuser', r.rolsuper), ('passes every policy by (BYPASSRLS)', r.rolbypassrls AND NOT r.rolsuper), "
        + "('may make roles (CREATEROLE)', r.rolcreaterole AND NOT r.rolsuper), ('may copy the server''s files (REPLICATION)', r.rolreplication AND NOT r.rolsuper), "
        + "('may read or write the server''s files, or run programs there', r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')), "
        + "('may write every table', r.rolname = 'pg_write_all_data'), ('may lock every table', r.rolname = 'pg_maintain'), "
        + $"('owns tables of the schema loyalty', EXISTS (SELECT {Relations}AND c.relowner = r.oid)), "
        + "('owns the schema loyalty', EXISTS (SELECT FROM pg_catalog.pg_namespace s WHERE s.nspname = 'loyalty' AND s.nspowner = r.oid)), "
        + "('owns the database', EXISTS (SELECT FROM pg_catalog.pg_database d WHERE d.datname = current_database() AND d.datdba = r.oid))"
        + ") AS p (power, has) WHERE p.has";

    private static readonly string[] Queries =
    [
        // Owners.
        "WITH own (what, owner) AS (SELECT 'Schema loyalty', nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'loyalty' "
        + $"UNION ALL SELECT 'Table ' || c.relname, c.relowner {Relations}AND c.relkind NOT IN ('i', 'I', 't')), "
        + "most (owner) AS (SELECT mode() WITHIN GROUP (ORDER BY owner) FROM own) "
        + "SELECT format('%s belongs to %I, the others to %I.', o.what, pg_catalog.pg_get_userbyid(o.owner), pg_catalog.pg_get_userbyid(m.owner)) "
        + "FROM own o JOIN most m ON o.owner <> m.owner",

        // The application's role.
        "SELECT 'Role loyalty_app does not exist; run `loyalty db migrate` or Migrator.MigrateAsync.' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'loyalty_app') "
        + "AND EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'loyalty')",
        $"SELECT format('Role loyalty_app %s.', p.power) FROM pg_catalog.pg_roles r CROSS JOIN LATERAL {Powers} AND r.rolname = 'loyalty_app'",
        "SELECT format('Role loyalty_app %s; the migrations make it without.', a.power) FROM pg_catalog.pg_roles r CROSS JOIN LATERAL (VALUES "
        + "('may log in', r.rolcanlogin), ('may make databases', r.rolcreatedb)) AS a (power, has) WHERE a.has AND r.rolname = 'loyalty_app'",
        "SELECT format('Role loyalty_app is a member of %I; it should be in no role.', g.rolname) FROM pg_catalog.pg_auth_members m "
        + $"JOIN pg_catalog.pg_roles r ON r.oid = m.member JOIN pg_catalog.pg_roles g ON g.oid = m.roleid WHERE r.rolname = 'loyalty_app' AND {Effective}",

        // Its members.
        $"{Members}SELECT DISTINCT {As} || format(' %s.', p.power) {Through}CROSS JOIN LATERAL {Powers} AND r.rolname <> 'loyalty_app'",
        $"{Members}SELECT DISTINCT format('Role %I may give the membership of loyalty_app to others (ADMIN OPTION).', w.rolname) "
        + "FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles w ON w.oid = m.member JOIN pg_catalog.pg_roles r ON r.oid = m.roleid "
        + $"WHERE m.admin_option AND {Effective} AND r.rolname = 'loyalty_app'",
        $"{Members}SELECT DISTINCT format('Role %I, a member of loyalty_app, may not make temporary tables in this database, which every run needs.', w.rolname) "
        + "FROM member JOIN pg_catalog.pg_roles w ON w.oid = member.oid WHERE w.rolcanlogin "
        + "AND NOT pg_catalog.has_database_privilege(w.oid, current_database(), 'TEMPORARY')",

        // Settings that change what a statement sees or checks.
        $"{Members}SELECT format('%s %s, which belongs into no setting.', CASE WHEN w.rolname IS NULL THEN 'The database' ELSE format('Role %I', w.rolname) END, "
        + "'has the setting ' || g) FROM pg_catalog.pg_db_role_setting d CROSS JOIN LATERAL unnest(d.setconfig) AS g LEFT JOIN pg_catalog.pg_roles w ON w.oid = d.setrole "
        + "WHERE (d.setdatabase = 0 OR d.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())) "
        + "AND (d.setrole = 0 OR d.setrole IN (SELECT oid FROM member) OR w.rolname = 'loyalty_app') "
        + "AND g ~* '^(app\\.tenant_id|session_replication_role|row_security)='",

        // What stands and does not work.
        "SELECT DISTINCT format('A foreign key or other check of table %s is switched off: its triggers are disabled; ALTER TABLE … ENABLE TRIGGER ALL.', c.relname) "
        + "FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace "
        + "WHERE s.nspname = 'loyalty' AND t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')",

        // What reaches in from elsewhere.
        "SELECT DISTINCT format('%s %s reads tables of the schema loyalty as its owner; give it security_invoker = true or drop it.', "
        + "CASE v.relkind WHEN 'v' THEN 'View' WHEN 'm' THEN 'Materialized view' ELSE 'A rule of' END, v.oid::regclass) "
        + "FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = w.ev_class "
        + "JOIN pg_catalog.pg_namespace s ON s.oid = v.relnamespace WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass "
        + $"AND d.refobjid IN {InLoyalty} AND s.nspname <> 'loyalty' "
        + "AND NOT (v.relkind = 'v' AND coalesce(v.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes'], false))",
        "SELECT DISTINCT format('Function %s runs as its owner (SECURITY DEFINER) and names the schema loyalty.', p.oid::regprocedure) "
        + "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace WHERE p.prosecdef AND s.nspname NOT IN ('pg_catalog', 'information_schema', 'loyalty') "
        + "AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e') "
        + "AND (p.prosrc ~* '\\mloyalty\\M' OR array_to_string(p.proconfig, ' ') ~* '\\mloyalty\\M' OR EXISTS (SELECT FROM pg_catalog.pg_depend d "
        + $"WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid IN {InLoyalty}))",
        "SELECT format('Foreign key %s of table %s refers to table %s from outside the schema.', k.conname, k.conrelid::regclass, k.confrelid::regclass) "
        + $"FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confrelid IN {InLoyalty} AND k.conrelid NOT IN {InLoyalty}",
        "SELECT format('Table %s inherits from table %s, or is a partition of it.', i.inhrelid::regclass, i.inhparent::regclass) "
        + $"FROM pg_catalog.pg_inherits i WHERE i.inhparent IN {InLoyalty}",
        "SELECT DISTINCT format('Publication %I sends rows of every tenant to its subscribers: %s.', p.pubname, coalesce(r.prrelid::regclass::text, 'all tables')) "
        + $"FROM pg_catalog.pg_publication p LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid IN {InLoyalty} "
        + "WHERE (p.puballtables AND EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'loyalty')) OR r.prrelid IS NOT NULL",
    ];

    /// <summary>Every fault, each a sentence.</summary>
    /// <param name="connection">A connection in a transaction.</param>
    /// <param name="isCurrent">Whether every migration of this version is applied, and no other, so that the catalog can be compared.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<IReadOnlyList<string>> RunAsync(NpgsqlConnection connection, bool isCurrent, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        if (isCurrent)
        {
            faults.AddRange(Catalog.Expected.Differences(await Catalog.ReadAsync(connection, cancellationToken).ConfigureAwait(false)));
        }

        foreach (var sql in Queries)
        {
            await ReadAsync(connection, sql, faults, cancellationToken).ConfigureAwait(false);
        }

        if (await Distributor.IsClusterAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            await ReadAsync(connection, Distributor.NotSpread, faults, cancellationToken).ConfigureAwait(false);
        }

        return faults;
    }

    private static async ValueTask ReadAsync(NpgsqlConnection connection, string sql, List<string> faults, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    faults.Add(reader.GetString(0));
                }
            }
        }
    }
}
