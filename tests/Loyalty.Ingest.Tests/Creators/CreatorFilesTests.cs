using System.Text;
using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Ingest;
using Loyalty.Ingest.Creators;
using Loyalty.Money;

namespace Loyalty.Tests.Ingest.Creators;

public sealed class CreatorFilesTests
{
    [Fact]
    public void Euka_finds_the_brands_columns_by_their_endings()
    {
        var read = Read(CreatorSource.Euka, "PAVOI ACTIVE GMV ALL TIME,Email ,HANDLE,\"A, B VIDEOS POSTED ALL TIME\",address,phone\n$1.2k,A@B.example,@Ann,7,\"1 Main St, Austin, TX 78701\",(212) 555-0123\n");
        var creator = Assert.Single(read.Creators);
        Assert.Equal("a@b.example", creator.Email);
        Assert.Equal("+12125550123", creator.Phone);
        Assert.Equal(1_200m, creator.Gmv);
        Assert.Equal("TX", creator.Address.State);
        Assert.Equal((1_200m, 7L), (read.Statements.FiguresOf(0, "x")!.Gmv!.Value, read.Statements.FiguresOf(0, "x")!.Videos!.Value));
    }

    [Fact]
    public void Euka_with_the_figures_of_two_brands_is_refused() => Assert.Contains(
        "two brands",
        Assert.Throws<SourceException>(() => Read(CreatorSource.Euka, "handle,A GMV ALL TIME,B GMV ALL TIME\nann,1,2\n")).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("--")]
    [InlineData("-")]
    [InlineData("N/A")]
    [InlineData("\t")]
    [InlineData("")]
    public void Blank_cells_say_nothing(string blank)
    {
        var read = Read(CreatorSource.Refunnel, $"username,followers,gmv,emv\nann,{blank},{blank},{blank}\n");
        var creator = Assert.Single(read.Creators);
        Assert.Null(creator.Followers);
        Assert.Null(creator.Gmv);
    }

    [Theory]
    [InlineData("1.2m", 1_200_000d)]
    [InlineData("15k", 15_000d)]
    [InlineData("15K", 15_000d)]
    [InlineData("\"1,234\"", 1_234d)]
    [InlineData("0.5M", 500_000d)]
    [InlineData("1.0005k", 1_000.5d)]
    [InlineData("12.5", 12.5d)]
    [InlineData("-5", -5d)]
    [InlineData("1.2.3", null)]
    [InlineData("\"12,5\"", null)]
    [InlineData("1e5", null)]
    [InlineData("k", null)]
    public void Followers_are_whole_after_their_suffix(string cell, double? expected)
    {
        var read = Read(CreatorSource.Refunnel, $"username,followers\nann,{cell}\n");
        if (expected is { } number && number >= 0 && number == Math.Truncate(number))
        {
            Assert.Equal((long)number, Assert.Single(read.Creators).Followers);
        }
        else
        {
            Assert.Equal("followers", Assert.Single(read.Rejects).Column);
            Assert.Empty(read.Creators);
        }
    }

    [Fact]
    public void Samples_skip_what_has_no_order_id_and_reject_what_a_spreadsheet_changed()
    {
        var read = Read(CreatorSource.Samples, """
            Order ID,SKU ID,Buyer Username,Quantity,Created Time
            Platform unique order ID.,Platform SKU,Who,How many,When
            577000000000000001,1729,ann,1,11/26/2025 7:47:37 AM
            5.77E+17,1729,ann,1,11/26/2025 7:47:37 AM
            577000000000000002,1.7E+18,ann,1,
            577000000000000003,1729,,1,
            577000000000000004,1729,bob,1,26/11/2025 07:47:37
            Order ID,SKU ID,Buyer Username,Quantity,Created Time
            Total

            """);
        Assert.Equal((8L, 1L, 3L, 4L), (read.Statements.RowsRead, read.Statements.RowsTaken, read.Statements.RowsSkipped, read.Statements.RowsRejected));
        Assert.Equal(["changed by a spreadsheet", "changed by a spreadsheet", "placeholder"], read.Rejects.Select(static r => r.Reason).Take(3));
        Assert.Equal("Created Time", read.Rejects[3].Column);
        var sample = read.Statements.SampleAt(0, "Acme");
        Assert.Equal(("577000000000000001", "1729", "ann", new DateTime(2025, 11, 26, 7, 47, 37)), (sample.OrderId, sample.SkuId, sample.Handle, sample.OrderedAt!.Value));
    }

    [Fact]
    public void The_region_says_how_dates_and_numbers_are_written()
    {
        var options = new CreatorFileOptions { Region = PhoneRegion.Parse("VN", null), Currency = Currency.Get("VND") };
        var read = Read(CreatorSource.Videos, """
            Tên video,Ngày đăng video,Tên người dùng của nhà sáng tạo,Liên kết video,Số món bán ra qua liên kết ,GMV,CTR của liên kết,Lượt hiển thị của video link bán hàng
            Review,01-05-2026,creator_a,https://www.tiktok.com/@creator_a/video/71,45,5.400.000,"2,5%",20.000

            """, options);
        var video = read.Statements.VideoAt(0, out _);
        Assert.Equal((new DateOnly(2026, 5, 1), 5_400_000m, 45L, 2.5m, 20_000L), (video.PostedOn, video.Gmv, video.Units, video.ClickThroughPercent!.Value, video.Impressions));
    }

