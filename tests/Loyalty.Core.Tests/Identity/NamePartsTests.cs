using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

/// <summary>F17: a name with several parts is repaired part by part, when each repair is certain.</summary>
public sealed class NamePartsTests
{
    private static readonly string[] Joiners = [" ", " ", " ", " ", "\u00A0", "-"];
    private static readonly string[] TrueApostrophes = ["O’Neil", "D’Angelo", "L’Écuyer", "N’Diaye", "O’Brien", "d’Ávila"];

    [Theory]
    [InlineData("JosÃ© O’Neil", "José O’Neil")]
    [InlineData("O’Neil JosÃ©", "O’Neil José")]
    [InlineData("JosÃ©\u00A0Núñez", "José\u00A0Núñez")]
    [InlineData("Zoë BenjamÃ\u00ADn", "Zoë Benjamín")]
    [InlineData("Łukasz MÃ¼ller", "Łukasz Müller")]
    [InlineData("Иван BjÃ¶rn", "Иван Björn")]
    [InlineData("Jean-RenÃ© L’Écuyer", "Jean-René L’Écuyer")]
    [InlineData("JosÃƒÂ© Núñez", "José Núñez")]
    [InlineData("Oâ€™Neil José", "O’Neil José")]
    [InlineData("D’Ã‰ric Müller", "D’Éric Müller")]
    [InlineData("ðŸ˜€ Zoë", "😀 Zoë")]
    [InlineData("NuÃ±ez’s", "Nuñez’s")]
    public void F17_a_broken_part_is_repaired_beside_an_intact_one(string text, string expected)
    {
        Assert.Equal(expected, NameRepair.Repair(text));
        var utf8 = Encoding.UTF8.GetBytes(text);
        var destination = new byte[utf8.Length];
        Assert.True(NameRepair.TryRepair(utf8, destination, out var written));
        Assert.Equal(expected, Encoding.UTF8.GetString(destination, 0, written));
    }

    [Theory]
    [InlineData("JosÃ© RUBÃ")]
    [InlineData("JosÃ© Mart?nez Núñez")]
    [InlineData("JosÃ© MartÃnez")]
    [InlineData("BoÅ¾iÄ Núñez JosÃ©")]
    [InlineData("José NESTLÉ®")]
    [InlineData("JosÃ© Núñez 5×£35")]
    [InlineData("JosÃ© N\uFFFDñez")]
    public void F17_one_part_that_is_not_certain_leaves_the_whole_name(string text) => Assert.Same(text, NameRepair.Repair(text));

    [Fact]
    public void F17_a_short_destination_is_refused() =>
        Assert.Throws<ArgumentException>(() => NameRepair.TryRepair("JosÃ© O’Neil", new char[10], out _));

    [Fact]
    public void F17_of_generated_mixed_names_99_percent_are_repaired_and_none_comes_out_wrong()
    {
        var random = new Random(17);
        var words = Words();
        int all = 0, right = 0;
        var (wrong, left) = (new List<string>(), new List<string>());
        for (var i = 0; i < 20_000; i++)
        {
            var (text, expected) = MixedName(random, words);
            if (string.Equals(text, expected, StringComparison.Ordinal))
            {
                continue;
            }

            var repaired = NameRepair.Repair(text);
            all++;
            if (string.Equals(repaired, expected, StringComparison.Ordinal))
            {
                right++;
            }
            else
            {
                (ReferenceEquals(repaired, text) ? left : wrong).Add($"{text} → {repaired}, not {expected}");
            }
        }

        Assert.True(all > 15_000, $"{all} names were broken");
        Assert.True(right >= all * 0.99, $"{right} of {all} were repaired; not: {string.Join('\n', left.Concat(wrong).Take(40))}");
        Assert.Equal([], wrong);
    }

    [Fact]
    public void F17_of_100000_clean_names_none_is_touched()
    {
        var random = new Random(18);
        var words = Words();
        var touched = new List<string>();
        for (var i = 0; i < 100_000; i++)
        {
            var name = new StringBuilder();
            for (var n = random.Next(1, 5); n > 0; n--)
            {
                name.Append(Clean(random, words)).Append(n > 1 ? Joiners[random.Next(Joiners.Length)] : "");
            }

            var text = name.ToString();
            text = random.Next(6) switch { 0 => text.ToUpperInvariant(), 1 => text + "’s", 2 => "«" + text + "»", _ => text };
            if (!ReferenceEquals(text, NameRepair.Repair(text)))
            {
                touched.Add(text);
            }
        }

        Assert.Equal([], touched);
    }

    /// <summary>A name of two to four words, of which at least one is broken and the others are intact, with true apostrophes and no-break spaces.</summary>
    private static (string Text, string Expected) MixedName(Random random, string[] words)
    {
        var (text, expected) = (new StringBuilder(), new StringBuilder());
        var count = random.Next(2, 5);
        var broken = random.Next(count);
        var encoding = Broken.Encodings[random.Next(Broken.Encodings.Length)];
        for (var i = 0; i < count; i++)
        {
            var word = Clean(random, words);
            var joiner = i + 1 < count ? Joiners[random.Next(Joiners.Length)] : "";
            var torn = Broken.Break(word, encoding, random.Next(5) == 0 ? 2 : 1);

            // "SÄ©" for "Sĩ" is no certain repair, alone or in company.
            var breaks = (i == broken || random.Next(4) == 0) && string.Equals(NameRepair.Repair(torn), word, StringComparison.Ordinal);
            text.Append(breaks ? torn : word).Append(joiner);
            expected.Append(word).Append(joiner);
        }

        return (text.ToString(), expected.ToString());
    }

    private static string Clean(Random random, string[] words) =>
        random.Next(4) == 0 ? TrueApostrophes[random.Next(TrueApostrophes.Length)] : words[random.Next(words.Length)];

    /// <summary>The words with letters beyond ASCII among the clean names of the public set.</summary>
    private static string[] Words() =>
    [
        .. PublicSets.Read("mojibake_names_public.tsv")
            .Where(row => row[2] == "clean")
            .SelectMany(row => PublicSets.Unescape(row[0]).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(word => word.Any(c => c >= 0x80))
            .Distinct(StringComparer.Ordinal),
    ];

    private static class Broken
    {
        public static Encoding[] Encodings { get; } =
            [CodePagesEncodingProvider.Instance.GetEncoding(1252)!, Encoding.Latin1, CodePagesEncodingProvider.Instance.GetEncoding(1250)!];

        public static string Break(string word, Encoding encoding, int times)
        {
            for (; times > 0; times--)
            {
                word = encoding.GetString(Encoding.UTF8.GetBytes(word));
            }

            return word;
        }
    }
}
