using System.CommandLine;

namespace Loyalty.Host.Clean;

/// <summary><c>loyalty clean prepare | validate | cutover | rollback | status</c>.</summary>
internal static class CleanCommands
{
    public static Command Create() => Commands.Group(
        "clean", "Moves payments and contacts into clean tables: raw, staged, validated, cut over, rolled back.",
        "loyalty clean status --postgres 'Host=localhost;Database=loyalty'", Prepare(), Validate(), Cutover(), Rollback(), Status());

    private static Command Prepare()
    {
        var payments = new Option<FileInfo[]>("--payments") { Description = "A CSV export of invoices, or saved pages of the interface (.json); may be given several times.", AllowMultipleArgumentsPerToken = true };
        var contacts = new Option<FileInfo[]>("--contacts") { Description = "A CSV export of contacts, or saved pages of the interface (.json); may be given several times.", AllowMultipleArgumentsPerToken = true };
        var xendit = new Option<string?>("--xendit") { Description = "The address of Xendit's interface instead of --payments; the key stands in LOYALTY_XENDIT_KEY." };
        var systemeio = new Option<string?>("--systemeio") { Description = "The address of systeme.io's interface instead of --contacts; the key stands in LOYALTY_SYSTEMEIO_KEY." };
        var catalog = Commands.Required<FileInfo>("--catalog", "The product catalogue (JSON).");
        var connection = Connection();
        var asOf = Commands.DateOption("--as-of", "The last day that counts; default: today in the catalogue's time zone.");
        var output = Commands.Required<DirectoryInfo>("--out", "The folder for the results; created if missing, files are replaced only when the whole run succeeded.");
        var (strict, safe, json) = (Commands.Strict(), Commands.Safe(), Commands.Json());
        var command = Commands.Described(
            "prepare",
            "Keeps payments and contacts raw, and stages what they give: profiles, transactions, enrollments, leads; only what changed is written.",
            "loyalty clean prepare --payments invoices.csv --contacts contacts.csv --catalog catalog.json --postgres 'Host=localhost;Database=loyalty' --as-of 2025-06-30 --out clean",
            payments, contacts, xendit, systemeio, catalog, connection, asOf, output, strict, safe, json);
        command.Validators.Add(result =>
        {
            foreach (var (files, address, names) in new[] { (payments, xendit, "--payments or --xendit"), (contacts, systemeio, "--contacts or --systemeio") })
            {
                var hasFiles = result.GetValue(files) is { Length: > 0 };
                if (hasFiles == (result.GetValue(address) is not null))
                {
                    result.AddError($"give one of {names}.");
                }

                if (result.GetValue(address) is { } text && !(Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
                {
                    result.AddError($"'{text}' is no address; expected one such as https://api.example.com.");
                }
            }
        });
        return Commands.Action(command, (parsed, console, cancellation) => CleanPrepareCommand.RunAsync(
            new CleanPrepareOptions
            {
                Payments = [.. (parsed.GetValue(payments) ?? []).Select(static f => f.FullName)],
                Contacts = [.. (parsed.GetValue(contacts) ?? []).Select(static f => f.FullName)],
                Xendit = parsed.GetValue(xendit) is { } x ? new Uri(x) : null,
                Systemeio = parsed.GetValue(systemeio) is { } s ? new Uri(s) : null,
                Catalog = parsed.GetRequiredValue(catalog).FullName,
                Connection = parsed.GetRequiredValue(connection),
                AsOf = parsed.GetValue(asOf),
                Out = parsed.GetRequiredValue(output).FullName,
                Strict = parsed.GetValue(strict),
                SafeCsv = parsed.GetValue(safe),
                Json = parsed.GetValue(json),
            },
            console,
            cancellation));
    }

    private static Command Validate()
    {
        var (connection, tenant, json) = (Connection(), Tenant(), Commands.Json());
        var answers = new Option<string[]>("--answer")
        {
            Description = "A recorded reason why a failed check does not stop the cutover: \"CHECK=REASON\"; may be given several times.",
        };
        var command = Commands.Described(
            "validate",
            "Checks the staged generation, names every fault, and notes a digest of each row; exit code 1 when a check fails and has no reason.",
            "loyalty clean validate --postgres 'Host=localhost;Database=loyalty'",
            connection, tenant, answers, json);
        command.Validators.Add(result =>
        {
            foreach (var answer in result.GetValue(answers) ?? [])
            {
                if (answer.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var at) || string.IsNullOrWhiteSpace(answer[(at + 1)..]))
                {
                    result.AddError($"'{answer}' is no reason for a check; expected CHECK=REASON.");
                }
            }
        });
        return Commands.Action(command, (parsed, console, cancellation) => CleanCommand.ValidateAsync(
            parsed.GetRequiredValue(connection),
            parsed.GetValue(tenant),
            (parsed.GetValue(answers) ?? []).Select(static a => a.Split('=', 2)).GroupBy(static a => a[0].Trim(), StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Last()[1].Trim(), StringComparer.Ordinal),
            parsed.GetValue(json),
            console,
            cancellation));
    }

    private static Command Cutover()
    {
        var (connection, tenant, json) = (Connection(), Tenant(), Commands.Json());
        var (keep, discard) = LaterWrites();
        var command = Commands.Described(
            "cutover",
            "Makes the validated generation live for all its tables, in one transaction or not at all.",
            "loyalty clean cutover --postgres 'Host=localhost;Database=loyalty'",
            connection, tenant, keep, discard, json);
        OneOf(command, keep, discard);
        return Commands.Action(command, (parsed, console, cancellation) => CleanCommand.SwapAsync(
            parsed.GetRequiredValue(connection), parsed.GetValue(tenant), isRollback: false, null, parsed.GetValue(keep), parsed.GetValue(discard), parsed.GetValue(json), console, cancellation));
    }

    private static Command Rollback()
    {
        var (connection, tenant, json) = (Connection(), Tenant(), Commands.Json());
        var (keep, discard) = LaterWrites();
        var to = new Option<long?>("--to") { Description = "The generation to go back to; default: the one that was live before." };
        var command = Commands.Described(
            "rollback",
            "Makes the previous generation live again; the one it replaces is staged, so that a rollback can be rolled back.",
            "loyalty clean rollback --postgres 'Host=localhost;Database=loyalty'",
            connection, tenant, to, keep, discard, json);
        OneOf(command, keep, discard);
        return Commands.Action(command, (parsed, console, cancellation) => CleanCommand.SwapAsync(
            parsed.GetRequiredValue(connection), parsed.GetValue(tenant), isRollback: true, parsed.GetValue(to), parsed.GetValue(keep), parsed.GetValue(discard), parsed.GetValue(json), console, cancellation));
    }

    private static Command Status()
    {
        var (connection, tenant, json) = (Connection(), Tenant(), Commands.Json());
        var command = Commands.Described(
            "status",
            "Shows every generation, its tables and rows, and what is kept raw.",
            "loyalty clean status --postgres 'Host=localhost;Database=loyalty' --json",
            connection, tenant, json);
        return Commands.Action(command, (parsed, console, cancellation) => CleanCommand.StatusAsync(
            parsed.GetRequiredValue(connection), parsed.GetValue(tenant), parsed.GetValue(json), console, cancellation));
    }

    private static (Option<bool> Keep, Option<bool> Discard) LaterWrites() =>
    (
        new("--keep-later-writes") { Description = "Apply rows that an application wrote to the live tables since they became live." },
        new("--discard-later-writes") { Description = "Leave such rows in the generation that is replaced." });

    private static void OneOf(Command command, Option<bool> keep, Option<bool> discard) => command.Validators.Add(result =>
    {
        if (result.GetValue(keep) && result.GetValue(discard))
        {
            result.AddError("--keep-later-writes and --discard-later-writes exclude each other.");
        }
    });

    private static Option<string> Connection() => new("--postgres") { Description = "A PostgreSQL connection string of the owner of the tables.", Required = true };

    private static Option<string?> Tenant() => new("--tenant") { Description = "Whose tables; default: the only tenant that has some." };
}
