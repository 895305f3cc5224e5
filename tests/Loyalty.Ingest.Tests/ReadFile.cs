using System.Text;
using Loyalty.Activities;
using Loyalty.Ingest;
using Loyalty.Ingest.Adjustments;
using Loyalty.Ingest.Videos;
using Loyalty.Money;

namespace Loyalty.Tests.Ingest;

/// <summary>A file that lives as long as a test.</summary>
internal sealed class InputFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loyalty-ingest-");

    public InputFile(ReadOnlySpan<byte> content, string name = "videos.csv")
    {
        Path = System.IO.Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(Path, content);
    }

    public string Path { get; }

    public void Dispose() => _folder.Delete(recursive: true);
}

internal sealed record Video(
    string Handle, string Key, DateOnly Date, long Sales, int Units, long Views, int Likes, int Comments, string Rate, string Title, string Url);

/// <summary>A rejected row; bytes stand as characters of Latin-1, so that every one can be compared.</summary>
internal sealed record Rejected(long Line, string Column, string Reason, string Value, string Raw);

/// <summary>All that a file gives.</summary>
internal sealed record ReadFile(IReadOnlyList<Video> Videos, IReadOnlyList<Rejected> Rejects, long RowsRead, IReadOnlyList<string> UnknownColumns)
{
    public const string Header = "Handle,Video,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title";

    public Video Only => Assert.Single(Videos);

    public Rejected OnlyReject => Assert.Single(Rejects);

    /// <summary>A row that is right.</summary>
    public static string Row(
        string handle = "@ann", string video = "https://www.tiktok.com/@ann/video/7", string views = "100", string likes = "10",
        string comments = "1", string sales = "$12.50", string rate = "2.5", string units = "3", string date = "2025-01-15", string title = "title") =>
        string.Join(',', handle, video, views, likes, comments, sales, rate, units, date, title);

    public static string Url(long number) => $"https://www.tiktok.com/@ann/video/{number}";

    public static ReadFile Lines(params string[] lines) => Text(string.Join('\n', [Header, .. lines]) + "\n");

    public static ReadFile Text(string text, Currency? currency = null) => Bytes(Encoding.UTF8.GetBytes(text), currency: currency);

    public static ReadFile Bytes(ReadOnlySpan<byte> content, Encoding? encoding = null, Currency? currency = null, int atOnce = int.MaxValue)
    {
        using var file = new InputFile(content);
        return Path(file.Path, encoding, currency, atOnce);
    }

    public static ReadFile Path(string path, Encoding? encoding = null, Currency? currency = null, int atOnce = int.MaxValue)
    {
        var videos = new List<Video>();
        var rejects = new List<Rejected>();
        using var export = VideosExport.Open(
            path, currency ?? Currency.Get("USD"), (in Reject r) => rejects.Add(Copy(r)), encoding, atOnce);
        var batch = new ActivityBatch();
        while (export.Read(batch))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                videos.Add(Copy(batch[i]));
            }
        }

        export.ThrowIfChanged();
        Assert.Equal(export.RowsRejected, rejects.Count);
        return new ReadFile(videos, rejects, export.RowsRead, export.UnknownColumns);
    }

    /// <summary>Why a whole file is refused.</summary>
    public static SourceException Refusal(ReadOnlySpan<byte> content, Encoding? encoding = null)
    {
        using var file = new InputFile(content);
        return Assert.Throws<SourceException>(() => Path(file.Path, encoding));
    }

    public static SourceException Refusal(string text) => Refusal(Encoding.UTF8.GetBytes(text));

    public static (AdjustmentsFile File, IReadOnlyList<Rejected> Rejects) Adjustments(string text, Currency? currency = null, params int[] unknown)
    {
        using var input = new InputFile(Encoding.UTF8.GetBytes(text), "adjustments.csv");
        var file = AdjustmentsFile.Read(input.Path, currency ?? Currency.Get("USD"));
        var rejects = new List<Rejected>();
        var count = file.ReportRejects(unknown, (in Reject r) =>
        {
            Assert.Equal("adjustments.csv", r.File);
            rejects.Add(Copy(r));
        });
        Assert.Equal(count, rejects.Count);
        Assert.Equal(file.RowsRead, file.Adjustments.Count - unknown.Length + rejects.Count);
        return (file, rejects);
    }

    private static Rejected Copy(in Reject reject) =>
        new(reject.Line, reject.Column, reject.Reason, Encoding.Latin1.GetString(reject.Value), Encoding.Latin1.GetString(reject.Raw));

    private static Video Copy(in Activity activity) => new(
        Encoding.UTF8.GetString(activity.Handle),
        Encoding.UTF8.GetString(activity.Key),
        activity.Date,
        activity.Sales,
        activity.Units,
        activity.Views,
        activity.Likes,
        activity.Comments,
        Encoding.UTF8.GetString(activity.ClickThroughRate),
        Encoding.UTF8.GetString(activity.Title),
        Encoding.UTF8.GetString(activity.Url));
}
