using System.Globalization;
using System.IO.Compression;
using System.Text;
using PhoneNumbers;

namespace Loyalty.PhoneTable;

/// <summary>The numbering plan that Loyalty.Core embeds, as text, from the metadata of libphonenumber-csharp.</summary>
/// <remarks>
/// One line per region, sorted by calling code, then by the package's order of regions within a code (the first one is the main region). Columns,
/// separated by tabs: region, calling code, national-prefix-for-parsing regex, its transform rule, leading digits regex, IDD regex, general pattern, its
/// lengths, local-only lengths, then pattern and lengths of: premium, toll free, shared cost, VoIP, personal, pager, UAN, voicemail, fixed, mobile.
/// Lengths are ranges (<c>6-8,10</c>); <c>*</c> means those of the general pattern. <c>=</c> as mobile pattern means that it is the fixed one. Trailing
/// empty columns are dropped.
/// </remarks>
public static class NumberingPlanTable
{
    private const string NonGeographic = "001";

    /// <summary>The table as text, lines ending in line feeds.</summary>
    public static string Text()
    {
        var util = PhoneNumberUtil.GetInstance();
        var text = new StringBuilder();
        for (var code = 1; code < 1000; code++)
        {
            foreach (var region in util.GetRegionCodesForCountryCode(code) ?? [])
            {
                var metadata = region == NonGeographic ? util.GetMetadataForNonGeographicalRegion(code) : util.GetMetadataForRegion(region);

                // The package writes digits as classes, for engines whose \d has more than ten.
                text.Append(Row(metadata).Replace("[0-9]", @"\d", StringComparison.Ordinal)).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The table compressed, as it is embedded.</summary>
    public static byte[] Compress(string text)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, new BrotliCompressionOptions { Quality = 11 }, leaveOpen: true))
        {
            brotli.Write(Encoding.ASCII.GetBytes(text));
        }

        return packed.ToArray();
    }

    private static string Row(PhoneMetadata region)
    {
        var general = region.GeneralDesc;
        List<string> cells =
        [
            region.Id, region.CountryCode.ToString(CultureInfo.InvariantCulture), region.NationalPrefixForParsing, region.NationalPrefixTransformRule,
            region.LeadingDigits, region.InternationalPrefix, general.NationalNumberPattern, Ranges(general.PossibleLengthList),
            Ranges(general.PossibleLengthLocalOnlyList),
        ];
        foreach (var kind in (PhoneNumberDesc[])
            [
                region.PremiumRate, region.TollFree, region.SharedCost, region.Voip, region.PersonalNumber, region.Pager, region.Uan, region.Voicemail,
                region.FixedLine,
            ])
        {
            Add(cells, kind);
        }

        if (region.SameMobileAndFixedLinePattern)
        {
            cells.AddRange(["=", ""]);
        }
        else
        {
            Add(cells, region.Mobile);
        }

        while (cells[^1].Length == 0)
        {
            cells.RemoveAt(cells.Count - 1);
        }

        return string.Join('\t', cells);
    }

    private static void Add(List<string> cells, PhoneNumberDesc kind)
    {
        // A length of -1 says that the region has no such numbers.
        var lengths = kind.PossibleLengthList;
        var isUsed = kind.HasNationalNumberPattern && kind.NationalNumberPattern.Length > 0 && (lengths.Count == 0 || lengths[0] != -1);
        cells.Add(isUsed ? kind.NationalNumberPattern : "");
        cells.Add(isUsed ? lengths.Count > 0 ? Ranges(lengths) : "*" : "");
    }

    private static string Ranges(IList<int> lengths)
    {
        var parts = new List<string>();
        for (var i = 0; i < lengths.Count; i++)
        {
            var first = lengths[i];
            while (i + 1 < lengths.Count && lengths[i + 1] == lengths[i] + 1)
            {
                i++;
            }

            parts.Add(first == lengths[i]
                ? first.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{first}-{lengths[i]}"));
        }

        return string.Join(',', parts);
    }
}
