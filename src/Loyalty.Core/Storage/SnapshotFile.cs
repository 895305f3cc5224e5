using System.Security.Cryptography;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;

namespace Loyalty.Storage;

/// <summary>Keeps an in-memory store in a file between runs.</summary>
/// <remarks>
/// The file is written beside its place, flushed to the disk and renamed, so that at any moment there is the old state or the new one. It
/// carries a version and a SHA-256 of all its content; a damaged file, and one of a newer version, is refused as a whole.
/// The format is described in <c>docs/snapshot.md</c>.
/// </remarks>
public static class SnapshotFile
{
    /// <summary>The version this library writes; it reads this one.</summary>
    public const int Version = 1;

    private const int HashLength = 32;

    private static ReadOnlySpan<byte> Magic => "LOYALTY\n"u8;

    /// <summary>Writes the store to a new file beside <paramref name="path"/> and flushes it; nothing is replaced yet.</summary>
    /// <returns>The file written; rename it to <paramref name="path"/> to keep it, delete it to give up.</returns>
    /// <exception cref="InvalidOperationException">The store is empty: no session was completed.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static string Prepare(InMemoryStore store, string path)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (store.Program is null)
        {
            throw new InvalidOperationException("An empty store has no state to keep.");
        }

        var beside = path + ".new";
        try
        {
            using var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.SequentialScan);
            using (var writer = new SnapshotWriter(stream))
            {
                writer.Bytes(Magic);
                writer.Int(Version);
                SnapshotContent.Write(writer, store);
                writer.Seal();
            }

            stream.Flush(flushToDisk: true);
            return beside;
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    /// <summary>Writes the store and puts the file in the place of the one at <paramref name="path"/>.</summary>
    /// <exception cref="InvalidOperationException">The store is empty: no session was completed.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one stands.</exception>
    public static void Save(InMemoryStore store, string path) => File.Move(Prepare(store, path), path, overwrite: true);

    /// <summary>Reads a store.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no snapshot, is damaged, or was written by a newer version.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static InMemoryStore Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.SequentialScan);
        var length = stream.Length;
        Span<byte> head = stackalloc byte[12];
        if (length < head.Length + HashLength || stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
            || !head.StartsWith(Magic))
        {
            throw Damaged(path, "it does not start as a state file does");
        }

        var version = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
        if (version > Version)
        {
            throw new StoreException(
                StoreFault.Newer,
                $"The state file '{path}' has format version {version}, but this library reads up to version {Version}; use a newer one.");
        }

        CheckHash(stream, path, length - HashLength);
        stream.Position = head.Length;
        try
        {
            using var reader = new SnapshotReader(stream, length - HashLength);
            return SnapshotContent.Read(reader);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or OverflowException or ProgramException or EndOfStreamException)
        {
            // The checksum fits, so the content was written wrongly; it is as useless as a damaged file.
            throw Damaged(path, e.Message, e);
        }
    }

    private static void CheckHash(FileStream stream, string path, long length)
    {
        stream.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = GC.AllocateUninitializedArray<byte>(1 << 20);
        for (var left = length; left > 0;)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0)
            {
                throw Damaged(path, "it ends early");
            }

            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        Span<byte> expected = stackalloc byte[HashLength];
        stream.ReadExactly(expected);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
        {
            throw Damaged(path, "its checksum does not fit its content");
        }
    }

    private static StoreException Damaged(string path, string why, Exception? inner = null) => new(
        StoreFault.Damaged,
        $"The state file '{path}' is damaged or no state file: {why}; nothing was changed. Restore it from a copy, or start anew with another file.",
        inner);
}
