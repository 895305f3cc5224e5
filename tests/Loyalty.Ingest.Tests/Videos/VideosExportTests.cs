using System.Text;
using Loyalty.Activities;
using Loyalty.Ingest;
using Loyalty.Ingest.Videos;
using Loyalty.Money;

namespace Loyalty.Tests.Ingest.Videos;

public sealed class VideosExportTests
{
    [Theory]
    [InlineData("Handle,Video,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title")]
    [InlineData("handle,VIDEO,views,LIKES,comments,gmv,ctr,units sold,POST DATE,video title")]
    [InlineData(" Handle ,Video\t, Views,Likes ,Comments,GMV ,CTR,Units Sold ,Post Date,Video Title ")]
    [InlineData("\"Handle\",\"Video\",\"Views\",\"Likes\",\"Comments\",\"GMV\",\"CTR\",\"Units Sold\",\"Post Date\",\"Video Title\"")]
    [InlineData("Handle,Video URL,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title")]
    [InlineData("Creator Handle,video link,Video Views,Likes,Comments,Video GMV,CTR,Units,Posted Date,Title")]
    public void Header_spellings_and_cases_are_matched(string header)
    {
        var video = ReadFile.Text(header + "\n" + ReadFile.Row()).Only;
        Assert.Equal(
            new Video("ann", "7", new DateOnly(2025, 1, 15), 1_250, 3, 100, 10, 1, "2.5", "title", "https://www.tiktok.com/@ann/video/7"), video);
    }

    [Fact]
    public void S11_Columns_in_any_order_extra_ones_listed_optional_ones_absent()
    {
        var read = ReadFile.Text(
            "Post Date,Units Sold,Product X,GMV,Comments,Likes,Views,Video URL,Handle,Notes\n2025-01-15,3,x,$12.50,1,10,100,https://www.tiktok.com/@ann/video/7,@ann,y\n");
        Assert.Equal(new Video("ann", "7", new DateOnly(2025, 1, 15), 1_250, 3, 100, 10, 1, "", "", "https://www.tiktok.com/@ann/video/7"), read.Only);
        Assert.Equal(["Product X", "Notes"], read.UnknownColumns);
    }

