namespace Loyalty.Postgres.Points.Batches;

/// <summary>
/// By what the operations of one attempt are known again when the answer to its commit was lost: the version of the book, and their places there, which
/// begin at a number that only this attempt has. The version alone would not do: when the attempt was not kept, another host makes the same one.
/// </summary>
internal readonly record struct AttemptToken(long Version, int First, int Count)
{
    // A run numbers its operations from 1.
    private const int LeastFirst = 1 << 30;

    /// <summary>A mark for an attempt to make a version with so many operations.</summary>
    public static AttemptToken New(long version, int count) => new(version, Random.Shared.Next(LeastFirst, int.MaxValue - count), count);

    /// <summary>Whether an operation came with the attempt.</summary>
    public bool IsOn(long version, int number) => version == Version && number - First >= 0 && number - First <= Count;
}
