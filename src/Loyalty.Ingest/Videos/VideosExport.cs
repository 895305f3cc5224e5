using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Loyalty.Activities;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Programs;

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

    private readonly CsvSource _source;
    private readonly CsvHeader _header;
    private readonly Currency _currency;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Read(ActivityBatch batch, int most = ActivityBatch.PreferredCount)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        Span<byte> handle = stackalloc byte[Handle.MaxUtf8Length];
        while (batch.Count < most && _source.Read())
        {
            TakeRow(batch, handle);
        }

        // Rows are alike, so that the bytes read tell how many follow.
        batch.ExpectedRest = _source.Offset <= 0 ? 0 : (long)Math.Max(0, (Length - _source.Offset) * (double)RowsRead / _source.Offset * 1.03);
        return batch.Count > 0;
    }

    /// <summary>All batches of the file, read ahead on another thread; each is valid until the next is asked for.</summary>
    /// <exception cref="SourceException">As <see cref="Read"/>.</exception>
    public async IAsyncEnumerable<ActivityBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        const int Ahead = 3;
        var full = Channel.CreateBounded<ActivityBatch>(new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true });
        var empty = Channel.CreateUnbounded<ActivityBatch>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        for (var i = 0; i < Ahead; i++)
        {
            // A small file does not fill one batch.
            empty.Writer.TryWrite(new ActivityBatch((int)Math.Min(ActivityBatch.PreferredCount, Length / 64)));
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _source.Cancellation = stop.Token;
        var reading = Task.Run(() => ReadAheadAsync(empty.Reader, full.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in full.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
                empty.Writer.TryWrite(batch);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Makes sure that what was read is what stands in the file now; call it before anything is kept.</summary>
    /// <returns>A fingerprint of the file: 16 hexadecimal digits.</returns>
    /// <exception cref="SourceException">The file changed while it was read.</exception>
    public string ThrowIfChanged() => _source.ThrowIfChanged();

    private async Task ReadAheadAsync(ChannelReader<ActivityBatch> empty, ChannelWriter<ActivityBatch> full, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var batch = await empty.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (!Read(batch))
                {
                    break;
                }

                await full.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }

            full.Complete();
        }
        catch (Exception e)
        {
            full.Complete(e);
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeRow(ActivityBatch batch, Span<byte> handle)
    {
        var url = CellText.Trim(Cell(UrlColumn));
        Span<byte> canonical = url.Length <= 1_024 ? stackalloc byte[url.Length] : new byte[url.Length];
        if (CellHandle.TryTikTok(Cell(HandleColumn), handle, out var handleLength) is null
            && !CellText.IsMissing(url)
            && ActivityKey.TryFromUrl(url, canonical, out var key)
            && TryCount(ViewsColumn, long.MaxValue, out var views) is null
            && TryCount(LikesColumn, int.MaxValue, out var likes) is null
            && TryCount(CommentsColumn, int.MaxValue, out var comments) is null
            && TryAmount(out var sales) is null
            && TryCount(UnitsColumn, int.MaxValue, out var units) is null
            && CellDate.TryParse(CellText.Trim(Cell(DateColumn)), out var date))
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
                ClickThroughRate = Optional(RateColumn),
                Title = Optional(TitleColumn),
                Url = url,
            });
            return;
        }

        RejectFirstFault();
    }

    /// <summary>Rejects the row for the first faulty cell in the order of the file.</summary>
    private void RejectFirstFault()
    {
        var first = int.MaxValue;
        var reason = string.Empty;
        for (var column = HandleColumn; column <= DateColumn; column++)
        {
            if (_header[column] < first && FaultOf(column) is { } fault)
            {
                first = _header[column];
                reason = fault;
            }
        }

        _source.Reject(first, reason);
    }

    private string? FaultOf(int column)
    {
        var cell = CellText.Trim(Cell(column));
        switch (column)
        {
            case HandleColumn:
                return CellHandle.TryTikTok(Cell(column), stackalloc byte[Handle.MaxUtf8Length], out _);
            case UrlColumn:
                return CellText.IsMissing(cell) ? "blank"
                    : ActivityKey.TryFromUrl(cell, new byte[cell.Length], out _) ? null
                    : "no key in the URL; expected /video/<number>, or an absolute http or https URL of at most 2,048 bytes";
            case ViewsColumn:
                return TryCount(column, long.MaxValue, out _);
            case LikesColumn or CommentsColumn or UnitsColumn:
                return TryCount(column, int.MaxValue, out _);
            case SalesColumn:
                return TryAmount(out _);
            default:
                return CellText.IsMissing(cell) ? "blank" : CellDate.TryParse(cell, out _) ? null : CellDate.NotADate;
        }
    }

    private ReadOnlySpan<byte> Cell(int column) => _source.Cell(_header[column]);

    private ReadOnlySpan<byte> Optional(int column) => _header[column] < 0 ? default : _source.Cell(_header[column]);

    private string? TryCount(int column, long max, out long count)
    {
        var cell = CellText.Trim(Cell(column));
        if (CellText.IsMissing(cell))
        {
            count = 0;
            return null;
        }

        return CellNumber.TryCount(cell, max, out count);
    }

    private string? TryAmount(out long minor)
    {
        var cell = CellText.Trim(Cell(SalesColumn));
        if (CellText.IsMissing(cell))
        {
            minor = 0;
            return null;
        }

        return CellNumber.TryAmount(cell, _currency, out minor);
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
