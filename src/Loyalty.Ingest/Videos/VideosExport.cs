using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Activities;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Ingest.Videos;

/// <summary>Says of a row that can be read whether it may be taken.</summary>
/// <param name="activity">The row.</param>
/// <returns>The total that it would take out of 64 bits, at whose column it is rejected; <see langword="null"/> to take it.</returns>
public delegate Metric? OverflowCheck(in Activity activity);

/// <summary>Reads a videos export: one row for each video of a creator.</summary>
/// <remarks>
/// <para>
/// Columns, in any order and case: <c>Handle, Video, Views, Likes, Comments, GMV, CTR, Units Sold, Post Date, Video Title</c>; the URL may be
/// called <c>Video URL</c> or <c>Video Link</c>. CTR and title may be missing; other columns are ignored and listed.
/// </para>
/// <para>
/// TikTok Shop's own exports are read by their names (<c>Creator username, Video link, Video post date, GMV, Affiliate items sold</c>, …), also in
/// Vietnamese and Indonesian. Such a file is read as a whole, because of several rows of one video that with the largest GMV counts.
/// </para>
/// <para>Every row is either put into a batch or given to the reject handler. Not thread-safe.</para>
/// </remarks>
public sealed class VideosExport : IDisposable
{
    /// <summary>How many rows of a block: few enough to stay in the cache between two threads.</summary>
#if DEBUG
    private const int BlockRows = 5;
#else
    private const int BlockRows = 2_048;
#endif

    /// <summary>How many blocks may be on their way at once.</summary>
    private const int BlocksAhead = 5;

    private readonly CsvSource _source;
    private readonly CsvHeader _header;
    private readonly VideoLayout _layout;
    private readonly VideoRows _rows;
    private CsvRecords? _records;
    private ShopVideos? _shop;

    private VideosExport(CsvSource source, CurrencySigns signs, TimeZoneInfo? timeZone)
    {
        _source = source;
        ThrowIfAffiliates(source);
        _layout = VideoLayout.Of(source.Names, signs.Currency);
        _header = CsvHeader.Match(source.File, source.Names, _layout.Columns);
        _rows = new VideoRows(_header, _layout, signs, timeZone);
    }

    /// <summary>Asked by <see cref="Read"/> for each row in the order of the file; <see cref="ReadAllAsync"/>, which reads several at once, never asks.</summary>
    public OverflowCheck? Overflows { get; set; }

    /// <summary>Rows read so far; empty lines are no rows.</summary>
    public long RowsRead => _source.RowsRead;

    /// <summary>Rows rejected so far.</summary>
    public long RowsRejected => _source.RowsRejected;

    /// <summary>The columns of the file that are not used, in its order.</summary>
    public IReadOnlyList<string> UnknownColumns => _header.Unknown;

    /// <summary>How many bytes of the file were read, for progress.</summary>
    public long BytesRead => _source.BytesRead;

    /// <summary>The length of the file in bytes.</summary>
    public long Length => _source.Length;

