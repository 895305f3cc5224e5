using System.Runtime.CompilerServices;
using Loyalty.Activities;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Ingest.Videos;

/// <summary>Turns records of an export of videos into activities, by its layout.</summary>
internal sealed class VideoRows(CsvHeader header, VideoLayout layout, CurrencySigns signs, TimeZoneInfo? timeZone)
{
    /// <summary>Room for a handle and for the canonical form of a URL of usual length.</summary>
    public const int ScratchLength = Handle.MaxUtf8Length + 1_024;

    /// <summary>Turns a row into an activity, or notes its first fault. Several threads may do it at once, each with a scratch of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Take(VideoRow row, ActivityBatch batch, Span<byte> scratch, OverflowCheck? overflows)
    {
        var handle = scratch[..Handle.MaxUtf8Length];
        var url = CellText.Trim(row[VideoLayout.Url]);
        if (layout.IsShop && CellText.IsMissing(url))
        {
            url = UrlOf(row, url);
        }

        var canonical = scratch[Handle.MaxUtf8Length..];
        canonical = url.Length <= canonical.Length ? canonical : new byte[url.Length];
        if (CellHandle.TryTikTok(row[VideoLayout.Handle], handle, out var handleLength) is null
            && !CellText.IsMissing(url)
            && ActivityKey.TryFromUrl(url, canonical, out var key)
            && row.TryCount(VideoLayout.Views, long.MaxValue, out var views) is null
            && row.TryCount(VideoLayout.Likes, int.MaxValue, out var likes) is null
            && row.TryCount(VideoLayout.Comments, int.MaxValue, out var comments) is null
            && row.TryAmount(VideoLayout.Sales, signs, out var sales) is null
            && row.TryCount(VideoLayout.Units, int.MaxValue, out var units) is null
            && TryDate(CellText.Trim(row[VideoLayout.Date]), out var date))
        {
            var activity = new Activity
            {
                Handle = handle[..handleLength],
                Key = key,
                Date = date,
                Sales = sales,
                Units = (int)units,
                Views = views,
                Likes = (int)likes,
                Comments = (int)comments,
                ClickThroughRate = row[VideoLayout.Rate],
                Title = row[VideoLayout.Title],
                Url = url,
            };
            if (overflows?.Invoke(activity) is { } metric)
            {
                row.Fail(header[ColumnOf(metric)], "takes the member's total out of 64 bits");
                return;
            }

            batch.Add(activity);
            return;
        }

        NoteFirstFault(row);
    }

    private static int ColumnOf(Metric metric) => metric switch
    {
        Metric.Sales => VideoLayout.Sales,
        Metric.Units => VideoLayout.Units,
        Metric.Likes => VideoLayout.Likes,
        Metric.Comments => VideoLayout.Comments,
        _ => VideoLayout.Views,
    };

    /// <summary>The link of a video of which a report gives the number only.</summary>
    private static ReadOnlySpan<byte> UrlOf(VideoRow row, ReadOnlySpan<byte> missing)
    {
        var id = CellKey.Normalize(CellText.Trim(row[VideoLayout.Id]));
        return id.IsEmpty || id.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 ? missing : (byte[])[.. "https://www.tiktok.com/video/"u8, .. id];
    }

    private bool TryDate(ReadOnlySpan<byte> cell, out DateOnly date)
    {
        if (CellDate.TryParse(cell, out date))
        {
            return true;
        }

        if (!layout.IsShop || !CellTime.TryParse(cell, layout.IsDayFirst ? DateOrder.DayFirst : DateOrder.YearFirst, timeZone, out var time))
        {
            return false;
        }

        date = DateOnly.FromDateTime(time);
        return true;
    }

    /// <summary>Notes the first faulty cell in the order of the file.</summary>
    private void NoteFirstFault(VideoRow row)
    {
        var first = int.MaxValue;
        var reason = string.Empty;
        for (var column = VideoLayout.Handle; column <= VideoLayout.Date; column++)
        {
            if (PlaceOf(row, column) is var at && at >= 0 && at < first && FaultOf(row, column) is { } fault)
            {
                first = at;
                reason = fault;
            }
        }

        row.Fail(first, reason);
    }

