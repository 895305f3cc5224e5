using Npgsql;

namespace Loyalty.Tests.Stores.Schema;

/// <summary>
/// The rules that every migration keeps: nothing lets a tenant see another one's data, and nothing is what a distributed database cannot do.
/// </summary>
/// <remarks>
/// Each rule is one query over the schema <c>loyalty</c> whose rows are the faults. What the migrations made is compared with this in tests; a database
/// is compared with what the migrations made.
/// </remarks>
internal static class SchemaRules
{
    private const string Tables =
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'loyalty' ";

    // Tables whose data is no tenant's: they stay on the coordinator, or are copied to every node.
    private const string OfTenants = Tables + "AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migration' AND obj_description(c.oid) NOT LIKE 'Reference table%' ";

    /// <summary>The rules, each a query that gives one sentence for each fault.</summary>
    public static IReadOnlyList<(string Rule, string Sql)> Rules { get; } =
    [
        ("every table has tenant_id bigint not null",
            "SELECT format('Table %s has no column tenant_id of type bigint that is not null.', c.relname) " + OfTenants
            + "AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' "
            + "AND a.atttypid = 'bigint'::regtype AND a.attnotnull AND NOT a.attisdropped)"),
        ("row level security is enabled and forced",
            "SELECT format('Table %s does not have row level security enabled and forced.', c.relname) " + OfTenants
            + "AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"),
        ("every table has one policy, for reading and writing, over the setting app.tenant_id",
            "SELECT format('Table %s does not have exactly the policy tenant_only for all commands, with the same USING and WITH CHECK.', c.relname) "
            + OfTenants
            + "AND (SELECT count(*) FILTER (WHERE p.polname = 'tenant_only' AND p.polcmd = '*' AND p.polpermissive "
            + "AND pg_get_expr(p.polwithcheck, p.polrelid) = '(tenant_id = (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::bigint)' "
            + "AND (pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid) "

            // What is searched is seen by the grams that are looked for: only a policy's conditions may use the index. Never more than the tenant's.
            + "OR (c.relname = 'creator_search' AND pg_get_expr(p.polqual, p.polrelid) = '(' || pg_get_expr(p.polwithcheck, p.polrelid) "
            + "|| ' AND (grams @> (NULLIF(current_setting(''app.search''::text, true), ''''::text))::bigint[]))'))) <> 1 "
            + "OR count(*) <> 1 FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)"),
        ("tenant_id is first in every primary key, unique key and index",
            "SELECT format('Index %s of table %s does not begin with tenant_id.', i.indexrelid::regclass, c.relname) "
            + OfTenants.Replace("WHERE", "JOIN pg_catalog.pg_index i ON i.indrelid = c.oid WHERE", StringComparison.Ordinal)
            + "AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0] AND a.attname = 'tenant_id') "

            // Its elements begin with the tenant.
            + "AND i.indexrelid <> coalesce(to_regclass('loyalty.creator_search_grams'), 0)"),
        ("every table has a primary key",
            "SELECT format('Table %s has no primary key.', c.relname) " + Tables
            + "AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')"),
        ("every foreign key carries tenant_id at the same place, and never sets null or a default",
            "SELECT format('Foreign key %s of table %s does not carry tenant_id first on both sides, or sets null or a default.', k.conname, c.relname) "
            + OfTenants.Replace("WHERE", "JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid WHERE", StringComparison.Ordinal)
            + "AND k.contype = 'f' AND (k.confdeltype NOT IN ('a', 'r', 'c') OR k.confupdtype NOT IN ('a', 'r', 'c') "
            + "OR (obj_description(k.confrelid) NOT LIKE 'Reference table%' AND NOT ("
            + "EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1] AND a.attname = 'tenant_id') "
            + "AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = k.confkey[1] AND a.attname = 'tenant_id'))))"),
        ("there are no triggers and no rules",
            "SELECT format('Table %s has trigger %s.', c.relname, t.tgname) "
            + Tables.Replace("WHERE", "JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE", StringComparison.Ordinal) + "AND NOT t.tgisinternal "
            + "UNION ALL SELECT format('Table %s has rule %s.', c.relname, r.rulename) "
            + Tables.Replace("WHERE", "JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid WHERE", StringComparison.Ordinal) + "AND c.relkind <> 'v'"),
        ("every view runs as its caller, and nothing is materialized",
            "SELECT format('View %s is not security_invoker.', c.relname) " + Tables
            + "AND c.relkind = 'v' AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'] OR c.reloptions @> ARRAY['security_invoker=on'], false) "
            + "UNION ALL SELECT format('%s is a materialized view, which has no row level security.', c.relname) " + Tables + "AND c.relkind = 'm'"),
        ("no function runs as its owner",
            "SELECT format('Function %s is SECURITY DEFINER.', p.oid::regprocedure) FROM pg_catalog.pg_proc p "
            + "JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace WHERE s.nspname = 'loyalty' AND p.prosecdef"),
        ("no column fills itself from a sequence or the server's clock",
            "SELECT format('Column %s of table %s has a default or identity.', a.attname, c.relname) "
            + OfTenants.Replace("WHERE", "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid WHERE", StringComparison.Ordinal)
            + "AND a.attnum > 0 AND NOT a.attisdropped AND (a.attidentity <> '' OR EXISTS (SELECT FROM pg_catalog.pg_attrdef d "
            + "WHERE d.adrelid = c.oid AND d.adnum = a.attnum AND pg_get_expr(d.adbin, d.adrelid) ~ '\\('))"),
        ("every table says what it is and what it costs",
            "SELECT format('Table %s has no comment that says what it is and its cost.', c.relname) " + Tables
            + "AND c.relkind IN ('r', 'p') AND coalesce(obj_description(c.oid), '') NOT LIKE '%Cost:%'"),
        ("the application's role is nobody's owner and passes no policy by",
            "SELECT format('Role %s is superuser, BYPASSRLS, or may create databases or roles.', r.rolname) FROM pg_catalog.pg_roles r "
            + "WHERE r.rolname = 'loyalty_app' AND (r.rolsuper OR r.rolbypassrls OR r.rolcreatedb OR r.rolcreaterole) "
            + "UNION ALL SELECT format('Role loyalty_app owns %s.', c.relname) " + Tables + "AND pg_get_userbyid(c.relowner) = 'loyalty_app' "
            + "UNION ALL SELECT format('The public may use table %s.', c.relname) " + Tables
            + "AND c.relkind IN ('r', 'p', 'v', 'm') AND EXISTS (SELECT FROM aclexplode(c.relacl) x WHERE x.grantee = 0)"),
    ];

    public static async ValueTask<IReadOnlyList<string>> RunAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var connection = await dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            foreach (var (_, sql) in Rules)
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

        return faults;
    }
}
