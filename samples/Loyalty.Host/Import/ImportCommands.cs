using System.CommandLine;
using Loyalty.Creators;
using Loyalty.Identity;

namespace Loyalty.Host.Import;

/// <summary><c>loyalty import</c> on the command line.</summary>
internal static class ImportCommands
{
    public static Command Create()
    {
        var sources = new Option<string[]>("--source")
        {
            Description = $"A file of creators, KIND=FILE, in the order of merging; may be given several times. Kinds: {string.Join(", ", CreatorSourceName.All)}.",
            AllowMultipleArgumentsPerToken = true,
            Required = true,
        };
        var program = new Option<FileInfo?>("--program") { Description = "The program file (JSON); default: tenant default, currency USD." };
        var brand = new Option<string?>("--brand") { Description = "The brand that gave the samples; default: the tenant." };
        var region = new Option<string?>("--region")
        {
            Description = "The region of the shop (ISO code, default US): phone numbers, addresses, dates and numbers are read as written there.",
        };
        var numbers = new Option<string?>("--decimals") { Description = "What stands before decimals, where the custom of the region does not hold." };
        numbers.AcceptOnlyFromAmong("point", "comma");
        var asOf = Commands.DateOption("--as-of", "The date of the run: that of performance snapshots and badges. Required with refunnel.");
        var store = new StoreOptions();
        var output = Commands.Required<DirectoryInfo>("--out", "The folder for the results; created if missing, files are replaced only when the whole run succeeded.");
        var encoding = new Option<string?>("--encoding") { Description = "The encoding of the input, such as latin1, when it is neither UTF-8 nor UTF-16 with a byte order mark." };
        var (strict, safe, json) = (Commands.Strict(), Commands.Safe(), Commands.Json());
        var command = Commands.Described(
            "import",
            "Merges exports of creators into one truth: contacts, samples, videos, snapshots and brand links, every field with its source.",
            "loyalty import --source euka=euka.csv --source phones=phones.csv --source samples=samples.csv --brand Acme --state acme.loyalty --out results",
            sources, program, brand, region, numbers, asOf, store.State, store.Sqlite, store.Postgres, output, encoding, strict, safe, json);
        store.Validate(command);
        command.Validators.Add(result =>
        {
            var files = result.GetValue(sources) ?? [];
            foreach (var file in files.Where(static f => ImportSource.Parse(f) is null))
            {
                result.AddError($"'{file}' is no source; expected KIND=FILE with one of the kinds {string.Join(", ", CreatorSourceName.All)}.");
            }

            if (result.GetValue(region) is { } code && !PhoneRegion.TryParse(code, null, out _))
            {
                result.AddError($"'{code}' is no region; expected an ISO code of two letters, such as US or GB.");
            }

            if (result.GetResult(asOf) is null && files.Any(static f => ImportSource.Parse(f) is { Kind: CreatorSource.Refunnel }))
            {
                result.AddError("A refunnel source tells the performance on one date: give it with --as-of DATE.");
            }

            if (result.GetValue(brand) is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > 200 || name.Any(char.IsControl)))
            {
                result.AddError("--brand is blank, longer than 200 characters or has control characters.");
            }
        });
        return Commands.Action(command, (parsed, console, cancellation) => ImportCommand.RunAsync(
            new ImportOptions
            {
                Sources = [.. parsed.GetRequiredValue(sources).Select(static s => ImportSource.Parse(s)!)],
                Program = parsed.GetValue(program)?.FullName,
                Brand = parsed.GetValue(brand)?.Trim(),
                Region = PhoneRegion.Parse(parsed.GetValue(region) ?? "US", null),
                DecimalComma = parsed.GetValue(numbers) switch { "comma" => true, "point" => false, _ => null },
                AsOf = parsed.GetValue(asOf),
                Store = store.Read(parsed),
                Out = parsed.GetRequiredValue(output).FullName,
                Encoding = parsed.GetValue(encoding),
                Strict = parsed.GetValue(strict),
                SafeCsv = parsed.GetValue(safe),
                Json = parsed.GetValue(json),
            },
            console,
            cancellation));
    }
}
