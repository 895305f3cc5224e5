using System.CommandLine;
using System.Globalization;
using Loyalty.Storage.Creators;

namespace Loyalty.Host.Creators;

/// <summary><c>loyalty creators</c> on the command line.</summary>
internal static class CreatorCommands
{
    public static Command Create() => Commands.Group(
        "creators", "Shows and changes creators that were imported.", "loyalty creators list --search ann --state acme.loyalty", List(), Show(), Tag(), Rename(), Log());

    private static Command List()
    {
        var search = new Option<string?>("--search") { Description = "Part of a handle, a name or an e-mail address; fewer than three characters are looked for at beginnings only." };
        var brand = new Option<string?>("--brand") { Description = "Only creators with a sample of this brand." };
        var badge = new Option<string?>("--badge") { Description = "Only creators with this badge." };
        var tag = new Option<string?>("--tag") { Description = "Only creators with this tag." };
        var after = new Option<string?>("--after") { Description = "Begin after this handle: the last one of the page before." };
        var limit = new Option<int?>("--limit") { Description = "How many at most, 1 to 1,000; default: 50." };
        limit.Validators.Add(static result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value is < 1 or > CreatorQuery.MaxLimit)
            {
                result.AddError("--limit must be from 1 to 1,000.");
            }
        });
        var (store, tenant, json) = (new StoreOptions(), Tenant(), Commands.Json());
        var command = Commands.Described(
            "list", "Lists creators in order of their handles, a page at a time.", "loyalty creators list --search ann --badge Gold --state acme.loyalty",
            search, brand, badge, tag, after, limit, store.State, store.Sqlite, store.Postgres, tenant, json);
        store.Validate(command, required: true);
        return Commands.Action(command, (parsed, console, cancellation) => CreatorListCommand.RunAsync(
            store.Read(parsed), parsed.GetValue(tenant) ?? CreatorProgram.NoTenant,
            new CreatorQuery
            {
                Search = parsed.GetValue(search), Brand = parsed.GetValue(brand), Badge = parsed.GetValue(badge), Tag = parsed.GetValue(tag), After = parsed.GetValue(after)?.TrimStart('@'),
                Limit = parsed.GetValue(limit) ?? 50,
            },
            parsed.GetValue(json), console, cancellation));
    }

    private static Command Show()
    {
        var (handle, store, tenant, json) = (HandleArgument("HANDLE"), new StoreOptions(), Tenant(), Commands.Json());
        var command = Commands.Described(
            "show", "Shows a creator: fields with their sources, conflicts, samples, videos, brands, badges, the log of communications.",
            "loyalty creators show @some.creator --state acme.loyalty", handle, store.State, store.Sqlite, store.Postgres, tenant, json);
        store.Validate(command, required: true);
        return Commands.Action(command, (parsed, console, cancellation) => CreatorShowCommand.RunAsync(
            store.Read(parsed), parsed.GetValue(tenant) ?? CreatorProgram.NoTenant, parsed.GetRequiredValue(handle), parsed.GetValue(json), console, cancellation));
    }

    private static Command Tag()
    {
        var (handle, store, tenant, json) = (HandleArgument("HANDLE"), new StoreOptions(), Tenant(), Commands.Json());
        var add = new Option<string[]>("--add") { Description = "A tag to give; may be given several times." };
        var remove = new Option<string[]>("--remove") { Description = "A tag to take away; may be given several times." };
        var command = Commands.Described(
            "tag", "Gives tags to a creator and takes others away.", "loyalty creators tag @some.creator --add vip --state acme.loyalty", handle, add, remove, store.State, store.Sqlite, store.Postgres, tenant, json);
        store.Validate(command, required: true);
        return Commands.Action(command, (parsed, console, cancellation) => CreatorChangeCommands.TagAsync(
            store.Read(parsed), parsed.GetValue(tenant) ?? CreatorProgram.NoTenant, parsed.GetRequiredValue(handle), parsed.GetValue(add) ?? [], parsed.GetValue(remove) ?? [], parsed.GetValue(json), console,
            cancellation));
    }

    private static Command Rename()
    {
        var (handle, current, store, tenant, json) = (HandleArgument("HANDLE"), HandleArgument("NEW"), new StoreOptions(), Tenant(), Commands.Json());
        var on = Commands.DateOption("--on", "The day of the change.");
        on.Required = true;
        var command = Commands.Described(
            "rename", "Records that a creator took another handle: everything moves, and later imports that name the earlier handle mean the creator.",
            "loyalty creators rename @old.name @new.name --on 2025-05-01 --state acme.loyalty", handle, current, on, store.State, store.Sqlite, store.Postgres, tenant, json);
        store.Validate(command, required: true);
        return Commands.Action(command, (parsed, console, cancellation) => CreatorChangeCommands.RenameAsync(
            store.Read(parsed), parsed.GetValue(tenant) ?? CreatorProgram.NoTenant, parsed.GetRequiredValue(handle), parsed.GetRequiredValue(current), parsed.GetValue(on)!.Value, parsed.GetValue(json), console,
            cancellation));
    }

    private static Command Log()
    {
        var file = new Argument<FileInfo?>("FILE") { Description = "The log (CSV: handle,channel,direction,status,external_id,subject,at).", Arity = ArgumentArity.ZeroOrOne };
        var deliveries = new Option<bool>("--deliveries") { Description = "Log the messages that the queue of the same store has sent to creators instead of a file." };
        var (store, tenant, strict, json) = (new StoreOptions(), Tenant(), Commands.Strict(), Commands.Json());
        var command = Commands.Described(
            "log", "Appends to the log of communications; entries that are there already stay as they are.", "loyalty creators log sent.csv --state acme.loyalty", file, deliveries,
            store.State, store.Sqlite, store.Postgres, tenant, strict, json);
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is null != result.GetValue(deliveries))
            {
                result.AddError("give a FILE or --deliveries, one of the two.");
            }
        });
        store.Validate(command, required: true);
        return Commands.Action(command, (parsed, console, cancellation) => CreatorChangeCommands.LogAsync(
            store.Read(parsed), parsed.GetValue(tenant) ?? CreatorProgram.NoTenant, parsed.GetValue(file)?.FullName, parsed.GetValue(strict), parsed.GetValue(json), console,
            cancellation));
    }

    private static Argument<string> HandleArgument(string name) => new(name) { Description = "A handle, with or without @, or a profile URL." };

    private static Option<string?> Tenant() => new("--tenant") { Description = "Whose creators, on PostgreSQL; default: default." };
}
