using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Loyalty.Activities;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Ingest.Videos;

/// <summary>Reads a videos export: one row for each video of a creator.</summary>
/// <remarks>
/// <para>
/// Columns, in any order and case: <c>Handle, Video, Views, Likes, Comments, GMV, CTR, Units Sold, Post Date, Video Title</c>; the URL may be
/// called <c>Video URL</c> or <c>Video Link</c>. CTR and title may be missing; other columns are ignored and listed.
/// </para>
/// <para>Every row is either put into a batch or given to the reject handler. Not thread-safe.</para>
/// </remarks>
public sealed class VideosExport : IDisposable
{
    private const int HandleColumn = 0;
    private const int UrlColumn = 1;
    private const int ViewsColumn = 2;
    private const int LikesColumn = 3;
    private const int CommentsColumn = 4;
    private const int SalesColumn = 5;
    private const int UnitsColumn = 6;
    private const int DateColumn = 7;
    private const int RateColumn = 8;
    private const int TitleColumn = 9;

    private static readonly CsvColumn[] Columns =
    [
        new("Handle", true, "Creator Handle", "TikTok Handle"),
        new("Video", true, "Video URL", "Video Link"),
        new("Views", true, "Video Views"),
        new("Likes", true),
        new("Comments", true),
        new("GMV", true, "Video GMV"),
        new("Units Sold", true, "Units"),
        new("Post Date", true, "Posted Date", "Video Post Date"),
        new("CTR", false),
        new("Video Title", false, "Title"),
    ];

    /// <summary>How many rows of a block: few enough to stay in the cache between two threads.</summary>
#if DEBUG
    private const int BlockRows = 5;
#else
    private const int BlockRows = 4_096;
#endif

    /// <summary>How many blocks may be on their way at once.</summary>
    private const int BlocksAhead = 5;

    private readonly CsvSource _source;
    private readonly CsvHeader _header;
    private readonly Currency _currency;
    private CsvRecords? _records;

    private VideosExport(CsvSource source, Currency currency)
    {
        _source = source;
        _currency = currency;
        ThrowIfAffiliates(source);
        _header = CsvHeader.Match(source.File, source.Names, Columns);
    }

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
    /// <exception cref="SourceException">
    /// The file is empty, its header lacks required columns or has one twice, its encoding is another, or it is the affiliates export.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VideosExport Open(string path, Currency currency, RejectHandler onReject, Encoding? encoding = null) =>
        Open(path, currency, onReject, encoding, int.MaxValue);