    [Fact]
    public void Of_the_rows_of_a_video_the_largest_gmv_counts_and_every_product_stays()
    {
        string[] rows =
        [
            "b,https://www.tiktok.com/@ann/video/71,2025-05-01,ann,$10.00,One", "z,https://www.tiktok.com/@ann/video/71?x=1,2025-05-01,ann,$20.00,Two",
            "y,https://www.tiktok.com/@ann/video/71,2025-05-01,ann,$20.00,Three",
        ];
        foreach (var order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2]])
        {
            var read = Read(CreatorSource.Videos, "Video name,Video link,Video post date,Creator username,GMV,Product name\n" + string.Join('\n', order.Select(i => rows[i])) + "\n");
            var video = read.Statements.VideoAt(0, out var products);
            Assert.Equal((20m, "z"), (video.Gmv, video.Title));
            Assert.Equal(["One", "Three", "Two"], products.Select(static p => p.Name).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Product_analytics_may_begin_with_what_it_analyses()
    {
        var read = Read(CreatorSource.Products, "Analysis date: 01/05/2025~31/05/2025\nProduct Name,Product ID,GMV\n\"Ring, gold\",1729,\"$1,000.50\"\nTotal,,5\n");
        Assert.Equal((3L, 2L, 0L), (read.Statements.RowsRead, read.Statements.RowsSkipped, read.Statements.RowsRejected));
        Assert.Equal(("1729", "Ring, gold", 1_000.5m), (read.Statements.ProductAt(0).ProductId, read.Statements.ProductAt(0).Name, read.Statements.ProductAt(0).Gmv!.Value));
        Assert.Contains(
            "Product ID", Assert.Throws<SourceException>(() => Read(CreatorSource.Products, "a,b\n1,2\n3,4\n")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_repaired_before_they_are_compared()
    {
        var read = Read(CreatorSource.Phones, "Username,First Name,Last Name,Phone #\nann,JosÃ©,MartÃ­nez,\nann,José,J***,\n");
        var creator = Assert.Single(read.Creators);
        Assert.Equal(("José", "Martínez"), (creator.FirstName, creator.LastName));
        Assert.Empty(CreatorMerge.Conflicts(creator.Evidence, [CreatorSource.Phones]));
        Assert.Equal("a masked name", Assert.Single(read.Unused).Reason);
    }

    [Fact]
    public void Masks_are_evidence_and_never_a_number()
    {
        var read = Read(CreatorSource.Phones, "Username,Phone #\nann,(+1)832*****59\nann,(+1)8325550159\nbob,(+1)832*****59\nann,(+1)832*****77\n");
        var (ann, bob) = (read.Creators[0], read.Creators[1]);
        Assert.Equal(("+18325550159", ""), (ann.Phone, bob.Phone));
        Assert.False(bob.IsPhoneVerified);
        Assert.Equal(
            [new PhoneLink("(+1)832*****59", "+18325550159", MaskedPhoneOutcome.Matched), new PhoneLink("(+1)832*****77", "", MaskedPhoneOutcome.None)],
            CreatorMerge.PhoneLinks(ann.Evidence));
        Assert.Equal([new PhoneLink("(+1)832*****59", "", MaskedPhoneOutcome.None)], CreatorMerge.PhoneLinks(bob.Evidence));
    }

    private static Result Read(CreatorSource source, string text, CreatorFileOptions? options = null)
    {
        using var file = new InputFile(Encoding.UTF8.GetBytes(text), "input.csv");
        var rejects = new List<Rejected>();
        var unused = new List<Rejected>();
        var statements = CreatorFiles.Read(
            source, file.Path, (options ?? new CreatorFileOptions()) with { OnUnusedCell = (in Reject r) => unused.Add(Copy(r)) }, (in Reject r) => rejects.Add(Copy(r)));
        Assert.Equal(statements.RowsRejected, rejects.Count);
        var creators = Enumerable.Range(0, statements.CreatorCount).Select(i => CreatorMerge.Merge(
            new Creator { Handle = statements.HandleOf(i), Evidence = new CreatorEvidence([statements.EvidenceOf(i, 1)]) }, [source]));
        return new Result(statements, [.. creators], rejects, unused);

        static Rejected Copy(in Reject reject) => new(
            reject.Line, reject.Column, reject.Reason, Encoding.UTF8.GetString(reject.Value), Encoding.UTF8.GetString(reject.Raw));
    }

    private sealed record Result(SourceStatements Statements, IReadOnlyList<Creator> Creators, IReadOnlyList<Rejected> Rejects, IReadOnlyList<Rejected> Unused);
}
