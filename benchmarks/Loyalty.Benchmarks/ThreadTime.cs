using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Loyalty.Benchmarks;

/// <summary>
/// The processor time of work on one thread: what it takes away from its wall time is only the time in which a shared machine ran
/// something else. Where the system has no such clock, the wall time.
/// </summary>
internal static partial class ThreadTime
{
    /// <summary>The seconds that the work took, of the calling thread alone.</summary>
    public static double Of(Action work)
    {
        var start = Now();
        work();
        return Now() - start;
    }

    private static double Now()
    {
        const int ThreadClock = 3;
        return OperatingSystem.IsLinux() && GetTime(ThreadClock, out var time) == 0
            ? time.Seconds + (time.Nanoseconds / 1e9)
            : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
