using Loyalty.Money;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Files;

/// <summary>Keeps an in-memory store in a file between runs.</summary>
/// <remarks>
/// The file is written beside its place, flushed to the disk and renamed, so that at any moment there is the old state or the new one. It
/// carries a version and a SHA-256 of all its content; a damaged file, and one of a newer version, is refused as a whole. Parts of the file
/// that belong to other features of the suite are carried over as they are. The format is described in <c>docs/snapshot.md</c>.
/// </remarks>
public static class SnapshotFile
{
    /// <summary>The version this library writes; it reads this one.</summary>
    public const int Version = 1;

    private const string PartName = "activity";

    /// <summary>Writes the store to a new file beside <paramref name="path"/> and flushes it; nothing is replaced yet.</summary>
    /// <returns>The file written; rename it to <paramref name="path"/> to keep it, delete it to give up.</returns>
    /// <exception cref="InvalidOperationException">The store is empty: no session was completed.</exception>
    /// <exception cref="StoreException">The file at <paramref name="path"/> is damaged, newer, or of another tenant or currency.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static string Prepare(InMemoryStore store, string path)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Program is not { } program)
        {
            throw new InvalidOperationException("An empty store has no state to keep.");
        }

        return SnapshotContainer.Prepare(
            path, program.Tenant, program.Currency.Code, new SnapshotPart(PartName, writer => SnapshotContent.Write(writer, store)));
    }

    /// <summary>Writes the store and puts the file in the place of the one at <paramref name="path"/>.</summary>
    /// <exception cref="InvalidOperationException">The store is empty: no session was completed.</exception>
    /// <exception cref="StoreException">The file at <paramref name="path"/> is damaged, newer, or of another tenant or currency.</exception>
    /// <exception cref="IOException">The file cannot be written; the old one stands.</exception>
    public static void Save(InMemoryStore store, string path) => File.Move(Prepare(store, path), path, overwrite: true);

    /// <summary>Reads a store; it is empty when the file has other parts of the suite only.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no snapshot, is damaged, or was written by a newer version.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static InMemoryStore Load(string path)
    {
        using var container = SnapshotContainer.Open(path);
        return container.Read(PartName, SnapshotContent.Read) ?? new InMemoryStore();
    }

    /// <summary>Whose state a file keeps.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no snapshot, is damaged, or was written by a newer version.</exception>
    public static (string Tenant, Currency Currency) ReadOwner(string path)
    {
        using var container = SnapshotContainer.Open(path);
        return (container.Tenant, Currency.Get(container.CurrencyCode));
    }
}
