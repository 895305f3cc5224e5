using System.Globalization;
using System.Text;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Tests.Ingest.Values;

public sealed class AmountTests
{
    /// <summary>Every form of the list: an exact number of minor units of USD, or the reason.</summary>
    public static TheoryData<string, long?, string?> Forms => new()
    {
        { "0", 0, null },
        { "0.00", 0, null },
        { "-0.00", 0, null },
        { "007", 700, null },
        { "1234", 123_400, null },
        { "1234.5", 123_450, null },
        { "1234.56", 123_456, null },
        { ".5", 50, null },
        { "$1234.56", 123_456, null },
        { "$1,234.56", 123_456, null },
        { "1,234", 123_400, null },
        { "1,234,567.89", 123_456_789, null },
        { "-5", -500, null },
        { "-$5.00", -500, null },
        { "$-5.00", -500, null },
        { "-1,234.56", -123_456, null },
        { "USD 12.34", 1_234, null },
        { "USD12.34", 1_234, null },
        { "92233720368547758.07", long.MaxValue, null },
        { "-92233720368547758.08", long.MinValue, null },
        { "92233720368547758.08", null, CellNumber.TooLarge },
        { "-92233720368547758.09", null, CellNumber.TooLarge },
        { "92233720368547759", null, CellNumber.TooLarge },
        { "99999999999999999999999999999999", null, CellNumber.TooLarge },
        { "1.234", null, CellNumber.TooManyDecimals },
        { "12.500", null, CellNumber.TooManyDecimals },
        { "12,5", null, CellNumber.NotAnAmount },
        { "0,125", null, CellNumber.NotAnAmount },
        { "0,125.00", null, CellNumber.NotAnAmount },
        { "12,50", null, CellNumber.NotAnAmount },
        { "1,2,3", null, CellNumber.NotAnAmount },
        { "1,2345", null, CellNumber.NotAnAmount },
        { "1234,567", null, CellNumber.NotAnAmount },
        { ",123", null, CellNumber.NotAnAmount },
        { "1,,234", null, CellNumber.NotAnAmount },
        { "1,234,", null, CellNumber.NotAnAmount },
        { "1.234,56", null, CellNumber.NotAnAmount },
        { "1.234.567", null, CellNumber.NotAnAmount },
        { "12.5.0", null, CellNumber.NotAnAmount },
        { "1 234.56", null, CellNumber.NotAnAmount },
        { "1\u00A0234,56", null, CellNumber.NotAnAmount },
        { "1\u202F234,56", null, CellNumber.NotAnAmount },
        { "1\u00A0234.56", null, CellNumber.NotAnAmount },
        { "1'234.56", null, CellNumber.NotAnAmount },
        { "(5.00)", null, CellNumber.NotAnAmount },
        { "7-", null, CellNumber.NotAnAmount },
        { "--5", null, CellNumber.NotAnAmount },
        { "-$-5", null, CellNumber.NotAnAmount },
        { "$$5", null, CellNumber.NotAnAmount },
        { "+5", null, CellNumber.NotAnAmount },
        { "\u22125.00", null, CellNumber.NotAnAmount },
        { "\u20135.00", null, CellNumber.NotAnAmount },
        { "1.2K", null, CellNumber.NotAnAmount },
        { "3M", null, CellNumber.NotAnAmount },
        { "12.5%", null, CellNumber.NotAnAmount },
        { "12,5%", null, CellNumber.NotAnAmount },
        { "1e5", null, CellNumber.NotAnAmount },
        { "1E5", null, CellNumber.NotAnAmount },
        { "1.49E+08", null, CellNumber.NotAnAmount },
        { "0x10", null, CellNumber.NotAnAmount },
        { "NaN", null, CellNumber.NotAnAmount },
        { "Infinity", null, CellNumber.NotAnAmount },
        { "∞", null, CellNumber.NotAnAmount },
        { "٣٤", null, CellNumber.NotAnAmount },
        { "１２", null, CellNumber.NotAnAmount },
        { "½", null, CellNumber.NotAnAmount },
        { "5.", null, CellNumber.NotAnAmount },
        { ".", null, CellNumber.NotAnAmount },
        { "$", null, CellNumber.NotAnAmount },
        { "-.", null, CellNumber.NotAnAmount },
        { "5 USD", 500, null },
        { "US$5", 500, null },
        { "usd 5", 500, null },
        { "$ 5", 500, null },
        { "€5.00", null, "'€' is not the program's currency, which is USD" },
        { "5.00 €", null, "'€' is not the program's currency, which is USD" },
        { "EUR 5.00", null, "'EUR' is not the program's currency, which is USD" },
        { "BRL 35,91", null, "'BRL' is not the program's currency, which is USD" },
        { "Rp3.000.000", null, "'Rp' is not the program's currency, which is USD" },
        { "CA$5", null, "'CA$' is not the program's currency, which is USD" },
        { "US$ 5 USD", null, CellNumber.NotAnAmount },
        { "abc", null, CellNumber.NotAnAmount },
        { "1 2", null, CellNumber.NotAnAmount },
        { "=1+1", null, CellNumber.NotAnAmount },
        { "12..5", null, CellNumber.NotAnAmount },
        { "12.-5", null, CellNumber.NotAnAmount },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void C10_C11_An_amount_is_exact_or_refused_by_name(string cell, long? minor, string? reason)
    {
        var quoted = "\"" + cell + "\"";
        var read = ReadFile.Lines(ReadFile.Row(sales: quoted));
        if (minor is { } exact)
        {
            Assert.Equal(exact, read.Only.Sales);
        }
        else
        {
            Assert.Equal(("GMV", reason, Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(cell))), (read.OnlyReject.Column, read.OnlyReject.Reason, read.OnlyReject.Value));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("--")]
    [InlineData("N/A")]
    [InlineData("n/a")]
    [InlineData("\t")]
    [InlineData("  ")]
    [InlineData(" \u00A0")]
    public void S10_A_missing_metric_is_zero(string cell)
    {
        var video = ReadFile.Lines(ReadFile.Row(views: cell, likes: cell, comments: cell, sales: cell, units: cell)).Only;
        Assert.Equal((0, 0, 0, 0, 0), (video.Views, video.Likes, video.Comments, video.Sales, video.Units));
    }

    [Theory]
    [InlineData(" 12.50 ")]
    [InlineData("\t12.50")]
    [InlineData("\u00A012.50\u00A0")]
    public void C11_Space_around_an_amount_does_not_matter(string cell) =>
        Assert.Equal(1_250, ReadFile.Lines(ReadFile.Row(sales: cell)).Only.Sales);

    [Theory]
    [InlineData("JPY", "500", 500L)]
    [InlineData("JPY", "1,500", 1_500L)]
    [InlineData("JPY", "500.0", null)]
    [InlineData("BHD", "1.234", 1_234L)]
    [InlineData("BHD", "1.5", 1_500L)]
    [InlineData("BHD", "BHD 1.5", 1_500L)]
    [InlineData("BHD", "USD 1.5", null)]
    [InlineData("BHD", "1.2345", null)]
    [InlineData("CLF", "0.0001", 1L)]
    [InlineData("EUR", "12,50", null)]
    public void C11_Digits_are_those_of_the_currency(string currency, string cell, long? minor)
    {
        var read = ReadFile.Text(ReadFile.Header + "\n" + ReadFile.Row(sales: "\"" + cell + "\""), Currency.Get(currency));
        Assert.Equal(minor, read.Videos.Count == 0 ? null : read.Only.Sales);
    }

    /// <summary>The table above does not depend on the culture of the process: the parser never asks for one.</summary>
    [Theory]
    [InlineData(",", ".")]
    [InlineData(".", ",")]
    [InlineData("'", " ")]
    public void C11_The_culture_of_the_process_changes_nothing(string point, string group)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = point;
            culture.NumberFormat.NumberGroupSeparator = group == point ? "_" : group;
            culture.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = culture;
            Assert.Equal(-123_456, ReadFile.Lines(ReadFile.Row(sales: "\"-1,234.56\"")).Only.Sales);
            Assert.Equal("GMV", ReadFile.Lines(ReadFile.Row(sales: "\"12,5\"")).OnlyReject.Column);
            Assert.Equal("GMV", ReadFile.Lines(ReadFile.Row(sales: "~5")).OnlyReject.Column);
            Assert.Equal(new DateOnly(2025, 1, 15), ReadFile.Lines(ReadFile.Row()).Only.Date);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
