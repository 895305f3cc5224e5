using System.CommandLine;
using Loyalty.Ingest.Values;
using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary><c>loyalty score</c> on the command line.</summary>
internal static class ScoreCommands
{
    public static Command Create()
    {
        var orders = new Option<string[]>("--orders")
        {
            Description = "A file of orders, [FORMAT=]FILE; may be given several times, all files make one population.",
            AllowMultipleArgumentsPerToken = true,
        };
        var customers = new Option<FileInfo?>("--customers") { Description = "Instead of orders: one row per customer (CSV: customer,last_order_on,orders,net)." };
        var format = Choice("--format", "What files without FORMAT= are; default: auto, told by the header.", ["auto", .. OrderPlatformName.All]);
        var program = new Option<FileInfo?>("--program") { Description = "The program file (JSON); its rfm section says how to score." };
        var model = Choice("--model", "The model; default: that of the program, or thresholds.", "thresholds", "quantiles");
        var cuts = Choice("--cuts", "How the quantile model uses its cuts; default: that of the program, or exact.", "exact", "r-rfm");
        var segments = Choice("--segments", "The segments; default: those of the program, or lead.", "lead", "grid", "r");
        var dates = Choice("--dates", "The order of day and month, where that of the platform does not hold.", "year-first", "day-first", "month-first");
        var asOf = Commands.DateOption("--as-of", "The date of scoring; orders after it are left out.");
        asOf.Required = true;
        var store = new StoreOptions();
        var output = Commands.Required<DirectoryInfo>("--out", "The folder for the results; created if missing, files are replaced only when the whole run succeeded.");
        var report = new Option<FileInfo?>("--report") { Description = "Also write a report (HTML) with the picture and the best customers explained." };
        var marketing = new Option<FileInfo?>("--marketing") { Description = "Also write a list for marketing (CSV): everybody with an e-mail, with segment; formulas neutralised." };
        var encoding = new Option<string?>("--encoding") { Description = "The encoding of the input, such as latin1, when it is neither UTF-8 nor UTF-16 with a byte order mark." };
        var (strict, safe, json) = (Commands.Strict(), Commands.Safe(), Commands.Json());
        var command = Commands.Described(
            "score",
            "Scores customers by recency, frequency and money from the orders of any platform, and puts them into segments.",
            "loyalty score --orders humanitix=tickets.csv --orders shop.csv --as-of 2025-10-15 --state acme.loyalty --out results",
            orders, customers, format, program, model, cuts, segments, dates, asOf, store.State, store.Sqlite, store.Postgres, output, report, marketing, encoding, strict,
            safe, json);
        store.Validate(command);
        command.Validators.Add(result =>
        {
            var files = result.GetValue(orders) ?? [];
            if (files.Length > 0 == result.GetResult(customers) is not null)
            {
                result.AddError("Give either --orders (once or more) or --customers.");
            }

            foreach (var file in files.Where(static f => OrderInput.Parse(f, null) is null))
            {
                result.AddError($"'{file}' names no known format; formats are auto, {string.Join(", ", OrderPlatformName.All)}.");
            }
        });
        return Commands.Action(command, (parsed, console, cancellation) =>
        {
            OrderPlatform? platform = OrderPlatformName.TryParse(parsed.GetValue(format), out var named) ? named : null;
            return ScoreCommand.RunAsync(
                new ScoreOptions
                {
                    Orders = [.. (parsed.GetValue(orders) ?? []).Select(o => OrderInput.Parse(o, platform)!)],
                    Customers = parsed.GetValue(customers)?.FullName,
                    Program = parsed.GetValue(program)?.FullName,
                    Model = parsed.GetValue(model) switch { "thresholds" => ScoringModel.Thresholds, "quantiles" => ScoringModel.Quantiles, _ => null },
                    Cuts = parsed.GetValue(cuts) switch { "exact" => CutRule.Exact, "r-rfm" => CutRule.RPackage, _ => null },
                    Segments = parsed.GetValue(segments) switch { "lead" => SegmentChoice.Lead, "grid" => SegmentChoice.Grid, "r" => SegmentChoice.R, _ => null },
                    Dates = parsed.GetValue(dates) switch
                    {
                        "year-first" => DateOrder.YearFirst,
                        "day-first" => DateOrder.DayFirst,
                        "month-first" => DateOrder.MonthFirst,
                        _ => null,
                    },
                    AsOf = parsed.GetValue(asOf)!.Value,
                    Store = store.Read(parsed),
                    Out = parsed.GetRequiredValue(output).FullName,
                    Report = parsed.GetValue(report)?.FullName,
                    Marketing = parsed.GetValue(marketing)?.FullName,
                    Encoding = parsed.GetValue(encoding),
                    Strict = parsed.GetValue(strict),
                    SafeCsv = parsed.GetValue(safe),
                    Json = parsed.GetValue(json),
                },
                console,
                cancellation);
        });
    }

    private static Option<string?> Choice(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { Description = description };
        option.AcceptOnlyFromAmong(words);
        return option;
    }
}