    [Fact]
    public void S11_Missing_columns_are_all_named_with_what_was_found()
    {
        var refusal = ReadFile.Refusal("Handle,Views,Likes,CTR\n@ann,1,1,1\n");
        Assert.Equal(SourceFault.Header, refusal.Fault);
        Assert.Contains("lacks 'Video', 'Comments', 'GMV', 'Units Sold', 'Post Date'; found are 'Handle', 'Views', 'Likes', 'CTR'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void S11_Two_names_of_one_column_are_refused()
    {
        var refusal = ReadFile.Refusal(ReadFile.Header + ",Video URL\n");
        Assert.Equal(SourceFault.Header, refusal.Fault);
        Assert.Contains("'Video' and 'Video URL'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Affiliate Handle,Product Info,Status,Tags,Showcasing,Shop GMV,Video GMV,Live GMV,Affiliate GMV,Followers,Post Rate,Video Posts,Live Posts,Actions")]
    [InlineData("AFFILIATE HANDLE,shop gmv")]
    [InlineData("Handle,Shop GMV,Followers")]
    public void Affiliates_are_refused_with_the_reason(string header)
    {
        var refusal = ReadFile.Refusal(header + "\n");
        Assert.Equal(SourceFault.OtherExport, refusal.Fault);
        Assert.Contains("shop GMV mixes in livestream sales, so it can disagree with the videos", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ann", "ann")]
    [InlineData("@Ann.B_1", "ann.b_1")]
    [InlineData(" @ann ", "ann")]
    [InlineData("@@ann", "ann")]
    public void S09_Handles_are_normalised(string cell, string handle) =>
        Assert.Equal(handle, ReadFile.Lines(ReadFile.Row(handle: cell)).Only.Handle);

    [Theory]
    [InlineData("", "placeholder")]
    [InlineData("-", "placeholder")]
    [InlineData("--", "placeholder")]
    [InlineData("N/A", "placeholder")]
    [InlineData("\t", "placeholder")]
    [InlineData("a***n", "masked")]
    public void A_handle_that_is_none_rejects_the_row_with_its_status(string cell, string status)
    {
        var reject = ReadFile.Lines(ReadFile.Row(handle: cell)).OnlyReject;
        Assert.Equal(("Handle", status, cell), (reject.Column, reject.Reason, reject.Value));
    }

    [Theory]
    [InlineData("\u212Aate")] // Kelvin sign
    [InlineData("d\u0131l")] // dotless i
    public void S09_Characters_that_only_look_like_letters_make_no_other_member(string cell) =>
        Assert.Equal("Handle", ReadFile.Lines(ReadFile.Row(handle: cell)).OnlyReject.Column);

    [Theory]
    [InlineData("https://www.tiktok.com/@a/video/6999919482068077826?lang=en", "6999919482068077826")]
    [InlineData("https://www.tiktok.com/@a/video/007", "007")]
    [InlineData("https://www.tiktok.com/@a/video/12345678901234567890", "12345678901234567890")]
    [InlineData("https://www.tiktok.com/@a/video/99999999999999999999999999999999", "99999999999999999999999999999999")]
    [InlineData("HTTPS://Example.COM/Clip/1E5/?utm=1#t", "https://example.com/Clip/1E5")]
    [InlineData("http://example.com/7", "http://example.com/7")]
    public void C18_Keys_stay_text(string url, string key)
    {
        var video = ReadFile.Lines(ReadFile.Row(video: url)).Only;
        Assert.Equal((key, url), (video.Key, video.Url));
    }

    [Theory]
    [InlineData("", "blank")]
    [InlineData("--", "blank")]
    [InlineData("N/A", "blank")]
    [InlineData("\t", "blank")]
    [InlineData("www.tiktok.com/@a", "no key in the URL")]
    [InlineData("ftp://x.y/z", "no key in the URL")]
    [InlineData("https://", "no key in the URL")]
    [InlineData("7", "no key in the URL")]
    public void A_URL_without_a_key_rejects_the_row(string url, string reason)
    {
        var reject = ReadFile.Lines(ReadFile.Row(video: url)).OnlyReject;
        Assert.Equal("Video", reject.Column);
        Assert.StartsWith(reason, reject.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("N/A")]
    public void A_blank_date_rejects_the_row(string cell)
    {
        var reject = ReadFile.Lines(ReadFile.Row(date: cell)).OnlyReject;
        Assert.Equal(("Post Date", "blank", cell), (reject.Column, reject.Reason, reject.Value));
    }

    [Fact]
    public void The_first_fault_in_the_order_of_the_file_is_the_one_named()
    {
        Assert.Equal("Handle", ReadFile.Lines(ReadFile.Row(handle: "", video: "x", views: "x", date: "x")).OnlyReject.Column);
        var turned = ReadFile.Text(
            " Post Date ,Units Sold,GMV,Comments,Likes,Views,Video URL,Handle\nx,x,x,x,x,x,x,\n2025-01-15,-1,x,1,1,1,https://x.y/z,\n");
        Assert.Equal(["Post Date", "Units Sold"], turned.Rejects.Select(static r => r.Column));
    }

    [Fact]
    public void C18_Rate_and_title_are_text_as_written()
    {
        var video = ReadFile.Lines(ReadFile.Row(rate: " 02.50% ", title: " 007 ")).Only;
        Assert.Equal((" 02.50% ", " 007 "), (video.Rate, video.Title));
    }

    [Fact]
    public async Task Reading_ahead_gives_the_same_batches()
    {
        var text = new StringBuilder(ReadFile.Header + "\n");
        for (var i = 0; i < 40_000; i++)
        {
            text.Append(i % 7 == 0 ? "short\n" : ReadFile.Row(video: ReadFile.Url(i)) + "\n");
        }

        using var file = new InputFile(Encoding.UTF8.GetBytes(text.ToString()));
        var whole = ReadFile.Path(file.Path);
        var keys = new List<string>();
        using var export = VideosExport.Open(file.Path, Currency.Get("USD"), static (in Reject _) => { });
        await foreach (var batch in export.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                keys.Add(Encoding.UTF8.GetString(batch[i].Key));
            }
        }

        Assert.Equal(whole.Videos.Select(static v => v.Key), keys);
        Assert.Equal((whole.RowsRead, (long)whole.Rejects.Count), (export.RowsRead, export.RowsRejected));
    }

    [Fact]
    public async Task Reading_ahead_rejects_the_same_rows_for_the_same_reasons_in_order()
    {
        string[] kinds =
        [
            ReadFile.Row(), "short", ReadFile.Row(views: "many"), ReadFile.Row(title: "a\"b"), ReadFile.Row(title: "\"a\"b"),
            ReadFile.Row(title: "\u00E2"), "\u00E2,short", ReadFile.Row(handle: "x\0y"), ReadFile.Row(title: "\"two\nlines \"\"quoted\"\"\""), ReadFile.Row(video: ""),
        ];
        var text = new StringBuilder(ReadFile.Header + "\n");
        for (var i = 0; i < 30_000; i++)
        {
            text.Append(kinds[(i * 7 % 11 * i) % kinds.Length]).Append('\n');
        }

        // As bytes of Latin-1, so that some rows end within a character of UTF-8.
        using var file = new InputFile(Encoding.Latin1.GetBytes(text.ToString()));
        var expected = new List<Rejected>();
        using var rows = VideosExport.Open(file.Path, Currency.Get("USD"), (in Reject r) => expected.Add(Kept(r)));
        var one = new ActivityBatch();
        while (rows.Read(one, most: 1))
        {
        }

        var rejects = new List<Rejected>();
        using var export = VideosExport.Open(file.Path, Currency.Get("USD"), (in Reject r) => rejects.Add(Kept(r)));
        await foreach (var batch in export.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.NotEqual(0, batch.Count);
        }

        Assert.Equal(expected, rejects);
        Assert.Equal(30_000, export.RowsRead);
        Assert.Equal(5, rejects.Select(static r => r.Reason).Distinct().Count(static r => r.Contains("quote", StringComparison.Ordinal)
            || r.Contains("UTF-8", StringComparison.Ordinal) || r.Contains("NUL", StringComparison.Ordinal) || r.Contains("fields", StringComparison.Ordinal)));

        static Rejected Kept(in Reject r) =>
            new(r.Line, r.Column, r.Reason, Encoding.Latin1.GetString(r.Value), Encoding.Latin1.GetString(r.Raw));
    }

    [Fact]
    public void C04_A_character_cut_at_the_end_of_a_row_is_not_completed_by_the_next_row()
    {
        var read = ReadFile.Bytes(
        [
            .. Encoding.UTF8.GetBytes(ReadFile.Header + "\n" + ReadFile.Row(title: "cut ")), 0xE2, 0x82, (byte)'\n',
            0xAC, .. Encoding.UTF8.GetBytes(ReadFile.Row() + "\n" + ReadFile.Row(video: ReadFile.Url(8)) + "\n"),
        ]);
        Assert.Equal("8", read.Only.Key);
        Assert.Equal([(2L, "Video Title"), (3L, "Handle")], read.Rejects.Select(static r => (r.Line, r.Column)));
    }

    [Fact]
    public async Task Whoever_stops_reading_early_leaves_nothing_behind()
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(
            ReadFile.Header + "\n" + string.Concat(Enumerable.Range(0, 100_000).Select(static i => ReadFile.Row(video: ReadFile.Url(i)) + "\n"))));
        using (var export = VideosExport.Open(file.Path, Currency.Get("USD"), static (in Reject _) => { }))
        {
            await foreach (var batch in export.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                Assert.Equal("0", Encoding.UTF8.GetString(batch[0].Key));
                break;
            }

            Assert.InRange(export.RowsRead, 1, 99_999);
        }

        File.Delete(file.Path);
    }

    [Fact]
    public async Task A_fault_met_while_reading_ahead_reaches_the_caller()
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(ReadFile.Header + "\n" + ReadFile.Row() + "\n\"open"));
        using var export = VideosExport.Open(file.Path, Currency.Get("USD"), static (in Reject _) => { });
        var fault = await Assert.ThrowsAsync<SourceException>(async () =>
        {
            await foreach (var batch in export.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                Assert.Equal(1, batch.Count);
            }
        });
        Assert.Equal(SourceFault.UnclosedQuote, fault.Fault);
    }

    [Fact]
    public async Task Cancelling_ends_a_file_of_which_every_row_is_rejected()
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(ReadFile.Header + "\n" + string.Concat(Enumerable.Repeat("short\n", 100_000))));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var rejected = 0;
        using var export = VideosExport.Open(file.Path, Currency.Get("USD"), (in Reject _) =>
        {
            if (++rejected == 5_000)
            {
                cancel.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in export.ReadAllAsync(cancel.Token))
            {
                Assert.Fail($"a batch of {batch.Count}");
            }
        });
        Assert.InRange(rejected, 5_000, 6_000);
    }
}
