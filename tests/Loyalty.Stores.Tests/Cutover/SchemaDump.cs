using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace Loyalty.Tests.Stores.Cutover;

/// <summary>The schema of a database as text: from the catalog, by queries that share nothing with the component, and from pg_dump where there is one for the server's version.</summary>
internal static partial class SchemaDump
{
    private const string Query =
        """
        WITH r AS (SELECT c.*, s.nspname, format('%I.%I', s.nspname, c.relname) AS n FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
            WHERE s.nspname NOT IN ('pg_catalog', 'information_schema', 'loyalty_cutover') AND s.nspname NOT LIKE 'pg\_toast%' AND s.nspname NOT LIKE 'pg\_temp%')
        SELECT line FROM (
            SELECT format('schema %I owner %s acl %s', s.nspname, s.nspowner::regrole, s.nspacl) AS line FROM pg_namespace s WHERE s.nspname NOT LIKE 'pg\_%' AND s.nspname NOT IN ('information_schema', 'loyalty_cutover')
            UNION ALL SELECT format('relation %s kind %s owner %s acl %s options %s rls %s %s identity %s persistence %s space %s am %s parts %s', r.n, r.relkind, r.relowner::regrole, coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner)), r.reloptions, r.relrowsecurity, r.relforcerowsecurity, r.relreplident,
                r.relpersistence, r.reltablespace, r.relam, r.relispartition) FROM r WHERE r.relkind <> 't'
            UNION ALL SELECT format('toast of %s options %s', r.n, t.reloptions) FROM r JOIN pg_class t ON t.oid = r.reltoastrelid WHERE t.reloptions IS NOT NULL
            UNION ALL SELECT format('column %s.%I %s not null %s default %s identity %s generated %s collation %s storage %s compression %s target %s options %s acl %s', r.n, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attcollation, a.attstorage, a.attcompression, a.attstattarget, (SELECT array_agg(x) FROM unnest(a.attoptions) AS x WHERE x NOT LIKE 'pg\_%'), a.attacl)
                FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
            UNION ALL SELECT format('constraint %s %I %s valid %s', r.n, k.conname, pg_get_constraintdef(k.oid), k.convalidated) FROM r JOIN pg_constraint k ON k.conrelid = r.oid
            UNION ALL SELECT format('index %s valid %s clustered %s', pg_get_indexdef(i.indexrelid), i.indisvalid AND i.indisready, i.indisclustered) FROM r JOIN pg_index i ON i.indrelid = r.oid
            UNION ALL SELECT format('trigger %s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled) FROM r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
            UNION ALL SELECT format('rule %s enabled %s', pg_get_ruledef(w.oid), w.ev_enabled) FROM r JOIN pg_rewrite w ON w.ev_class = r.oid
            UNION ALL SELECT format('policy %s', p) FROM pg_policies p
            UNION ALL SELECT format('function %s owner %s acl %s', pg_get_functiondef(f.oid), f.proowner::regrole, f.proacl) FROM pg_proc f JOIN pg_namespace s ON s.oid = f.pronamespace AND s.nspname NOT IN ('pg_catalog', 'information_schema', 'loyalty_cutover') WHERE f.prokind = 'f'
            UNION ALL SELECT format('sequence %s %s owned by %s', r.n, to_jsonb(q) - 'seqrelid' - 'seqtypid', (SELECT format('%s.%s', d.refobjid::regclass, a.attname) FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.objid = r.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))) FROM r JOIN pg_sequence q ON q.seqrelid = r.oid
            UNION ALL SELECT format('statistics %s target %s', pg_get_statisticsobjdef(e.oid), e.stxstattarget) FROM r JOIN pg_statistic_ext e ON e.stxrelid = r.oid
            UNION ALL SELECT format('comment %s %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description) FROM pg_description d WHERE d.objoid >= 16384
                AND pg_describe_object(d.classoid, d.objoid, d.objsubid) NOT LIKE '%loyalty_cutover%'
            UNION ALL SELECT format('publication %s', p) FROM pg_publication_tables p
        ) x WHERE line IS NOT NULL ORDER BY line COLLATE "C"
        """;

    /// <summary>Every line that the catalog gives, and what pg_dump makes of it.</summary>
    public static async Task<string> OfAsync(NpgsqlDataSource source) => await OfCatalogAsync(source) + await PgDumpAsync(source.ConnectionString);

    /// <summary>Every line that the catalog gives.</summary>
    public static async Task<string> OfCatalogAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using (var path = new NpgsqlCommand("SET search_path = pg_catalog; SET jit = off", connection))
        {
            await path.ExecuteNonQueryAsync();
        }

        await using var command = new NpgsqlCommand(Query, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync();
        var text = new StringBuilder();
        while (await reader.ReadAsync())
        {
            text.Append(reader.GetString(0)).Append('\n');
        }

        await reader.DisposeAsync();
        await using (var reset = new NpgsqlCommand("RESET search_path; RESET jit", connection))
        {
            await reset.ExecuteNonQueryAsync();
        }

        return text.ToString();
    }

    public static void AssertSame(string before, string after) => Assert.True(before == after, "the schema is another:\n" + Difference(before, after));

    /// <summary>The lines that stand in only one of two dumps.</summary>
    public static string Difference(string before, string after)
    {
        var (a, b) = (before.Split('\n'), after.Split('\n'));
        return string.Join('\n', a.Except(b).Select(static l => "- " + l).Concat(b.Except(a).Select(static l => "+ " + l)));
    }

    private static async Task<string> PgDumpAsync(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var given = Environment.GetEnvironmentVariable("LOYALTY_TEST_POSTGRES_BIN");
        var program = given is { Length: > 0 } ? Path.Combine(given, "pg_dump") : "pg_dump";
        if (given is { Length: > 0 } && !File.Exists(program))
        {
            return string.Empty; // the npm packages have none
        }

        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-s", "-N", "loyalty_cutover", "-h", builder.Host!, "-p", builder.Port.ToString(CultureInfo.InvariantCulture), "-U", builder.Username!, builder.Database!])
        {
            start.ArgumentList.Add(argument);
        }

        if (builder.Password is { Length: > 0 } password)
        {
            start.Environment["PGPASSWORD"] = password;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return Noise().Replace(text, string.Empty);
    }

    [GeneratedRegex(@"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*|)\n", RegexOptions.Multiline)]
    private static partial Regex Noise();
}
