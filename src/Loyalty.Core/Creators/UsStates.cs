namespace Loyalty.Creators;

/// <summary>The states, territories and military "states" of United States addresses, as the postal service abbreviates them.</summary>
internal static class UsStates
{
    private const string List =
        "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|GA Georgia|"
        + "HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|"
        + "MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
        + "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|"
        + "TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|"
        + "AS American Samoa|GU Guam|MP Northern Mariana Islands|PR Puerto Rico|VI Virgin Islands|"
        + "AA Armed Forces Americas|AE Armed Forces Europe|AP Armed Forces Pacific";

    private static readonly Dictionary<string, string> Codes = Read();

    /// <summary>The code of a state given by name or code in any case; any other text as it is.</summary>
    public static string Fold(string state) => Codes.GetValueOrDefault(state, state);

    private static Dictionary<string, string> Read()
    {
        var codes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in List.Split('|'))
        {
            codes.Add(entry[..2], entry[..2]);
            codes.Add(entry[3..], entry[..2]);
        }

        codes.Add("Washington DC", "DC");
        codes.Add("Washington D.C.", "DC");
        codes.Add("U.S. Virgin Islands", "VI");
        return codes;
    }
}
