namespace Loyalty.Storage.Runs;

/// <summary>A file that a run read, for the ledger of runs.</summary>
/// <remarks>Immutable.</remarks>
public sealed class RunInput
{
    /// <summary>Describes a file.</summary>
    /// <param name="name">Its name, as the operator knows it; not blank.</param>
    /// <param name="length">Its length in bytes, at least 0.</param>
    /// <param name="records">The records read from it, at least 0.</param>
    /// <param name="sha256">The SHA-256 of its bytes, 32 bytes.</param>
    /// <exception cref="ArgumentException">A value is out of bounds.</exception>
    public RunInput(string name, long length, long records, ReadOnlyMemory<byte> sha256)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfNegative(records);
        if (sha256.Length != 32)
        {
            throw new ArgumentException("A SHA-256 has 32 bytes.", nameof(sha256));
        }

        Name = name;
        Length = length;
        Records = records;
        Sha256 = sha256;
    }

    /// <summary>The name of the file.</summary>
    public string Name { get; }

    /// <summary>Its length in bytes.</summary>
    public long Length { get; }

    /// <summary>The records read from it.</summary>
    public long Records { get; }

    /// <summary>The SHA-256 of its bytes.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; }
}
