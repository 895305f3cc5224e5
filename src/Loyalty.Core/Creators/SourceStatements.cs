using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>
/// What one file says of creators, samples, videos and products: columnar, every text kept once, rows that repeat only counted.
/// </summary>
/// <remarks>
/// A reader fills it row by row, in any order of rows: within a file the value that stands in most rows counts, among equals the ordinally smallest; of the rows
/// of one video the one with the largest GMV, then the ordinally largest record. Texts are UTF-8 without NUL. Not thread-safe while it is filled.
/// </remarks>
public sealed class SourceStatements
{
    // Kinds of statements beyond the fields of a creator.
    private const int SnapshotKind = 100;
    private const int FiguresKind = 101;
    private const int SampleKind = 0;
    private const int ProductKind = 0;
    private const byte Separator = 0;

    private readonly TextPool _creators = new();
    private readonly TextPool _texts = new();
    private readonly StatementTable _said = new();
    private readonly TextPool _sampleKeys = new();
    private readonly StatementTable _samples = new();
    private readonly TextPool _productKeys = new();
    private readonly StatementTable _products = new();
    private readonly TextPool _videoKeys = new();
    private readonly TextHeap _videoRecords = new();
    private readonly StatementTable _videoProducts = new();
    private readonly TextPool _words = new();
    private VideoRow[] _videos = new VideoRow[64];

    /// <summary>What a file says; nothing yet.</summary>
    /// <param name="source">What kind of export it is.</param>
    /// <param name="file">The name of the file.</param>
    public SourceStatements(CreatorSource source, string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        (Source, File) = (source, file);
    }

    /// <summary>What kind of export the file is.</summary>
    public CreatorSource Source { get; }

    /// <summary>The name of the file.</summary>
    public string File { get; }

    /// <summary>A fingerprint of the file, by which it is known again.</summary>
    public string Fingerprint { get; set; } = "";

    /// <summary>Rows read: taken, skipped and rejected ones.</summary>
    public long RowsRead { get; set; }

    /// <summary>Rows that are no records: descriptions, summaries, a preamble, a repeated header.</summary>
    public long RowsSkipped { get; set; }

    /// <summary>Rows rejected.</summary>
    public long RowsRejected { get; set; }

    /// <summary>Rows taken.</summary>
    public long RowsTaken => RowsRead - RowsSkipped - RowsRejected;

    /// <summary>How many creators the file knows.</summary>
    public int CreatorCount => _creators.Count;

    /// <summary>How many samples the file has.</summary>
    public int SampleCount => _sampleKeys.Count;

    /// <summary>How many videos the file has.</summary>
    public int VideoCount => _videoKeys.Count;

    /// <summary>How many products the file has.</summary>
    public int ProductCount => _productKeys.Count;

    /// <summary>The number of a creator, from 0; a new one when the handle was not there.</summary>
    /// <param name="handle">The handle in its normal form.</param>
    public int Creator(ReadOnlySpan<byte> handle) => _creators.GetOrAdd(handle);

    /// <summary>The number of a text, for <see cref="Say(int, CreatorField, int, long)"/>.</summary>
    public int Text(ReadOnlySpan<byte> utf8) => _texts.GetOrAdd(utf8);

    /// <summary>Counts that a row says a value of a field.</summary>
    /// <param name="creator">The creator.</param>
    /// <param name="field">The field.</param>
    /// <param name="value">The value in normal form, not empty.</param>
    /// <param name="line">The line where the record starts.</param>
    public void Say(int creator, CreatorField field, ReadOnlySpan<byte> value, long line) => Say(creator, field, Text(value), line);

    /// <summary>Counts that a row says a value of a field.</summary>
    /// <param name="creator">The creator.</param>
    /// <param name="field">The field.</param>
    /// <param name="text">The number of the text.</param>
    /// <param name="line">The line where the record starts.</param>
    public void Say(int creator, CreatorField field, int text, long line) => _said.Add(creator, (int)field, text, line);

    /// <summary>The number of an address as a text.</summary>
    public int Text(in PostalAddress address) => Record(address.Line1, address.Line2, address.City, address.State, address.Zip, address.Country);

    /// <summary>Counts that a row tells the performance of a creator.</summary>
    /// <param name="creator">The creator.</param>
    /// <param name="figures">
    /// Followers, GMV, EMV, posts, likes, comments, shares, engagement, impressions, platform, profile, last post: each followed by NUL, numbers in plain
    /// decimal form, unknown ones empty.
    /// </param>
    /// <param name="line">The line where the record starts.</param>
    public void SaySnapshot(int creator, ReadOnlySpan<byte> figures, long line) => _said.Add(creator, SnapshotKind, Text(figures), line);

