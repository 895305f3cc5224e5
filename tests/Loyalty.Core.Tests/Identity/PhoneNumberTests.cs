using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

public sealed class PhoneNumberTests
{
    [Fact]
    public void Every_row_of_the_public_set_agrees_with_libphonenumber()
    {
        var rows = PublicSets.Read("phones_public.tsv");
        Assert.True(rows.Count > 1000);

        // The set is of metadata 9.0.40. Benin gave up its numbers of eight digits, and Botswana made a range of mobile numbers one of others, before 9.0.43.
        string[] changed = ["85754426", "(+229)81121877", "+267 79 101 234"];
        Assert.Equal(changed, rows.Where(row => !Agrees(row)).Select(row => row[0]));
    }

    [Theory]
    [InlineData("+13159212129", "", "+13159212129", "US", PhoneNumberType.FixedLineOrMobile)]
    [InlineData("(+1)8325550159", "", "+18325550159", "US", PhoneNumberType.FixedLineOrMobile)]
    [InlineData("1-800-FLOWERS", "US", "+18003569377", "US", PhoneNumberType.TollFree)]
    [InlineData("+39 02 1234 5020", "", "+390212345020", "IT", PhoneNumberType.FixedLine)]
    [InlineData("0343 15 555 1212", "AR", "+5493435551212", "AR", PhoneNumberType.Mobile)]
    [InlineData("07781 709793", "GB", "+447781709793", "GG", PhoneNumberType.Mobile)]
    [InlineData("8 (905) 128-19-25", "RU", "+79051281925", "RU", PhoneNumberType.Mobile)]
    [InlineData("+800 2345 8304", "", "+80023458304", "001", PhoneNumberType.TollFree)]
    [InlineData("tel:04-472-1336;phone-context=+64", "", "+6444721336", "NZ", PhoneNumberType.FixedLine)]
    [InlineData("＋１２６４４６１２１６９", "", "+12644612169", "AI", PhoneNumberType.FixedLine)]
    [InlineData("٠٥٠ ١٢٣ ٤٥٦٧", "AE", "+971501234567", "AE", PhoneNumberType.Mobile)]
    public void A_number_is_read(string text, string hint, string e164, string region, PhoneNumberType type)
    {
        var (reason, number) = Read(text, hint);
        Assert.Equal((PhoneReason.None, e164, region, type), (reason, number.ToString(), number.Region.Code, number.Type));
    }

    [Theory]
    [InlineData("", "US", PhoneReason.Missing)]
    [InlineData("   ", "US", PhoneReason.Missing)]
    [InlineData("abc", "US", PhoneReason.NotANumber)]
    [InlineData("()", "US", PhoneReason.NotANumber)]
    [InlineData("name@example.com", "US", PhoneReason.NotANumber)]
    [InlineData("3159212129", "", PhoneReason.RegionNeeded)]
    [InlineData("3159212129", "UK", PhoneReason.RegionNeeded)]
    [InlineData("+999 123456789", "", PhoneReason.UnknownCallingCode)]
    [InlineData("12345678901234567890", "US", PhoneReason.Oversized)]
    [InlineData("123", "US", PhoneReason.TooShort)]
    [InlineData("921-2129", "US", PhoneReason.LocalOnly)]
    [InlineData("+1 315 921 21299", "", PhoneReason.TooLong)]
    [InlineData("0000000000", "US", PhoneReason.Unassigned)]
    [InlineData("(+1)832*****59", "", PhoneReason.Masked)]
    [InlineData("93XXXXXX28", "US", PhoneReason.Masked)]
    [InlineData("123****90", "AT", PhoneReason.Masked)]
    [InlineData("+1 832 ●●●● 59", "", PhoneReason.Masked)]
    [InlineData("+52 1 81 1884 0745", "", PhoneReason.TooLong)]
    public void Anything_else_says_why(string text, string hint, PhoneReason reason) => Assert.Equal(reason, Read(text, hint).Reason);

    [Theory]
    [InlineData("+1 315 921 2129 ext. 12", "12")]
    [InlineData("+1 315 921 2129;ext=0123", "0123")]
    [InlineData("+1 315 921 2129 - 503#", "503")]
    [InlineData("+1 315 921 2129,,99", "99")]
    [InlineData("+1 315 921 2129 x", "")]
    public void An_extension_is_told_apart(string text, string extension)
    {
        var (_, number) = Read(text, "");
        Assert.Equal(("+13159212129", extension), (number.ToString(), number.Extension));
        Assert.Equal("", number.WithoutExtension().Extension);
    }

