using System.CommandLine;
using System.Globalization;
using Loyalty.Host.Queue;
using Loyalty.Messages;

namespace Loyalty.Host;

/// <content>The commands <c>deliver</c>, <c>queue</c> and <c>consent</c>.</content>
internal static partial class Commands
{
    private static Command Deliver()
    {
        var connectors = Required<FileInfo>("--connectors", "The connectors file (JSON): which outside systems there are, and what goes where.");
        var store = new StoreOptions();
        var tenant = TenantOption();
        var templates = new Option<DirectoryInfo?>("--templates") { Description = "A folder of templates (KIND.CHANNEL[.LOCALE].liquid, ….html.liquid) over those that are built in." };
        var contacts = new Option<FileInfo?>("--contacts") { Description = "How customers can be reached (CSV: customer,email,phone,first_name,last_name,locale); kept in the store." };
        var preferences = new Option<FileInfo?>("--preferences") { Description = "What customers want to hear (CSV: customer,kind,channel,allowed); goes into the consent log." };
        var workers = new Option<int>("--workers") { Description = "How many attempts run at once, 1 to 1000.", DefaultValueFactory = _ => 4 };
        workers.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value is < 1 or > 1_000)
            {
                result.AddError("--workers must be from 1 to 1000.");
            }
        });
        var now = InstantOption();
        var idle = new Option<bool>("--until-idle") { Description = "End when nothing can be done before the next due time (the default)." };
        var duration = DurationOption();
        var watch = new Option<bool>("--watch") { Description = "Go on until Ctrl-C." };
        var output = new Option<DirectoryInfo?>("--out") { Description = "The folder for deliveries.csv and summary.json; created if missing." };
        var (safe, json) = (Safe(), Json());
        var command = Described(
            "deliver",
            "Sends what is due: discount operations to shops, messages to providers, events to sinks. Exit code 3 when something was parked.",
            "loyalty deliver --connectors connectors.json --state acme.loyalty --out results",
            connectors, store.State, store.Sqlite, store.Postgres, tenant, templates, contacts, preferences, workers, now, idle, duration, watch, output, safe, json);
        store.Validate(command, required: true);
        command.Validators.Add(result =>
        {
            if (new[] { result.GetResult(idle) is { Implicit: false }, result.GetResult(duration) is { Implicit: false }, result.GetResult(watch) is { Implicit: false } }.Count(static x => x) > 1)
            {
                result.AddError("Give one of --until-idle, --for and --watch.");
            }
        });
        return Action(command, (parsed, console, cancellation) => UsageGuardAsync(() => DeliverCommand.RunAsync(
            new DeliverOptions
            {
                Connectors = parsed.GetRequiredValue(connectors).FullName,
                Store = store.Read(parsed),
                Tenant = parsed.GetValue(tenant),
                Templates = parsed.GetValue(templates)?.FullName,
                Contacts = parsed.GetValue(contacts)?.FullName,
                Preferences = parsed.GetValue(preferences)?.FullName,
                Workers = parsed.GetValue(workers),
                Now = parsed.GetValue(now),
                For = parsed.GetValue(duration),
                Watch = parsed.GetValue(watch),
                Out = parsed.GetValue(output)?.FullName,
                SafeCsv = parsed.GetValue(safe),
                Json = parsed.GetValue(json),
            },
            console,
            cancellation)));
    }

    private static Command Queue()
    {
        var queue = Described("queue", "Shows the queue, puts parked deliveries back, ends deliveries.", "loyalty queue status --state acme.loyalty");
        queue.Add(QueueVerb("status", "Counts by target and status, and the age of the oldest.", "loyalty queue status --state acme.loyalty", (parsed, store, tenant, json, console, cancellation) =>
            QueueCommand.StatusAsync(store.Read(parsed), tenant, json, console, cancellation)));
        queue.Add(QueueVerb("list", "Prints the deliveries in the order in which they were caused.", "loyalty queue list --state acme.loyalty", (parsed, store, tenant, json, console, cancellation) =>
            QueueCommand.ListAsync(store.Read(parsed), tenant, json, console, cancellation)));
        var (keys, all) = KeyOptions();
        var retry = QueueVerb("retry", "Puts parked deliveries back with fresh attempts, due at once.", "loyalty queue retry --all-parked --state acme.loyalty", (parsed, store, tenant, json, console, cancellation) =>
            QueueCommand.RetryAsync(store.Read(parsed), tenant, parsed.GetValue(keys) ?? [], parsed.GetValue(all), json, console, cancellation), keys, all);
        NeedKeys(retry, keys, all);
        queue.Add(retry);
        var (dropKeys, dropAll) = KeyOptions();
        var reason = Required<string>("--reason", "Why, for the history.");
        var drop = QueueVerb("drop", "Ends deliveries that wait, are blocked or parked, so that those behind them go on.",
            "loyalty queue drop enrollment:1:add --reason 'left the club' --state acme.loyalty", (parsed, store, tenant, json, console, cancellation) =>
            QueueCommand.DropAsync(
                store.Read(parsed), tenant, parsed.GetValue(dropKeys) ?? [], parsed.GetValue(dropAll), parsed.GetRequiredValue(reason), json, console, cancellation),
            dropKeys, dropAll, reason);
        NeedKeys(drop, dropKeys, dropAll);
        reason.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && string.IsNullOrWhiteSpace(result.Tokens[0].Value))
            {
                result.AddError("--reason must not be blank.");
            }
        });
        queue.Add(drop);
        return queue;
    }

    private static Command Consent()
    {
        var consent = Described("consent", "Shows and extends the consent log.", "loyalty consent list --customer ann@example.com --state acme.loyalty");
        var customer = Required<string>("--customer", "The customer.");
        var kind = new Option<string?>("--kind") { Description = "The kind of message; default: all." };
        kind.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && !MessageKinds.TryParse(result.Tokens[0].Value, out _))
            {
                result.AddError($"--kind must be one of {string.Join(", ", Enum.GetValues<MessageKind>().Select(static k => k.Word()))}.");
            }
        });
        var channel = new Option<string?>("--channel") { Description = "The channel; default: all." };

        // Not a flag: the parser takes a flag that is missing for false, and a refusal must be said.
        var allowed = Required<string>("--allowed", "Whether messages may go out: true or false.");
        allowed.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && !bool.TryParse(result.Tokens[0].Value, out _))
            {
                result.AddError($"--allowed must be true or false, not '{result.Tokens[0].Value}'.");
            }
        });
        var hard = new Option<bool>("--hard") { Description = "A refusal that beats every preference, or the permission that lifts one." };
        var text = new Option<string?>("--text") { Description = "The words, for the log." };
        consent.Add(QueueVerb("add", "Appends an entry.", "loyalty consent add --customer ann@example.com --channel email --allowed false --state acme.loyalty", (parsed, store, tenant, json, console, cancellation) => ConsentCommand.AddAsync(
            store.Read(parsed), tenant, parsed.GetRequiredValue(customer), MessageKinds.TryParse(parsed.GetValue(kind) ?? "", out var found) ? found : null,
            parsed.GetValue(channel), bool.Parse(parsed.GetRequiredValue(allowed)), parsed.GetValue(hard), parsed.GetValue(text) ?? "", json, console, cancellation),
            customer, kind, channel, allowed, hard, text));
        var whose = new Option<string?>("--customer") { Description = "The customer; default: all." };
        consent.Add(QueueVerb("list", "Prints the entries of each customer, oldest first.", "loyalty consent list --customer ann@example.com --state acme.loyalty", (parsed, store, tenant, json, console, cancellation) => ConsentCommand.ListAsync(
            store.Read(parsed), tenant, parsed.GetValue(whose), json, console, cancellation), whose));
        return consent;
    }

    private static Command QueueVerb(
        string name, string description, string example, Func<ParseResult, StoreOptions, string?, bool, HostConsole, CancellationToken, Task<int>> run, params ReadOnlySpan<Symbol> symbols)
    {
        var store = new StoreOptions();
        var (tenant, json) = (TenantOption(), Json());
        var command = Described(name, description, example, [.. symbols, store.State, store.Sqlite, store.Postgres, tenant, json]);
        store.Validate(command, required: true);
        return Action(command, (parsed, console, cancellation) => UsageGuardAsync(() => run(parsed, store, parsed.GetValue(tenant), parsed.GetValue(json), console, cancellation)));
    }

    private static (Argument<string[]> Keys, Option<bool> All) KeyOptions() => (
        new Argument<string[]>("KEY") { Description = "The keys of the deliveries.", Arity = ArgumentArity.ZeroOrMore },
        new Option<bool>("--all-parked") { Description = "All that are parked." });

    private static void NeedKeys(Command command, Argument<string[]> keys, Option<bool> all) => command.Validators.Add(result =>
    {
        var hasKeys = result.GetResult(keys) is { Tokens.Count: > 0 };
        if (hasKeys == (result.GetResult(all) is { Implicit: false }))
        {
            result.AddError("Give KEY … or --all-parked.");
        }
    });

    private static Option<string?> TenantOption() => new("--tenant") { Description = "Whose queue; default: the only tenant of the store." };

    private static Option<DateTimeOffset?> InstantOption() => new("--now")
    {
        Description = "The instant by which due times and back-off are told, such as 2025-03-01T10:00:00Z.",
        CustomParser = static result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;
            if (DateTimeOffset.TryParseExact(
                text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
                && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10))
            {
                // Leases and back-off are counted from it.
                if (instant.UtcDateTime.Year is > 1 and < 9_999)
                {
                    return instant;
                }

                result.AddError($"'{text}' is out of reach; expected a year from 0002 to 9998.");
                return null;
            }

            result.AddError($"'{text}' is no instant; expected YYYY-MM-DDThh:mm:ssZ or with an offset.");
            return null;
        },
    };

    private static Option<TimeSpan?> DurationOption() => new("--for")
    {
        Description = "Go on for this long (hh:mm:ss).",
        CustomParser = static result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;
            if (TimeSpan.TryParseExact(text, @"hh\:mm\:ss", CultureInfo.InvariantCulture, out var duration))
            {
                return duration;
            }

            result.AddError($"'{text}' is no duration; expected hh:mm:ss.");
            return null;
        },
    };

    /// <summary>Ends with exit code 2 what turned out to be called wrongly once the store was open.</summary>
    private static async Task<int> UsageGuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync($"loyalty: {e.Message}");
            return ExitCode.Usage;
        }
    }
}
