using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Migrations;

/// <summary>Whether one login can do what the application does, and nothing that it may not.</summary>
internal static class LoginCheck
{
    // What it holds by itself or by a role whose privileges it has without more ado; superusers hold everything.
    private const string Role =
        "SELECT r.rolcanlogin, r.rolsuper, pg_catalog.has_database_privilege(r.oid, current_database(), 'CONNECT'), "
        + "pg_catalog.has_database_privilege(r.oid, current_database(), 'TEMPORARY'), "
        + "EXISTS (SELECT FROM pg_catalog.pg_namespace s WHERE s.nspname = 'loyalty' AND pg_catalog.has_schema_privilege(r.oid, s.oid, 'USAGE')), "
        + "EXISTS (SELECT FROM pg_catalog.pg_namespace s WHERE s.nspname = 'loyalty' AND pg_catalog.has_schema_privilege(r.oid, s.oid, 'CREATE')), "
        + "EXISTS (SELECT FROM pg_catalog.pg_roles a WHERE a.rolname = 'loyalty_app' AND pg_catalog.pg_has_role(r.oid, a.oid, 'MEMBER')), r.rolbypassrls "
        + "FROM pg_catalog.pg_roles r WHERE r.rolname = $1";

    private const string OnTables =
        "SELECT c.relname::text, p.privilege, pg_catalog.has_table_privilege($1::name, c.oid, p.privilege) FROM pg_catalog.pg_class c "
        + "JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) "
        + "AS p (privilege) WHERE s.nspname = 'loyalty' AND c.relkind IN ('r', 'p') ORDER BY c.relname, p.privilege";

    private const string OnColumns =
        "SELECT c.relname || ' (' || a.attname || ')', 'UPDATE', pg_catalog.has_column_privilege($1::name, c.oid, a.attnum, 'UPDATE') "
        + "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
        + "WHERE s.nspname = 'loyalty' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped "
        + "AND NOT pg_catalog.has_table_privilege($1::name, c.oid, 'UPDATE') ORDER BY c.relname, a.attname";

    private const string Reach =
        "SELECT format('Role %I %s.', $1::text, p.power) FROM pg_catalog.pg_roles r CROSS JOIN LATERAL (VALUES "
        + "('may make roles (CREATEROLE)', r.rolname = $1 AND r.rolcreaterole), ('may copy the server''s files (REPLICATION)', r.rolname = $1 AND r.rolreplication), "
        + "(format('can act as %I, which is a superuser or passes every policy by', r.rolname), r.rolname <> $1 AND (r.rolsuper OR r.rolbypassrls)), "
        + "(format('can act as %I, which owns tables of the schema loyalty', r.rolname), r.rolname <> $1 AND EXISTS (SELECT FROM pg_catalog.pg_class c "
        + "JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'loyalty' AND c.relowner = r.oid)), "
        + "('owns tables of the schema loyalty', r.rolname = $1 AND EXISTS (SELECT FROM pg_catalog.pg_class c "
        + "JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = 'loyalty' AND c.relowner = r.oid))) AS p (power, has) "
        + "WHERE p.has AND pg_catalog.pg_has_role($1::name, r.oid, 'MEMBER')";

    /// <summary>Every fault of the login, each a sentence.</summary>
    public static async ValueTask<IReadOnlyList<string>> RunAsync(NpgsqlConnection connection, string role, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        if (!await CheckRoleAsync(connection, role, faults, cancellationToken).ConfigureAwait(false))
        {
            return faults;
        }

        var expected = Catalog.Expected.AppPrivileges().ToHashSet();
        var more = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (on, privilege, has) in (await ReadAsync(connection, OnTables, role, cancellationToken).ConfigureAwait(false))
            .Concat(await ReadAsync(connection, OnColumns, role, cancellationToken).ConfigureAwait(false)))
        {
            if (has == expected.Contains((on, privilege)))
            {
                continue;
            }

            if (!has)
            {
                faults.Add($"Role {role} may not {privilege} {on}; GRANT loyalty_app TO {role}.");
            }
            else if (more.TryGetValue(on, out var list))
            {
                list.Add(privilege);
            }
            else
            {
                more.Add(on, [privilege]);
            }
        }

        faults.AddRange(more.Select(m => $"Role {role} may {string.Join(", ", m.Value)} {m.Key}, which the application may not."));
        var command = new NpgsqlCommand(Reach, connection).With(role);
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

        return faults;
    }

    private static async ValueTask<bool> CheckRoleAsync(NpgsqlConnection connection, string role, List<string> faults, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Role, connection).With(role);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    faults.Add($"Role {role} does not exist.");
                    return false;
                }

                if (reader.GetBoolean(1))
                {
                    faults.Add($"Role {role} is a superuser: no policy binds it; connect the application as another one.");
                    return false;
                }

                Note(!reader.GetBoolean(0), "may not log in");
                Note(!reader.GetBoolean(2), "may not connect to this database");
                Note(!reader.GetBoolean(3), "may not make temporary tables in this database, which every run needs");
                Note(!reader.GetBoolean(4), $"may not use the schema loyalty; GRANT loyalty_app TO {role}");
                Note(reader.GetBoolean(5), "may make tables in the schema loyalty");
                Note(!reader.GetBoolean(6), $"is no member of loyalty_app; GRANT loyalty_app TO {role}");
                Note(reader.GetBoolean(7), "passes every policy by (BYPASSRLS)");
                return true;
            }
        }

        void Note(bool isFault, string what)
        {
            if (isFault)
            {
                faults.Add($"Role {role} {what}.");
            }
        }
    }

    private static async ValueTask<List<(string On, string Privilege, bool Has)>> ReadAsync(
        NpgsqlConnection connection, string sql, string role, CancellationToken cancellationToken)
    {
        var rows = new List<(string, string, bool)>();
        var command = new NpgsqlCommand(sql, connection).With(role);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add((reader.GetString(0), reader.GetString(1), reader.GetBoolean(2)));
                }
            }
        }

        return rows;
    }
}
