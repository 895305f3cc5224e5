using Loyalty.Money;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Files;

/// <summary>Keeps an in-memory queue in a state file between runs.</summary>
/// <remarks>
/// The queue is a part of the state file. While a worker is at work its reports go into a journal beside the file, which belongs to one writing of
/// the part: with it the part says what was on the disk when a process ended. Writing the part anew makes the journal void.
/// </remarks>
public static class QueueSnapshot
{
    internal const string PartName = "queue";

    private const int Layout = 1;

    /// <summary>The journal of a state file.</summary>
    public static string JournalOf(string path) => path + ".queue";

    /// <summary>Reads the queue of a state file, with what the journal beside it adds; empty when the file has none.</summary>
    /// <param name="path">The state file.</param>
    /// <param name="clock">The clock of the queue.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no snapshot, is damaged, or was written by a newer version.</exception>
    public static InMemoryQueueStore Load(string path, TimeProvider clock)
    {
        using var container = SnapshotContainer.Open(path);
        return Read(container, path, clock);
    }

    /// <summary>Writes the queue beside a state file, to be renamed to it; all other parts are carried over.</summary>
    /// <param name="store">The queue.</param>
    /// <param name="path">The state file.</param>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="currency">Its currency.</param>
    /// <returns>The file written.</returns>
    /// <exception cref="StoreException">The file at <paramref name="path"/> is damaged, newer, or of another tenant or currency.</exception>
    public static string Prepare(InMemoryQueueStore store, string path, string tenant, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(currency);
        return SnapshotContainer.Prepare(path, tenant, currency.Code, Part(store));
    }

    /// <summary>Writes down what a worker reports from now on in the journal of a state file.</summary>
    /// <returns>The journal; disposed, it stays until the part is written anew.</returns>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public static IDisposable StartJournal(InMemoryQueueStore store, string path)
    {
        ArgumentNullException.ThrowIfNull(store);
        var journal = new QueueJournal(JournalOf(path), store.Mark);
        store.Journal = journal;
        return journal;
    }

    internal static InMemoryQueueStore Read(SnapshotContainer container, string path, TimeProvider clock)
    {
        var store = container.Read(PartName, reader => Read(reader, clock)) ?? new InMemoryQueueStore(clock);
        QueueJournal.Replay(JournalOf(path), store);
        return store;
    }

    internal static SnapshotPart Part(InMemoryQueueStore store) => new(PartName, writer => Write(writer, store));

    private static void Write(SnapshotWriter writer, InMemoryQueueStore store)
    {
        store.NextMark();
        writer.Int(Layout);
        writer.Long(store.Mark.Number);
        writer.Long(store.Mark.At);
        writer.Long(store.NextPosition);
        writer.Long(store.NextEvent);
        var deliveries = store.Deliveries.ToArray();
        writer.Int(deliveries.Length);
        foreach (var delivery in deliveries)
        {
            QueueRecords.Write(writer, delivery);
        }

        var contacts = store.Contacts.ToArray();
        writer.Int(contacts.Length);
        foreach (var contact in contacts)
        {
            QueueRecords.Write(writer, contact);
        }

        var consent = store.Consent.ToArray();
        writer.Int(consent.Length);
        foreach (var entry in consent)
        {
            QueueRecords.Write(writer, entry);
        }
    }

    private static InMemoryQueueStore Read(SnapshotReader reader, TimeProvider clock)
    {
        if (reader.Int() != Layout)
        {
            throw new InvalidDataException("the queue has a layout that is unknown here");
        }

        var store = new InMemoryQueueStore(clock) { Mark = (reader.Long(), reader.Long()) };
        var (position, happening) = (reader.Long(), reader.Long());
        for (var left = reader.Count(60); left > 0; left--)
        {
            store.Put(QueueRecords.ReadDelivery(reader));
        }

        for (var left = reader.Count(24); left > 0; left--)
        {
            store.Put(QueueRecords.ReadContact(reader));
        }

        for (var left = reader.Count(28); left > 0; left--)
        {
            store.Put(QueueRecords.ReadConsent(reader));
        }

        store.NextPosition = Math.Max(store.NextPosition, position);
        store.NextEvent = happening;
        return store;
    }
}
