using System.Diagnostics;
using System.Globalization;

namespace Loyalty.Benchmarks.Postgres;

/// <summary>The processor time used so far by this process and by the PostgreSQL servers that it started, from Linux's <c>/proc</c>.</summary>
internal static class ProcessorTime
{
    private const double TicksPerSecond = 100;

    public static double Now()
    {
        using var self = Process.GetCurrentProcess();
        var seconds = self.TotalProcessorTime.TotalSeconds;
        if (!OperatingSystem.IsLinux())
        {
            return seconds;
        }

        // Servers are children of the shell that keeps them, which is a child of this process.
        var processes = Read();
        var ours = new HashSet<int> { self.Id };
        for (var grown = true; grown;)
        {
            grown = false;
            foreach (var (id, parent, _) in processes)
            {
                grown |= ours.Contains(parent) && ours.Add(id);
            }
        }

        return seconds + processes.Where(p => p.Id != self.Id && ours.Contains(p.Id)).Sum(static p => p.Seconds);
    }

    private static List<(int Id, int Parent, double Seconds)> Read()
    {
        var processes = new List<(int, int, double)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            try
            {
                // After the name in parentheses: state, parent, … user and system time are the 12th and 13th, those of ended children follow.
                var text = File.ReadAllText($"{folder}/stat");
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                var ticks = Enumerable.Range(11, 4).Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture));
                processes.Add((id, int.Parse(fields[1], CultureInfo.InvariantCulture), ticks / TicksPerSecond));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return processes;
    }
}
