using System.Text;
using System.Text.Unicode;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

/// <summary>What holds for any input, over a million generated ones for each parser.</summary>
public sealed class IdentityProperties
{
    [Fact]
    public void A_phone_number_is_read_from_any_bytes_and_its_e164_reads_back()
    {
        var regions = PhoneRegion.All.Where(region => region.Code != "001").Append(default).ToArray();
        var e164 = new byte[PhoneNumber.MaxE164Length];
        var turn = 0;
        Fuzz.Run(input =>
        {
            var reason = PhoneNumber.Read(input, regions[turn++ % regions.Length], out var number);
            Require(number.HasValue == (reason is PhoneReason.None or >= PhoneReason.TooShort), "there is a number exactly when the reason says so");
            Require(number.IsValid == (reason == PhoneReason.None), "valid exactly without a reason");
            Require(!number.IsValid || (number.IsPossible && !number.Region.IsNone && number.Type != PhoneNumberType.Unknown), "valid numbers are possible, of a region and of a type");
            if (PhoneNumber.IsMasked(input))
            {
                Require(reason == PhoneReason.Masked, "masked text is no number");
            }

            if (!number.HasValue)
            {
                return;
            }

            Require(number.TryFormat(e164, out var written, default, null), "every number has an E.164 form");
            Require(e164[0] == '+' && written is >= 4 and <= PhoneNumber.MaxE164Length, "E.164 is plus and digits");
            PhoneNumber.Read(e164.AsSpan(0, written), default, out var back);
            Require(back.HasValue, "the E.164 form of any number is a number");
            if (number.IsValid)
            {
                Require(back == number.WithoutExtension() && back.IsValid && back.Region == number.Region && back.Type == number.Type, "the E.164 form of a valid number is that number");
            }
        });
    }

    [Fact]
    public void A_handle_is_read_from_any_bytes_and_its_normal_form_reads_back()
    {
        var normal = new byte[Handle.MaxUtf8Length];
        var again = new byte[Handle.MaxUtf8Length];
        Fuzz.Run(input =>
        {
            for (var platform = HandlePlatform.TikTok; platform <= HandlePlatform.YouTube; platform++)
            {
                var status = Handle.Normalize(input, platform, normal, out var written, out var reason);
                Require((status == HandleStatus.Ok) == (reason == HandleReason.None) && (status == HandleStatus.Ok) == (written > 0), "a handle comes without reason, anything else with one");
                if (status == HandleStatus.Ok)
                {
                    // With @, because a bare "null" would be a placeholder.
                    byte[] marked = [(byte)'@', .. normal.AsSpan(0, written)];
                    Require(
                        Handle.Normalize(marked, platform, again, out var same, out _) == HandleStatus.Ok && normal.AsSpan(0, written).SequenceEqual(again.AsSpan(0, same)),
                        "the normal form is its own normal form");
                    Require(platform == HandlePlatform.YouTube || (Ascii.IsValid(normal.AsSpan(0, written)) && written <= 30), "TikTok and Instagram handles are short ASCII");
                }
            }
        });
    }

    [Fact]
    public void A_name_is_repaired_from_any_bytes_and_once_is_enough()
    {
        var repaired = new byte[8192];
        var again = new byte[8192];
        Fuzz.Run(input =>
        {
            if (!NameRepair.TryRepair(input, repaired, out var written))
            {
                return;
            }

            Require(written > 0 && written < input.Length && Utf8.IsValid(repaired.AsSpan(0, written)), "a repair is shorter, and UTF-8");
            Require(!Ascii.IsValid(input), "ASCII stays");
        });
    }

    [Fact]
    public void A_mask_is_read_from_any_bytes_and_fits_what_it_hides()
    {
        var national = new byte[PhoneNumber.MaxE164Length];
        var numbers = PublicSets.Read("phones_public.tsv").Select(row => row[2]).Where(e164 => e164.Length > 8).Select(e164 => PhoneNumber.Parse(e164, null)).ToArray();
        var turn = 0;
        Fuzz.Run(input =>
        {
            var reason = MaskedPhoneNumber.Read(input, default, out var masked);
            Require((reason == MaskedPhoneReason.None) == (masked.CallingCode != 0), "there is a mask exactly without a reason");
            Require(reason != MaskedPhoneReason.None || PhoneNumber.IsMasked(input), "a mask has mask symbols");
            masked.Match(numbers.AsSpan(turn % (numbers.Length - 8), 8));

            // Any number fits itself with digits hidden.
            var number = numbers[turn++ % numbers.Length];
            number.TryFormat(national, out var written, default, null);
            var code = 1 + number.CallingCode.ToString().Length;
            var hidden = code + turn % (written - code);
            if (written - code > 1)
            {
                national[hidden] = (byte)'*';
                Require(
                    MaskedPhoneNumber.Read(national.AsSpan(0, written), default, out var own) == MaskedPhoneReason.None && own.Fit(number) == MaskFit.Strict,
                    "a number fits its own mask");
            }
        });
    }

    [Fact]
    public void An_address_is_read_from_any_bytes_and_its_normal_form_reads_back()
    {
        var normal = new byte[EmailAddress.MaxUtf8Length];
        var again = new byte[EmailAddress.MaxUtf8Length];
        Fuzz.Run(input =>
        {
            var reason = EmailAddress.Normalize(input, normal, out var written);
            Require((reason == EmailReason.None) == (written > 0), "an address comes without reason, anything else with one");
            if (reason == EmailReason.None && written <= EmailAddress.MaxInputLength)
            {
                Require(
                    EmailAddress.Normalize(normal.AsSpan(0, written), again, out var same) == EmailReason.None && normal.AsSpan(0, written).SequenceEqual(again.AsSpan(0, same)),
                    "the normal form is its own normal form");
            }
        });
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Broken: {what}.");
        }
    }
}
