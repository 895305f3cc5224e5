using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Loyalty.Memory;

/// <summary>Asks the processor for memory before it is needed: tables larger than its cache answer slowly, but many questions at once.</summary>
internal static class Cache
{
    private const int LineLength = 64;

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

    /// <summary>Starts to load all lines of a value, but for the one in which only its end may stand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void PrefetchWhole<T>(ref readonly T place)
    {
        if (Sse.IsSupported)
        {
            for (var at = 0; at < Unsafe.SizeOf<T>(); at += LineLength)
            {
                Sse.Prefetch0((byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in place)) + at);
            }
        }
    }

    /// <summary>Starts to load an object from a byte on, without looking at it; does nothing for <see langword="null"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void PrefetchObject(object? item, int from = 0)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((byte*)Unsafe.As<object?, nint>(ref item) + from);
        }
    }
}