    /// <summary>Opens an export and reads its header.</summary>
    /// <param name="path">The file: UTF-8 with or without byte order mark, or UTF-16 with one.</param>
    /// <param name="currency">The currency of the GMV column.</param>
    /// <param name="onReject">Takes the rejected rows, in order of lines.</param>
    /// <param name="encoding">Another encoding, named; <see langword="null"/> for those above.</param>
    /// <param name="signs">Signs that stand for the currency beside its own; <see langword="null"/> for none.</param>
    /// <param name="timeZone">The zone in which a time with an offset is dated; <see langword="null"/> for as printed.</param>
    /// <exception cref="SourceException">
    /// The file is empty, its header lacks required columns or has one twice, its encoding is another, or it is the affiliates export.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VideosExport Open(
        string path, Currency currency, RejectHandler onReject, Encoding? encoding = null, IReadOnlyList<string>? signs = null, TimeZoneInfo? timeZone = null) =>
        Open(path, currency, onReject, encoding, int.MaxValue, signs, timeZone);

    /// <summary>Opens an export of which one read of the file gives at most <paramref name="atOnce"/> bytes.</summary>
    internal static VideosExport Open(string path, Currency currency, RejectHandler onReject, Encoding? encoding, int atOnce, IReadOnlyList<string>? signs = null, TimeZoneInfo? timeZone = null)
    {
        ArgumentNullException.ThrowIfNull(currency);
        ArgumentNullException.ThrowIfNull(onReject);
        var source = CsvSource.Open(path, onReject, encoding, atOnce);
        try
        {
            return new VideosExport(source, CurrencySigns.Of(currency, signs ?? []), timeZone);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _source.Dispose();

    /// <summary>Clears the batch and fills it with the next rows.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="most">How many rows it may get at the most.</param>
    /// <returns>Whether there were any; at the end of the file the batch is empty.</returns>
    /// <exception cref="SourceException">A quote is not closed, or a record is too long; no row of the file may be kept.</exception>
    public bool Read(ActivityBatch batch, int most = ActivityBatch.PreferredCount)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _records ??= new CsvRecords(_source.Names.Length);
        batch.Clear();
        if (_layout.IsShop)
        {
            _shop ??= ReadShop(_records);
            _shop.Fill(batch, most);
            return batch.Count > 0;
        }

        while (batch.Count == 0 && _source.Read(_records, most))
        {
            Take(_records, batch, Overflows);
            _source.RejectFaulty(_records);
        }

        return batch.Count > 0;
    }

    /// <summary>
    /// All batches of the file, each valid until the next is asked for. Other threads read ahead; who asks for a batch that is not ready
    /// reads and parses on its own thread meanwhile, so ask from one that may be busy.
    /// </summary>
    /// <exception cref="SourceException">As <see cref="Read"/>.</exception>
    public async IAsyncEnumerable<ActivityBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_layout.IsShop)
        {
            _source.Cancellation = cancellationToken;
            var rows = new ActivityBatch();
            while (await Task.Run(() => Read(rows), CancellationToken.None).ConfigureAwait(false))
            {
                yield return rows;
            }

            yield break;
        }

        var room = (int)Math.Min(_source.MostAtOnce(BlockRows), Length / 64);
        var blocks = new VideoBlocks(_source, (records, batch) => Take(records, batch, overflows: null), BlockRows, BlocksAhead, room, Environment.ProcessorCount - 1);
        await foreach (var block in blocks.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            _source.RejectFaulty(block.Records);
            if (block.Batch.Count > 0)
            {
                yield return block.Batch;
            }
        }
    }

    /// <summary>Makes sure that what was read is what stands in the file now; call it before anything is kept.</summary>
    /// <returns>A fingerprint of the file: 16 hexadecimal digits.</returns>
    /// <exception cref="SourceException">The file changed while it was read.</exception>
    public string ThrowIfChanged() => _source.ThrowIfChanged();

    /// <summary>Reads all rows of an export of TikTok Shop.</summary>
    private ShopVideos ReadShop(CsvRecords records)
    {
        var shop = new ShopVideos();
        var batch = new ActivityBatch();
        Span<byte> scratch = stackalloc byte[VideoRows.ScratchLength];
        var isFirst = true;
        while (_source.Read(records, BlockRows))
        {
            var allIsText = records.IsText();
            for (var record = 0; record < records.Count; record++, isFirst = false)
            {
                if (!records.IsSound(record, allIsText, _source.IsNamed))
                {
                    continue;
                }

                var row = new VideoRow(records, record, _header, _layout);
                if (isFirst && IsSummary(row))
                {
                    _source.Forget();
                    continue;
                }

                batch.Clear();
                _rows.Take(row, batch, scratch, Overflows);
                if (batch.Count > 0)
                {
                    shop.Add(batch[0], records.Raw(record));
                }
            }

            _source.RejectFaulty(records);
        }

        return shop;
    }

    /// <summary>Whether a row has no video and says that it sums up the others.</summary>
    private bool IsSummary(VideoRow row)
    {
        var isSummary = false;
        for (var column = 0; column < _header.Names.Length; column++)
        {
            isSummary |= VideoLayout.IsSummary(CellText.Trim(row.At(column)));
        }

        return isSummary && CellText.IsMissing(CellText.Trim(row[VideoLayout.Url])) && CellText.IsMissing(CellText.Trim(row[VideoLayout.Id]));
    }

    /// <summary>Turns records into activities and notes the faults of the others. Touches nothing else: several threads do it at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Take(CsvRecords records, ActivityBatch batch, OverflowCheck? overflows)
    {
        var allIsText = records.IsText();
        Span<byte> scratch = stackalloc byte[VideoRows.ScratchLength];
        for (var record = 0; record < records.Count; record++)
        {
            if (records.IsSound(record, allIsText, _source.IsNamed))
            {
                _rows.Take(new VideoRow(records, record, _header, _layout), batch, scratch, overflows);
            }
        }

        // Rows are alike, so that the bytes read tell how many follow.
        batch.ExpectedRest = records.Offset <= 0
            ? 0
            : (long)Math.Max(0, (Length - records.Offset) * (double)records.RowsRead / records.Offset * 1.03);
    }

    /// <summary>Shop GMV must never be taken for the sales of videos.</summary>
    private static void ThrowIfAffiliates(CsvSource source)
    {
        if (Has("Affiliate Handle") || (Has("Shop GMV") && !Has("GMV")))
        {
            throw new SourceException(
                SourceFault.OtherExport,
                $"{source.File}: this is the affiliates export. It is refused because its shop GMV mixes in livestream sales, so it can disagree "
                + "with the videos; only the videos export counts. Export \"My Videos\" and give that file.");
        }

        bool Has(string name) => Array.Exists(source.Names, n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase));
    }
}
