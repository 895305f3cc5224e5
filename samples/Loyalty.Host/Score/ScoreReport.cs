using System.Globalization;
using System.Net;
using System.Text;
using Loyalty.Money;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>A run as one HTML page without scripts or outside resources: the picture, the segments, the limits, the best customers explained.</summary>
internal static class ScoreReport
{
    private const int Explained = 20;

    public static void Write(Stream stream, ScoreRun run, ScoreInput input, Currency currency, SegmentMoves? moves)
    {
        using var html = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        html.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Customers scored as of {{run.AsOf:yyyy-MM-dd}}</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1f24; background: #fff }
            table { border-collapse: collapse; margin: 1rem 0 }
            th, td { padding: .25rem .75rem; border-bottom: 1px solid #d8dee4; text-align: left; vertical-align: top }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
            svg { max-width: 100%; height: auto }
            pre { margin: 0; white-space: pre-wrap }
            </style>
            </head>
            <body>
            <h1>Customers scored as of {{run.AsOf:yyyy-MM-dd}}</h1>
            <p>{{run.Count:N0}} customers from {{Text(string.Join(", ", input.Files.Select(static f => f.Name)))}}; {{input.OrdersLinked:N0}} orders linked, {{input.OrdersUnlinked:N0}} unlinked; {{input.RowsRejected:N0}} rows rejected.</p>
            """));
        html.Write(ScorePicture.Svg(run));
        WriteSegments(html, run, currency);
        WriteLimits(html, run);
        if (moves is not null)
        {
            WriteMoves(html, moves);
        }

        WriteBest(html, run);
        html.WriteLine("</body>\n</html>");
    }

    private static void WriteSegments(StreamWriter html, ScoreRun run, Currency currency)
    {
        var files = new ScoreFiles(currency, safe: false, CancellationToken.None);
        html.WriteLine("<h2>Segments</h2>\n<table>\n<tr><th>segment</th><th class=\"n\">customers</th><th class=\"n\">share</th><th class=\"n\">orders</th><th class=\"n\">net</th></tr>");
        foreach (var segment in ScoreFiles.Listed(run))
        {
            html.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"<tr><td>{Text(segment.Segment)}</td><td class=\"n\">{segment.Customers:N0}</td><td class=\"n\">{ScoreFiles.Share(segment.Customers, run.Count)}</td><td class=\"n\">{segment.Orders:N0}</td><td class=\"n\">{currency.Format(files.Minor(segment.Net))}</td></tr>"));
        }

        html.WriteLine("</table>");
    }

    private static void WriteLimits(StreamWriter html, ScoreRun run)
    {
        html.WriteLine($"<h2>Limits</h2>\n<p>{(run.Program.Model == ScoringModel.Thresholds ? "Fixed limits." : "Cuts at 20, 40, 60 and 80 % of these customers.")}</p>\n<table>");
        foreach (var (name, boundaries) in new[] { ("days since the last order", run.Rule.Recency), ("orders", run.Rule.Frequency), ("net spend", run.Rule.Money) })
        {
            var cells = string.Concat(Enumerable.Range(0, ScoreBoundaries.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"<td class=\"n\">{boundaries[i]}</td>")));
            html.WriteLine($"<tr><td>{name}</td>{cells}</tr>");
        }

        html.WriteLine("</table>");
    }

    private static void WriteMoves(StreamWriter html, SegmentMoves moves)
    {
        html.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"<h2>Moves since the last run</h2>\n<p>{moves.Moves.Count:N0} customers moved, {moves.New:N0} are new, {moves.Gone:N0} gone.</p>\n<table>\n<tr><th>from</th><th>to</th><th class=\"n\">customers</th></tr>"));
        foreach (var group in moves.Moves.GroupBy(static m => (m.Before, m.After)).OrderByDescending(static g => g.Count()))
        {
            html.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"<tr><td>{Text(group.Key.Before)}</td><td>{Text(group.Key.After)}</td><td class=\"n\">{group.Count():N0}</td></tr>"));
        }

        html.WriteLine("</table>");
    }

    private static void WriteBest(StreamWriter html, ScoreRun run)
    {
        html.WriteLine("<h2>The best customers, and why</h2>\n<table>");
        var best = Enumerable.Range(0, run.Count)
            .OrderByDescending(i => run[i].LeadScore).ThenByDescending(i => run[i].Input.Net).ThenBy(run.Customers.NameAt, StringComparer.Ordinal)
            .Take(Explained);
        foreach (var position in best)
        {
            html.WriteLine($"<tr><td>{Text(run.Customers.NameAt(position))}</td><td><pre>{Text(run.Explain(position).ToString())}</pre></td></tr>");
        }

        html.WriteLine("</table>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
