using System.Globalization;
using System.Text;

namespace Loyalty.Host.SampleData;

/// <summary>
/// Creators as six exports tell of them, in the proportions of a real shop's: who is known where, what each source says in most rows, and what else it says.
/// Everything follows from the seed, so that what must come of merging is known beforehand.
/// </summary>
internal sealed class SampleCreators
{
    /// <summary>The creators of the shop whose proportions these are.</summary>
    private const int Whole = 36_876;

    private static readonly string[] First =
        ["Anna", "José", "Zoë", "Maria", "François", "Liam", "Chloé", "Björn", "Olivia", "Noé", "Emma", "Inés", "Lucas", "Mía", "Ava", "Jürgen"];

    private static readonly string[] Last =
        ["Martínez", "Smith", "Núñez", "Garcia", "Müller", "Lopez", "Sørensen", "Brown", "Peña", "Johnson", "Gómez", "Lee", "Hernández", "Davis", "Kraus", "Day"];

    private static readonly string[] Areas = ["212", "310", "315", "415", "512", "617", "702", "713", "808", "832"];

    private static readonly string[] Streets = ["Main St", "Oak Ave", "2nd St", "Maple Dr", "Cedar Ln", "Pine Rd", "Elm St", "Lake View Blvd"];

    private static readonly (string City, string State, string Name, string Zip)[] Cities =
    [
        ("Austin", "TX", "Texas", "78701"), ("Boston", "MA", "Massachusetts", "02134"), ("Reno", "NV", "Nevada", "89501"), ("Newark", "NJ", "New Jersey", "07102"),
        ("Fresno", "CA", "California", "93650"), ("Albany", "NY", "New York", "12207"), ("Salem", "OR", "Oregon", "97301"), ("Tampa", "FL", "Florida", "33601"),
    ];

    private readonly int _seed;

    public SampleCreators(int count, int seed, bool tidy)
    {
        (Count, _seed, IsTidy) = (count, seed, tidy);
        Euka = Share(25_284);
        BuyersAndEuka = Math.Min(Share(8_350), Euka);
        Buyers = Math.Min(Share(9_002), BuyersAndEuka + count - Euka);
        Phones = Math.Min(Share(17_370), Euka);
        PhonesFrom = Math.Min(Share(5_000), Euka - Phones);
        Refunnel = Math.Min(Share(7_271), Euka);
        RefunnelFrom = Math.Min(Share(2_000), Euka - Refunnel);
        VideosOnly = count - Euka - (Buyers - BuyersAndEuka);
        VideoCreators = Math.Max(VideosOnly, Share(16_728));
        Products = Math.Max(3, Share(611));
        SampleKeys = Math.Max(Buyers, Share(24_603));
        SampleRows = Math.Max(SampleKeys, Share(123_000));
        Videos = Math.Max(VideoCreators, Share(59_834));
        VideoRows = Videos + Math.Max(1, Share(60));
        PhoneRows = Math.Max(Phones, Share(36_308));
    }

    public int Count { get; }

    public bool IsTidy { get; }

    public int Euka { get; }

    public int Buyers { get; }

    public int BuyersAndEuka { get; }

    public int Phones { get; }

    public int PhonesFrom { get; }

    public int PhoneRows { get; }

    public int Refunnel { get; }

    public int RefunnelFrom { get; }

    public int VideosOnly { get; }

    public int VideoCreators { get; }

    public int Products { get; }

    public int SampleKeys { get; }

    public int SampleRows { get; }

    public int Videos { get; }

    public int VideoRows { get; }

    /// <summary>The n-th creator who got samples.</summary>
    public int Buyer(int n) => n < BuyersAndEuka ? n : Euka + n - BuyersAndEuka;

    /// <summary>The n-th creator who made videos: first those who did nothing else.</summary>
    public int VideoCreator(int n) => n < VideosOnly ? Count - VideosOnly + n : n - VideosOnly;

    public string Handle(int creator) => new SampleVideos(1, 1, _seed, tidy: true).Handle(creator);

    public SampleRandom Random(string what, long index) => SampleRandom.For(_seed, what, index);

    public string FirstName(int creator) => First[Random("first", creator).Below(First.Length)];

    public string LastName(int creator) => Last[Random("last", creator).Below(Last.Length)];

    /// <summary>The ten digits of the creator's phone number; others belong to the creator, too, but are told by fewer rows or later.</summary>
    /// <param name="creator">The creator.</param>
    /// <param name="other">0 for the number itself, 1 for one in another area, 2 for one that a mask cannot tell from it.</param>
    public string Phone(int creator, int other)
    {
        var random = Random("phone", creator);
        var area = random.Below(Areas.Length);
        var middle = string.Create(CultureInfo.InvariantCulture, $"{2 + random.Below(8)}{2 + random.Below(8)}{random.Below(10)}{random.Below(100):00}");
        var end = random.Below(100).ToString("00", CultureInfo.InvariantCulture);
        return other switch
        {
            0 => Areas[area] + middle + end,
            1 => Areas[(area + 1) % Areas.Length] + middle + end,
            _ => Areas[area] + middle[..4] + (char)('0' + ((middle[4] - '0' + 1) % 10)) + end,
        };
    }

    public static string Mask(string phone) => $"(+1){phone[..3]}*****{phone[8..]}";

    public string? Email(int creator) => Random("email", creator) is var random && random.Below(100) < 55
        ? $"{Handle(creator)}@mail{random.Below(9)}.example"
        : null;

    /// <summary>The creator's address, or another one.</summary>
    public SampleAddress Address(int creator, bool other)
    {
        var random = Random(other ? "address-2" : "address", creator);
        var city = Cities[random.Below(Cities.Length)];
        return new SampleAddress(
            string.Create(CultureInfo.InvariantCulture, $"{1 + random.Below(9_999)} {Streets[random.Below(Streets.Length)]}"),
            random.OneIn(3) ? string.Create(CultureInfo.InvariantCulture, $"Apt {1 + random.Below(400)}") : "",
            city.City, city.State, city.Name, city.Zip);
    }

    /// <summary>Sales in cents that a source tells; every other creator has the same in Euka and Refunnel.</summary>
    public long Gmv(int creator, bool refunnel)
    {
        var random = Random(refunnel && creator % 2 == 1 ? "gmv-2" : "gmv", creator);
        return (1 + random.Tail(9_000)) * (random.OneIn(3) ? 10_000 : 1);
    }

    public long Followers(int creator) => Random("followers", creator).Tail(40_000) * 100;

    public string Product(int product)
    {
        var random = Random("product", product);
        return string.Create(CultureInfo.InvariantCulture, $"ACME {First[random.Below(First.Length)]} ring, {14 + random.Below(9)}k {(random.OneIn(2) ? "gold" : "silver")} No. {product + 1}");
    }

    public static string ProductId(int product) => (1_729_000_000_000_000_000L + product).ToString(CultureInfo.InvariantCulture);

    /// <summary>A text as a reader shows it that took UTF-8 for Latin-1.</summary>
    public static string Broken(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private int Share(int of) => Math.Max(1, (int)(((long)of * Count * 2 / Whole + 1) / 2));
}

/// <summary>An address of the sample, its state by code and by name.</summary>
internal sealed record SampleAddress(string Line1, string Line2, string City, string State, string StateName, string Zip)
{
    public string[] Columns => [Line1, Line2, City, State, Zip, "US"];
}
