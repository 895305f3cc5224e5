using System.Globalization;
using System.Text.Json;
using Loyalty.Postgres.Migrations;
using Npgsql;

namespace Loyalty.Host.Db;

/// <summary><c>loyalty db</c>: the schema in PostgreSQL, as the owner of the tables.</summary>
internal static class DatabaseCommand
{
    /// <summary><c>loyalty db migrate</c>: applies what is pending; with <paramref name="dryRun"/>, applies it and rolls back.</summary>
    public static async Task<int> MigrateAsync(string connection, bool dryRun, bool json, HostConsole console, CancellationToken cancellation)
    {
        await using var source = Open(connection);
        var applied = await new Migrator(source).MigrateAsync(dryRun, cancellation);
        if (json)
        {
            console.WriteLine(Json("applied", applied.Select(static m => m.ToString()), ("dryRun", dryRun)));
            return ExitCode.Done;
        }

        foreach (var migration in applied)
        {
            console.WriteLine($"{(dryRun ? "would apply" : "applied")} {migration}");
        }

        console.WriteLine(applied.Count == 0 ? "the schema is up to date" : dryRun ? "nothing was changed" : "the schema is up to date now");
        return ExitCode.Done;
    }

    /// <summary><c>loyalty db validate</c>: checks that the schema is the one of this version and keeps tenants apart; exit 1 with every fault.</summary>
    public static async Task<int> ValidateAsync(string connection, string? role, bool json, HostConsole console, CancellationToken cancellation)
    {
        await using var source = Open(connection);
        var faults = await new Migrator(source).ValidateAsync(role, cancellation);
        if (json)
        {
            console.WriteLine(Json("faults", faults, ("valid", faults.Count == 0)));
        }
        else
        {
            foreach (var fault in faults)
            {
                console.Note(fault);
            }

            if (faults.Count == 0)
            {
                console.WriteLine("the schema is valid");
            }
        }

        return faults.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary><c>loyalty db status</c>: how each migration stands.</summary>
    public static async Task<int> StatusAsync(string connection, bool json, HostConsole console, CancellationToken cancellation)
    {
        await using var source = Open(connection);
        var status = await new Migrator(source).GetStatusAsync(cancellation);
        if (json)
        {
            console.WriteLine(Json("migrations", status.Select(Line), ("pending", status.Any(static s => s.State == MigrationState.Pending))));
            return ExitCode.Done;
        }

        foreach (var migration in status)
        {
            console.WriteLine(Line(migration));
        }

        return ExitCode.Done;
    }

    /// <summary><c>loyalty db distribute</c>: spreads the tables over a Citus cluster by tenant.</summary>
    public static async Task<int> DistributeAsync(string connection, bool json, HostConsole console, CancellationToken cancellation)
    {
        await using var source = Open(connection);
        var spread = await new Distributor(source).DistributeAsync(cancellation);
        if (json)
        {
            console.WriteLine(Json("distributed", spread, ("changed", spread.Count > 0)));
            return ExitCode.Done;
        }

        foreach (var table in spread)
        {
            console.WriteLine($"distributed {table}");
        }

        console.WriteLine(spread.Count == 0 ? "every table is distributed already" : "every table is distributed now");
        return ExitCode.Done;
    }

    /// <summary>A data source for a connection string; the caller disposes it.</summary>
    public static NpgsqlDataSource Open(string connection)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connection) { ApplicationName = "loyalty" };
            if (builder.Options?.Contains("citus.propagate_set_commands", StringComparison.Ordinal) != true)
            {
                // Carries SET LOCAL to the nodes of a cluster, whatever else is set; plain PostgreSQL ignores it.
                builder.Options = $"{builder.Options} -c citus.propagate_set_commands=local".TrimStart();
            }

            return NpgsqlDataSource.Create(builder);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new CommandException($"the connection string cannot be read: {e.Message.ReplaceLineEndings(" ")} An example: \"Host=localhost;Database=loyalty;Username=app\".", e);
        }
    }

    private static string Line(MigrationStatus migration) => string.Create(
        CultureInfo.InvariantCulture,
        $"{migration.Version:D4}_{migration.Name} {migration.State.ToString().ToLowerInvariant()}{(migration.AppliedAt is { } at ? $" {at:yyyy-MM-ddTHH:mm:ssZ}" : string.Empty)}");

    private static string Json(string name, IEnumerable<string> items, (string Name, bool Value) flag)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteBoolean(flag.Name, flag.Value);
            writer.WriteStartArray(name);
            foreach (var item in items)
            {
                writer.WriteStringValue(item);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
