using System.Globalization;
using Loyalty.Clean;
using Loyalty.Money;
using Loyalty.Postgres.Cutover;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Clean;

/// <summary>Of what a tenant's staged generation was made.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Catalog">The catalogue, as JSON.</param>
/// <param name="AsOf">The last day that counted.</param>
/// <param name="PaymentKinds">The kinds of raw payments.</param>
/// <param name="ContactKinds">The kinds of raw contacts.</param>
public sealed record CleanPreparationNote(string Tenant, string Catalog, DateOnly AsOf, IReadOnlyList<RawKind> PaymentKinds, IReadOnlyList<RawKind> ContactKinds)
{
    /// <summary>In short, written the same under every culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Tenant} through {AsOf:O}");
}

/// <summary>A tenant's clean migration: raw records, staged tables, and the tables that are live.</summary>
/// <remarks>Connects as the owner. Each tenant has schemas of its own, which nobody else may use until the owner grants it.</remarks>
public sealed class CleanStore
{
    /// <summary>Fewer than this share of the live rows, or more than ten times the live revenue, and a generation needs a reason.</summary>
    public const decimal SmallestShare = 0.5m;

    private const long FewRows = 20;

    private readonly NpgsqlDataSource _source;

    /// <summary>Creates the store of a tenant.</summary>
    /// <param name="dataSource">Gives connections of the owner; stays the caller's.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="options">Waits and attempts of cutovers.</param>
    /// <param name="time">The clock for when a record was received.</param>
    public CleanStore(NpgsqlDataSource dataSource, string tenant, CutoverOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        _source = dataSource;
        Tenant = tenant;
        Raw = new RawStore(dataSource, tenant, time);
        Tables = new TableCutover(dataSource, CleanSchema.SetOf(tenant), options);
    }

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>Records as they were received.</summary>
    public RawStore Raw { get; }

    /// <summary>The generations of the tables <c>profiles</c>, <c>transactions</c>, <c>enrollments</c> and <c>leads</c>.</summary>
    public TableCutover Tables { get; }

