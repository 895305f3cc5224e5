using Loyalty.Clean;
using Loyalty.Money;
using Loyalty.Postgres.Cutover;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Clean;

/// <summary>Rows of the staged tables, written by their differences.</summary>
internal static class CleanTables
{
    // Tables that were just filled have no statistics yet; a loop over both would take minutes.
    private const string NoLoops = "SET LOCAL enable_nestloop = off";
    private const string Loops = "SET LOCAL enable_nestloop = on";

    private sealed record Column(string Name, NpgsqlDbType Type);

    private static readonly Column Id = new("id", NpgsqlDbType.Uuid);

    private static readonly Dictionary<string, Column[]> Columns = new(StringComparer.Ordinal)
    {
        ["profiles"] = [Id, Text("email"), Text("first_name"), Text("last_name"), new("tags", NpgsqlDbType.Array | NpgsqlDbType.Text), Text("first_source")],
        ["transactions"] =
        [
            Id, Text("external_id"), Text("email"), Text("product"), Text("status"), new("amount", NpgsqlDbType.Numeric), Text("currency"), new("paid_on", NpgsqlDbType.Date), new("manual", NpgsqlDbType.Boolean),
            new("profile_id", NpgsqlDbType.Uuid),
        ],
        ["enrollments"] = [Id, Text("email"), Text("product"), Text("external_id"), new("enrolled_on", NpgsqlDbType.Date), new("profile_id", NpgsqlDbType.Uuid), new("transaction_id", NpgsqlDbType.Uuid)],
        ["leads"] = [Id, Text("email"), Text("first_name"), Text("last_name"), Text("first_source"), new("registered_on", NpgsqlDbType.Date)],
    };

    /// <summary>Writes rows that are new or differ and removes those that are gone; the schema stands first in the search path.</summary>
    /// <returns>How many rows were written or removed.</returns>
    public static async ValueTask<long> WriteAsync(NpgsqlConnection connection, CleanResult result, Currency currency, CancellationToken cancellationToken)
    {
        await StageAsync(connection, result, currency, cancellationToken).ConfigureAwait(false);
        await RawStore.ExecuteAsync(connection, NoLoops, cancellationToken).ConfigureAwait(false);
        long changed = 0;
        foreach (var table in CleanSchema.Tables)
        {
            var names = string.Join(", ", Columns[table].Select(static c => c.Name));
            var values = string.Join(", ", Columns[table].Select(static c => $"i.{c.Name}"));
            changed += await RawStore.ExecuteAsync(
                connection,
                $"UPDATE {table} t SET ({names}) = ROW({values}) FROM pg_temp.incoming_{table} i WHERE t.id = i.id AND ROW({string.Join(", ", Columns[table].Select(static c => $"t.{c.Name}"))}) IS DISTINCT FROM ROW({values})",
                cancellationToken).ConfigureAwait(false);
            changed += await RawStore.ExecuteAsync(
                connection, $"INSERT INTO {table} ({names}) SELECT {values} FROM pg_temp.incoming_{table} i WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.id = i.id)", cancellationToken).ConfigureAwait(false);
        }

        foreach (var table in CleanSchema.Tables.Reverse())
        {
            changed += await RawStore.ExecuteAsync(
                connection, $"DELETE FROM {table} t WHERE NOT EXISTS (SELECT FROM pg_temp.incoming_{table} i WHERE i.id = t.id)", cancellationToken).ConfigureAwait(false);
        }

        await RawStore.ExecuteAsync(connection, Loops, cancellationToken).ConfigureAwait(false);
        return changed;
    }