    /// <summary>Counts that a row tells what a creator did for the brand of the run.</summary>
    /// <param name="creator">The creator.</param>
    /// <param name="figures">GMV, videos, lives, products sampled: each followed by NUL, numbers in plain decimal form, unknown ones empty.</param>
    /// <param name="line">The line where the record starts.</param>
    public void SayFigures(int creator, ReadOnlySpan<byte> figures, long line) => _said.Add(creator, FiguresKind, Text(figures), line);

    /// <summary>Counts a row of a sample.</summary>
    /// <param name="orderId">The order id.</param>
    /// <param name="skuId">The SKU id; may be empty.</param>
    /// <param name="record">The columns of the sample, in the order of <see cref="SampleColumns"/>, each followed by NUL.</param>
    /// <param name="line">The line where the record starts.</param>
    public void SaySample(ReadOnlySpan<byte> orderId, ReadOnlySpan<byte> skuId, ReadOnlySpan<byte> record, long line)
    {
        Span<byte> key = orderId.Length + skuId.Length < 256 ? stackalloc byte[256] : new byte[orderId.Length + skuId.Length + 1];
        orderId.CopyTo(key);
        key[orderId.Length] = Separator;
        skuId.CopyTo(key[(orderId.Length + 1)..]);
        _samples.Add(_sampleKeys.GetOrAdd(key[..(orderId.Length + 1 + skuId.Length)]), SampleKind, _texts.GetOrAdd(record), line);
    }

    /// <summary>The columns of a sample's record: handle, seller SKU, product id, product name, variation, quantity, status, ordered, shipped, delivered, cancelled at.</summary>
    public const int SampleColumns = 11;

    /// <summary>Takes a row of a video; the row with the largest GMV stays, then the ordinally largest record.</summary>
    /// <param name="key">The key of the video.</param>
    /// <param name="gmv">The GMV in minor units.</param>
    /// <param name="raw">The record as read, which decides between rows of the same GMV.</param>
    /// <param name="columns">The columns of the video, in the order of <see cref="VideoColumns"/>, each followed by NUL.</param>
    /// <returns>The number of the video, for <see cref="SayProduct(int, ReadOnlySpan{byte})"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int TakeVideo(ReadOnlySpan<byte> key, long gmv, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> columns)
    {
        var known = _videoKeys.Count;
        var video = _videoKeys.GetOrAdd(key);
        if (video == _videos.Length)
        {
            Array.Resize(ref _videos, video * 2);
        }

        ref var row = ref _videos[video];
        if (video == known || gmv > row.Gmv || (gmv == row.Gmv && raw.SequenceCompareTo(_videoRecords.From(row.Raw)[..row.RawLength]) > 0))
        {
            row = new VideoRow
            {
                Gmv = gmv, Raw = _videoRecords.Append(raw), RawLength = raw.Length, Columns = _videoRecords.Append(columns), ColumnsLength = columns.Length,
            };
        }

        return video;
    }

    /// <summary>The columns of a video: handle, posted on, link, title, GMV, units, orders, impressions, likes, comments, CTR in percent, commission.</summary>
    public const int VideoColumns = 12;

    /// <summary>Takes a product that a video shows.</summary>
    /// <param name="video">The number of the video.</param>
    /// <param name="product">The product: id and name, each followed by NUL; one of them may be empty.</param>
    public void SayProduct(int video, ReadOnlySpan<byte> product) => _videoProducts.Add(video, 0, _texts.GetOrAdd(product), 0);

    /// <summary>Counts a row of a product.</summary>
    /// <param name="product">The product.</param>
    /// <param name="line">The line where the record starts.</param>
    public void SayProduct(CreatorProduct product, long line)
    {
        ArgumentNullException.ThrowIfNull(product);
        _products.Add(_productKeys.GetOrAdd(Encoding.UTF8.GetBytes(product.ProductId)), ProductKind, Record(
            product.Name, product.SellerSku, product.SkuId, product.ListingStatus, Number(product.Gmv), Number(product.CreatorGmv), Number(product.Orders),
            Number(product.Units)), line);
    }

    /// <summary>The handle of a creator of the file.</summary>
    public string HandleOf(int creator) => _creators.Text(creator);