    /// <summary>The tenants that have a clean migration in a database, by name.</summary>
    /// <exception cref="CutoverException">The server refused.</exception>
    public static async ValueTask<IReadOnlyList<string>> ListTenantsAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        var tenants = new SortedSet<string>(StringComparer.Ordinal);
        await new RawStore(dataSource, "default").RunAsync(
            async (connection, ct) =>
            {
                var schemas = await RawStore.ScalarAsync<string[]>(
                    connection,
                    "SELECT array_agg(s.nspname::text) FROM pg_catalog.pg_namespace s JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relname = 'preparation' WHERE s.nspname LIKE 'loyalty\\_clean%\\_\\_raw'",
                    ct).ConfigureAwait(false);
                foreach (var schema in schemas ?? [])
                {
                    if (await RawStore.ScalarAsync<string>(connection, $"SELECT tenant FROM {Sql.Name(schema, "preparation")}", ct).ConfigureAwait(false) is { } tenant)
                    {
                        tenants.Add(tenant);
                    }
                }

                return false;
            },
            cancellationToken).ConfigureAwait(false);
        return [.. tenants];
    }

    /// <summary>Makes the tables that are missing.</summary>
    /// <exception cref="CutoverException">The database is newer, or the server refused.</exception>
    public async ValueTask MigrateAsync(CancellationToken cancellationToken = default)
    {
        await Tables.MigrateAsync(cancellationToken).ConfigureAwait(false);
        await Raw.MigrateAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Of what the staged generation was made; <see langword="null"/> before the first preparation.</summary>
    public async ValueTask<CleanPreparationNote?> FindNoteAsync(CancellationToken cancellationToken = default)
    {
        CleanPreparationNote? note = null;
        await Raw.RunAsync(
            async (connection, ct) =>
            {
                var command = new NpgsqlCommand($"SELECT tenant, catalog, as_of, payment_kinds, contact_kinds FROM {Sql.Name(CleanSchema.RawOf(Tenant), "preparation")}", connection);
                await using (command.ConfigureAwait(false))
                {
                    var reader = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        if (await reader.ReadAsync(ct).ConfigureAwait(false))
                        {
                            note = new CleanPreparationNote(
                                reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2),
                                [.. reader.GetFieldValue<string[]>(3).Select(RawStore.KindOf)], [.. reader.GetFieldValue<string[]>(4).Select(RawStore.KindOf)]);
                        }
                    }
                }

                return false;
            },
            cancellationToken).ConfigureAwait(false);
        return note;
    }

    /// <summary>Brings the staged generation to a result; only rows that differ are written.</summary>
    /// <param name="result">What was prepared.</param>
    /// <param name="catalog">The catalogue that it was prepared with.</param>
    /// <param name="note">Of what it was made, for the validation.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <returns>The staged generation, and how many of its rows were written or removed.</returns>
    /// <exception cref="CutoverException">Something is at work on the tables, they cannot be swapped, or the server refused.</exception>
    public async ValueTask<(Generation Staged, long RowsChanged)> StageAsync(
        CleanResult result, CleanCatalog catalog, CleanPreparationNote note, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(note);
        long changed = 0;
        var staged = await Tables.PrepareAsync(
            async (connection, _, ct) =>
            {
                changed = await CleanTables.WriteAsync(connection, result, catalog.Currency, ct).ConfigureAwait(false);
                await RawStore.ExecuteAsync(
                    connection,
                    $"INSERT INTO {Sql.Name(CleanSchema.RawOf(Tenant), "preparation")} AS p (tenant, catalog, as_of, payment_kinds, contact_kinds) SELECT $1, $2, $3, $4, $5 "
                    + $"WHERE NOT EXISTS (SELECT FROM {Sql.Name(CleanSchema.RawOf(Tenant), "preparation")} n WHERE n.catalog = $2 AND n.as_of = $3 AND n.payment_kinds = $4 AND n.contact_kinds = $5) "
                    + "ON CONFLICT (one) DO UPDATE SET tenant = excluded.tenant, catalog = excluded.catalog, as_of = excluded.as_of, payment_kinds = excluded.payment_kinds, contact_kinds = excluded.contact_kinds",
                    ct,
                    note.Tenant,
                    note.Catalog,
                    note.AsOf,
                    note.PaymentKinds.Select(RawStore.Word).ToArray(),
                    note.ContactKinds.Select(RawStore.Word).ToArray()).ConfigureAwait(false);
                return changed > 0;
            },
            cancellationToken).ConfigureAwait(false);
        return (staged, changed);
    }

    /// <summary>Validates the staged generation against what the raw records say now, and against the live one.</summary>
    /// <param name="expected">What the raw records give with the noted catalogue.</param>
    /// <param name="catalog">That catalogue.</param>
    /// <param name="answers">Recorded reasons for checks that fail, by name.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <exception cref="CutoverException">Nothing is staged, or the server refused.</exception>
    public ValueTask<IReadOnlyList<CheckResult>> ValidateAsync(
        CleanResult expected, CleanCatalog catalog, IReadOnlyDictionary<string, string>? answers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(catalog);
        return Tables.ValidateAsync((connection, staged, live, ct) => CheckAsync(connection, staged, live, expected, catalog.Currency, ct), answers, cancellationToken);
    }

    private static async ValueTask<IReadOnlyList<CheckResult>> CheckAsync(
        NpgsqlConnection connection, Generation staged, Generation? live, CleanResult expected, Currency currency, CancellationToken cancellationToken)
    {
        var results = new List<CheckResult>();
        var want = new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["profiles"] = expected.Profiles.Count,
            ["transactions"] = expected.Transactions.Count,
            ["enrollments"] = expected.Enrollments.Count,
            ["leads"] = expected.Leads.Count,
        };
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in CleanSchema.Tables)
        {
            found[table] = await RawStore.ScalarAsync<long>(connection, $"SELECT count(*) FROM {Sql.Name(staged.Schema, table)}", cancellationToken).ConfigureAwait(false);
        }

        string Counts(Dictionary<string, long> counts) => string.Join(", ", CleanSchema.Tables.Select(t => $"{t} {Sql.Number(counts[t])}"));
        results.Add(new CheckResult(
            "row counts", CleanSchema.Tables.All(t => want[t] == found[t]), Counts(want), Counts(found), [.. CleanSchema.Tables.Where(t => want[t] != found[t]).Select(t => $"{t}: {Sql.Number(found[t])} instead of {Sql.Number(want[t])}")]));
        results.Add(new CheckResult("minimum rows", found["transactions"] > 0, "at least one transaction", Sql.Number(found["transactions"]), []));
        var amount = expected.Transactions.Aggregate(0L, static (sum, t) => checked(sum + t.Amount));
        var total = await RawStore.ScalarAsync<decimal>(connection, $"SELECT coalesce(sum(amount), 0) FROM {Sql.Name(staged.Schema, "transactions")}", cancellationToken).ConfigureAwait(false);
        results.Add(new CheckResult(
            "totals against raw", total == amount / (decimal)currency.MinorUnits, currency.Format(amount), total.ToString(System.Globalization.CultureInfo.InvariantCulture), []));
        var differences = await CleanTables.CompareAsync(connection, expected, currency, cancellationToken).ConfigureAwait(false);
        results.Add(new CheckResult("rows against raw", differences.Count == 0, "each row as the raw records give it", differences.Count == 0 ? "as expected" : $"{Sql.Number(differences.Count)} tables differ", differences));
        if (live is not null)
        {
            results.Add(await SwingAsync(connection, live, found, total, cancellationToken).ConfigureAwait(false));
        }

        return results;
    }

    private static async ValueTask<CheckResult> SwingAsync(NpgsqlConnection connection, Generation live, Dictionary<string, long> found, decimal total, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var table in CleanSchema.Tables)
        {
            var rows = await RawStore.ScalarAsync<long>(connection, $"SELECT count(*) FROM {Sql.Name(live.Schema, table)}", cancellationToken).ConfigureAwait(false);
            if (rows >= FewRows && found[table] < rows * SmallestShare)
            {
                faults.Add($"{table}: {Sql.Number(found[table])} rows, live has {Sql.Number(rows)}");
            }
        }

        var revenue = await RawStore.ScalarAsync<decimal>(connection, $"SELECT coalesce(sum(amount), 0) FROM {Sql.Name(live.Schema, "transactions")}", cancellationToken).ConfigureAwait(false);
        if (revenue > 0 && total > revenue * 10)
        {
            faults.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"revenue: {total}, live has {revenue}"));
        }

        return new CheckResult("swing", faults.Count == 0, "at least half of the live rows, at most ten times the live revenue", faults.Count == 0 ? "as expected" : $"{Sql.Number(faults.Count)} faults", faults);
    }
}
