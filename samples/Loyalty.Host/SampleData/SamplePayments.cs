using System.Globalization;
using System.Text;

namespace Loyalty.Host.SampleData;

/// <summary>
/// Payments and contacts for <c>loyalty clean</c>, in the proportions of a shop of courses: 9,025 invoices, of which 6,136 are paid (3,334 P2P, 2,783 Canva, 19 others), and 15,270 contacts,
/// of which 3,664 are tagged PaidP2P, 4,916 Canva, and 2,893 both. 424 contacts with the tag have no payment; 59 buyers are contacts without a tag, 103 are no contacts.
/// </summary>
internal sealed class SamplePayments(int seed, bool tidy)
{
    private const int Contacts = 15_270;
    private const int TaggedP2P = 3_664;
    private const int FirstCanva = 771;
    private const int EndOfCanva = 5_687;
    private const int BuyersP2P = 3_240;
    private const int Tests = 15;

    private static readonly string[] FirstNames = ["Maria", "José", "Ana", "Juan", "Liza", "Ramón", "Grace", "Paolo", "Niña", "Carlo", "Joy", "Mark"];
    private static readonly string[] LastNames = ["Santos", "Reyes", "Cruz", "Bautista", "Ocampo", "Núñez", "Garcia", "Mendoza", "Dela Cruz", "Villanueva"];
    private static readonly string[] Sources = ["FBAds", "Webinar", "CanvaInterest", "Referral", "TikTok", "Newsletter"];
    private static readonly DateOnly First = new(2023, 11, 1);

    /// <summary>The catalogue for these files.</summary>
    public static string Catalog =>
        """
        {
          "tenant": "default",
          "currency": "PHP",
          "timeZone": "Asia/Manila",
          "fiscalYearStartMonth": 1,
          "products": [
            { "name": "P2P", "descriptionContains": "papers to profits", "tag": "PaidP2P", "profile": true, "enrollment": true, "manualAmount": 800 },
            { "name": "Canva", "descriptionContains": "canva", "tag": "Canva", "profile": false, "enrollment": false }
          ],
          "otherProduct": "Other",
          "testEmails": ["*@example.com", "*+test@*", "test@*", "*@mailinator.com"]
        }

        """;

    public void WriteContacts(Stream stream)
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: !tidy), leaveOpen: true) { NewLine = tidy ? "\n" : "\r\n" };
        text.WriteLine("Email,First name,Last name,Tag,Date Registered");
        for (var i = 0; i < Contacts; i++)
        {
            var random = SampleRandom.For(seed, "contact", i);
            var tags = new List<string> { Sources[random.Below(Sources.Length)] };
            if (i < TaggedP2P)
            {
                tags.Add("PaidP2P");
            }

            if (i is >= FirstCanva and < EndOfCanva)
            {
                tags.Add("Canva");
            }

            var (first, last) = (FirstNames[random.Below(FirstNames.Length)], LastNames[random.Below(LastNames.Length)]);
            if (!tidy && i % 37 == 5)
            {
                // Read with the wrong code page once.
                (first, last) = (Broken(first), Broken(last));
            }

            text.Write(Spelled(Email(i), i));
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $",{first},{last},\"{string.Join(tidy ? "," : ", ", tags)}\",{First.AddDays(i % 600):yyyy-MM-dd} {random.Below(24):00}:{random.Below(60):00}:00"));
        }
    }

    public void WritePayments(Stream stream)
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        text.WriteLine("Invoice ID,External ID,Status,Amount,Currency,Description,Email,Customer Email,Created Timestamp,Paid Timestamp,Settled Timestamp");
        var number = 0;
        foreach (var (product, status, count) in ((string, string, int)[])
        [
            ("P2P", "PAID", 3_002), ("P2P", "SETTLED", 332), ("Canva", "PAID", 1_484), ("Canva", "SETTLED", 1_299), ("Other", "PAID", 10), ("Other", "SETTLED", 9),
            ("P2P", "EXPIRED", 973), ("Canva", "EXPIRED", 1_839), ("Other", "EXPIRED", 6), ("P2P", "UNPAID", 36), ("Canva", "UNPAID", 31), ("Other", "UNPAID", 4),
        ])
        {
            for (var i = 0; i < count; i++)
            {
                Write(text, number++, product, status, status == "SETTLED" ? i + (product == "P2P" ? 3_002 : product == "Canva" ? 1_484 : 10) : i);
            }
        }
    }

    private static string Email(int contact) => contact switch
    {
        // Addresses of testers stand among those who bought nothing.
        >= Contacts - Tests => string.Create(CultureInfo.InvariantCulture, $"{(contact % 3 == 0 ? $"someone{contact}@example.com" : contact % 3 == 1 ? $"buyer{contact}+test@mail.ph" : $"x{contact}@mailinator.com")}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"buyer{contact}@mail.ph"),
    };

    private void Write(StreamWriter text, int number, string product, string status, int index)
    {
        var random = SampleRandom.For(seed, "payment", number);
        var isPaid = status is "PAID" or "SETTLED";
        var buyer = product switch
        {
            "P2P" when !isPaid => Email(6_100 + (index % 900)),
            "P2P" => index < BuyersP2P ? Email(index) : index < BuyersP2P + 34 ? Email(index - BuyersP2P) : index < BuyersP2P + 74 ? Email(6_000 + index - BuyersP2P - 34) : $"stranger{index.ToString(CultureInfo.InvariantCulture)}@mail.ph",
            "Canva" when !isPaid => index % 50 == 0 ? $"tester{index.ToString(CultureInfo.InvariantCulture)}@example.com" : Email(8_000 + (index % 1_800)),
            "Canva" => index < 2_700 ? Email(1_000 + index) : $"reader{index.ToString(CultureInfo.InvariantCulture)}@mail.ph",
            _ => Email(7_000 + index),
        };
        var description = product switch
        {
            "P2P" => tidy || index % 9 > 0 ? "Papers to Profits" : "PAPERS TO PROFITS course (batch 2)",
            "Canva" => tidy || index % 7 > 0 ? "Canva Ebook" : "Ebook: canva for beginners",
            _ => "Consultation",
        };
        var amount = product switch { "P2P" => tidy || index % 11 > 0 ? "1000" : "\"1,000.00\"", "Canva" => "1000.00", _ => "2500" };
        var day = First.AddDays(20 + (index % 580));
        var created = string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}T{random.Below(24):00}:{random.Below(60):00}:00.000Z");
        var paid = isPaid ? created : string.Empty;
        var spelled = Spelled(buyer, number);
        var (email, customer) = !tidy && number % 13 == 4 ? (string.Empty, spelled) : (spelled, string.Empty);
        text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"inv-{100_000 + number},ext-{200_000 + number},{status},{amount},PHP,{description},{email},{customer},{created},{paid},{(status == "SETTLED" ? paid : string.Empty)}"));
    }

    private string Spelled(string email, int index) => tidy ? email : (index % 17) switch
    {
        3 => email.ToUpperInvariant(),
        6 => " " + email + " ",
        _ => email,
    };

    private static string Broken(string name) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(name));
}