    [Fact]
    public void The_old_mexican_mobile_form_is_repaired_only_when_asked()
    {
        var (reason, old) = Read("+52 1 81 1884 0745", "");
        Assert.Equal(PhoneReason.TooLong, reason);
        Assert.True(old.TryRepairMexicanMobile(out var repaired));
        Assert.Equal(("+528118840745", true), (repaired.ToString(), repaired.IsValid));
        Assert.False(repaired.TryRepairMexicanMobile(out _));
    }

    [Fact]
    public void Without_a_number_there_is_nothing()
    {
        PhoneNumber none = default;
        Assert.False(none.HasValue || none.IsValid || none.IsPossible);
        Assert.Equal(("", "", 0, PhoneReason.Missing), (none.ToString(), none.NationalNumber, none.CallingCode, none.Reason));
        Assert.True(none.Region.IsNone);
    }

    [Fact]
    public void Parse_takes_international_numbers_and_says_what_it_expects()
    {
        Assert.Equal("+442071838750", PhoneNumber.Parse("+44 20 7183 8750", null).ToString());
        Assert.Equal(PhoneNumber.Parse("+44 20 7183 8750", null), PhoneNumber.Parse("+442071838750"u8, null));
        Assert.Contains("RegionNeeded", Assert.Throws<FormatException>(() => PhoneNumber.Parse("020 7183 8750", null)).Message, StringComparison.Ordinal);
        Assert.False(PhoneNumber.TryParse((string?)null, null, out _));
    }

    [Fact]
    public void Formatting_needs_room_and_writes_nothing_without_it()
    {
        var number = PhoneNumber.Parse("+13159212129", null);
        Assert.False(number.TryFormat(new byte[11], out var written, default, null));
        Assert.Equal(0, written);
        Assert.True(number.TryFormat(new char[12], out written, default, null));
        Assert.Equal(12, written);
        Assert.Equal("3159212129", number.NationalNumber);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var rows = PublicSets.Read("phones_public.tsv").Where(row => row[8].Length == 0)
            .Select(row => (Text: Encoding.UTF8.GetBytes(row[0]), Hint: PhoneRegion.TryParse(row[1], null, out var hint) ? hint : default)).ToArray();
        var e164 = new byte[PhoneNumber.MaxE164Length];
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var (text, hint) in rows)
            {
                PhoneNumber.Read(text, hint, out var number);
                number.TryFormat(e164, out _, default, null);
            }

            Assert.True(round == 0 || GC.GetAllocatedBytesForCurrentThread() == before);
        }
    }

    [Fact]
    public void All_regions_of_the_plan_are_known()
    {
        var regions = PhoneRegion.All.ToArray();
        Assert.Equal((254, 245), (regions.Length, regions.Count(region => region.Code != "001")));
        Assert.All(regions.Where(region => region.Code != "001"), region => Assert.Equal(region, PhoneRegion.Parse(region.Code.ToLowerInvariant(), null)));
        Assert.False(PhoneRegion.TryParse("UK", null, out _));
        Assert.False(PhoneRegion.TryParse("001", null, out _));
    }

    private static bool Agrees(string[] row)
    {
        var (reason, number) = Read(row[0], row[1]);
        PhoneRegion.TryParse(row[1], null, out var hint);
        Assert.Equal(reason, PhoneNumber.Read(row[0], hint, out var same));
        return number == same
            && (number.IsValid ? number.ToString() : "") == row[2]
            && (number.IsPossible ? "1" : "0") == row[3]
            && (number.IsValid ? "1" : "0") == row[4]
            && number.Region.Code == row[5]
            && number.ToString() == row[6]
            && (number.HasValue ? Code(number.Type) : "") == row[7]
            && number.Extension == row[8];
    }

    private static string Code(PhoneNumberType type) => type switch
    {
        PhoneNumberType.FixedLine => "FIXED_LINE",
        PhoneNumberType.FixedLineOrMobile => "FIXED_LINE_OR_MOBILE",
        PhoneNumberType.TollFree => "TOLL_FREE",
        PhoneNumberType.PremiumRate => "PREMIUM_RATE",
        PhoneNumberType.SharedCost => "SHARED_COST",
        PhoneNumberType.PersonalNumber => "PERSONAL_NUMBER",
        _ => type.ToString().ToUpperInvariant(),
    };

    private static (PhoneReason Reason, PhoneNumber Number) Read(string text, string hint)
    {
        PhoneRegion.TryParse(hint, null, out var region);
        return (PhoneNumber.Read(Encoding.UTF8.GetBytes(text), region, out var number), number);
    }
}
