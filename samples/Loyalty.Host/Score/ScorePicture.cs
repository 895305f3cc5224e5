using System.Globalization;
using System.Net;
using System.Text;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>The customers of a run as a picture: the grid of recency and frequency, and the sizes of the segments.</summary>
internal static class ScorePicture
{
    // Drawn for 800 pixels, so that the smallest letters are still 12 high there: the segments stand below the grid, not beside it.
    private const int Width = 800;
    private const int GridLeft = 64;
    private const int GridTop = 48;
    private const int CellWidth = 142;
    private const int CellHeight = 76;
    private const int GridEnd = GridTop + (5 * CellHeight);
    private const int BarsTop = GridEnd + 104;
    private const int BarLeft = 200;
    private const int BarWidth = 420;
    private const int BarStep = 30;

    /// <summary>One SVG, without scripts or outside resources.</summary>
    public static string Svg(ScoreRun run)
    {
        var segments = ScoreFiles.Listed(run).ToList();
        var height = BarsTop + (segments.Count * BarStep) + 16;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" role="img" font-family="system-ui, sans-serif" font-size="13">
            <title>{run.Count:N0} customers by recency and frequency, and by segment, as of {run.AsOf:yyyy-MM-dd}</title>
            <rect width="{Width}" height="{height}" fill="#ffffff"/>
            <text x="{GridLeft}" y="30" font-size="16" fill="#1b1f24">Customers by recency and frequency</text>
            <text x="{GridLeft}" y="{BarsTop - 14}" font-size="16" fill="#1b1f24">Segments</text>

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
            var top = GridTop + ((5 - r) * CellHeight);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{GridLeft - 12}\" y=\"{top + (CellHeight / 2) + 4}\" text-anchor=\"end\" fill=\"#57606a\">R {r}</text>\n");
            for (var f = 1; f <= 5; f++)
            {
                Cell(svg, run, r, f, top, most);
            }
        }

        for (var f = 1; f <= 5; f++)
        {
            var middle = GridLeft + ((f - 1) * CellWidth) + (CellWidth / 2);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{middle}\" y=\"{GridEnd + 20}\" text-anchor=\"middle\" fill=\"#57606a\">F {f}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{GridLeft}\" y=\"{GridEnd + 44}\" fill=\"#57606a\">R 5 bought last, F 5 most often; the darker, the more customers.</text>\n");
    }

    private static void Cell(StringBuilder svg, ScoreRun run, int r, int f, int top, int most)
    {
        var count = run.Distribution.CustomersAt(r, f);

        // By the square root, so that a few are still told from none. The ink that stands out more: at least 4 to 1.
        var shade = Math.Sqrt((double)count / most);
        var (red, green, blue) = ((int)(246 - (shade * 187)), (int)(248 - (shade * 138)), (int)(250 - (shade * 82)));
        var ink = shade > 0.88 ? "#ffffff" : "#1b1f24";
        var left = GridLeft + ((f - 1) * CellWidth);
        var names = Enumerable.Range(1, 5).Select(m => run.Segments.Of(new RfmCell(r, f, m))).Distinct(StringComparer.Ordinal).ToList();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <g><title>R {r}, F {f}: {count:N0} customers; {Text(string.Join(", ", names))}</title>
            <rect x="{left}" y="{top}" width="{CellWidth - 2}" height="{CellHeight - 2}" rx="4" fill="#{red:x2}{green:x2}{blue:x2}"/>
            <text x="{left + (CellWidth / 2)}" y="{top + 34}" text-anchor="middle" font-size="18" fill="{ink}">{count:N0}</text>
            <text x="{left + (CellWidth / 2)}" y="{top + 56}" text-anchor="middle" font-size="12" fill="{ink}">{Text(Short(names))}</text></g>

            """);
    }

    private static void Bars(StringBuilder svg, ScoreRun run, List<SegmentTotals> segments)
    {
        var most = Math.Max(1, segments.Max(static s => s.Customers));
        for (var i = 0; i < segments.Count; i++)
        {
            var top = BarsTop + (i * BarStep);
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

    /// <summary>As much of a text as fits a number of Latin letters; wide characters take the room of two.</summary>
    private static string Cut(string text, int letters)
    {
        var room = letters;
        for (var i = 0; i < text.Length; i++)
        {
            room -= text[i] >= 0x1100 ? 2 : 1;
            if (room < 0)
            {
                return string.Concat(text.AsSpan(0, char.IsLowSurrogate(text[i]) ? i - 1 : i).TrimEnd(), "…");
            }
        }

        return text;
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
