using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Storage.InMemory;

/// <summary>Asks the processor for memory before it is needed: tables larger than its cache answer slowly, but many questions at once.</summary>
internal static class Cache
{
    /// <summary>Starts to load the line at a place; does nothing where the processor cannot be asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref readonly T place)
    {
        if (Sse.IsSupported)
        {
            // The address is only a hint: it may be out of date by the time it is looked at.
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
        }
    }
}
