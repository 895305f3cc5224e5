using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Activities;
using Loyalty.Money;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;

namespace Loyalty.Tests.Programs;

[Properties(MaxTest = 10_000, Arbitrary = [typeof(Amounts)])]
public sealed class CurrencyTests
{
    [Theory]
    [InlineData("USD", 1234, "12.34")]
    [InlineData("USD", -5, "-0.05")]
    [InlineData("USD", 0, "0.00")]
    [InlineData("JPY", 500, "500")]
    [InlineData("KWD", -1001, "-1.001")]
    [InlineData("CLF", 1, "0.0001")]
    [InlineData("USD", long.MinValue, "-92233720368547758.08")]
    [InlineData("USD", long.MaxValue, "92233720368547758.07")]
    [InlineData("CLF", long.MinValue, "-922337203685477.5808")]
    public void An_amount_has_exactly_the_digits_of_its_currency(string code, long minor, string expected) =>
        Assert.Equal(expected, Currency.Get(code).Format(minor));

    [Theory]
    [InlineData("USD", "12.34", 1234L)]
    [InlineData("USD", "12.3400", 1234L)]
    [InlineData("USD", "12.345", null)]
    [InlineData("JPY", "0.5", null)]
    [InlineData("JPY", "9223372036854775807", long.MaxValue)]
    [InlineData("JPY", "-9223372036854775808", long.MinValue)]
    [InlineData("JPY", "9223372036854775808", null)]
    [InlineData("USD", "92233720368547758.07", long.MaxValue)]
    [InlineData("USD", "92233720368547758.08", null)]
    [InlineData("USD", "-92233720368547758.09", null)]
    [InlineData("CLF", "79228162514264337593543950335", null)]
    public void Minor_units_are_exact_or_refused(string code, string amount, long? expected)
    {
        var fits = Currency.Get(code).TryToMinor(decimal.Parse(amount, CultureInfo.InvariantCulture), out var minor);
        Assert.Equal((expected is not null, expected ?? 0), (fits, minor));
    }

    [Property]
    public void What_is_formatted_is_read_back(long minor, Currency currency)
    {
        var text = currency.Format(minor);
        var bytes = new byte[22];
        Assert.Equal(text, Encoding.ASCII.GetString(bytes, 0, currency.Format(minor, bytes)));
        Assert.Equal(((decimal)minor / currency.MinorUnits).ToString("F" + currency.Digits, CultureInfo.InvariantCulture), text);
        Assert.True(currency.TryToMinor(decimal.Parse(text, CultureInfo.InvariantCulture), out var again));
        Assert.Equal(minor, again);
    }

    [Property]
    public void Any_decimal_is_taken_exactly_or_refused(decimal amount, Currency currency)
    {
        var fits = currency.TryToMinor(amount, out var minor);
        var rounded = Math.Abs(amount) < 9e14m && decimal.Round(amount, currency.Digits) == amount;
        Assert.Equal(fits ? amount : 0m, (decimal)minor / currency.MinorUnits);
        Assert.True(fits || !rounded);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("usd")]
    [InlineData("USDT")]
    [InlineData(" USD")]
    [InlineData("XXX")]
    public void What_is_no_code_is_refused(string? code)
    {
        Assert.False(Currency.TryGet(code, out _));
        Assert.Throws<FormatException>(() => Currency.Get(code ?? "?"));
    }

    [Fact]
    public void Rows_take_money_as_a_decimal_and_round_nothing()
    {
        var (usd, jpy, day) = (Currency.Get("USD"), Currency.Get("JPY"), new DateOnly(2025, 3, 1));
        Assert.Equal(new OrderRow("o", "ann", day, 1234), OrderRow.Of("o", "ann", day, 12.34m, usd));
        Assert.Equal(new RefundRow("r", "o", day, 500), RefundRow.Of("r", "o", day, 500m, jpy));
        Assert.Equal(LedgerOperation.Earn("o", "ann", day, 1230), LedgerOperation.Earn("o", "ann", day, 12.3m, usd));
        Assert.Equal(LedgerOperation.Refund("r", "o", day, 1), LedgerOperation.Refund("r", "o", day, 0.01m, usd));
        Assert.Equal(new Adjustment("a", "ann", day, -1234, 1, "returned"), Adjustment.Of("a", "ann", day, -12.34m, usd, 1, "returned"));
        Assert.Contains("12.345 is no amount in USD", Assert.Throws<ArgumentException>(() => OrderRow.Of("o", "ann", day, 12.345m, usd)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RefundRow.Of("r", "o", day, 0.5m, jpy));
        Assert.Throws<ArgumentException>(() => LedgerOperation.Earn("o", "ann", day, decimal.MaxValue, usd));
    }

    [Fact]
    public void A_destination_that_is_too_small_is_refused() => Assert.Throws<ArgumentException>(() => Currency.Get("USD").Format(1, new byte[21]));
}

/// <summary>Currencies of 0, 2, 3 and 4 digits, and minor units at the ends of 64 bits, near 0 and between.</summary>
internal static class Amounts
{
    public static Arbitrary<Currency> Currencies { get; } = Gen.Elements("JPY", "USD", "KWD", "CLF").Select(Currency.Get).ToArbitrary();

    public static Arbitrary<long> Minor { get; } = Gen.OneOf(
        Gen.Elements(0L, 1, -1, 9, -9, 99, 100, -100, 101, long.MaxValue, long.MinValue, long.MaxValue - 1, long.MinValue + 1),
        ArbMap.Default.GeneratorFor<long>(),
        Gen.Choose(-100_000, 100_000).Select(static n => (long)n)).ToArbitrary();
}