    /// <summary>What the file says of a creator's fields.</summary>
    /// <param name="creator">The creator.</param>
    /// <param name="file">The number of the file in the journal of imports.</param>
    public SourceEvidence EvidenceOf(int creator, int file)
    {
        Span<int> fields = stackalloc int[8];
        fields.Clear();
        var distinct = 0;
        for (var at = _said.First(creator); at >= 0; at = _said.Next(at))
        {
            if (_said.Kind(at) < fields.Length && fields[_said.Kind(at)]++ == 0)
            {
                distinct++;
            }
        }

        var statements = distinct == 0 ? [] : new FieldStatements[distinct];
        for (int field = 0, next = 0; next < distinct; field++)
        {
            if (fields[field] > 0)
            {
                statements[next++] = Collect(creator, (CreatorField)field, fields[field], file);
            }
        }

        return SourceEvidence.Keeping(Source, statements);
    }

    /// <summary>What the file tells of a creator's performance, or <see langword="null"/>.</summary>
    public CreatorSnapshot? SnapshotOf(int creator, DateOnly date)
    {
        if (_said.Best(creator, SnapshotKind, _texts) is not (var text and >= 0))
        {
            return null;
        }

        var cells = new RecordCells(_texts[text]);
        return new CreatorSnapshot
        {
            Handle = HandleOf(creator), Date = date, Source = Source,
            Followers = cells.Long(), Gmv = cells.Amount(), Emv = cells.Amount(), Posts = cells.Long(), Likes = cells.Long(), Comments = cells.Long(),
            Shares = cells.Long(), Engagement = cells.Long(), Impressions = cells.Long(), Platform = cells.Text(), Profile = cells.Text(), LastPost = cells.Text(),
        };
    }

    /// <summary>What the file tells of a creator's work for a brand, or <see langword="null"/>.</summary>
    public BrandLink? FiguresOf(int creator, string brand)
    {
        if (_said.Best(creator, FiguresKind, _texts) is not (var text and >= 0))
        {
            return null;
        }

        var cells = new RecordCells(_texts[text]);
        return new BrandLink
        {
            Handle = HandleOf(creator), Brand = brand, Gmv = cells.Amount(), Videos = cells.Long(), Lives = cells.Long(), ProductsSampled = cells.Text(),
        };
    }

    /// <summary>A sample of the file.</summary>
    /// <param name="sample">Its number.</param>
    /// <param name="brand">The brand of the run.</param>
    public CreatorSample SampleAt(int sample, string brand)
    {
        var (order, sku) = SampleKeyAt(sample);
        var text = _samples.Best(sample, SampleKind, _texts);
        var cells = new RecordCells(_texts[text]);
        return new CreatorSample
        {
            OrderId = order, SkuId = sku, Brand = brand, Handle = cells.Text(_words), SellerSku = cells.Text(_words), ProductId = cells.Text(_words),
            ProductName = cells.Text(_words), Variation = cells.Text(_words), Quantity = (int?)cells.Long(), Status = cells.Text(_words),
            OrderedAt = cells.Time(), ShippedAt = cells.Time(), DeliveredAt = cells.Time(), CancelledAt = cells.Time(),
        };
    }

    /// <summary>The key of a sample: order id and SKU id.</summary>
    public (string OrderId, string SkuId) SampleKeyAt(int sample)
    {
        var key = _sampleKeys[sample];
        var at = key.IndexOf(Separator);
        return (Encoding.UTF8.GetString(key[..at]), _words.Text(_words.GetOrAdd(key[(at + 1)..])));
    }

    /// <summary>The key of a video.</summary>
    public string VideoKeyAt(int video) => Encoding.UTF8.GetString(_videoKeys[video]);

    /// <summary>A video of the file; its products are (id, name).</summary>
    public CreatorVideo VideoAt(int video, out IReadOnlyList<(string Id, string Name)> products)
    {
        ref readonly var row = ref _videos[video];
        var cells = new RecordCells(_videoRecords.From(row.Columns)[..row.ColumnsLength]);
        products = ProductsOf(video);
        return new CreatorVideo
        {
            Key = VideoKeyAt(video), Handle = cells.Text(_words), PostedOn = cells.Date(), Url = cells.Text(), Title = cells.Text(), Gmv = cells.Amount() ?? 0,
            Units = cells.Long() ?? 0, Orders = cells.Long() ?? 0, Impressions = cells.Long() ?? 0, Likes = cells.Long() ?? 0, Comments = cells.Long() ?? 0,
            ClickThroughPercent = cells.Amount(), Commission = cells.Amount(),
        };
    }