    /// <summary>Opens an export of which one read of the file gives at most <paramref name="atOnce"/> bytes.</summary>
    internal static VideosExport Open(string path, Currency currency, RejectHandler onReject, Encoding? encoding, int atOnce)
    {
        ArgumentNullException.ThrowIfNull(currency);
        ArgumentNullException.ThrowIfNull(onReject);
        var source = CsvSource.Open(path, onReject, encoding, atOnce);
        try
        {
            return new VideosExport(source, currency);
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
        while (batch.Count == 0 && _source.Read(_records, most))
        {
            Take(_records, batch);
            _source.RejectFaulty(_records);
        }

        return batch.Count > 0;
    }

    /// <summary>
    /// All batches of the file, each valid until the next is asked for. One thread reads ahead, others turn its records into activities.
    /// </summary>
    /// <exception cref="SourceException">As <see cref="Read"/>.</exception>
    public async IAsyncEnumerable<ActivityBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var taken = Channel.CreateBounded<Task<Block>>(new BoundedChannelOptions(BlocksAhead) { SingleReader = true, SingleWriter = true });
        var free = Channel.CreateUnbounded<Block>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        for (var i = 0; i < BlocksAhead; i++)
        {
            free.Writer.TryWrite(new Block(_source.Names.Length));
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _source.Cancellation = stop.Token;
        var reading = Task.Run(() => ReadAheadAsync(free.Reader, taken.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var taking in taken.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var block = await taking.ConfigureAwait(false);
                _source.RejectFaulty(block.Records);
                if (block.Batch.Count > 0)
                {
                    yield return block.Batch;
                }

                free.Writer.TryWrite(block);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (taken.Reader.TryRead(out var taking))
            {
                await ((Task)taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Makes sure that what was read is what stands in the file now; call it before anything is kept.</summary>
    /// <returns>A fingerprint of the file: 16 hexadecimal digits.</returns>
    /// <exception cref="SourceException">The file changed while it was read.</exception>
    public string ThrowIfChanged() => _source.ThrowIfChanged();

    private async Task ReadAheadAsync(ChannelReader<Block> free, ChannelWriter<Task<Block>> taken, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var block = await free.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (!_source.Read(block.Records, BlockRows))
                {
                    break;
                }

                var taking = Task.Run(
                    () =>
                    {
                        block.Batch.Clear();
                        Take(block.Records, block.Batch);
                        return block;
                    },
                    CancellationToken.None);
                await taken.WriteAsync(taking, CancellationToken.None).ConfigureAwait(false);
            }

            taken.Complete();
        }
        catch (Exception e)
        {
            taken.Complete(e);
            throw;
        }
    }

    /// <summary>Turns records into activities and notes the faults of the others. Touches nothing else: several threads do it at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Take(CsvRecords records, ActivityBatch batch)
    {
        var allIsText = records.IsText();
        Span<byte> handle = stackalloc byte[Handle.MaxUtf8Length];
        for (var record = 0; record < records.Count; record++)
        {
            if (records.IsSound(record, allIsText, _source.IsNamed))
            {
                TakeRow(new Row(records, record, _header), batch, handle);
            }
        }

        // Rows are alike, so that the bytes read tell how many follow.
        batch.ExpectedRest = records.Offset <= 0
            ? 0
            : (long)Math.Max(0, (Length - records.Offset) * (double)records.RowsRead / records.Offset * 1.03);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeRow(Row row, ActivityBatch batch, Span<byte> handle)
    {
        var url = CellText.Trim(row[UrlColumn]);
        Span<byte> canonical = url.Length <= 1_024 ? stackalloc byte[url.Length] : new byte[url.Length];
        if (CellHandle.TryTikTok(row[HandleColumn], handle, out var handleLength) is null
            && !CellText.IsMissing(url)
            && ActivityKey.TryFromUrl(url, canonical, out var key)
            && row.TryCount(ViewsColumn, long.MaxValue, out var views) is null
            && row.TryCount(LikesColumn, int.MaxValue, out var likes) is null
            && row.TryCount(CommentsColumn, int.MaxValue, out var comments) is null
            && row.TryAmount(SalesColumn, _currency, out var sales) is null
            && row.TryCount(UnitsColumn, int.MaxValue, out var units) is null
            && CellDate.TryParse(CellText.Trim(row[DateColumn]), out var date))
        {
            batch.Add(new Activity
            {
                Handle = handle[..handleLength],
                Key = key,
                Date = date,
                Sales = sales,
                Units = (int)units,
                Views = views,
                Likes = (int)likes,
                Comments = (int)comments,
                ClickThroughRate = row[RateColumn],
                Title = row[TitleColumn],
                Url = url,
            });
            return;
        }

        NoteFirstFault(row);
    }

    /// <summary>Notes the first faulty cell in the order of the file.</summary>
    private void NoteFirstFault(Row row)
    {
        var first = int.MaxValue;
        var reason = string.Empty;
        for (var column = HandleColumn; column <= DateColumn; column++)
        {
            if (_header[column] < first && FaultOf(row, column) is { } fault)
            {
                first = _header[column];
                reason = fault;
            }
        }

        row.Fail(first, reason);
    }

    private string? FaultOf(Row row, int column)
    {
        var cell = CellText.Trim(row[column]);
        switch (column)
        {
            case HandleColumn:
                return CellHandle.TryTikTok(row[column], stackalloc byte[Handle.MaxUtf8Length], out _);
            case UrlColumn:
                return CellText.IsMissing(cell) ? "blank"
                    : ActivityKey.TryFromUrl(cell, new byte[cell.Length], out _) ? null
                    : "no key in the URL; expected /video/<number>, or an absolute http or https URL of at most 2,048 bytes";
            case ViewsColumn:
                return row.TryCount(column, long.MaxValue, out _);
            case LikesColumn or CommentsColumn or UnitsColumn:
                return row.TryCount(column, int.MaxValue, out _);
            case SalesColumn:
                return row.TryAmount(column, _currency, out _);
            default:
                return CellText.IsMissing(cell) ? "blank" : CellDate.TryParse(cell, out _) ? null : CellDate.NotADate;
        }
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

    /// <summary>Records on their way to become activities.</summary>
    private sealed class Block(int columns)
    {
        public CsvRecords Records { get; } = new(columns);

        public ActivityBatch Batch { get; } = new();
    }

    /// <summary>A record by the columns of this export.</summary>
    private readonly ref struct Row(CsvRecords records, int record, CsvHeader header)
    {
        /// <summary>The cell of a column, empty where the file does not have it.</summary>
        public ReadOnlySpan<byte> this[int column] => header[column] is var at and >= 0 ? records.Cell(record, at) : default;

        public string? TryCount(int column, long max, out long count)
        {
            var cell = CellText.Trim(this[column]);
            count = 0;
            return CellText.IsMissing(cell) ? null : CellNumber.TryCount(cell, max, out count);
        }

        public string? TryAmount(int column, Currency currency, out long minor)
        {
            var cell = CellText.Trim(this[column]);
            minor = 0;
            return CellText.IsMissing(cell) ? null : CellNumber.TryAmount(cell, currency, out minor);
        }

        public void Fail(int column, string reason) => records.Fail(record, column, reason);
    }
}
