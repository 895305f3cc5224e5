using System.Text;
using Loyalty.Activities;
using Loyalty.Ingest;
using Loyalty.Ingest.Videos;
using Loyalty.Money;

namespace Loyalty.Tests.Ingest.Csv;

public sealed class ChangedFileTests
{
    private static readonly string Content = ReadFile.Header + "\n"
        + string.Concat(Enumerable.Range(0, 20_000).Select(static i => ReadFile.Row(video: ReadFile.Url(i)) + "\n"));

    public static TheoryData<string> Changes => ["appended", "cut", "overwritten", "overwritten behind the reader"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void S12_A_file_that_changes_while_it_is_read_is_refused(string change)
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(Content));
        using var export = Open(file.Path);
        var batch = new ActivityBatch();
        Assert.True(export.Read(batch));
        using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            switch (change)
            {
                case "appended":
                    stream.Position = stream.Length;
                    stream.Write(Encoding.UTF8.GetBytes(ReadFile.Row()));
                    break;
                case "cut":
                    stream.SetLength(stream.Length - 10);
                    break;
                case "overwritten":
                    stream.Position = ReadFile.Header.Length + 2;
                    stream.Write("bob"u8);
                    break;
                default:
                    stream.Position = 0;
                    stream.Write("h"u8);
                    break;
            }
        }

        while (export.Read(batch))
        {
        }

        var refusal = Assert.Throws<SourceException>(() => export.ThrowIfChanged());
        Assert.Equal(SourceFault.Changed, refusal.Fault);
        Assert.Contains("nothing was taken", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void S12_A_file_touched_without_a_change_is_taken_and_a_changed_one_is_refused()
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(Content));
        File.SetLastWriteTimeUtc(file.Path, DateTime.UtcNow.AddHours(-1));
        using var export = Open(file.Path);
        var batch = new ActivityBatch();
        Assert.True(export.Read(batch));
        using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Write("H"u8); // The same content, but another time: reading once more shows that nothing changed.
        }

        var first = export.ThrowIfChanged();
        Assert.Matches("^[0-9a-f]{16}$", first);
        using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Write("h"u8);
        }

        using var again = Open(file.Path);
        while (again.Read(batch))
        {
        }

        Assert.NotEqual(first, again.ThrowIfChanged());
        Assert.Equal(SourceFault.Changed, Assert.Throws<SourceException>(() => export.ThrowIfChanged()).Fault);
    }

    [Fact]
    public void S12_A_change_of_content_is_seen_although_the_time_was_put_back()
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(Content));
        var written = DateTime.UtcNow.AddHours(-1);
        File.SetLastWriteTimeUtc(file.Path, written);
        using var export = Open(file.Path);
        var batch = new ActivityBatch();
        while (export.Read(batch))
        {
        }

        using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Write("h"u8);
        }

        File.SetLastWriteTimeUtc(file.Path, written);
        Assert.Equal(SourceFault.Changed, Assert.Throws<SourceException>(() => export.ThrowIfChanged()).Fault);
    }

    [Fact]
    public void S12_A_fingerprint_is_of_the_bytes_alone()
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(Content), "one.csv");
        using var same = new InputFile(Encoding.UTF8.GetBytes(Content), "two.csv");
        using var other = new InputFile(Encoding.UTF8.GetBytes(Content + "\n"), "one.csv");
        Assert.Equal(Fingerprint(file.Path), Fingerprint(same.Path));
        Assert.NotEqual(Fingerprint(file.Path), Fingerprint(other.Path));

        static string Fingerprint(string path)
        {
            using var export = Open(path);
            return export.ThrowIfChanged();
        }
    }

    private static VideosExport Open(string path) => VideosExport.Open(path, Currency.Get("USD"), static (in Reject _) => { });
}
