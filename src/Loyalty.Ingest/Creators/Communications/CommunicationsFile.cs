using System.Text;
using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Creators.Communications;

/// <summary>Reads a log of communications (CSV): what was sent to creators and what came back.</summary>
/// <remarks>
/// Columns: <c>handle, channel, status</c>, and as wished <c>direction</c> (<c>outbound</c> when blank), <c>external_id</c>, <c>subject</c>; the instant of the status in
/// <c>at</c>, or one column for each status in <c>sent_at, delivered_at, opened_at</c>, of which each filled one is an entry. Instants are ISO 8601; without an offset they
/// are in UTC.
/// </remarks>
public static class CommunicationsFile
{
    private const int HandleColumn = 0;
    private const int ChannelColumn = 1;
    private const int DirectionColumn = 2;
    private const int StatusColumn = 3;
    private const int IdColumn = 4;
    private const int SubjectColumn = 5;
    private const int AtColumn = 6;
    private const int SentColumn = 7;

    private static readonly string[] StatusOfColumn = ["sent", "delivered", "opened"];

    private static readonly CsvColumn[] Columns =
    [
        new("handle", true, "username", "creator"), new("channel", true), new("direction", false), new("status", false), new("external_id", false, "message_id"),
        new("subject", false), new("at", false, "time"), new("sent_at", false), new("delivered_at", false), new("opened_at", false),
    ];

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onReject">Takes the rejected rows.</param>
    /// <param name="encoding">The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</param>
    /// <param name="cancellationToken">Ends reading within some rows.</param>
    /// <returns>The entries and how many rows were read.</returns>
    /// <exception cref="SourceException">The file cannot be used as a whole.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static (IReadOnlyList<Communication> Entries, long RowsRead) Read(
        string path, RejectHandler onReject, Encoding? encoding = null, CancellationToken cancellationToken = default)
    {
        using var source = CsvSource.Open(path, onReject, encoding);
        source.Cancellation = cancellationToken;
        var header = CsvHeader.Match(source.File, source.Names, Columns);
        var entries = new List<Communication>();
        var handle = new byte[Handle.MaxUtf8Length];
        while (source.Read())
        {
            Take(source, header, handle, entries);
        }

        source.ThrowIfChanged();
        return (entries, source.RowsRead);
    }

    private static void Take(CsvSource source, CsvHeader header, byte[] handle, List<Communication> entries)
    {
        if (CellHandle.TryTikTok(source.Cell(header[HandleColumn]), handle, out var length) is { } fault)
        {
            source.Reject(header[HandleColumn], fault);
            return;
        }

        var entry = new Communication
        {
            Handle = Encoding.UTF8.GetString(handle.AsSpan(0, length)), Channel = Word(ChannelColumn).ToLowerInvariant(), Status = Word(StatusColumn).ToLowerInvariant(),
            Direction = Word(DirectionColumn).ToLowerInvariant() is { Length: > 0 } direction ? direction : Communication.Outbound, ExternalId = Word(IdColumn),
            Subject = Word(SubjectColumn), At = DateTime.UnixEpoch,
        };
        var taken = new List<Communication>(3);
        for (var column = AtColumn; column < SentColumn + StatusOfColumn.Length; column++)
        {
            var cell = Cell(column);
            if (cell.IsEmpty)
            {
                continue;
            }

            if (!CellTime.TryParse(cell, DateOrder.YearFirst, TimeZoneInfo.Utc, out var at))
            {
                source.Reject(header[column], CellTime.NotATime(DateOrder.YearFirst));
                return;
            }

            taken.Add(entry with
            {
                At = DateTime.SpecifyKind(at, DateTimeKind.Utc), Status = column == AtColumn ? entry.Status : StatusOfColumn[column - SentColumn],
            });
        }

        if (taken.Count == 0)
        {
            source.Reject("no instant; expected one in at, sent_at, delivered_at or opened_at");
        }
        else if (taken[0].Fault() is { } wrong)
        {
            source.Reject(wrong);
        }
        else
        {
            entries.AddRange(taken);
        }

        string Word(int column) => Encoding.UTF8.GetString(Cell(column));

        ReadOnlySpan<byte> Cell(int column) =>
            header[column] is var at and >= 0 && CellText.Trim(source.Cell(at)) is var cell && !CellText.IsMissing(cell) ? cell : default;
    }
}
