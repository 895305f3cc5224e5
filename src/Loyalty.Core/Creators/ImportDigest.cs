using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Loyalty.Creators;

/// <summary>
/// A digest of all by which a run of imports decides, beside what is stored: what its files say in their order, brand, date and the version of the rules.
/// </summary>
/// <remarks>
/// A store that keeps the digest of its last run, and forgets it whenever anything else changes creators, knows that a run of the same digest changes nothing.
/// It is made of what was read, not of the bytes of the files, so that it is another one when the files are read in another way.
/// </remarks>
public static class ImportDigest
{
    /// <summary>The digest of a run, a SHA-256 in hexadecimal digits.</summary>
    /// <param name="files">The files in the order of merging.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="options">What holds for all files.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The digest; <see langword="null"/> when a file has no fingerprint, by which it would be known again.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="files"/>, one of them, or <paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is empty.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static async Task<string?> OfAsync(
        IReadOnlyList<SourceStatements> files, string tenant, CreatorImportOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (var file in files)
        {
            ArgumentNullException.ThrowIfNull(file, nameof(files));
        }

        ArgumentException.ThrowIfNullOrEmpty(tenant);
        ArgumentNullException.ThrowIfNull(options);
        if (files.Any(static f => f.Fingerprint.Length == 0))
        {
            return null;
        }

        var digests = await Task.WhenAll(files.Select(f => Task.Run(() => Of(f), cancellationToken))).ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, typeof(ImportDigest).Module.ModuleVersionId.ToString());
        Add(hash, tenant);
        Add(hash, options.Brand ?? tenant);
        Add(hash, options.AsOf?.DayNumber.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "");
        for (var i = 0; i < digests.Length; i++)
        {
            Add(hash, CreatorSourceName.Of(files[i].Source));
            Add(hash, files[i].Fingerprint);
            hash.AppendData(digests[i]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] Of(SourceStatements file)
    {
        // A file may be given twice.
        lock (file)
        {
            using var content = new DigestWriter();
            file.AddTo(content);
            return content.Finish();
        }
    }

    private static void Add(IncrementalHash hash, string text)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        hash.AppendData(length);
        hash.AppendData(Encoding.UTF8.GetBytes(text));
    }
}

/// <summary>Hashes many short texts in few pieces; each is told from the next.</summary>
internal sealed class DigestWriter : IDisposable
{
    private readonly SHA256 _hash = SHA256.Create();
    private readonly CryptoStream _hashed;
    private readonly BufferedStream _buffered;

    public DigestWriter()
    {
        _hashed = new CryptoStream(Stream.Null, _hash, CryptoStreamMode.Write);
        _buffered = new BufferedStream(_hashed, 1 << 16);
    }

    public void Dispose()
    {
        _buffered.Dispose();
        _hash.Dispose();
    }

    public void Add(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        _buffered.Write(bytes);
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _buffered.Write(bytes);
    }

    public byte[] Finish()
    {
        _buffered.Flush();
        _hashed.FlushFinalBlock();
        return _hash.Hash!;
    }
}
