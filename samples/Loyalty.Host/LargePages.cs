using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loyalty.Host;

/// <summary>
/// Asks Linux to back the managed heap with pages of 2 MB where it can: a run over a large file touches hundreds of megabytes once, and
/// each page that is touched first costs a fault.
/// </summary>
internal static partial class LargePages
{
    private const nint PageSize = 1 << 21;

    /// <summary>How far around the first object the heap is asked for; the runtime reserves far more, in one piece.</summary>
    private const nint Reach = 1 << 30;

    private const int AdviceHugePage = 14;

    /// <summary>A hint: where it is not followed, or not known, everything works as without it.</summary>
    public static unsafe void Ask()
    {
        if (OperatingSystem.IsLinux())
        {
            var first = new object();
            _ = Advise(*(nint*)Unsafe.AsPointer(ref first) & ~(PageSize - 1), Reach, AdviceHugePage);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
