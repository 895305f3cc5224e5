using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

public sealed class MaskedPhoneNumberTests
{
    [Fact]
    public void Every_row_of_the_public_set_matches_as_expected()
    {
        var rows = PublicSets.Read("masked_public.tsv");
        Assert.True(rows.Count > 200);
        var wrong = rows.Where(row => !Agrees(row)).Select(row => string.Join("\t", row)).ToArray();
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("(+1)832*****59", "", "+1832*****59", 5)]
    [InlineData("+1 832 ●●●●● 59", "", "+1832*****59", 5)]
    [InlineData("+1832XXXXX59", "", "+1832*****59", 5)]
    [InlineData("+1 (832) ###-##59", "", "+1832*****59", 5)]
    [InlineData("001832*****59", "", "+1832*****59", 5)]
    [InlineData("832*****59", "us", "+1832*****59", 5)]
    [InlineData("1832*****59", "US", "+1832*****59", 5)]
    [InlineData("071***1328", "RO", "+4071***1328", 6)]
    [InlineData("0630***1234", "HU", "+3630***1234", 6)]
    [InlineData("02*****20", "IT", "+3902*****20", 4)]
    [InlineData("phone: (+1)832*****59 ext 7", "", "+1832*****59", 5)]
    [InlineData("+44 7911****56 x12", "", "+447911****56", 6)]
    [InlineData("+44 7911****56 #12", "", "+447911****56", 6)]
    [InlineData("832-5X5-XX59", "US", "+18325*5**59", 7)]
    [InlineData("+1#####55519", "", "+1*****55519", 5)]
    [InlineData("+1 ### ### 5519", "", "+1******5519", 4)]
    [InlineData("+44xxxxxx1234", "", "+44******1234", 4)]
    [InlineData("0xxx xxx 1234", "AU", "+61******1234", 4)]
    [InlineData("0••••••1234", "GB", "+44******1234", 4)]
    [InlineData("+1·······519", "", "+1*******519", 3)]
    [InlineData("+1_______519", "", "+1*******519", 3)]
    [InlineData("(+1)832_____59", "", "+1832*****59", 5)]
    [InlineData("+1 832 ---- -59", "", "+1832****59", 5)]
    [InlineData("+1---------9", "", "+1*********9", 1)]
    [InlineData("+1…5519", "", "+1*5519", 4)]
    [InlineData("+1 832…59", "", "+1832*59", 5)]
    [InlineData("0…1234", "GB", "+44*1234", 4)]
    [InlineData("+1 hidden 5519", "", "+1*5519", 4)]
    [InlineData("(+44) HIDDEN 1234", "", "+44*1234", 4)]
    [InlineData("0 masked 1234", "DE", "+49*1234", 4)]
    [InlineData("832...59", "US", "+1832***59", 5)]
    [InlineData("Tel: +1 832 xxx xx59", "", "+1832*****59", 5)]
    [InlineData("+44x*****1234", "", "+44******1234", 4)]
    public void F18_a_mask_is_read(string text, string hint, string expected, int visible)
    {
        var (reason, masked) = Read(text, hint);
        Assert.Equal((MaskedPhoneReason.None, expected, visible), (reason, masked.ToString(), masked.VisibleDigits));
    }

    [Theory]
    [InlineData("+13159212129", "", MaskedPhoneReason.NotMasked)]
    [InlineData("", "US", MaskedPhoneReason.NotMasked)]
    [InlineData("1-800-FLOWERSxx", "US", MaskedPhoneReason.NotMasked)]
    [InlineData("832·555·0159", "US", MaskedPhoneReason.NotMasked)]
    [InlineData("+1 315---921---2129", "", MaskedPhoneReason.NotMasked)]
    [InlineData("+1 315 921 2129 x5", "", MaskedPhoneReason.NotMasked)]
    [InlineData("---", "", MaskedPhoneReason.NotMasked)]
    [InlineData("hidden", "US", MaskedPhoneReason.NotMasked)]
    [InlineData("Maxxine", "US", MaskedPhoneReason.NotMasked)]
    [InlineData("90****0400", "", MaskedPhoneReason.NoCallingCode)]
    [InlineData("+999***12", "", MaskedPhoneReason.NoCallingCode)]
    [InlineData("(+290)****", "", MaskedPhoneReason.NoVisibleDigit)]
    [InlineData("***", "US", MaskedPhoneReason.NoVisibleDigit)]
    [InlineData("***", "", MaskedPhoneReason.NoCallingCode)]
    public void Anything_else_says_why(string text, string hint, MaskedPhoneReason reason) => Assert.Equal(reason, Read(text, hint).Reason);

    [Theory]
    [InlineData("(+1)832*****59", 80_000)]
    [InlineData("(+1)111*****59", 0)]
    [InlineData("(+1)315921212*", 10)]
    [InlineData("(+44)7781*****3", 100_000)]
    [InlineData("(+247)4****", 10_000)]
    public void The_strength_of_the_evidence_is_counted(string text, long valid) => Assert.Equal(valid, Read(text, "").Masked.CountValidNumbers());

