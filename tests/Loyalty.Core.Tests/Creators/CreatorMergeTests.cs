using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Creators;
using Loyalty.Identity.Merging;

namespace Loyalty.Tests.Creators;

public sealed class CreatorMergeTests
{
    private static readonly CreatorSource[] Sources = [CreatorSource.Euka, CreatorSource.Phones, CreatorSource.Refunnel, CreatorSource.Samples];

    private static readonly CreatorField[] Fields = [CreatorField.Email, CreatorField.FirstName, CreatorField.Address, CreatorField.Gmv];

    private static readonly string[][] Values =
    [
        ["a@x.example", "b@x.example", "c@x.example"], ["Ann", "ANN", "Bea"], ["1 A St\0\0Reno\0NV\0\0US\0", "1 A St\0Apt 1\0Reno\0NV\089501\0US\0", "2 B St\0\0Salem\0OR\0\0US\0"],
        ["1.00", "1.50", "2.00"],
    ];

    [Property(Arbitrary = [typeof(CreatorRows)])]
    public void Agrees_with_the_merge_of_records_for_any_rows(CreatorRow[] rows)
    {
        var merge = new RecordMerge(
        [
            new("email", MergeComparison.Text), new("first_name", MergeComparison.Text),
            new(["address_line_1", "address_line_2", "city", "state", "zipcode", "country"], MergeComparison.Text), new("gmv", MergeComparison.Number),
        ]);
        foreach (var (source, file, field, value, line) in rows)
        {
            merge.Add(field, Values[field][value] is var text && Fields[field] == CreatorField.Address ? text.Split('\0')[..6] : [Values[field][value]], new MergeOrigin(source, file, line));
        }

        var record = merge.Merge();
        var creator = Merged(rows);
        Assert.Equal(record["email"], creator.Email);
        Assert.Equal(record["first_name"], creator.FirstName);
        Assert.Equal(record["city"], creator.Address.City);
        Assert.Equal(record["zipcode"], creator.Address.Zip);
        Assert.Equal(
            record.Conflicts.Select(static c => (c.Column, c.Kept, Sources[c.KeptOrigin.Source], c.Other, Sources[c.OtherOrigin.Source], c.OtherOrigin.Line)).Order(),
            CreatorMerge.Conflicts(creator.Evidence, Sources).Select(static c => (c.Column, c.Kept, c.KeptSource, c.Other, c.OtherSource, c.Line)).Order());
    }

    [Property(Arbitrary = [typeof(CreatorRows)])]
    public void The_order_of_rows_of_a_file_does_not_matter(CreatorRow[] rows) =>
        Assert.Equal(Merged(rows), Merged([.. rows.Reverse()]));