    /// <summary>A product of the file.</summary>
    public CreatorProduct ProductAt(int product)
    {
        var cells = new RecordCells(_texts[_products.Best(product, ProductKind, _texts)]);
        return new CreatorProduct
        {
            ProductId = Encoding.UTF8.GetString(_productKeys[product]), Name = cells.Text(), SellerSku = cells.Text(), SkuId = cells.Text(),
            ListingStatus = cells.Text(), Gmv = cells.Amount(), CreatorGmv = cells.Amount(), Orders = cells.Long(), Units = cells.Long(),
        };
    }

    /// <summary>Adds all that the file says to a digest.</summary>
    internal void AddTo(DigestWriter digest)
    {
        foreach (var texts in (ReadOnlySpan<TextPool>)[_creators, _texts, _sampleKeys, _productKeys, _videoKeys])
        {
            texts.AddTo(digest);
        }

        foreach (var table in (ReadOnlySpan<StatementTable>)[_said, _samples, _products, _videoProducts])
        {
            table.AddTo(digest);
        }

        foreach (ref readonly var row in _videos.AsSpan(0, VideoCount))
        {
            digest.Add(_videoRecords.From(row.Columns)[..row.ColumnsLength]);
        }
    }

    private (string Id, string Name)[] ProductsOf(int video)
    {
        var count = 0;
        for (var at = _videoProducts.First(video); at >= 0; at = _videoProducts.Next(at))
        {
            count++;
        }

        var products = count == 0 ? [] : new (string, string)[count];
        var next = 0;
        for (var at = _videoProducts.First(video); at >= 0; at = _videoProducts.Next(at))
        {
            var product = new RecordCells(_texts[_videoProducts.Text(at)]);
            products[next++] = (product.Text(_words), product.Text(_words));
        }

        return products;
    }

    private FieldStatements Collect(int creator, CreatorField field, int count, int file)
    {
        var said = new Statement[count];
        var next = 0;
        for (var at = _said.First(creator); next < count; at = _said.Next(at))
        {
            if (_said.Kind(at) == (int)field)
            {
                said[next++] = new Statement(_texts.Text(_said.Text(at)), _said.Rows(at), _said.Line(at));
            }
        }

        return FieldStatements.Keeping(field, file, said);
    }

    private int Record(params ReadOnlySpan<string> cells)
    {
        var length = cells.Length;
        foreach (var cell in cells)
        {
            length += Encoding.UTF8.GetMaxByteCount(cell.Length);
        }

        Span<byte> record = length <= 1_024 ? stackalloc byte[length] : new byte[length];
        length = 0;
        foreach (var cell in cells)
        {
            length += Encoding.UTF8.GetBytes(cell, record[length..]);
            record[length++] = Separator;
        }

        return _texts.GetOrAdd(record[..length]);
    }

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Number(decimal? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private struct VideoRow
    {
        public long Gmv;
        public long Raw;
        public long Columns;
        public int RawLength;
        public int ColumnsLength;
    }

    /// <summary>The cells of a record, one after the other; each ends with NUL.</summary>
    private ref struct RecordCells(ReadOnlySpan<byte> record)
    {
        private ReadOnlySpan<byte> _rest = record;

        public string Text() => Encoding.UTF8.GetString(Next());

        /// <summary>A text that other records have, too: one string for all of them.</summary>
        public string Text(TextPool pool) => Next() is { IsEmpty: false } cell ? pool.Text(pool.GetOrAdd(cell)) : "";

        public long? Long() => Next() is { IsEmpty: false } cell && Utf8Parser.TryParse(cell, out long number, out _) ? number : null;

        public decimal? Amount() => Next() is { IsEmpty: false } cell ? decimal.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture) : null;

        public DateOnly Date() => DateOnly.FromDateTime(Time() ?? DateTime.MinValue);

        /// <summary>Written as <c>yyyyMMddHHmmss</c>.</summary>
        public DateTime? Time()
        {
            if (Long() is not { } time)
            {
                return null;
            }

            int Part(long unit, int range) => (int)(time / unit % range);
            return new DateTime(
                Part(10_000_000_000, 10_000), Part(100_000_000, 100), Part(1_000_000, 100), Part(10_000, 100), Part(100, 100), Part(1, 100), DateTimeKind.Unspecified);
        }

        private ReadOnlySpan<byte> Next()
        {
            var end = _rest.IndexOf(Separator);
            var cell = _rest[..end];
            _rest = _rest[(end + 1)..];
            return cell;
        }
    }
}
