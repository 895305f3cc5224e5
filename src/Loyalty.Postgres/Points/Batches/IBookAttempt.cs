namespace Loyalty.Postgres.Points.Batches;

/// <summary>One attempt to do something under the lock of the book, in a transaction of its own.</summary>
/// <typeparam name="T">What it answers.</typeparam>
internal interface IBookAttempt<T>
{
    /// <summary>The version of the book that the attempt tries to make; 0 before it is known, or when nothing is written.</summary>
    long Version { get; }

    /// <summary>Does it, and commits what it wrote.</summary>
    ValueTask<T> RunAsync();
}
