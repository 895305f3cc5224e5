using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

public sealed class NameRepairTests
{
    [Fact]
    public void Every_clean_name_of_the_public_set_stays_and_every_broken_one_is_repaired()
    {
        var rows = Rows();
        Assert.Equal([], rows.Where(row => row.Class.StartsWith("clean", StringComparison.Ordinal) && Repair(row.Text) != row.Text).Select(row => row.Text));
        var broken = rows.Where(row => !row.Class.StartsWith("clean", StringComparison.Ordinal) && row.Exact).ToArray();
        Assert.True(broken.Length > 500);
        Assert.Equal([], broken.Where(row => Repair(row.Text) != row.Expected).Select(row => row.Text));
    }

    [Fact]
    public void A_name_that_lost_bytes_stays_or_comes_out_right()
    {
        var rows = Rows().Where(row => !row.Exact).ToArray();
        Assert.NotEmpty(rows);
        Assert.Equal([], rows.Where(row => Repair(row.Text) is var repaired && repaired != row.Text && repaired != row.Expected).Select(row => row.Text));
    }

    [Fact]
    public void Every_negative_of_ftfy_stays_and_its_core_cases_are_repaired()
    {
        var rows = PublicSets.Read("mojibake_ftfy.tsv").Select(row => (Text: PublicSets.Unescape(row[0]), Expected: PublicSets.Unescape(row[1]), Tier: row[6])).ToArray();
        var negatives = rows.Where(row => row.Tier == "negative").ToArray();
        Assert.Equal(48, negatives.Length);
        Assert.Equal([], negatives.Where(row => Repair(row.Text) != row.Text).Select(row => row.Text));

        var core = rows.Where(row => row.Tier == "core").ToArray();
        Assert.Equal(56, core.Length);
        Assert.Equal(["OÃ™ ET QUAND?"], core.Where(row => Repair(row.Text) != row.Expected).Select(row => row.Text));
    }

    [Theory]
    [InlineData("Ã")]
    [InlineData("Â")]
    [InlineData("MartÃN")]
    [InlineData("São Tomé")]
    [InlineData("SÃO JOÃO")]
    [InlineData("CONCEIÇÃO")]
    [InlineData("Â Dương")]
    [InlineData("NICIODATĂ™")]
    [InlineData("AHÅ™")]
    [InlineData("Brontë…”")]
    [InlineData("L’épisode")]
    [InlineData("5×£35")]
    [InlineData("√π")]
    [InlineData("∆°")]
    [InlineData("BEYONCÉ’S")]
    [InlineData("NESTLÉ®")]
    [InlineData("VĚŽ")]
    [InlineData("KRÍŽNA")]
    [InlineData("MITICĂ’S")]
    [InlineData("Dobiáš’s")]
    [InlineData("«été»")]
    [InlineData("1. º")]
    [InlineData("martã­nez")]
    [InlineData("RUBÃ")]
    [InlineData("BoÅ¾iÄ?")]
    public void Clean_and_hopeless_text_stays(string text)
    {
        Assert.Same(text, NameRepair.Repair(text));
        Assert.Equal(text, Repair(text));
    }

    [Theory]
    [InlineData("BenjamÃ­n", "Benjamín")]
    [InlineData("BenjamÃƒÂ­n", "Benjamín")]
    [InlineData("Benjam‚àö‚â†n", "Benjamín")]
    [InlineData("TomÄ‚Ë‡s", "Tomás")]
    [InlineData("HÃ\u00A0 Nam", "Hà Nam")]
    [InlineData("Å\u00A0tefan", "Štefan")]
    [InlineData("çŽ‹", "王")]
    [InlineData("ZoÃ« ðŸ˜€", "Zoë 😀")]
    [InlineData("ÃƒÆ’Ã‚Â©lise", "élise")]
    public void Broken_text_is_repaired(string text, string expected) => Assert.Equal(expected, Repair(text));

    [Fact]
    public void Bytes_that_are_not_utf8_are_left_alone()
    {
        Assert.False(NameRepair.TryRepair([0xC3, 0xFF, 0x41], new byte[3], out var written));
        Assert.Equal(0, written);
        Assert.Equal("\uD800Ã©", NameRepair.Repair("\uD800Ã©"));
    }

    [Fact]
    public void Long_texts_are_repaired_too_and_a_short_destination_is_refused()
    {
        var text = string.Concat(Enumerable.Repeat("BenjamÃ­n ", 400));
        Assert.Equal(text.Replace("Ã­", "í", StringComparison.Ordinal), Repair(text));
        Assert.Throws<ArgumentException>(() => NameRepair.TryRepair("BenjamÃ­n", new char[3], out _));
    }

    private static string Repair(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var destination = new byte[utf8.Length];
        var repaired = NameRepair.TryRepair(utf8, destination, out var written) ? Encoding.UTF8.GetString(destination, 0, written) : text;
        Assert.Equal(repaired, NameRepair.Repair(text));
        return repaired;
    }

    private static (string Text, string Expected, string Class, bool Exact)[] Rows() =>
        [.. PublicSets.Read("mojibake_names_public.tsv").Select(row => (PublicSets.Unescape(row[0]), PublicSets.Unescape(row[1]), row[2], row[5] == "1"))];
}
