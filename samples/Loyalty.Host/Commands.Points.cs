using System.CommandLine;
using Loyalty.Host.Points;

namespace Loyalty.Host;

/// <content>The command <c>points</c>.</content>
internal static partial class Commands
{
    private static Command Points()
    {
        var program = Required<FileInfo>("--program", "The program file (JSON); it needs the sections club and points.");
        var orders = Required<FileInfo>("--orders", "Orders (CSV: order_id,customer,date,amount).");
        var redemptions = new Option<FileInfo?>("--redemptions") { Description = "Claims of rewards and what happened to them (CSV: id,customer,date,reward[,event])." };
        var refunds = new Option<FileInfo?>("--refunds") { Description = "Refunds of orders (CSV: id,order_id,date,amount)." };
        var preferences = new Option<FileInfo?>("--preferences") { Description = "What members want to hear (CSV: customer,kind,channel,allowed); goes into the consent log." };
        var contacts = new Option<FileInfo?>("--contacts") { Description = "How customers can be reached (CSV: customer,email,phone,first_name,last_name,locale); kept in the store." };
        var noQueue = new Option<bool>("--no-queue") { Description = "Store no deliveries: nothing of this run is told to shops and people." };
        var since = DateOption("--messages-since", "List the messages due after this date through as-of; default: those due on as-of.");
        var asOf = DateOption("--as-of", "The last day to close.");
        asOf.Required = true;
        var store = new StoreOptions();
        var output = Required<DirectoryInfo>("--out", "The folder for the results; created if missing, files are replaced only when the whole run succeeded.");
        var encoding = new Option<string?>("--encoding") { Description = "The encoding of the input, such as latin1, when it is neither UTF-8 nor UTF-16 with a byte order mark." };
        var (strict, safe, json) = (Strict(), Safe(), Json());
        var command = Described(
            "points",
            "Runs the club and the points ledger over orders, refunds and claims, closes every day through a date, writes the results.",
            "loyalty points --program program.json --orders orders.csv --as-of 2025-06-30 --state acme.loyalty --out results",
            program, orders, redemptions, refunds, preferences, contacts, noQueue, since, asOf, store.State, store.Sqlite, store.Postgres, output, encoding, strict, safe, json);
        store.Validate(command);
        return Action(command, (parsed, console, cancellation) => PointsCommand.RunAsync(
            new PointsOptions
            {
                Program = parsed.GetRequiredValue(program).FullName,
                Orders = parsed.GetRequiredValue(orders).FullName,
                Redemptions = parsed.GetValue(redemptions)?.FullName,
                Refunds = parsed.GetValue(refunds)?.FullName,
                Preferences = parsed.GetValue(preferences)?.FullName,
                Contacts = parsed.GetValue(contacts)?.FullName,
                NoQueue = parsed.GetValue(noQueue),
                MessagesSince = parsed.GetValue(since),
                AsOf = parsed.GetRequiredValue(asOf)!.Value,
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
