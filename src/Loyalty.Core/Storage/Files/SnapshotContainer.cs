using System.Buffers.Binary;
using System.Security.Cryptography;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Files;

/// <summary>A part of a snapshot to be written: its name and what writes it.</summary>
internal sealed record SnapshotPart(string Name, Action<SnapshotWriter> Write);

/// <summary>
/// The file around the parts of a snapshot: magic, version, the parts, a directory of them, its position, and a SHA-256 of everything.
/// </summary>
internal sealed class SnapshotContainer : IDisposable
{
    /// <summary>The version that is written, and the latest that is read.</summary>
    public const int Version = 1;

    private const int HashLength = 32;
    private const int HeadLength = 12;

    private readonly FileStream _stream;
    private readonly string _path;
    private readonly Dictionary<string, (long Position, long Length)> _parts = new(StringComparer.Ordinal);

    private SnapshotContainer(FileStream stream, string path)
    {
        _stream = stream;
        _path = path;
        CheckHead();
        CheckHash();
        var end = stream.Length - HashLength - 8;
        stream.Position = end;
        Span<byte> position = stackalloc byte[8];
        stream.ReadExactly(position);
        var directory = BinaryPrimitives.ReadInt64LittleEndian(position);
        if (directory < HeadLength || directory > end)
        {
            throw Damaged(path, "its directory is not where it should be");
        }

        (Tenant, Currency) = Guarded(directory, end - directory, ReadDirectory);
    }

    public string Tenant { get; }

    public Currency Currency { get; }

    private static ReadOnlySpan<byte> Magic => "LOYALTY\n"u8;

    /// <summary>Opens a file after checking all of it.</summary>
    public static SnapshotContainer Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.SequentialScan);
        try
        {
            return new SnapshotContainer(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes parts beside <paramref name="path"/>; those of the file that stands there now and are not written anew are carried over.
    /// </summary>
    public static string Prepare(string path, string tenant, string currency, params ReadOnlySpan<SnapshotPart> parts)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var old = File.Exists(path) ? Open(path) : null;
        old?.CheckOwner(tenant, currency);
        var beside = path + ".new";
        try
        {
            using var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.SequentialScan);
            using (var writer = new SnapshotWriter(stream))
            {
                Write(writer, old, tenant, currency, parts);
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

    public void Dispose() => _stream.Dispose();

    /// <summary>Reads a part, or <see langword="null"/> when the file has none of that name.</summary>
    public T? Read<T>(string part, Func<SnapshotReader, T> read)
        where T : class =>
        _parts.TryGetValue(part, out var place) ? Guarded(place.Position, place.Length, reader =>
        {
            var result = read(reader);
            reader.End();
            return result;
        }) : null;

    /// <summary>Whether the file has parts beside these.</summary>
    public bool HasOtherThan(IReadOnlyCollection<string> parts) => _parts.Keys.Any(p => !parts.Contains(p, StringComparer.Ordinal));

    /// <summary>Reads the beginning of a part, or <see langword="null"/> when the file has none of that name.</summary>
    public T? Peek<T>(string part, Func<SnapshotReader, T> read)
        where T : class =>
        _parts.TryGetValue(part, out var place) ? Guarded(place.Position, place.Length, read) : null;

    private static void Write(
        SnapshotWriter writer, SnapshotContainer? old, string tenant, string currency, ReadOnlySpan<SnapshotPart> parts)
    {
        var directory = new List<(string Name, long Position, long Length)>();
        writer.Bytes(Magic);
        writer.Int(Version);
        foreach (var part in parts)
        {
            var start = writer.Position;
            part.Write(writer);
            directory.Add((part.Name, start, writer.Position - start));
        }

        foreach (var (name, place) in old?._parts ?? [])
        {
            if (!directory.Exists(p => string.Equals(p.Name, name, StringComparison.Ordinal)))
            {
                directory.Add((name, writer.Position, place.Length));
                old!.CopyTo(writer, place);
            }
        }

        var at = writer.Position;
        writer.Text(tenant);
        writer.Text(currency);
        writer.Int(directory.Count);
        foreach (var (name, position, length) in directory)
        {
            writer.Text(name);
            writer.Long(position);
            writer.Long(length);
        }

        writer.Long(at);
        writer.Seal();
    }

    private void CopyTo(SnapshotWriter writer, (long Position, long Length) place)
    {
        var buffer = new byte[(int)Math.Min(1 << 20, place.Length)];
        _stream.Position = place.Position;
        for (var left = place.Length; left > 0;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
            _stream.ReadExactly(part);
            writer.Bytes(part);
            left -= part.Length;
        }
    }

    private (string Tenant, Currency Currency) ReadDirectory(SnapshotReader reader)
    {
        var directory = _stream.Length;
        var owner = (reader.Text(), Currency.Get(reader.Text()));
        for (var left = reader.Count(20); left > 0; left--)
        {
            var name = reader.Text();
            var position = reader.Long();
            var length = reader.Long();
            if (position < HeadLength || length < 0 || position > directory - length || !_parts.TryAdd(name, (position, length)))
            {
                throw new InvalidDataException("a part is not where it should be");
            }
        }

        return owner;
    }

    private T Guarded<T>(long position, long length, Func<SnapshotReader, T> read)
    {
        try
        {
            _stream.Position = position;
            return read(new SnapshotReader(_stream, length));
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or OverflowException or ProgramException or EndOfStreamException or FormatException)
        {
            // The checksum fits, so the content was written wrongly; it is as useless as a damaged file.
            throw Damaged(_path, e.Message, e);
        }
    }

    private void CheckOwner(string tenant, string currency)
    {
        if (!string.Equals(tenant, Tenant, StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.OtherTenant, $"The state file '{_path}' belongs to tenant '{Tenant}', not to '{tenant}'; use the tenant's own file.");
        }

        if (!string.Equals(currency, Currency.Code, StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.OtherCurrency,
                $"The state file '{_path}' keeps amounts in {Currency}, not in {currency}; the currency of a store cannot change.");
        }
    }

    private void CheckHead()
    {
        Span<byte> head = stackalloc byte[HeadLength];
        if (_stream.Length < HeadLength + 8 + HashLength
            || _stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) < HeadLength || !head.StartsWith(Magic))
        {
            throw Damaged(_path, "it does not start as a state file does");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
        if (version < 1)
        {
            throw Damaged(_path, "it has a version that never was");
        }

        if (version > Version)
        {
            throw new StoreException(
                StoreFault.Newer,
                $"The state file '{_path}' has format version {version}, but this library reads up to version {Version}; use a newer one.");
        }
    }

    private void CheckHash()
    {
        _stream.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(1 << 20, _stream.Length));
        for (var left = _stream.Length - HashLength; left > 0;)
        {
            var read = _stream.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0)
            {
                throw Damaged(_path, "it ends early");
            }

            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        Span<byte> expected = stackalloc byte[HashLength];
        _stream.ReadExactly(expected);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
        {
            throw Damaged(_path, "its checksum does not fit its content");
        }
    }

    private static StoreException Damaged(string path, string why, Exception? inner = null) => new(
        StoreFault.Damaged,
        $"The state file '{path}' is damaged or no state file: {why}; nothing was changed. Restore it from a copy, or start anew with another file.",
        inner);
}
