using System.Globalization;
using System.Text;
using Loyalty.Activities;

namespace Loyalty.Benchmarks.Aggregation;

/// <summary>From one to a hundred million activities, ten a member: writes the table and the plot of <c>docs/scale.md</c>.</summary>
internal static class AggregationScale
{
    private const string TableStart = "<!-- scale:aggregation -->\n";
    private const string TableEnd = "<!-- /scale:aggregation -->";
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;
    private static readonly int[] Sizes = [1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000];

    /// <summary><c>scale [DOCS]</c>: the docs directory, by default the repository's.</summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        var docs = arguments.Length > 0 ? arguments[0] : Path.Combine(AggregationReport.ProjectDirectory(), "..", "..", "docs");
        var points = Sizes.Select(Measure).ToList();
        var table = new StringBuilder();
        table.Append("| activities | members | reading all columns | ns/activity | grouped, 1 thread | ns/activity | scattered, 1 thread | ns/activity | columns | windows and totals | buffer for scattered |\n");
        table.Append("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (var point in points)
        {
            table.Append(Plain, $"| {point.Activities:N0} | {point.Activities / 10:N0} ");
            foreach (var seconds in (double[])[point.Reading, point.Grouped, point.Scattered])
            {
                table.Append(Plain, $"| {seconds * 1e3:#,0.0} ms | {seconds * 1e9 / point.Activities:0.0} ");
            }

            table.Append(Plain, $"| {Megabytes(AggregationData.BytesPerActivity * (long)point.Activities)} | {Megabytes(104L * (point.Activities / 10))} | {Megabytes(point.Buffer)} |\n");
        }

        var page = Path.Combine(docs, "scale.md");
        var text = File.ReadAllText(page);
        var start = text.IndexOf(TableStart, StringComparison.Ordinal) + TableStart.Length;
        var end = text.IndexOf(TableEnd, StringComparison.Ordinal);
        File.WriteAllText(page, text[..start] + table + text[end..]);
        File.WriteAllText(Path.Combine(docs, "scale.svg"), Plot(points));
        Console.WriteLine(table);
        return 0;
    }

    private static Point Measure(int activities)
    {
        var members = activities / 10;
        var one = new Aggregator(threads: 1);
        var data = AggregationData.Grouped(activities, members);
        var read = 0L;
        var (reading, grouped) = Fastest(
            () => read += AggregationBaselines.ReadColumns(data),
            () => one.AggregateGrouped(data.Columns, data.Windows, AggregationData.Through, data.Totals));
        GC.KeepAlive(read);
        data.Scatter();
        var before = GC.GetAllocatedBytesForCurrentThread();
        one.AggregateScattered(data.Columns, data.Windows, AggregationData.Through, data.Totals);
        var buffer = GC.GetAllocatedBytesForCurrentThread() - before;
        var (scattered, _) = Fastest(
            () => one.AggregateScattered(data.Columns, data.Windows, AggregationData.Through, data.Totals), static () => { });
        Console.WriteLine(string.Create(Plain, $"{activities:N0}: {reading:0.0000} s, {grouped:0.0000} s, {scattered:0.000} s"));
        return new(activities, reading, grouped, scattered, buffer);
    }

    /// <summary>Processor time of the fastest of nine calls each, in turn, because a shared machine only ever adds; one more warms up.</summary>
    private static (double First, double Second) Fastest(Action first, Action second)
    {
        var fastest = (First: double.MaxValue, Second: double.MaxValue);
        for (var round = 0; round < 10; round++)
        {
            var (a, b) = (ThreadTime.Of(first), ThreadTime.Of(second));
            fastest = round > 0 ? (Math.Min(fastest.First, a), Math.Min(fastest.Second, b)) : fastest;
        }

        return fastest;
    }

    /// <summary>Both axes by powers of ten: a cost that grows linearly is a straight line at 45 degrees.</summary>
    private static string Plot(List<Point> points)
    {
        const double Left = 70, Top = 20, Decade = 170, Bottom = Top + (3.5 * Decade);
        double X(double activities) => Left + (Decade * 1.6 * Math.Log10(activities / 1e6));
        double Y(double seconds) => Bottom - (Decade * (Math.Log10(seconds) + 3));
        var svg = new StringBuilder();
        svg.Append(Plain, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {X(1e8) + 190:0} {Bottom + 50:0}\" font-family=\"sans-serif\" font-size=\"13\">\n");
        svg.Append("<title>Time to make all totals, by the number of activities</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        foreach (var (seconds, label) in ((double, string)[])[(1e-3, "1 ms"), (1e-2, "10 ms"), (1e-1, "100 ms"), (1, "1 s")])
        {
            svg.Append(Plain, $"<line x1=\"{Left}\" x2=\"{X(1e8):0}\" y1=\"{Y(seconds):0.0}\" y2=\"{Y(seconds):0.0}\" stroke=\"#ddd\"/><text x=\"{Left - 8}\" y=\"{Y(seconds) + 4:0.0}\" text-anchor=\"end\">{label}</text>\n");
        }

        foreach (var (activities, label) in ((double, string)[])[(1e6, "1 million activities"), (1e7, "10 million"), (1e8, "100 million")])
        {
            svg.Append(Plain, $"<line x1=\"{X(activities):0.0}\" x2=\"{X(activities):0.0}\" y1=\"{Top}\" y2=\"{Bottom:0.0}\" stroke=\"#ddd\"/><text x=\"{X(activities):0.0}\" y=\"{Bottom + 20:0.0}\" text-anchor=\"middle\">{label}</text>\n");
        }

        foreach (var (name, color, value) in ((string, string, Func<Point, double>)[])
            [("scattered, 1 thread", "#b3261e", point => point.Scattered), ("grouped, 1 thread", "#1b6e3c", point => point.Grouped),
                ("reading all columns", "#888888", point => point.Reading)])
        {
            var line = string.Join(' ', points.Select(point => string.Create(Plain, $"{X(point.Activities):0.0},{Y(value(point)):0.0}")));
            svg.Append(Plain, $"<polyline points=\"{line}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n");
            foreach (var point in points)
            {
                svg.Append(Plain, $"<circle cx=\"{X(point.Activities):0.0}\" cy=\"{Y(value(point)):0.0}\" r=\"3.5\" fill=\"{color}\"/>");
            }

            svg.Append(Plain, $"\n<text x=\"{X(1e8) + 12:0.0}\" y=\"{Y(value(points[^1])) + 4:0.0}\" fill=\"{color}\">{name}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Megabytes(long bytes) => string.Create(Plain, $"{bytes / 1e6:#,0} MB");

    private sealed record Point(int Activities, double Reading, double Grouped, double Scattered, long Buffer);
}
