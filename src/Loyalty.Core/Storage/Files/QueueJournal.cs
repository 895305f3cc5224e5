using System.Buffers.Binary;
using System.Security.Cryptography;
using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.InMemory.Queue;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Files;

/// <summary>What changed in a queue since its part of the state file was written: records with a checksum each, flushed one by one.</summary>
/// <remarks>A record that a kill or a crash cut short is the last one, and did not count yet: nothing was sent on its word.</remarks>
internal sealed class QueueJournal : IQueueJournal, IDisposable
{
    private const int HeadLength = 8 + 4 + 16;
    private const int Version = 1;
    private const int HashLength = SHA256.HashSizeInBytes;

    private readonly FileStream _file;

    /// <summary>Goes on with the journal of a writing of the part, or begins it.</summary>
    public QueueJournal(string path, (long Number, long At) mark)
    {
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1);
        try
        {
            var whole = Scan(_file, mark, static (_, _) => { });
            if (whole == 0)
            {
                Span<byte> head = stackalloc byte[HeadLength];
                Magic.CopyTo(head);
                BinaryPrimitives.WriteInt32LittleEndian(head[8..], Version);
                BinaryPrimitives.WriteInt64LittleEndian(head[12..], mark.Number);
                BinaryPrimitives.WriteInt64LittleEndian(head[20..], mark.At);
                _file.SetLength(0);
                _file.Write(head);
                whole = HeadLength;
            }

            _file.SetLength(whole);
            _file.Position = whole;
            _file.Flush(flushToDisk: true);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    private static ReadOnlySpan<byte> Magic => "LOYALTYQ"u8;

    /// <summary>Adds what a journal says to the queue that it belongs to; one of another writing says nothing.</summary>
    public static void Replay(string path, InMemoryQueueStore store)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        try
        {
            Scan(file, store.Mark, (reader, kind) =>
            {
                switch (kind)
                {
                    case 0:
                        store.Put(QueueRecords.ReadDelivery(reader));
                        break;
                    case 1:
                        store.Put(QueueRecords.ReadContact(reader));
                        break;
                    default:
                        store.Put(QueueRecords.ReadConsent(reader));
                        break;
                }
            });
        }
        catch (InvalidDataException e)
        {
            throw new StoreException(
                StoreFault.Damaged, $"The journal '{path}' of the queue is damaged: {e.Message}; nothing was changed. Restore it and its state file from a copy.", e);
        }
    }

    public void Append(IReadOnlyList<Delivery> deliveries, IReadOnlyList<Contact> contacts, IReadOnlyList<ConsentEntry> consent)
    {
        if (deliveries.Count + contacts.Count + consent.Count == 0)
        {
            return;
        }

        using var buffer = new MemoryStream();
        buffer.Write([0, 0, 0, 0]);
        using (var writer = new SnapshotWriter(buffer, 1 << 14))
        {
            writer.Int(deliveries.Count);
            writer.Int(contacts.Count);
            writer.Int(consent.Count);
            foreach (var delivery in deliveries)
            {
                QueueRecords.Write(writer, delivery);
            }

            foreach (var contact in contacts)
            {
                QueueRecords.Write(writer, contact);
            }

            foreach (var entry in consent)
            {
                QueueRecords.Write(writer, entry);
            }

            writer.Seal();
        }

        var record = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - 4);
        var start = _file.Position;
        try
        {
            _file.Write(record);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Half a record must not stand before the next one.
            _file.SetLength(start);
            _file.Position = start;
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Reads the whole records of a journal that belongs to a writing; gives the length of what is whole, 0 for none.</summary>
    private static long Scan(FileStream file, (long Number, long At) mark, Action<SnapshotReader, int> take)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        file.Position = 0;
        if (file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) < HeadLength || !head.StartsWith(Magic)
            || BinaryPrimitives.ReadInt32LittleEndian(head[8..]) != Version
            || BinaryPrimitives.ReadInt64LittleEndian(head[12..]) != mark.Number || BinaryPrimitives.ReadInt64LittleEndian(head[20..]) != mark.At)
        {
            return 0;
        }

        var whole = (long)HeadLength;
        Span<byte> length = stackalloc byte[4];
        while (file.ReadAtLeast(length, 4, throwOnEndOfStream: false) == 4)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(length);
            if (size <= HashLength || size > file.Length - whole - 4)
            {
                break;
            }

            var record = new byte[size];
            file.ReadExactly(record);
            if (!SHA256.HashData(record.AsSpan(0, size - HashLength)).AsSpan().SequenceEqual(record.AsSpan(size - HashLength)))
            {
                break;
            }

            using var stream = new MemoryStream(record, 0, size - HashLength);
            var reader = new SnapshotReader(stream, stream.Length);
            var counts = (reader.Count(1), reader.Count(1), reader.Count(1));
            foreach (var (kind, count) in (ReadOnlySpan<(int, int)>)[(0, counts.Item1), (1, counts.Item2), (2, counts.Item3)])
            {
                for (var i = 0; i < count; i++)
                {
                    take(reader, kind);
                }
            }

            whole += 4 + size;
        }

        return whole;
    }
}
