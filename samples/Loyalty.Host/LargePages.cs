using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loyalty.Host;

/// <summary>
/// Asks Linux to back the managed heap with pages of 2 MB where it can: a run over a large file touches hundreds of megabytes once, and
/// each page that is touched first costs a fault; tables of keys are looked at everywhere at once, and each small page that the
/// processor has no address for costs as much as the memory itself.
/// </summary>
internal static partial class LargePages
{
    private const nint PageSize = 1 << 21;

    /// <summary>How far the heap is asked for; the runtime reserves far more, in one piece.</summary>
    private static readonly nint Reach = IntPtr.Size == 8 ? unchecked((nint)(8L << 30)) : 0;

    private const int AdviceHugePage = 14;

    /// <summary>A hint: where it is not followed, or not known, everything works as without it.</summary>
    public static unsafe void Ask()
    {
        if (OperatingSystem.IsLinux() && Reach > 0)
        {
            // Small objects stand from the beginning of the heap on, large ones from its end backwards.
            object first = new();
            object large = GC.AllocateUninitializedArray<byte>(1 << 17);
            var low = *(nint*)Unsafe.AsPointer(ref first) & ~(PageSize - 1);
            var high = (*(nint*)Unsafe.AsPointer(ref large) + PageSize) & ~(PageSize - 1);
            if (high - low > 2 * Reach)
            {
                _ = Advise(low, Reach, AdviceHugePage);
                _ = Advise(high - Reach, Reach, AdviceHugePage);
            }
            else
            {
                _ = Advise(Math.Min(low, high), Reach, AdviceHugePage);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
