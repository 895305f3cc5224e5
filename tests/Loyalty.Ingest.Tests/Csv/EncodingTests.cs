using System.Text;
using Loyalty.Ingest;

namespace Loyalty.Tests.Ingest.Csv;

public sealed class EncodingTests
{
    private static readonly string Good = ReadFile.Header + "\n" + ReadFile.Row(title: "café ✨ 漢字 🎉") + "\n";

    public static TheoryData<string, byte[]> ReadEncodings => new()
    {
        { "UTF-8", Encoding.UTF8.GetBytes(Good) },
        { "UTF-8 with mark", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Good)] },
        { "UTF-16 LE with mark", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Good)] },
        { "UTF-16 BE with mark", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Good)] },
    };

    [Theory]
    [MemberData(nameof(ReadEncodings))]
    public void C03_Encodings_that_are_read(string name, byte[] content)
    {
        Assert.NotEmpty(name);
        var video = ReadFile.Bytes(content).Only;
        Assert.Equal("ann", video.Handle);
        Assert.Equal("café ✨ 漢字 🎉", video.Title);
    }

    [Fact]
    public void C03_A_mark_before_a_quoted_header_cell()
    {
        var text = "\uFEFF\"Handle\"" + Good["Handle".Length..];
        Assert.Equal("ann", ReadFile.Text(text).Only.Handle);
    }

    public static TheoryData<string, byte[]> RefusedEncodings => new()
    {
        { "UTF-16", Encoding.Unicode.GetBytes(Good) },
        { "UTF-16", Encoding.BigEndianUnicode.GetBytes(Good) },
        { "UTF-32", [0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes(Good)] },
        { "UTF-32", [0, 0, 0xFE, 0xFF, 0, 0, 0, (byte)'H'] },
    };

    [Theory]
    [MemberData(nameof(RefusedEncodings))]
    public void C03_Encodings_that_are_refused_by_name(string name, byte[] content)
    {
        var refusal = ReadFile.Refusal(content);
        Assert.Equal(SourceFault.Encoding, refusal.Fault);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("save it as UTF-8", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-16LE")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("utf-8")]
    public void C03_Unicode_is_read_without_mark_when_it_is_named(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        Assert.Equal("café ✨ 漢字 🎉", ReadFile.Bytes(encoding.GetBytes(Good), encoding).Only.Title);
    }

    [Fact]
    public void C03_Latin_1_bytes_reject_their_row_only_and_are_kept_in_raw()
    {
        byte[] content =
        [
            .. Encoding.UTF8.GetBytes(ReadFile.Header + "\n"), .. Encoding.Latin1.GetBytes(ReadFile.Row(title: "café") + "\n"),
            .. Encoding.UTF8.GetBytes(ReadFile.Row(title: "café") + "\n"),
        ];
        var read = ReadFile.Bytes(content);
        Assert.Equal("café", read.Only.Title);
        Assert.Equal((2, "Video Title", "café"), (read.OnlyReject.Line, read.OnlyReject.Column, read.OnlyReject.Value));
        Assert.Contains("no valid UTF-8", read.OnlyReject.Reason, StringComparison.Ordinal);
        Assert.Equal(ReadFile.Row(title: "café"), read.OnlyReject.Raw);
    }

    [Fact]
    public void C03_Latin_1_and_Windows_1252_are_read_when_they_are_named()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var latin = ReadFile.Header + "\n" + ReadFile.Row(title: "café") + "\n";
        Assert.Equal("café", ReadFile.Bytes(Encoding.Latin1.GetBytes(latin), Encoding.Latin1).Only.Title);
        var windows = Encoding.GetEncoding(1252);
        var quoted = ReadFile.Header + "\n" + ReadFile.Row(title: "“café” – 5 €") + "\n";
        Assert.Equal("“café” – 5 €", ReadFile.Bytes(windows.GetBytes(quoted), windows).Only.Title);
    }

    [Theory]
    [InlineData("us-ascii")]
    [InlineData("utf-8")]
    [InlineData("gb18030")]
    public void C03_Bytes_that_a_named_encoding_does_not_have_reject_their_row_only(string name)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        byte[] content =
        [
            .. Encoding.ASCII.GetBytes(ReadFile.Header + "\n" + ReadFile.Row(title: "bad ")), 0xFF,
            .. Encoding.ASCII.GetBytes("\n" + ReadFile.Row(title: "good") + "\n"),
        ];
        foreach (var encoding in (Encoding[])[Encoding.GetEncoding(name), Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)])
        {
            var read = ReadFile.Bytes(content, encoding);
            Assert.Equal("good", read.Only.Title);
            Assert.Equal("Video Title", read.OnlyReject.Column);
            Assert.Contains("named encoding", read.OnlyReject.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void C03_A_long_text_in_a_named_encoding_keeps_every_character()
    {
        // Longer than any buffer, with pairs of surrogates across their ends.
        var rows = Enumerable.Range(0, 3_000).Select(i => ReadFile.Row(video: ReadFile.Url(i), title: new string('x', i % 3) + "🎉漢é"));
        var read = ReadFile.Bytes(Encoding.Unicode.GetBytes(ReadFile.Header + "\n" + string.Join('\n', rows)), Encoding.Unicode);
        Assert.Equal(3_000, read.Videos.Count);
        Assert.All(read.Videos, static v => Assert.EndsWith("🎉漢é", v.Title, StringComparison.Ordinal));
    }

    [Fact]
    public void C03_A_header_with_bytes_that_are_no_text_is_refused()
    {
        byte[] content = [.. "Caf\u00E9 "u8, 0xE9, .. Encoding.UTF8.GetBytes("," + Good)];
        Assert.Equal(SourceFault.Encoding, ReadFile.Refusal(content).Fault);
        Assert.Equal(SourceFault.Encoding, ReadFile.Refusal("a\0b," + Good).Fault);
    }

    public static TheoryData<string, byte[]> BadText => new()
    {
        { "NUL", [(byte)'a', 0, (byte)'b'] },
        { "NUL first", [0, (byte)'b'] },
        { "lone high surrogate", [0xED, 0xA0, 0x80] },
        { "lone low surrogate", [0xED, 0xB0, 0x80] },
        { "overlong slash", [0xC0, 0xAF] },
        { "overlong in three bytes", [0xE0, 0x80, 0xAF] },
        { "overlong NUL", [0xC0, 0x80] },
        { "beyond Unicode", [0xF4, 0x90, 0x80, 0x80] },
        { "cut sequence", [0xE2, 0x9C] },
        { "lone continuation", [0x80] },
    };

    [Theory]
    [MemberData(nameof(BadText))]
    public void C04_Bytes_that_are_no_text_reject_their_row_and_reading_goes_on(string name, byte[] bad)
    {
        Assert.NotEmpty(name);
        foreach (var quote in new[] { "", "\"" })
        {
            byte[] content =
            [
                .. Encoding.UTF8.GetBytes(ReadFile.Header + "\n" + ReadFile.Row(title: quote)), .. bad,
                .. Encoding.UTF8.GetBytes(quote + "\n" + ReadFile.Row(title: "good") + "\n"),
            ];
            var read = ReadFile.Bytes(content);
            Assert.Equal("good", read.Only.Title);
            Assert.Equal((2, "Video Title"), (read.OnlyReject.Line, read.OnlyReject.Column));
            Assert.Equal(Encoding.Latin1.GetString(bad), read.OnlyReject.Value);
        }
    }

    [Theory]
    [InlineData(0xD800)]
    [InlineData(0xDC00)]
    [InlineData(0xDBFF)]
    public void C04_A_lone_surrogate_in_UTF_16_rejects_its_row(int surrogate)
    {
        var text = ReadFile.Header + "\n" + ReadFile.Row(title: "a" + (char)surrogate) + "\n" + ReadFile.Row(title: "good") + "\n";
        foreach (var bigEndian in new[] { false, true })
        {
            var bytes = text.SelectMany(c => bigEndian ? new[] { (byte)(c >> 8), (byte)c } : [(byte)c, (byte)(c >> 8)]);
            var read = ReadFile.Bytes([.. bigEndian ? new byte[] { 0xFE, 0xFF } : [0xFF, 0xFE], .. bytes]);
            Assert.Equal("good", read.Only.Title);
            Assert.Equal("Video Title", read.OnlyReject.Column);
        }
    }

    [Fact]
    public void C04_UTF_16_that_ends_in_half_a_character_rejects_the_last_row()
    {
        var text = ReadFile.Header + "\n" + ReadFile.Row() + "\n" + ReadFile.Row(title: "end");
        var read = ReadFile.Bytes([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text), 0x41]);
        Assert.Equal("title", read.Only.Title);
        Assert.Equal("Video Title", read.OnlyReject.Column);
    }
}
