using System.CommandLine;

namespace Loyalty.Host.Db;

/// <summary><c>loyalty db migrate | validate | status | distribute</c>.</summary>
internal static class DatabaseCommands
{
    public static Command Create() => Commands.Group(
        "db", "Creates, checks and shows the schema in PostgreSQL, and spreads it over a Citus cluster.", "loyalty db migrate --postgres 'Host=localhost;Database=loyalty'",
        Migrate(),
        Validate(),
        Verb("status", "Shows how each migration stands.", DatabaseCommand.StatusAsync),
        Verb("distribute", "Spreads the tables over a Citus cluster by tenant.", DatabaseCommand.DistributeAsync));

    private static Command Migrate()
    {
        var connection = Connection();
        var dryRun = new Option<bool>("--dry-run") { Description = "Apply what is pending and roll it back." };
        var json = Commands.Json();
        var command = Commands.Described(
            "migrate",
            "Brings the schema up to date, as the owner of the tables.",
            "loyalty db migrate --postgres 'Host=localhost;Database=loyalty'",
            connection,
            dryRun,
            json);
        return Commands.Action(command, (parsed, console, cancellation) => DatabaseCommand.MigrateAsync(
            parsed.GetRequiredValue(connection), parsed.GetValue(dryRun), parsed.GetValue(json), console, cancellation));
    }

    private static Command Validate()
    {
        var connection = Connection();
        var role = new Option<string>("--role") { Description = "A login to check besides: that it can do what the application does, and no more." };
        var json = Commands.Json();
        var command = Commands.Described(
            "validate",
            "Compares the schema with what the migrations of this version made, and looks for what passes by the policies of tenants; exit code 1 with every fault.",
            "loyalty db validate --postgres 'Host=localhost;Database=loyalty' --role web",
            connection,
            role,
            json);
        return Commands.Action(command, (parsed, console, cancellation) => DatabaseCommand.ValidateAsync(
            parsed.GetRequiredValue(connection), parsed.GetValue(role), parsed.GetValue(json), console, cancellation));
    }

    private static Command Verb(string name, string description, Func<string, bool, HostConsole, CancellationToken, Task<int>> run)
    {
        var connection = Connection();
        var json = Commands.Json();
        var command = Commands.Described(
            name, description, $"loyalty db {name} --postgres 'Host=localhost;Database=loyalty'", connection, json);
        return Commands.Action(command, (parsed, console, cancellation) =>
            run(parsed.GetRequiredValue(connection), parsed.GetValue(json), console, cancellation));
    }

    private static Option<string> Connection() => new("--postgres") { Description = "A PostgreSQL connection string.", Required = true };
}
