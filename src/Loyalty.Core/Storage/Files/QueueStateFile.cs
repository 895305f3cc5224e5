using Loyalty.Money;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Files;

/// <summary>The queue of a state file, opened for work on it: what is reported goes into the journal, until the file is written anew.</summary>
/// <remarks>The caller keeps other processes off the file. Parts that belong to other features are carried over as they are.</remarks>
public sealed class QueueStateFile : IDisposable
{
    private readonly string _path;
    private IDisposable? _journal;

    private QueueStateFile(string path, string tenant, Currency currency, InMemoryQueueStore store, bool customersAreEmails) =>
        (_path, Tenant, Currency, Store, CustomersAreEmails) = (path, tenant, currency, store, customersAreEmails);

    /// <summary>Whose state it is.</summary>
    public string Tenant { get; }

    /// <summary>The currency of its amounts.</summary>
    public Currency Currency { get; }

    /// <summary>Whether the program of the points says that customers are e-mails: then each is known by the normal form.</summary>
    public bool CustomersAreEmails { get; }

    /// <summary>The queue.</summary>
    public InMemoryQueueStore Store { get; }

    /// <summary>Reads the queue of a state file, with what the journal beside it adds.</summary>
    /// <param name="path">The state file.</param>
    /// <param name="clock">The clock of the queue.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no snapshot, is damaged, or was written by a newer version.</exception>
    public static QueueStateFile Open(string path, TimeProvider clock)
    {
        using var container = SnapshotContainer.Open(path);
        return new(path, container.Tenant, container.Currency, QueueSnapshot.Read(container, path, clock), container.Peek(Loyalty.Storage.InMemory.StateFile.PointsPart, PointsSnapshotContent.ReadProgram)?.CustomersAreEmails == true);
    }

    /// <summary>From now on every change is in the journal, on the disk, before it counts.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public void StartJournal() => _journal ??= QueueSnapshot.StartJournal(Store, _path);

    /// <summary>Writes the state beside its file, to be renamed to it. Then the journal is void and may be removed.</summary>
    /// <returns>The file written.</returns>
    public string Prepare() => QueueSnapshot.Prepare(Store, _path, Tenant, Currency);

    /// <summary>Closes the journal, which stays.</summary>
    public void Dispose()
    {
        _journal?.Dispose();
        _journal = null;
    }
}
