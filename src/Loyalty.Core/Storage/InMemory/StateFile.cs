using Loyalty.Money;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Creators;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.InMemory.Scores;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.InMemory;

/// <summary>Keeps an in-memory store in a file between runs.</summary>
/// <remarks>
/// The file is written beside its place, flushed to the disk and renamed, so that at any moment there is the old state or the new one. It
/// carries a version and a SHA-256 of all its content; a damaged file, and one of a newer version, is refused as a whole. Parts that were not read, or
/// that hold nothing, are carried over from the file that stands there. The format is described in <c>docs/snapshot.md</c>.
/// </remarks>
public static class StateFile
{
    /// <summary>The version this library writes; it reads this one.</summary>
    public const int Version = SnapshotContainer.Version;

    private const string MembersPart = "activity";
    private const string ScoresPart = "scoring";
    internal const string PointsPart = "points";
    private const string CreatorsPart = "creators";

    /// <summary>Writes the store to a new file beside <paramref name="path"/> and flushes it; nothing is replaced yet.</summary>
    /// <returns>The file written; rename it to <paramref name="path"/> to keep it, delete it to give up.</returns>
    /// <exception cref="InvalidOperationException">
    /// The store is empty: no run was committed. Or it keeps no texts of activities, or parts of it were left unread in another file.
    /// </exception>
    /// <exception cref="StoreException">
    /// The file at <paramref name="path"/> is damaged, newer, or of another tenant or currency; or a part of the store is.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static string Prepare(InMemoryLoyaltyStore store, string path)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (store.UnreadFrom is { } source && !string.Equals(source, Path.GetFullPath(path), StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The store was read from '{source}' without all of its parts, which would be missing in '{path}'; read all parts, or write it where it was read.");
        }

        var parts = new List<SnapshotPart>();
        if (store.LoadedMembers is { Program: { } program } members)
        {
            store.CheckOwner(program);
            if (!members.KeepsTexts)
            {
                throw new InvalidOperationException("The store keeps no texts of activities (KeepsTexts), so that its state cannot be kept; make one that does.");
            }

            parts.Add(new(MembersPart, writer => SnapshotContent.Write(writer, members)));
        }

        if (store.LoadedScores?.Kept is { } scores)
        {
            parts.Add(new(ScoresPart, writer => ScoreSnapshot.Write(writer, scores)));
        }

        if (store.LoadedPoints is { Program: { } pointsProgram } points)
        {
            store.CheckOwner(pointsProgram);
            parts.Add(new(PointsPart, writer => points.Keep(kept => PointsSnapshotContent.Write(writer, kept))));
        }

        if (store.LoadedCreators is { Program: { } creatorsProgram } creators)
        {
            store.CheckOwner(creatorsProgram);
            parts.Add(new(CreatorsPart, writer => CreatorsSnapshotContent.Write(writer, creators)));
        }

        if (store.LoadedQueue is { IsEmpty: false } queue)
        {
            parts.Add(QueueSnapshot.Part(queue));
        }

        return parts.Count > 0
            ? SnapshotContainer.Prepare(path, store.Tenant, store.Currency.Code, [.. parts])
            : throw new InvalidOperationException("An empty store has no state to keep.");
    }

    /// <summary>Writes the store and puts the file in the place of the one at <paramref name="path"/>.</summary>
    /// <exception cref="InvalidOperationException">
    /// The store is empty: no run was committed. Or it keeps no texts of activities, or parts of it were left unread in another file.
    /// </exception>
    /// <exception cref="StoreException">
    /// The file at <paramref name="path"/> is damaged, newer, or of another tenant or currency; or a part of the store is.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written; the old one stands.</exception>
    public static void Save(InMemoryLoyaltyStore store, string path) => File.Move(Prepare(store, path), path, overwrite: true);

    /// <summary>Reads a store; parts that the file does not have are empty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parts">What to read of it; the rest of the store cannot be used, and is carried over when the store is written there again.</param>
    /// <param name="clock">The clock of the queue; without one the store has none, and the queue of the file is carried over.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no state file, is damaged, or was written by a newer version.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static InMemoryLoyaltyStore Load(string path, StateParts parts = StateParts.All, TimeProvider? clock = null)
    {
        using var container = SnapshotContainer.Open(path);
        return new InMemoryLoyaltyStore(
            container.Tenant,
            container.Currency,
            parts.HasFlag(StateParts.Members) ? container.Read(MembersPart, SnapshotContent.Read) ?? new InMemoryMemberStore() : null,
            parts.HasFlag(StateParts.Scores) ? InMemoryScoreStore.Of(container.Read(ScoresPart, ScoreSnapshot.Read)) : null,
            parts.HasFlag(StateParts.Points) ? InMemoryPointsStore.Of(container.Read(PointsPart, PointsSnapshotContent.Read)) : null,
            parts.HasFlag(StateParts.Creators) ? container.Read(CreatorsPart, CreatorsSnapshotContent.Read) ?? new InMemoryCreatorStore() : null,
            parts.HasFlag(StateParts.Queue) && clock is not null ? QueueSnapshot.Read(container, path, clock) : null)
        {
            UnreadFrom = container.HasOtherThan([.. NamesOf(parts, clock is not null)]) ? Path.GetFullPath(path) : null,
        };
    }

    private static IEnumerable<string> NamesOf(StateParts parts, bool hasClock)
    {
        (StateParts Flag, string Part)[] all =
            [(StateParts.Members, MembersPart), (StateParts.Scores, ScoresPart), (StateParts.Points, PointsPart), (StateParts.Creators, CreatorsPart)];
        var read = all.Where(p => parts.HasFlag(p.Flag)).Select(static p => p.Part);
        return parts.HasFlag(StateParts.Queue) && hasClock ? read.Append(QueueSnapshot.PartName) : read;
    }

    /// <summary>Whose state a file keeps.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no state file, is damaged, or was written by a newer version.</exception>
    public static (string Tenant, Currency Currency) ReadOwner(string path)
    {
        using var container = SnapshotContainer.Open(path);
        return (container.Tenant, container.Currency);
    }
}
