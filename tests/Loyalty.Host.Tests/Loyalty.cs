using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Loyalty.Host;

namespace Loyalty.Tests.Host;

/// <summary>How a run of the program ended.</summary>
internal sealed record Ended(int Code, string Out, string Error)
{
    /// <summary>The run ended with this code; the messages are shown otherwise.</summary>
    public Ended With(int code)
    {
        Assert.True(Code == code, $"expected exit code {code}, got {Code}\n{Out}\n{Error}");
        return this;
    }

    /// <summary>The run failed with one clear line that has these words, and no stack trace.</summary>
    public void FailedWith(params string[] words)
    {
        With(1);
        var line = Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("loyalty: ", line, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, line, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected", line, StringComparison.Ordinal);
        Assert.Empty(Out);
    }
}

/// <summary>A folder with the built program to run in it.</summary>
internal sealed partial class Desk : IDisposable
{
    private const int InterruptSignal = 2;
    private const int TerminateSignal = 15;

    /// <summary>A test run that was started in the background hands down that interrupts are ignored.</summary>
    private static readonly bool IgnoresInterrupts = File.ReadLines("/proc/self/status").Any(static line =>
        line.StartsWith("SigIgn:", StringComparison.Ordinal) && (Convert.ToUInt64(line[7..].Trim(), 16) & (1UL << (InterruptSignal - 1))) != 0);

    public const string Header = "Handle,Video,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title\n";

    public const string Program = """
        { "tenant": "acme", "currency": "USD", "timeZone": "America/New_York",
          "tiers": { "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 4, "anchor": "tier-achieved" },
            "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 1000 }, { "name": "Gold", "threshold": 2000 } ] },
          "missions": [ { "id": "first-2", "metric": "videos", "target": 2, "window": { "kind": "checkpoint" } },
            { "id": "sprint", "metric": "sales", "target": 700, "window": { "kind": "fixed", "start": "2025-03-01", "end": "2025-04-01" } } ] }
        """;

    public const string Videos = Header + """
        @zed,https://www.tiktok.com/@zed/video/3,10,1,0,$5.00,1.0,1,2025-02-01,"one, two"
        @Ann,https://www.tiktok.com/@ann/video/1,"1,000",50,5,$600.00,2.5,6,2025-03-01,first
        ann,https://www.tiktok.com/@ann/video/2?lang=en,2000,70,7,400.00,2.5,4,2025-03-09,second
        ann,https://www.tiktok.com/@ann/video/2,2500,80,8,500.00,2.5,5,2025-03-09,second again
        @bob,https://www.tiktok.com/@bob/video/4,1.2K,1,0,$5.00,1.0,1,2025-02-01,

        """;

    public const string Adjustments = """
        id,handle,date,sales,units,reason
        a1,@zed,2025-03-05,20.00,1,event
        a2,@bob,2025-03-05,20.00,1,unknown

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loyalty-host-");

    public Desk()
    {
        Write("program.json", Program);
        Write("videos.csv", Videos);
        Write("adjustments.csv", Adjustments);
    }

    /// <summary>The built program.</summary>
    public static string Executable { get; } = Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Loyalty.Host", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "loyalty");

    public string this[string name] => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);

    public void Write(string name, string text) => File.WriteAllText(this[name], text);

    public string Read(string name) => File.ReadAllText(this[name]);

    public string[] Lines(string name)
    {
        var text = Read(name);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        Assert.NotEqual('\uFEFF', text[0]);
        return text[..^1].Split('\n');
    }

    /// <summary>All files with their content and time, by their paths in the folder.</summary>
    public SortedDictionary<string, (string Content, DateTime Written)> Snapshot()
    {
        var files = new SortedDictionary<string, (string, DateTime)>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories))
        {
            files.Add(Path.GetRelativePath(_folder.FullName, path), (Convert.ToHexString(File.ReadAllBytes(path)), File.GetLastWriteTimeUtc(path)));
        }

        return files;
    }

    public Ended Sync(params string[] more) =>
        Run(["sync", "--program", "program.json", "--videos", "videos.csv", "--out", "out", .. more]);

    public Ended SyncState(string asOf, params string[] more) => Sync(["--as-of", asOf, "--state", "acme.loyalty", .. more]);

    public Ended Run(params string[] arguments)
    {
        using var process = Start(arguments);
        return Wait(process);
    }

    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>What Ctrl-C sends, at once: a run of this size may be over before another process could send it.</summary>
    public static void Interrupt(Process process) => _ = Kill(process.Id, IgnoresInterrupts ? TerminateSignal : InterruptSignal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    public static Ended Wait(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(60_000), "the program did not end within a minute");
        return new Ended(process.ExitCode, output, error.Result);
    }
}
