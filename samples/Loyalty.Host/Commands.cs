using System.CommandLine;
using System.CommandLine.Help;
using Loyalty.Host.Clean;
using Loyalty.Host.Creators;
using Loyalty.Host.Db;
using Loyalty.Host.Explain;
using Loyalty.Host.Import;
using Loyalty.Host.Normalize;
using Loyalty.Host.Points;
using Loyalty.Host.SampleData;
using Loyalty.Host.Score;
using Loyalty.Host.Simulate;
using Loyalty.Host.Sync;

namespace Loyalty.Host;

/// <summary>The commands of the program, their options, and how each of them ends.</summary>
internal static partial class Commands
{
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of an error.", Recursive = true };

    private static readonly Dictionary<Command, string> Examples = [];

    public static RootCommand Root()
    {
        var root = new RootCommand("Loyalty programs on files, or on PostgreSQL: totals, tiers, missions; every decision explains itself.")
        {
            Verbose,
            Sync(),
            Verify(),
            Explain(),
            Simulate(),
            ScoreCommands.Create(),
            ImportCommands.Create(),
            CreatorCommands.Create(),
            Points(),
            Deliver(),
            Queue(),
            Consent(),
            Jobs(),
            SampleData(),
            CleanCommands.Create(),
            DatabaseCommands.Create(),
            NormalizeCommands.Create(),
        };
        Examples.Add(root, "loyalty sample-data --members 200 --videos 2000 --out sample");
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExample((HelpAction)help.Action!, Examples);
        }