    [Property(Arbitrary = [typeof(CreatorRows)])]
    public void Evidence_comes_back_from_its_text(CreatorRow[] rows)
    {
        var evidence = Merged(rows).Evidence;
        Assert.Equal(evidence, EvidenceJson.Read(EvidenceJson.Write(evidence)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"euka\":{\"email\":{}}}")]
    [InlineData("{\"nobody\":{}}")]
    [InlineData("{\"euka\":{\"email\":{\"file\":1,\"said\":[[\"a\"]]}}}")]
    public void What_is_no_evidence_is_refused(string text) => Assert.Throws<FormatException>(() => EvidenceJson.Read(text));

    [Theory]
    [InlineData("12 Main St, Austin, TX 78701", "12 Main St||Austin|TX|78701|US")]
    [InlineData(" 12 Main St ,Apt 4,Floor 2, Austin , tx 02134-0001 ", "12 Main St|Apt 4, Floor 2|Austin|TX|02134-0001|US")]
    [InlineData("12 Main St, Austin, Texas 78701", "12 Main St||Austin|TX|78701|US")]
    [InlineData("12 Main St, Austin", "12 Main St, Austin|||||")]
    [InlineData("12 Main St, Austin, TX", "12 Main St, Austin, TX|||||")]
    [InlineData("12 Main St, Austin, TX 7870", "12 Main St, Austin, TX 7870|||||")]
    [InlineData("Austin, TX 78701", "Austin, TX 78701|||||")]
    [InlineData("12 Main St, , Austin, TX 78701", "12 Main St||Austin|TX|78701|US")]
    [InlineData("12 Main St, Austin, TX 78701, United States", "12 Main St, Austin, TX 78701, United States|||||")]
    public void An_address_in_one_cell_is_taken_apart_from_the_right_or_kept_whole(string cell, string expected)
    {
        var address = PostalAddress.Of(cell, "US");
        Assert.Equal(expected, string.Join('|', Enumerable.Range(0, PostalAddress.Columns).Select(c => address[c])));
    }

    [Theory]
    [InlineData("Texas", "United States", "TX", "US")]
    [InlineData("texas", "", "TX", "US")]
    [InlineData("Texas", "GB", "Texas", "GB")]
    [InlineData("", "Deutschland", "", "DE")]
    [InlineData("x", "Atlantis", "x", "Atlantis")]
    public void States_and_countries_become_codes(string state, string country, string expectedState, string expectedCountry)
    {
        var address = PostalAddress.FromCells("1 Main St", "", "", state, "", country, "US");
        Assert.Equal((expectedState, expectedCountry), (address.State, address.Country));
        Assert.True(PostalAddress.FromCells("", "", "", "", "", country, "US").IsEmpty);
    }

    [Fact]
    public void Badges_follow_the_last_month_and_the_running_one()
    {
        var badges = BadgeLadder.Default(Money.Currency.Get("USD"));
        Assert.Equal("Silver", badges[badges.Earned(100_000)]);
        Assert.Equal("Bronze", badges[badges.Earned(99_999)]);
        Assert.Equal("Gold", badges[badges.On(500_000, 0)]);
        Assert.Equal("Gold", badges[badges.On(0, 500_000)]);
        CreatorVideo[] videos = [Video("1", new DateOnly(2025, 5, 31), 999.99m), Video("2", new DateOnly(2025, 5, 1), 0.01m), Video("3", new DateOnly(2025, 6, 1), 5_000m)];
        Assert.Equal(
            [new BadgeMonth(new DateOnly(2025, 5, 1), 1_000m, "Silver"), new BadgeMonth(new DateOnly(2025, 6, 1), 5_000m, "Gold")],
            badges.Months(videos, Money.Currency.Get("USD")));

        static CreatorVideo Video(string key, DateOnly on, decimal gmv) => new() { Key = key, Handle = "ann", PostedOn = on, Gmv = gmv };
    }

    [Fact]
    public void Products_are_found_by_sku_then_id_then_name()
    {
        var catalogue = new ProductCatalogue(
        [
            new CreatorProduct { ProductId = "1", Name = "Gold  Ring", SkuId = "11" }, new CreatorProduct { ProductId = "2", Name = "Silver Ring", SellerSku = "S-2" },
            new CreatorProduct { ProductId = "3", Name = "Twin" }, new CreatorProduct { ProductId = "4", Name = "twin" },
        ]);
        Assert.Equal("1", catalogue.Find("11", "S-2", "2", "Twin"));
        Assert.Equal("2", catalogue.Find("99", "S-2", "1", ""));
        Assert.Equal("1", catalogue.Find("", "", "1", "Silver Ring"));
        Assert.Equal("1", catalogue.Find("", "", "", "gold ring"));
        Assert.Equal("", catalogue.Find("", "", "", "Twin"));
        Assert.Equal("", catalogue.Find("", "", "", "Nothing"));
    }

    private static Creator Merged(CreatorRow[] rows)
    {
        var evidence = CreatorEvidence.None;
        foreach (var file in rows.GroupBy(static r => (r.File, r.Source)).OrderBy(static g => g.Key.File))
        {
            var statements = new SourceStatements(Sources[file.Key.Source], "f.csv");
            var creator = statements.Creator("ann"u8);
            foreach (var (_, _, field, value, line) in file)
            {
                statements.Say(creator, Fields[field], Encoding.UTF8.GetBytes(Values[field][value]), line);
            }

            evidence = evidence.With(statements.EvidenceOf(creator, file.Key.File));
        }

        return CreatorMerge.Merge(new Creator { Handle = "ann", Evidence = evidence }, Sources);
    }

    private static class CreatorRows
    {
        public static Arbitrary<CreatorRow[]> Any { get; } =
            (from source in Gen.Choose(0, Sources.Length - 1)
             from file in Gen.Choose(0, 1)
             from column in Gen.Choose(0, Fields.Length - 1)
             from value in Gen.Choose(0, 2)
             from line in Gen.Choose(2, 400)
             select new CreatorRow(source, file, column, value, line)).ArrayOf().Resize(24).ToArbitrary();
    }
}

/// <summary>A row of one of several files: where it stands and which value of which field it says, all small so that rows meet.</summary>
public readonly record struct CreatorRow(int Source, int File, int Field, int Value, int Line);
