namespace Loyalty.Host.Output;

/// <summary>A file of a run being written; what goes wrong says which file it was.</summary>
internal sealed class ResultFile(string path) : FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1)
{
    /// <summary>EFBIG, which the library tells as an argument out of range.</summary>
    private const int TooLarge = 27;

    // The other ways to write of a derived file come here.
    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            base.Write(buffer, offset, count);
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
        {
            throw Named(e);
        }
    }

    private IOException Named(Exception e) => e is IOException
        ? new IOException(e.Message.Contains(Name, StringComparison.Ordinal) ? e.Message : $"{Name}: {e.Message}", e) { HResult = e.HResult }
        : new IOException($"{Name}: the file is too large for its file system or a limit of the user", e) { HResult = TooLarge };
}
