namespace Loyalty.Postgres.Sessions;

/// <summary>Sizes at which the store changes its way of working; tests make them small to cross every boundary.</summary>
/// <param name="FlushBytes">A COPY sends its buffer from this size on.</param>
/// <param name="MostRepeated">With more keys that came twice, the database looks at all keys.</param>
/// <param name="AskDigestsAfter">From so many rows of a run on, the digests of what is stored are read.</param>
/// <param name="MostRemembered">Up to this many rows of a first load the client remembers what to review.</param>
/// <param name="FetchRows">Rows of a cursor read at once.</param>
/// <param name="ChunkMembers">Members reviewed at once.</param>
/// <param name="PageMembers">Members read at once.</param>
/// <param name="MostInParameters">More rows than this go by COPY instead of as parameters.</param>
/// <param name="MostInBatch">The most operations on points that share a transaction.</param>
/// <param name="BlockDeliveries">The most deliveries of a bulk run in one block.</param>
/// <param name="MostEntriesKept">The most entries of members that are remembered from one batch of operations to the next.</param>
internal sealed record StoreLimits(
    int FlushBytes,
    int MostRepeated,
    int AskDigestsAfter,
    int MostRemembered,
    int FetchRows,
    int ChunkMembers,
    int PageMembers,
    int MostInParameters,
    int MostInBatch,
    int BlockDeliveries,
    int MostEntriesKept)
{
    public static StoreLimits Standard { get; } = new(1 << 16, 1 << 16, 256, 2_000_000, 16_384, 2_048, 2_048, 4_096, 4_096, 2_048, 2_000_000);

    public static StoreLimits Small { get; } = new(256, 2, 3, 6, 5, 2, 3, 2, 3, 3, 20);
}
