using Loyalty.Identity;

namespace Loyalty.Creators;

/// <summary>Names of countries that shops print, and their ISO codes.</summary>
internal static class CountryNames
{
    private const string List =
        "US United States|US United States of America|US USA|US U.S.|US U.S.A.|US The United States|GB United Kingdom|GB UK|GB Great Britain|GB England|GB Scotland|"
        + "GB Wales|GB Northern Ireland|CA Canada|MX Mexico|MX México|BR Brazil|BR Brasil|IE Ireland|DE Germany|DE Deutschland|AT Austria|CH Switzerland|"
        + "FR France|ES Spain|ES España|IT Italy|IT Italia|PT Portugal|NL Netherlands|NL The Netherlands|BE Belgium|PL Poland|SE Sweden|NO Norway|DK Denmark|"
        + "FI Finland|AU Australia|NZ New Zealand|JP Japan|KR South Korea|KR Korea|CN China|TW Taiwan|HK Hong Kong|SG Singapore|MY Malaysia|ID Indonesia|"
        + "VN Vietnam|VN Viet Nam|VN Việt Nam|TH Thailand|PH Philippines|PH The Philippines|IN India|PK Pakistan|BD Bangladesh|TR Turkey|TR Türkiye|"
        + "SA Saudi Arabia|AE United Arab Emirates|EG Egypt|ZA South Africa|NG Nigeria|KE Kenya|AR Argentina|CL Chile|CO Colombia|PE Peru|PR Puerto Rico|GU Guam";

    private static readonly Dictionary<string, string> Codes = Read();

    /// <summary>The ISO code of a country given by name or code; any other text as it is.</summary>
    public static string Fold(string country) =>
        Codes.TryGetValue(country, out var code) ? code : PhoneRegion.TryParse(country, null, out var region) ? region.Code : country;

    private static Dictionary<string, string> Read()
    {
        var codes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in List.Split('|'))
        {
            codes.Add(entry[3..], entry[..2]);
        }

        return codes;
    }
}
