using Loyalty.Creators;
using Loyalty.Ingest.Creators.Euka;
using Loyalty.Ingest.Creators.Phones;
using Loyalty.Ingest.Creators.Products;
using Loyalty.Ingest.Creators.Refunnel;
using Loyalty.Ingest.Creators.Samples;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Creators.Videos;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Creators;

/// <summary>Reads the exports that tell something of creators, each into statements that merging understands.</summary>
/// <remarks>
/// Headers are matched trimmed, in any case and any column order, by every name that a source is known to use. A row is taken, skipped because it is no record
/// (a description, a summary, a repeated header, a line before the header), or given to the reject handler; every row is one of the three.
/// </remarks>
public static class CreatorFiles
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="source">What kind of export it is.</param>
    /// <param name="path">The file (CSV).</param>
    /// <param name="options">How it is written.</param>
    /// <param name="onReject">Takes the rejected rows, in order of lines.</param>
    /// <param name="progress">Is told how many bytes were read of how many, now and then.</param>
    /// <param name="cancellationToken">Ends reading within some rows.</param>
    /// <exception cref="SourceException">
    /// The file is empty, a workbook, in another encoding, lacks required columns, changed while it was read, or a quote in it is not closed; nothing of it may be kept.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SourceStatements Read(
        CreatorSource source, string path, CreatorFileOptions options, RejectHandler onReject, Action<long, long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        CsvColumn[] Columns() => source switch
        {
            CreatorSource.Euka => EukaExport.Columns,
            CreatorSource.Phones => PhonesExport.Columns,
            CreatorSource.Refunnel => RefunnelExport.Columns,
            CreatorSource.Samples => SampleOrders.Columns,
            CreatorSource.Videos => VideoReport.Columns,
            CreatorSource.Products => ProductAnalytics.Columns,
            _ => throw new ArgumentOutOfRangeException(nameof(source), source, "There is no such source."),
        };
        var columns = Columns();
        using var file = CsvSource.Open(path, onReject, options.Encoding, headerWith: source == CreatorSource.Products ? "Product ID" : null);
        file.Cancellation = cancellationToken;
        var names = source == CreatorSource.Euka ? EukaExport.Rename(file.File, file.Names) : file.Names;
        var header = CsvHeader.Match(file.File, names, columns, file.Names);
        var statements = new SourceStatements(source, file.File);
        var table = new CreatorTable(file, header, statements, options.ToReading());
        if (source == CreatorSource.Samples)
        {
            var order = header[SampleOrders.OrderId];
            file.IsNoRecord = f => SampleOrders.IsNoOrder(CellKey.Normalize(CellText.Trim(f.CellOrEmpty(order))));
        }

        var rows = 0;
        while (table.Read())
        {
            switch (source)
            {
                case CreatorSource.Euka:
                    EukaExport.Take(table);
                    break;
                case CreatorSource.Phones:
                    PhonesExport.Take(table);
                    break;
                case CreatorSource.Refunnel:
                    RefunnelExport.Take(table);
                    break;
                case CreatorSource.Samples:
                    SampleOrders.Take(table);
                    break;
                case CreatorSource.Videos:
                    VideoReport.Take(table);
                    break;
                default:
                    ProductAnalytics.Take(table);
                    break;
            }

            if ((++rows & 0xFFF) == 0)
            {
                progress?.Invoke(file.BytesRead, file.Length);
            }
        }

        statements.RowsRead = file.RowsRead;
        statements.RowsSkipped += file.RowsPassedOver + file.PreambleRows;
        statements.RowsRejected = file.RowsRejected;
        statements.Fingerprint = file.ThrowIfChanged();
        return statements;
    }
}
