using System.Globalization;
using System.Net;
using System.Text;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Members;

namespace Loyalty.Host.Sync;

/// <summary>A run as one HTML page without scripts or outside resources.</summary>
internal static class HtmlReport
{
    private const int MostDecisions = 500;

    public static void Write(
        Stream stream, LoyaltyProgram program, SyncOutcome outcome, SyncInput input, IReadOnlyList<long> levels, string videos, string hash)
    {
        using var html = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        var rows = outcome.Activities + outcome.Adjustments;
        html.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>{{Text(program.Tenant)}}: review through {{outcome.AsOf:yyyy-MM-dd}}</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #1b1f24; background: #fff }
            table { border-collapse: collapse; margin: 1rem 0 }
            th, td { padding: .25rem .75rem; border-bottom: 1px solid #d8dee4; text-align: left; white-space: nowrap }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
            .bar { fill: #3b6ea8 }
            small { color: #57606a }
            </style>
            </head>
            <body>
            <h1>{{Text(program.Tenant)}}</h1>
            <p>Reviewed through <strong>{{outcome.AsOf:yyyy-MM-dd}}</strong> from {{Text(videos)}} <small>(fingerprint {{hash}})</small>.</p>
            <h2>Rows</h2>
            <table>
            <tr><th class="n">read</th><th class="n">inserted</th><th class="n">updated</th><th class="n">unchanged</th><th class="n">superseded</th><th class="n">rejected</th></tr>
            <tr><td class="n">{{input.RowsRead:N0}}</td><td class="n">{{rows.Inserted:N0}}</td><td class="n">{{rows.Updated:N0}}</td><td class="n">{{rows.Unchanged:N0}}</td><td class="n">{{rows.Superseded:N0}}</td><td class="n">{{input.RowsRejected:N0}}</td></tr>
            </table>
            """));
        WriteLevels(html, program, levels);
        WriteDecisions(html, program, outcome);
        html.WriteLine("</body>\n</html>");
    }

    private static void WriteLevels(StreamWriter html, LoyaltyProgram program, IReadOnlyList<long> levels)
    {
        var ladder = program.Tiers!.Ladder;
        var most = Math.Max(1, levels.Max());
        html.WriteLine("<h2>Members by level</h2>");
        html.WriteLine(string.Create(CultureInfo.InvariantCulture, $"<svg role=\"img\" aria-label=\"Members by level\" width=\"640\" height=\"{ladder.Count * 28}\">"));
        for (var level = 0; level < ladder.Count; level++)
        {
            var count = levels[level];
            html.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                <text x="130" y="{(level * 28) + 19}" text-anchor="end">{Text(ladder[level].Name)}</text>
                <rect class="bar" x="140" y="{(level * 28) + 4}" width="{400 * count / most}" height="20"/>
                <text x="{148 + (400 * count / most)}" y="{(level * 28) + 19}">{count:N0}</text>
                """));
        }

        html.WriteLine("</svg>");
    }

    private static void WriteDecisions(StreamWriter html, LoyaltyProgram program, SyncOutcome outcome)
    {
        html.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            <h2>Decisions</h2>
            <p>{outcome.Promoted:N0} promoted, {outcome.Kept:N0} kept, {outcome.Demoted:N0} demoted, {outcome.GraceStarted:N0} in grace; {outcome.MissionsCompleted:N0} missions completed.</p>
            """));
        if (outcome.Decisions.Count == 0)
        {
            return;
        }

        html.WriteLine("<table>\n<tr><th>member</th><th>date</th><th>decision</th><th>from</th><th>to</th><th>measured</th><th class=\"n\">value</th></tr>");
        foreach (var (handle, decision) in outcome.Decisions.Take(MostDecisions))
        {
            var value = decision.Metric == Activities.Metric.Sales
                ? program.Currency.Format(decision.Value)
                : decision.Value.ToString(CultureInfo.InvariantCulture);
            html.WriteLine(
                $"<tr><td>{Text(handle)}</td><td>{decision.Date:yyyy-MM-dd}</td><td>{SyncFiles.Word(decision.Kind)}</td><td>{Text(decision.LevelBefore)}</td>"
                + $"<td>{Text(decision.LevelAfter)}</td><td>{Text(decision.Measured.ToString())}</td><td class=\"n\">{value}</td></tr>");
        }

        html.WriteLine("</table>");
        if (outcome.Decisions.Count > MostDecisions)
        {
            html.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"<p>The first {MostDecisions:N0} of {outcome.Decisions.Count:N0}; decisions.csv has all.</p>"));
        }
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