    /// <summary>Names tables whose rows are not those of a result, with some rows.</summary>
    public static async ValueTask<List<string>> CompareAsync(NpgsqlConnection connection, CleanResult result, Currency currency, CancellationToken cancellationToken)
    {
        await StageAsync(connection, result, currency, cancellationToken).ConfigureAwait(false);
        var differences = new List<string>();
        foreach (var table in CleanSchema.Tables)
        {
            var there = string.Join(", ", Columns[table].Select(static c => $"t.{c.Name}"));
            var here = string.Join(", ", Columns[table].Select(static c => $"i.{c.Name}"));
            var found = await RawStore.ScalarAsync<string>(
                connection,
                $"SELECT count(*) || ' rows, such as ' || array_to_string((array_agg(email ORDER BY email))[1:5], ', ') FROM (SELECT coalesce(t.email, i.email) AS email FROM {table} t FULL JOIN pg_temp.incoming_{table} i ON i.id = t.id "
                + $"WHERE ROW({there}) IS DISTINCT FROM ROW({here})) x HAVING count(*) > 0",
                cancellationToken).ConfigureAwait(false);
            if (found is not null)
            {
                differences.Add($"{table}: {found}");
            }
        }

        return differences;
    }

    private static Column Text(string name) => new(name, NpgsqlDbType.Text);

    private static async ValueTask StageAsync(NpgsqlConnection connection, CleanResult result, Currency currency, CancellationToken cancellationToken)
    {
        await RawStore.ExecuteAsync(
            connection,
            string.Concat(CleanSchema.Tables.Select(static t => $"DROP TABLE IF EXISTS pg_temp.incoming_{t}; CREATE TEMPORARY TABLE incoming_{t} (LIKE {t}) ON COMMIT DROP; ")), cancellationToken).ConfigureAwait(false);
        var profiles = result.Profiles.Select(static p => p.Email).ToHashSet(StringComparer.Ordinal);
        Guid? Profile(string email) => profiles.Contains(email) ? CleanSchema.KeyOf("profiles", email) : null;
        decimal Amount(long minor)
        {
            // With the currency's digits, so that the text is the same as in the files.
            var magnitude = (ulong)Math.Abs((decimal)minor);
            return new decimal((int)magnitude, (int)(magnitude >> 32), 0, minor < 0, (byte)currency.Digits);
        }

        await CopyAsync(connection, "profiles", result.Profiles, p => [CleanSchema.KeyOf("profiles", p.Email), p.Email, p.FirstName, p.LastName, p.Tags.ToArray(), p.FirstSource], cancellationToken).ConfigureAwait(false);
        await CopyAsync(
            connection,
            "transactions",
            result.Transactions,
            t => [CleanSchema.KeyOf("transactions", t.ExternalId), t.ExternalId, t.Email, t.Product, t.Status, Amount(t.Amount), currency.Code, t.PaidOn, t.IsManual, Profile(t.Email)],
            cancellationToken).ConfigureAwait(false);
        await CopyAsync(
            connection,
            "enrollments",
            result.Enrollments,
            e => [CleanSchema.KeyOf("enrollments", e.Email, e.Product), e.Email, e.Product, e.ExternalId, e.EnrolledOn, Profile(e.Email), CleanSchema.KeyOf("transactions", e.ExternalId)],
            cancellationToken).ConfigureAwait(false);
        await CopyAsync(
            connection, "leads", result.Leads, l => [CleanSchema.KeyOf("leads", l.Email), l.Email, l.FirstName, l.LastName, l.FirstSource, l.RegisteredOn], cancellationToken).ConfigureAwait(false);
        await RawStore.ExecuteAsync(connection, $"ANALYZE {string.Join(", ", CleanSchema.Tables.Select(static t => $"pg_temp.incoming_{t}"))}", cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask CopyAsync<T>(NpgsqlConnection connection, string table, IReadOnlyList<T> rows, Func<T, object?[]> values, CancellationToken cancellationToken)
    {
        var columns = Columns[table];
        var writer = await connection.BeginBinaryImportAsync(
            $"COPY pg_temp.incoming_{table} ({string.Join(", ", columns.Select(static c => c.Name))}) FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            foreach (var row in rows)
            {
                await writer.StartRowAsync(cancellationToken).ConfigureAwait(false);
                foreach (var (i, value) in values(row).Index())
                {
                    if (value is null)
                    {
                        await writer.WriteNullAsync(cancellationToken).ConfigureAwait(false);
                    }
                    else
                    {
                        await writer.WriteAsync(value, columns[i].Type, cancellationToken).ConfigureAwait(false);
                    }
                }
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
