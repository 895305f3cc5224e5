using System.Globalization;
using System.Net;
using System.Text;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>The customers of a run as a picture: the grid of recency and frequency, and the sizes of the segments.</summary>
internal static class ScorePicture
{
    private const int CellSize = 96;
    private const int GridLeft = 64;
    private const int GridTop = 56;
    private const int BarsLeft = GridLeft + (5 * CellSize) + 48;
    private const int BarLeft = BarsLeft + 150;
    private const int BarWidth = 240;
    private const int Width = BarLeft + BarWidth + 130;

    /// <summary>One SVG, without scripts or outside resources.</summary>
    public static string Svg(ScoreRun run)
    {
        var segments = ScoreFiles.Listed(run).ToList();
        var height = Math.Max(GridTop + (5 * CellSize) + 56, GridTop + (segments.Count * 32) + 24);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" role="img" font-family="system-ui, sans-serif" font-size="13">
            <title>{run.Count:N0} customers by recency and frequency, and by segment, as of {run.AsOf:yyyy-MM-dd}</title>
            <rect width="{Width}" height="{height}" fill="#ffffff"/>
            <text x="{GridLeft}" y="32" font-size="16" fill="#1b1f24">Customers by recency and frequency</text>
            <text x="{BarsLeft}" y="32" font-size="16" fill="#1b1f24">Segments</text>

            """);
        Grid(svg, run);
        Bars(svg, run, segments);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Grid(StringBuilder svg, ScoreRun run)
    {
        var most = 1;
        for (var r = 1; r <= 5; r++)
        {
            for (var f = 1; f <= 5; f++)
            {
                most = Math.Max(most, run.Distribution.CustomersAt(r, f));
            }
        }

        for (var r = 1; r <= 5; r++)
        {
            var top = GridTop + ((5 - r) * CellSize);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{GridLeft - 12}\" y=\"{top + (CellSize / 2) + 4}\" text-anchor=\"end\" fill=\"#57606a\">R {r}</text>\n");
            for (var f = 1; f <= 5; f++)
            {
                Cell(svg, run, r, f, top, most);
            }
        }

        for (var f = 1; f <= 5; f++)
        {
            var middle = GridLeft + ((f - 1) * CellSize) + (CellSize / 2);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{middle}\" y=\"{GridTop + (5 * CellSize) + 20}\" text-anchor=\"middle\" fill=\"#57606a\">F {f}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{GridLeft}\" y=\"{GridTop + (5 * CellSize) + 42}\" fill=\"#57606a\">R 5 bought last, F 5 most often; the darker, the more customers.</text>\n");
    }

    private static void Cell(StringBuilder svg, ScoreRun run, int r, int f, int top, int most)
    {
        var count = run.Distribution.CustomersAt(r, f);

        // By the square root, so that a few are still told from none.
        var shade = Math.Sqrt((double)count / most);
        var (red, green, blue) = ((int)(246 - (shade * 187)), (int)(248 - (shade * 138)), (int)(250 - (shade * 82)));
        var ink = shade > 0.55 ? "#ffffff" : "#1b1f24";
        var left = GridLeft + ((f - 1) * CellSize);
        var names = Enumerable.Range(1, 5).Select(m => run.Segments.Of(new RfmCell(r, f, m))).Distinct(StringComparer.Ordinal).ToList();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <g><title>R {r}, F {f}: {count:N0} customers; {Text(string.Join(", ", names))}</title>
            <rect x="{left}" y="{top}" width="{CellSize - 2}" height="{CellSize - 2}" rx="4" fill="#{red:x2}{green:x2}{blue:x2}"/>
            <text x="{left + (CellSize / 2)}" y="{top + 44}" text-anchor="middle" font-size="17" fill="{ink}">{count:N0}</text>
            <text x="{left + (CellSize / 2)}" y="{top + 64}" text-anchor="middle" font-size="10" fill="{ink}">{Text(Short(names))}</text></g>

            """);
    }

    private static void Bars(StringBuilder svg, ScoreRun run, List<SegmentTotals> segments)
    {
        var most = Math.Max(1, segments.Max(static s => s.Customers));
        for (var i = 0; i < segments.Count; i++)
        {
            var top = GridTop + (i * 32);
            var width = segments[i].Customers == 0 ? 0 : Math.Max(1, (int)((long)BarWidth * segments[i].Customers / most));
            var share = decimal.Parse(ScoreFiles.Share(segments[i].Customers, run.Count), CultureInfo.InvariantCulture);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <text x="{BarLeft - 10}" y="{top + 17}" text-anchor="end" fill="#1b1f24">{Text(Cut(segments[i].Segment, 22))}</text>
                <rect x="{BarLeft}" y="{top + 2}" width="{width}" height="22" rx="3" fill="#3b6ea8"/>
                <text x="{BarLeft + width + 8}" y="{top + 17}" fill="#57606a">{segments[i].Customers:N0} ({share * 100:0.0} %)</text>

                """);
        }
    }

    private static string Short(List<string> names) => names.Count == 1 ? Cut(names[0], 18) : string.Create(CultureInfo.InvariantCulture, $"{names.Count} segments");

    private static string Cut(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
