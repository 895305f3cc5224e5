using System.Diagnostics;
using System.Globalization;

namespace Loyalty.Benchmarks;

/// <summary>Runs whole processes and measures them, ours beside DuckDB's.</summary>
internal static class ProcessRuns
{
    /// <summary>Wall time, peak resident memory and processor time of a process; the last two as they were at most 10 ms before its end.</summary>
    public static (double Seconds, long Peak, double Processor) Measure(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var clock = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        long peak = 0;
        var processor = 0.0;
        while (!process.WaitForExit(10))
        {
            peak = Math.Max(peak, Peak(process.Id));
            processor = Math.Max(processor, Processor(process.Id));
        }

        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        // The process has ended, so its streams have, too.
        Task.WaitAll(errors, output);
        return process.ExitCode == 0
            ? (seconds, peak, processor)
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors.Result}");
    }

    private static long Peak(int process)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan(6, line.Length - 9).Trim(), CultureInfo.InvariantCulture) * 1024;
                }
            }
        }
        catch (IOException)
        {
            // It has ended.
        }

        return 0;
    }

    private static double Processor(int process)
    {
        try
        {
            // The name of the program may hold blanks; it ends with the last parenthesis.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public static string InstallDuckDb(string folder)
    {
        var duck = Path.Combine(folder, "duckdb");
        if (!Directory.Exists(Path.Combine(duck, "node_modules", "@duckdb", "node-api")))
        {
            Directory.CreateDirectory(duck);
            File.WriteAllText(Path.Combine(duck, "package.json"), "{ \"private\": true }");
            Measure("npm", duck, "install", "--no-audit", "--no-fund", "@duckdb/node-api");
        }

        return duck;
    }

    public static string DuckVersion(string folder)
    {
        using var package = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "node_modules", "@duckdb", "node-api", "package.json")));
        return package.RootElement.GetProperty("version").GetString()!;
    }

    /// <summary>Keeps a measurement among the results of machines like this one.</summary>
    public static void Keep(string name, string text)
    {
        var results = Path.Combine(Root(), "benchmarks", "Loyalty.Benchmarks", "results", Cpu());
        Directory.CreateDirectory(results);
        File.WriteAllText(Path.Combine(results, name), text);
    }

    public static string Cpu()
    {
        var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal)) ?? "unknown";
        var name = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Replace("(R)", "", StringComparison.Ordinal).Replace("(TM)", "", StringComparison.Ordinal);
        return name.Trim().Replace(' ', '-').ToLowerInvariant();
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Loyalty.Libs.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("run from the repository");
        }

        return folder;
    }

    public static void Require(string file, string what)
    {
        if (!File.Exists(file))
        {
            throw new InvalidOperationException($"{file} is missing: {what}");
        }
    }
}
