using Loyalty.Storage.InMemory.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Files;

/// <summary>Keeps an in-memory store of creators in a file between runs.</summary>
/// <remarks>
/// The file is the one of <see cref="SnapshotFile"/>: other features of the suite keep their parts in it, which are carried over. It is written
/// beside its place, flushed and renamed, and is checksummed.
/// </remarks>
public static class CreatorsSnapshot
{
    private const string PartName = "creators";

    /// <summary>Writes the store to a new file beside <paramref name="path"/> and flushes it; nothing is replaced yet.</summary>
    /// <returns>The file written; rename it to <paramref name="path"/> to keep it, delete it to give up.</returns>
    /// <exception cref="InvalidOperationException">The store is empty: no run was committed.</exception>
    /// <exception cref="StoreException">The file at <paramref name="path"/> is damaged, newer, or of another tenant or currency.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static string Prepare(InMemoryCreatorStore store, string path)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Program is not { } program)
        {
            throw new InvalidOperationException("An empty store has no state to keep.");
        }

        return SnapshotContainer.Prepare(
            path, program.Tenant, program.Currency.Code, new SnapshotPart(PartName, writer => CreatorsSnapshotContent.Write(writer, store)));
    }

    /// <summary>Writes the store and puts the file in the place of the one at <paramref name="path"/>.</summary>
    /// <exception cref="InvalidOperationException">The store is empty: no run was committed.</exception>
    /// <exception cref="StoreException">The file at <paramref name="path"/> is damaged, newer, or of another tenant or currency.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one stands.</exception>
    public static void Save(InMemoryCreatorStore store, string path) => File.Move(Prepare(store, path), path, overwrite: true);

    /// <summary>Reads a store; it is empty when the file has other parts of the suite only.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no snapshot, is damaged, or was written by a newer version.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static InMemoryCreatorStore Load(string path)
    {
        using var container = SnapshotContainer.Open(path);
        return container.Read(PartName, CreatorsSnapshotContent.Read) ?? new InMemoryCreatorStore();
    }
}