    /// <summary>Where a column stands; the number of a video stands for its link where there is none.</summary>
    private int PlaceOf(VideoRow row, int column) =>
        column == VideoLayout.Url && layout.IsShop && CellText.IsMissing(CellText.Trim(row[column]))
            && (header[column] < 0 || !CellText.Trim(row[VideoLayout.Id]).IsEmpty)
            ? header[VideoLayout.Id]
            : header[column];

    private string? FaultOf(VideoRow row, int column)
    {
        var cell = CellText.Trim(row[column]);
        switch (column)
        {
            case VideoLayout.Handle:
                return CellHandle.TryTikTok(row[column], stackalloc byte[Handle.MaxUtf8Length], out _);
            case VideoLayout.Url:
                if (CellText.IsMissing(cell) && layout.IsShop && CellText.Trim(row[VideoLayout.Id]) is { IsEmpty: false } id)
                {
                    cell = UrlOf(row, cell);
                    return CellKey.IsChanged(id) ? CellKey.Changed : ActivityKey.TryFromUrl(cell, new byte[cell.Length], out _) ? null : "no number of a video";
                }

                return CellText.IsMissing(cell) ? "blank"
                    : CellKey.IsChanged(cell) ? CellKey.Changed
                    : ActivityKey.TryFromUrl(cell, new byte[cell.Length], out _) ? null
                    : "no key in the URL; expected /video/<number>, or an absolute http or https URL of at most 2,048 bytes";
            case VideoLayout.Views:
                return row.TryCount(column, long.MaxValue, out _);
            case VideoLayout.Likes or VideoLayout.Comments or VideoLayout.Units:
                return row.TryCount(column, int.MaxValue, out _);
            case VideoLayout.Sales:
                return row.TryAmount(column, signs, out _);
            default:
                return CellText.IsMissing(cell) ? "blank" : TryDate(cell, out _) ? null : layout.IsDayFirst ? CellTime.NotATime(DateOrder.DayFirst) : CellDate.NotADate;
        }
    }
}

/// <summary>A record by the columns of this export.</summary>
internal readonly ref struct VideoRow
{
    private readonly CsvRecords _records;
    private readonly int _record;
    private readonly ReadOnlySpan<byte> _text;
    private readonly ReadOnlySpan<int> _cells;
    private readonly ReadOnlySpan<int> _places;
    private readonly bool _hasPoints;

    public VideoRow(CsvRecords records, int record, CsvHeader header, VideoLayout layout)
    {
        _records = records;
        _record = record;
        _cells = records.Cells(record, out _text);
        _places = header.Places;
        _hasPoints = layout.HasPoints;
    }

    /// <summary>The cell of a column, empty where the file does not have it.</summary>
    public ReadOnlySpan<byte> this[int column]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => column < _places.Length && _places[column] >= 0 ? At(_places[column]) : default;
    }

    /// <summary>A cell by its place in the file.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> At(int place) => _text[_cells[place * 2].._cells[(place * 2) + 1]];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public string? TryCount(int column, long max, out long count) =>
        CellNumber.TryPlainCount(this[column], max, out count) ? null : TryAnyCount(column, max, out count);

    public string? TryAmount(int column, CurrencySigns signs, out long minor) =>
        !_hasPoints && CellNumber.TryPlainAmount(this[column], signs, out minor) ? null : TryAnyAmount(column, signs, out minor);

    public void Fail(int column, string reason) => _records.Fail(_record, column, reason);

    private string? TryAnyCount(int column, long max, out long count)
    {
        var cell = CellText.Trim(this[column]);
        count = 0;
        return CellText.IsMissing(cell) ? null : _hasPoints ? CellNumber.TryCountWithPoints(cell, max, out count) : CellNumber.TryCount(cell, max, out count);
    }

    private string? TryAnyAmount(int column, CurrencySigns signs, out long minor)
    {
        var cell = CellText.Trim(this[column]);
        minor = 0;
        return CellText.IsMissing(cell) ? null : _hasPoints ? CellNumber.TryAmountWithPoints(cell, signs, out minor) : CellNumber.TryAmount(cell, signs, out minor);
    }
}
