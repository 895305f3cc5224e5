using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Loyalty.Ingest;

namespace Loyalty.Tests.Ingest.Csv;

/// <summary>Any bytes are read: rows read = taken + rejected, and nothing but the documented exception comes out.</summary>
public sealed class FuzzTests
{
    private const int Cases = 6_000;

    /// <summary>What files are made of: cells that are right, cells that are wrong, and everything that shapes a file.</summary>
    private static readonly byte[][] Pieces =
    [
        .. new[]
        {
            ",", ",", ",", ",", "\n", "\n", "\r\n", "\r", "\"", "\"\"", "@ann", "@Bob.1", "https://www.tiktok.com/@ann/video/7", "https://x.y/z",
            "1", "1,234", "$12.50", "-5", "N/A", "--", "", "2025-01-15", "05.03.2024", "title ✨", "\\.", "\t", " ", "\u00A0", "\uFEFF", "\0", "=1+1",
            ReadFile.Header, ReadFile.Row(), ReadFile.Row(title: "\"a\nb\""), ReadFile.Row(sales: "1e5"), ReadFile.Row(handle: "é"),
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xE9],
    ];

    [Fact]
    public void C17_Rows_read_are_rows_taken_and_rejected_for_any_bytes_after_a_header()
    {
        var header = Encoding.UTF8.GetBytes(ReadFile.Header + "\n");
        var files = from pieces in Gen.Elements(Pieces).ListOf() select (byte[])[.. header, .. pieces.SelectMany(static p => p)];
        Check(files);
    }

    [Fact]
    public void C17_Any_bytes_at_all_are_read_or_refused()
    {
        var starts = new byte[][] { [], [0xEF, 0xBB, 0xBF], [0xFF, 0xFE], [0xFE, 0xFF] };
        var random = Gen.Choose(0, 255).Select(static i => (byte)i).ListOf();
        var pieces = from list in Gen.Elements(Pieces).ListOf() select (IEnumerable<byte>)list.SelectMany(static p => p).ToList();
        var wide = from list in Gen.Elements(Pieces).ListOf() select (IEnumerable<byte>)Encoding.Unicode.GetBytes(
            ReadFile.Header + "\n" + Encoding.Latin1.GetString([.. list.SelectMany(static p => p)])).ToList();
        var bodies = Gen.OneOf(random.Select(static l => (IEnumerable<byte>)l), pieces, wide);
        Check(from start in Gen.Elements(starts) from body in bodies select (byte[])[.. start, .. body]);
    }

    private static void Check(Gen<byte[]> files)
    {
        using var file = new InputFile([]);
        var taken = 0L;
        var refused = 0;
        Prop.ForAll(Arb.From(files), content =>
        {
            // A new file each time: file systems flush one that is cut and written again.
            File.Delete(file.Path);
            File.WriteAllBytes(file.Path, content);
            try
            {
                var read = ReadFile.Path(file.Path);
                taken += read.Videos.Count;
                return read.RowsRead == read.Videos.Count + read.Rejects.Count
                    && read.Videos.All(static v => !v.Title.AsSpan().ContainsAny('\uFFFD', '\0') && !v.Url.AsSpan().ContainsAny('\uFFFD', '\0'))
                    && read.Rejects.All(static r => r.Reason.Length > 0 && r.Line > 0 && r.Raw.Length > 0)
                    && read.Rejects.Zip(read.Rejects.Skip(1)).All(static p => p.First.Line < p.Second.Line);
            }
            catch (SourceException e)
            {
                refused++;
                return e.Message.Length > 0 && e.Fault is not SourceFault.Changed;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithEndSize(40));
        Assert.True(taken > 0, "no generated file had a row that can be taken");
        Assert.InRange(refused, 1, Cases - 1);
    }
}