        return root;
    }

    private static Command Sync()
    {
        var program = Required<FileInfo>("--program", "The program file (JSON).");
        var videos = Required<FileInfo>("--videos", "The videos export (CSV).");
        var adjustments = new Option<FileInfo?>("--adjustments") { Description = "Dated manual corrections (CSV: id,handle,date,sales,units,reason)." };
        var asOf = DateOption("--as-of", "The last date to review; default: today in the program's time zone.");
        var store = new StoreOptions();
        var output = Required<DirectoryInfo>("--out", "The folder for the results; created if missing, files are replaced only when the whole run succeeded.");
        var report = new Option<FileInfo?>("--report") { Description = "Also write a report (HTML)." };
        var encoding = new Option<string?>("--encoding") { Description = "The encoding of the input, such as latin1, when it is neither UTF-8 nor UTF-16 with a byte order mark." };
        var (strict, safe, json) = (Strict(), Safe(), Json());
        var command = Described(
            "sync",
            "Reads a videos export, updates activity and totals, reviews every member, tracks missions, writes the results.",
            "loyalty sync --program program.json --videos videos.csv --as-of 2025-06-30 --state acme.loyalty --out results",
            program, videos, adjustments, asOf, store.State, store.Sqlite, store.Postgres, output, report, encoding, strict, safe, json);
        store.Validate(command);
        return Action(command, (parsed, console, cancellation) => SyncCommand.RunAsync(
            new SyncOptions
            {
                Program = parsed.GetRequiredValue(program).FullName,
                Videos = parsed.GetRequiredValue(videos).FullName,
                Adjustments = parsed.GetValue(adjustments)?.FullName,
                AsOf = parsed.GetValue(asOf),
                Store = store.Read(parsed),
                Out = parsed.GetRequiredValue(output).FullName,
                Report = parsed.GetValue(report)?.FullName,
                Encoding = parsed.GetValue(encoding),
                Strict = parsed.GetValue(strict),
                SafeCsv = parsed.GetValue(safe),
                Json = parsed.GetValue(json),
            },
            console,
            cancellation));
    }

    private static Command Verify()
    {
        var program = Required<FileInfo>("--program", "The program file (JSON).");
        var store = new StoreOptions();
        var json = Json();
        var command = Described(
            "verify",
            "Recomputes every total from all activity and every decision's measured value, compares, and lists each difference. Exit code 1 if there is any.",
            "loyalty verify --program program.json --state acme.loyalty",
            program, store.State, store.Sqlite, store.Postgres, json);
        store.Validate(command, required: true);
        return Action(command, (parsed, console, cancellation) => VerifyCommand.RunAsync(
            parsed.GetRequiredValue(program).FullName, store.Read(parsed), parsed.GetValue(json), console, cancellation));
    }

    private static Command Explain()
    {
        var handle = new Argument<string>("HANDLE") { Description = "The member: a handle, with or without @, or a profile URL." };
        var program = new Option<FileInfo?>("--program") { Description = "The program file (JSON); default: the program of the last run." };
        var store = new StoreOptions();
        var tenant = new Option<string?>("--tenant")
        {
            Description = "Whose member, on PostgreSQL without --program; default: the only tenant that the connection may see.",
        };
        var asOf = DateOption("--as-of", "The date to show the member at; default: the last date reviewed.");
        var json = Json();
        var command = Described(
            "explain",
            "Shows a member's state, every decision with its evidence, and what is missing to the next level.",
            "loyalty explain @some.creator --state acme.loyalty",
            handle, store.State, store.Sqlite, store.Postgres, program, tenant, asOf, json);
        store.Validate(command, required: true);
        return Action(command, (parsed, console, cancellation) => ExplainCommand.RunAsync(
            parsed.GetRequiredValue(handle), parsed.GetValue(program)?.FullName, parsed.GetValue(tenant), store.Read(parsed), parsed.GetValue(asOf),
            parsed.GetValue(json), console, cancellation));
    }

    private static Command Simulate()
    {
        var program = Required<FileInfo>("--program", "The other program (JSON), of the same tenant and currency.");
        var store = new StoreOptions();
        var since = DateOption("--since", "The first date on which the other program decides; default: from each member's joined date on.");
        var output = Required<DirectoryInfo>("--out", "The folder for the results; created if missing, files are replaced only when the whole run succeeded.");
        var (safe, json) = (Safe(), Json());
        var command = Described(
            "simulate",
            "Replays the stored activity under another program: whose level would be another, since when. Stores nothing.",
            "loyalty simulate --program new-program.json --state acme.loyalty --out simulation",
            program, store.State, store.Sqlite, store.Postgres, since, output, safe, json);
        store.Validate(command, required: true);
        return Action(command, (parsed, console, cancellation) => SimulateCommand.RunAsync(
            parsed.GetRequiredValue(program).FullName, store.Read(parsed), parsed.GetValue(since), parsed.GetRequiredValue(output).FullName,
            parsed.GetValue(safe), parsed.GetValue(json), console, cancellation));
    }

    private static Command SampleData()
    {
        var members = Whole("--members", "How many members, at least 1.", 1);
        var videos = Whole("--videos", "How many videos, at least 1.", 1);
        var creators = new Option<int?>("--creators") { Description = "How many creators in the exports for `loyalty import`, at least 1; default: as many as members. 36876 has the shape of a real shop." };
        creators.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out var value) && value < 1)
            {
                result.AddError("--creators must be at least 1.");
            }
        });
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same files.", DefaultValueFactory = _ => 1 };
        var days = new Option<int>("--days") { Description = "How many successive daily exports to write, 1 to 31; the last is videos.csv.", DefaultValueFactory = _ => 3 };
        days.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out var value) && value is < 1 or > 31)
            {
                result.AddError("--days must be from 1 to 31.");
            }
        });
        var tidy = new Option<bool>("--tidy") { Description = "Only well-formed rows in one spelling, for measuring." };
        var output = Required<DirectoryInfo>("--out", "The folder for the files.");
        var json = Json();
        var command = Described(
            "sample-data",
            "Writes a program file and realistic, messy input files, the same for the same seed.",
            "loyalty sample-data --members 200 --videos 2000 --out sample",
            members, videos, creators, days, seed, tidy, output, json);
        return Action(command, (parsed, console, cancellation) => SampleDataCommand.RunAsync(
            parsed.GetRequiredValue(members), parsed.GetRequiredValue(videos), parsed.GetValue(creators) ?? parsed.GetRequiredValue(members), parsed.GetValue(days), parsed.GetValue(seed), parsed.GetValue(tidy),
            parsed.GetRequiredValue(output).FullName, parsed.GetValue(json), console, cancellation));
    }

    /// <summary>Runs a command so that it ends with one of the exit codes and at most one message.</summary>
    internal static Command Action(Command command, Func<ParseResult, HostConsole, CancellationToken, Task<int>> run)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            using var console = new HostConsole();
            return await Failures.GuardAsync(() => run(parsed, console, cancellation), parsed.GetValue(Verbose), cancellation);
        });
        return command;
    }

    /// <summary>A command whose help ends with an example.</summary>
    internal static Command Described(string name, string description, string example, params ReadOnlySpan<Symbol> symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        Examples.Add(command, example);
        return command;
    }

    /// <summary>A command that only has commands of its own.</summary>
    internal static Command Group(string name, string description, string example, params ReadOnlySpan<Command> commands)
    {
        var group = Described(name, description, example);
        foreach (var command in commands)
        {
            group.Add(command);
        }

        return group;
    }

    internal static Option<T> Required<T>(string name, string description) => new(name) { Description = description, Required = true };

    internal static Option<bool> Strict() => new("--strict") { Description = "End with exit code 3 when rows were rejected." };

    internal static Option<bool> Safe() => new("--safe-csv") { Description = "Neutralise text in CSV files that a spreadsheet would run as a formula." };

    internal static Option<bool> Json() => new("--json") { Description = "Write the result to stdout as JSON instead of a table." };

    internal static Option<DateOnly?> DateOption(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = static result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var date))
            {
                return date;
            }

            result.AddError($"'{text}' is no date; expected YYYY-MM-DD.");
            return null;
        },
    };

    private static Option<int> Whole(string name, string description, int min)
    {
        var option = Required<int>(name, description);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out var value) && value < min)
            {
                result.AddError($"{name} must be at least {min}.");
            }
        });
        return option;
    }
}
