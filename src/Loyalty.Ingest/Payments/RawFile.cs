using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Clean;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Payments;

/// <summary>Reads a file of payments or contacts into raw items: a CSV export, or saved pages of an API (<c>.json</c>).</summary>
public static class RawFile
{
    private static readonly CsvColumn[] PaymentColumns =
    [
        new("Invoice ID", false, "id"), new("External ID", false, "external_id"), new("Status", true), new("Amount", true), new("Description", true), new("Email", true, "payer_email"),
    ];

    private static readonly CsvColumn[] ContactColumns = [new("Email", true), new("Tag", true, "Tags"), new("Date Registered", true, "Registered")];

    /// <summary>Reads payments.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onReject">Takes rows of a CSV file whose shape or encoding is wrong, and those without an id.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The items, and how many rows or items the file has.</returns>
    /// <exception cref="SourceException">The file cannot be used as a whole.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static (IReadOnlyList<RawItem> Items, long RowsRead) ReadPayments(string path, RejectHandler onReject, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsJson(path)
            ? ReadPages(path, RawPages.PaymentsOf)
            : ReadCsv(path, RawKind.InvoiceRow, PaymentColumns, [0, 1], onReject, cancellationToken);
    }

    /// <summary>Reads contacts.</summary>
    /// <inheritdoc cref="ReadPayments"/>
    public static (IReadOnlyList<RawItem> Items, long RowsRead) ReadContacts(string path, RejectHandler onReject, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsJson(path)
            ? ReadPages(path, RawPages.ContactsOf)
            : ReadCsv(path, RawKind.ContactRow, ContactColumns, [0], onReject, cancellationToken);
    }

    private static bool IsJson(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static (IReadOnlyList<RawItem> Items, long RowsRead) ReadPages(string path, Func<JsonElement, string, List<RawItem>> read)
    {
        var name = Path.GetFileName(path);
        var items = new List<RawItem>();
        var bytes = File.ReadAllBytes(path).AsSpan();
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        // A file may hold several pages, one after the other.
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 64 });
        try
        {
            while (reader.Read())
            {
                using var page = JsonDocument.ParseValue(ref reader);
                items.AddRange(read(page.RootElement, name));
            }
        }
        catch (JsonException e)
        {
            throw new SourceException(
                SourceFault.Json,
                string.Create(CultureInfo.InvariantCulture, $"{name}: line {e.LineNumber + 1} is no JSON; the file was cut or is another. Nothing was taken; save the page anew."),
                e);
        }

        return (items, items.Count);
    }

    private static (IReadOnlyList<RawItem> Items, long RowsRead) ReadCsv(
        string path, RawKind kind, CsvColumn[] columns, int[] ids, RejectHandler onReject, CancellationToken cancellationToken)
    {
        using var source = CsvSource.Open(path, onReject);
        source.Cancellation = cancellationToken;
        var header = CsvHeader.Match(source.File, source.Names, columns);
        if (ids.All(i => header[i] < 0))
        {
            throw new SourceException(SourceFault.Header, $"{source.File}: the header lacks '{columns[ids[0]].Name}' and '{columns[ids[^1]].Name}'; one of them is needed to tell records apart.");
        }

        var items = new List<RawItem>();
        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        using var buffer = new MemoryStream();
        while (source.Read())
        {
            var id = string.Empty;
            foreach (var column in ids)
            {
                if (id.Length == 0 && header[column] >= 0)
                {
                    id = Encoding.UTF8.GetString(CellText.Trim(source.Cell(header[column])));
                }
            }

            if (kind == RawKind.InvoiceRow && id.Length == 0)
            {
                source.Reject(Math.Max(header[ids[0]], 0), "blank");
                continue;
            }

            if (kind == RawKind.ContactRow)
            {
                // The export has no id of its own: rows of one address are told apart by their order, so that each is kept.
                id = EmailAddress.Read(id, out var email) == EmailReason.None ? email.Normal : id;
                var seen = rows[id] = rows.GetValueOrDefault(id) + 1;
                id = seen > 1 ? string.Create(CultureInfo.InvariantCulture, $"{id}#{seen}") : id;
            }

            buffer.SetLength(0);
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                writer.WriteStartObject();
                for (var i = 0; i < source.Names.Length; i++)
                {
                    writer.WriteString(source.Names[i], source.Cell(i));
                }

                writer.WriteEndObject();
            }

            items.Add(new RawItem(kind, id, Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length), string.Create(CultureInfo.InvariantCulture, $"{source.File}:{source.Line}")));
        }

        source.ThrowIfChanged();
        return (items, source.RowsRead);
    }
}
