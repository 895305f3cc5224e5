using System.Globalization;
using System.Text;
using Loyalty.Identity;
using PhoneNumbers;
using PhoneNumber = Loyalty.Identity.PhoneNumber;

namespace Loyalty.Tests.Identity;

/// <summary>F19: our answers beside those of libphonenumber-csharp, whose metadata our table is made of.</summary>
/// <remarks><c>LOYALTY_PHONE_CASES</c> sets how many numbers are generated (default 200,000; the nightly run takes 2,000,000).</remarks>
public sealed class LibphonenumberComparisonTests
{
    private const int Seed = 20_261_127;

    private static readonly PhoneNumberUtil Util = PhoneNumberUtil.GetInstance();

    private static readonly int Cases =
        int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_PHONE_CASES"), CultureInfo.InvariantCulture, out var cases) ? cases : 200_000;

    private static readonly PhoneNumberFormat[] Formats =
        [PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.RFC3966];

    private static readonly string[] JunkInFront = ["  ", "\t", "tel: ", "Phone ", "\u200B", "(0)", "\u00A0", "~", "'", "Mobile: ", "n° ", "+", "#"];
    private static readonly string[] JunkBehind = ["  ", "\t", "\u200B", " ext. 12", " x7", ";ext=3", "/", " .", "\u00A0", "--", "~", "\u2013", "'", " (1)", "#", ",,5", " 0"];

    // Each kind of difference with its reason; everything else is a fault.
    private static readonly (string Reason, Func<string, Answer, Answer, bool> Holds)[] Explained =
    [
        ("masked text is never a number here", static (_, ours, _) => ours.Reason == PhoneReason.Masked),
        ("beside three letters or more the ports of libphonenumber drop the digits of other scripts; Google's own JavaScript, which this follows, keeps them",
            static (text, _, _) => text.Count(char.IsAsciiLetter) >= 3 && text.Any(static c => c is >= '\uFF10' and <= '\uFF19')),
    ];

    [Fact]
    public void F19_generated_numbers_get_the_same_answers()
    {
        var random = new Random(Seed);
        var regions = Util.GetSupportedRegions().Order(StringComparer.Ordinal).ToArray();
        var differences = new List<string>();
        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Cases; i++)
        {
            var region = regions[i % regions.Length];
            var hint = random.Next(4) == 0 ? regions[random.Next(regions.Length)] : region;
            var text = Generate(random, region);
            var (ours, theirs) = (Ours(text, hint), Theirs(text, hint));
            if (ours.Equals(theirs))
            {
                continue;
            }

            var reason = Explained.FirstOrDefault(e => e.Holds(text, ours, theirs)).Reason;
            if (reason is null)
            {
                differences.Add(string.Create(CultureInfo.InvariantCulture, $"case {i}: '{text}' ({hint}): ours {ours}, theirs {theirs}"));
            }
            else
            {
                reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
            }
        }

        Assert.True(differences.Count == 0, $"seed {Seed}, {differences.Count} of {Cases} differ:\n{string.Join('\n', differences.Take(30))}");
        Assert.True(reasons.Values.Sum() <= Cases / 10_000, string.Join('\n', reasons));
    }

    private static Answer Ours(string text, string hint)
    {
        PhoneRegion.TryParse(hint, null, out var region);
        var reason = PhoneNumber.Read(text, region, out var number);
        return number.HasValue
            ? new Answer(number.ToString(), number.IsPossible, number.IsValid, number.IsValid ? number.Region.Code : "", number.Extension, reason)
            : new Answer("", false, false, "", "", reason);
    }

    private static Answer Theirs(string text, string hint)
    {
        try
        {
            var number = Util.Parse(text, hint);
            var valid = Util.IsValidNumber(number);
            return new Answer(
                Util.Format(number, PhoneNumberFormat.E164), Util.IsPossibleNumber(number), valid, valid ? Util.GetRegionCodeForNumber(number) ?? "" : "", number.Extension, default);
        }
        catch (NumberParseException)
        {
            return new Answer("", false, false, "", "", default);
        }
    }

    /// <summary>A number of a region: an example of one of its kinds with other digits, valid or nearly so, in some style, with or without junk.</summary>
    private static string Generate(Random random, string region)
    {
        var metadata = Util.GetMetadataForRegion(region);
        PhoneNumberDesc[] kinds =
        [
            metadata.FixedLine, metadata.Mobile, metadata.TollFree, metadata.PremiumRate, metadata.SharedCost, metadata.Voip, metadata.PersonalNumber, metadata.Pager,
            metadata.Uan, metadata.Voicemail,
        ];
        var used = kinds.Where(static k => k.HasExampleNumber && k.ExampleNumber.Length > 0).ToArray();
        var national = new StringBuilder(used[random.Next(used.Length)].ExampleNumber);

        // The last digits are free in most plans; further changes make numbers that are nearly valid.
        for (var changes = random.Next(national.Length); changes > 0; changes--)
        {
            var at = random.Next(3) == 0 ? random.Next(national.Length) : national.Length - 1 - random.Next(Math.Min(4, national.Length));
            national[at] = (char)('0' + random.Next(10));
        }

        switch (random.Next(12))
        {
            case 0: national.Remove(random.Next(national.Length), 1); break;
            case 1: national.Insert(random.Next(national.Length + 1), random.Next(10)); break;
            case 2: national.Insert(0, metadata.NationalPrefix); break;
        }

        var text = Write(random, national.ToString(), region, metadata);
        return random.Next(10) switch
        {
            0 => JunkInFront[random.Next(JunkInFront.Length)] + text,
            1 => text + JunkBehind[random.Next(JunkBehind.Length)],
            _ => text,
        };
    }

    private static string Write(Random random, string national, string region, PhoneMetadata metadata)
    {
        var code = metadata.CountryCode.ToString(CultureInfo.InvariantCulture);
        switch (random.Next(8))
        {
            case 0: return national;
            case 1: return "+" + code + national;
            case 2: return $"(+{code}) {national}";
            case 3: return "00" + code + national;
            case 4: return $"{metadata.NationalPrefix}{string.Join(random.Next(2) == 0 ? " " : "-", national.Chunk(3).Select(static c => new string(c)))}";
            case 5: return string.Concat(("+" + code + national).Select(static c => c is >= '0' and <= '9' ? (char)('\uFF10' + c - '0') : c));
            default:
                return national.Length is > 1 and < 18 && ulong.TryParse(national, CultureInfo.InvariantCulture, out var value)
                    ? Util.Format(
                        new PhoneNumbers.PhoneNumber.Builder().SetCountryCode(metadata.CountryCode).SetNationalNumber(value)
                            .SetNumberOfLeadingZeros(national.Length - national.TrimStart('0').Length).Build(),
                        Formats[random.Next(Formats.Length)])
                    : national + region;
        }
    }

    /// <summary>What is said of a text. The reason is ours alone, and does not count.</summary>
    private sealed record Answer(string E164, bool IsPossible, bool IsValid, string Region, string Extension, PhoneReason Reason)
    {
        public bool Equals(Answer? other) =>
            other is not null && E164 == other.E164 && IsPossible == other.IsPossible && IsValid == other.IsValid && Region == other.Region && Extension == other.Extension;

        public override int GetHashCode() => E164.GetHashCode(StringComparison.Ordinal);
    }
}
