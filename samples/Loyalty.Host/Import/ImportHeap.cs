using System.Runtime;

namespace Loyalty.Host.Import;

/// <summary>Room for what an import of large files keeps to its end, in which nothing is looked at by the collector.</summary>
/// <remarks>
/// Nearly all that an import makes stays, so a collection finds nothing to free and moves everything: a third of the time of an import was that. When the room
/// is used up, the collector works as always.
/// </remarks>
internal sealed class ImportHeap : IDisposable
{
    /// <summary>Files below this size are done before it pays.</summary>
    private const long SmallFiles = 8 << 20;

    // Records and their texts; tables and heaps of texts, which the runtime keeps apart.
    private const long MostSmall = 160 << 20;
    private const long MostLarge = 160 << 20;

    private bool _isOpen;

    /// <summary>Asks for the room; does nothing where it is not to be had.</summary>
    /// <param name="length">The length of all files in bytes.</param>
    public ImportHeap(long length)
    {
        var (small, large) = (Math.Min(length * 3, MostSmall), Math.Min(length * 3, MostLarge));
        if (length < SmallFiles || small + large > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4)
        {
            return;
        }

        try
        {
            _isOpen = GC.TryStartNoGCRegion(small + large, large, disallowFullBlockingGC: true);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException or NotSupportedException)
        {
            // The process has other plans with its heap.
        }
    }

    public void Dispose()
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        try
        {
            if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            {
                GC.EndNoGCRegion();
            }
        }
        catch (InvalidOperationException)
        {
            // The room was used up just now.
        }
    }
}