    [Theory]
    [InlineData("(+1)264497****")]
    [InlineData("(+1)80021****0")]
    [InlineData("(+39)06698****")]
    [InlineData("(+44)1481****0*")]
    [InlineData("(+7)77****2436")]
    [InlineData("(+599)4****0*")]
    public void The_count_is_that_of_trying_every_number(string text)
    {
        var masked = Read(text, "").Masked;
        var pattern = masked.ToString().ToCharArray();
        var hidden = pattern.Select((c, i) => (c, i)).Where(x => x.c == '*').Select(x => x.i).ToArray();
        var valid = 0;
        for (var n = 0; n < (int)Math.Pow(10, hidden.Length); n++)
        {
            var rest = n;
            foreach (var index in hidden)
            {
                pattern[index] = (char)('0' + rest % 10);
                rest /= 10;
            }

            // A number whose national prefix is taken off is another number.
            valid += PhoneNumber.TryParse(pattern, null, out var number) && number.IsValid && number.ToString().AsSpan().SequenceEqual(pattern) ? 1 : 0;
        }

        Assert.Equal(valid, masked.CountValidNumbers());
    }

    [Theory]
    [InlineData("+1 832…59", "+18325550159")]
    [InlineData("0 hidden 0159", "+448325550159")]
    [InlineData("+1·······519", "+18325550519")]
    public void F18_what_hides_any_number_of_digits_fits_by_its_ends(string text, string number)
    {
        var masked = Read(text, "GB").Masked;
        Assert.Equal(text.Contains('·') ? MaskFit.Strict : MaskFit.Lenient, masked.Fit(PhoneNumber.Parse(number, null)));
    }

    [Theory]
    [InlineData("+1_______519")]
    [InlineData("+1---------9")]
    [InlineData("+1…5519")]
    [InlineData("+1 hidden 5519")]
    public void F18_a_masked_text_is_no_number(string text)
    {
        Assert.Equal(PhoneReason.Masked, PhoneNumber.Read(text, default, out var number));
        Assert.False(number.HasValue);
        Assert.True(PhoneNumber.IsMasked(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void A_strict_fit_hides_lenient_ones_and_candidates_count_once()
    {
        var masked = Read("(+1)832*****59", "").Masked;
        PhoneNumber strict = PhoneNumber.Parse("+18325550159", null), other = PhoneNumber.Parse("+18325550259", null), lenient = PhoneNumber.Parse("+183255501759", null);
        Assert.Equal((MaskFit.Strict, MaskFit.Lenient, MaskFit.None), (masked.Fit(strict), masked.Fit(lenient), masked.Fit(PhoneNumber.Parse("+448325550159", null))));

        var match = masked.Match([lenient, strict, default, PhoneNumber.Parse("+1 832 555 0159 ext. 5", null), strict]);
        Assert.Equal((MaskedPhoneOutcome.Matched, MaskFit.Strict, strict), (match.Outcome, match.Fit, match.Number));
        match = masked.Match([lenient, lenient]);
        Assert.Equal((MaskedPhoneOutcome.Matched, MaskFit.Lenient, lenient), (match.Outcome, match.Fit, match.Number));
        match = masked.Match([other, strict, lenient]);
        Assert.Equal((MaskedPhoneOutcome.Ambiguous, 2, false), (match.Outcome, match.Hits, match.Number.HasValue));
        Assert.Equal(MaskedPhoneOutcome.None, masked.Match([]).Outcome);
    }

    private static bool Agrees(string[] row)
    {
        PhoneRegion.TryParse(row[1], null, out var hint);
        var (reason, masked) = Read(row[0], row[1]);
        if (reason != MaskedPhoneReason.None)
        {
            return row[3] == "unusable" && PhoneNumber.IsMasked(Encoding.UTF8.GetBytes(row[0]));
        }

        var candidates = row[2].Split('|').Select(text => PhoneNumber.Read(text, hint, out var number) >= 0 ? number : default).ToArray();
        var match = masked.Match(candidates);
        Array.Reverse(candidates);
        var reversed = masked.Match(candidates);
        var expected = match.Outcome switch { MaskedPhoneOutcome.Matched => "match", MaskedPhoneOutcome.Ambiguous => "ambiguous", _ => "none" };
        return (match.Outcome, match.Number, match.Hits, match.Fit) == (reversed.Outcome, reversed.Number, reversed.Hits, reversed.Fit)
            && expected == row[3]
            && (match.Outcome != MaskedPhoneOutcome.Matched || match.Number.ToString() == row[4])
            && masked.VisibleDigits.ToString() == row[6]
            && (match.Outcome == MaskedPhoneOutcome.None || string.Equals(match.Fit.ToString(), row[7], StringComparison.OrdinalIgnoreCase));
    }

    private static (MaskedPhoneReason Reason, MaskedPhoneNumber Masked) Read(string text, string hint)
    {
        PhoneRegion.TryParse(hint, null, out var region);
        return (MaskedPhoneNumber.Read(Encoding.UTF8.GetBytes(text), region, out var masked), masked);
    }
}
