using System.Globalization;
using System.Text;

namespace Loyalty.Host.SampleData;

/// <summary>
/// Orders of a ticketing business in two platforms' exports and a short list of door sales, whose scores are known beforehand: 9,369 customers
/// and 11,864 orders, 11,825 of them linked, with lead scores from 8 to 28, 10.06 on average: 20 Hot, 653 Warm, 1,148 Cool, 7,548 Cold.
/// </summary>
internal sealed class SampleOrders
{
    private const int HumanitixOrders = 2_178;
    private const int DoorSales = 2;
    private const int UnlinkedHumanitix = 9;
    private const int UnlinkedEventbrite = 30;

    /// <summary>How many customers stand in a cell, with how many orders each. Made by hand so that sizes, orders and the mean come out.</summary>
    private static readonly (int R, int F, int M, int Customers, int Orders)[] Cells =
    [
        (5, 4, 5, 2, 8), (5, 4, 4, 4, 6), (5, 3, 4, 8, 4), (5, 3, 3, 6, 3),
        (5, 2, 1, 250, 1), (5, 2, 2, 200, 1), (4, 2, 2, 150, 2), (5, 3, 2, 53, 3),
        (4, 2, 1, 200, 1), (3, 2, 1, 400, 1), (2, 2, 2, 348, 2), (1, 3, 3, 100, 3), (3, 3, 2, 100, 3),
        (1, 2, 1, 5_033, 1), (1, 2, 2, 1_082, 2), (1, 2, 2, 383, 1), (1, 2, 3, 300, 1), (2, 2, 1, 600, 1), (1, 3, 1, 150, 3),
    ];

    private static readonly (int From, int To)[] Ages = [(181, 1_655), (91, 180), (61, 90), (31, 60), (0, 30)];

    private static readonly (int From, int To)[] Cents = [(500, 4_999), (5_000, 19_999), (20_000, 49_999), (50_000, 99_999), (100_000, 240_000)];

    private static readonly string[] FirstNames =
        ["Ada", "Ben", "Chloé", "Dina", "Emil", "Farah", "Gus", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Mia", "Noah", "Ofelia", "Piet", "Quinn", "Rosa", "Sven", "Tomás"];

    private static readonly string[] LastNames =
        ["Archer", "Brandt", "Costa", "Dubois", "Eriksen", "Fox", "Garcia", "Hughes", "Ito", "Jansen", "Khan", "Lopez", "Müller", "Novak", "O'Brien", "Price", "Rossi", "Smith", "Tran", "Young"];

    private static readonly string[] Events =
        ["Harvest Dinner", "Cellar Tour, evening", "Jazz in the Vines", "Spring Release", "Blending Workshop", "Grape Stomp", "Winter \"Fest\"", "Sunset Tasting"];

    private readonly int _seed;
    private readonly bool _tidy;
    private readonly List<Row> _rows = [];

    public SampleOrders(int seed, bool tidy)
    {
        _seed = seed;
        _tidy = tidy;
        var customer = 0;
        foreach (var cell in Cells)
        {
            for (var i = 0; i < cell.Customers; i++)
            {
                AddCustomer(customer++, cell, i);
            }
        }

        for (var i = 0; i < UnlinkedHumanitix + UnlinkedEventbrite; i++)
        {
            var random = SampleRandom.For(seed, "unlinked", i);
            var contact = (i % 3) switch { 0 => string.Empty, 1 => "paid at the door", _ => "N/A" };
            _rows.Add(new Row(At(ref random, 200 + random.Below(900)), contact, "Walk-in", "Guest", Event(ref random), 2_500, false, random.Next()));
        }
    }

    /// <summary>The date to score at.</summary>
    public static DateOnly AsOf { get; } = new(2025, 10, 15);

    /// <summary>Writes the three files.</summary>
    public void Write(Stream humanitix, Stream eventbrite, Stream door)
    {
        // Whoever comes first in an order that the seed decides gets his orders from Humanitix, or at the door.
        var linked = _rows.SkipLast(UnlinkedHumanitix + UnlinkedEventbrite).OrderBy(static r => r.Shuffle).ToList();
        var unlinked = _rows.TakeLast(UnlinkedHumanitix + UnlinkedEventbrite).ToList();
        var plain = linked.Where(static r => !r.IsRefunded).Take(DoorSales).ToList();
        linked = linked.Except(plain).ToList();
        var fromHumanitix = HumanitixOrders - UnlinkedHumanitix;
        WriteHumanitix(humanitix, linked.Take(fromHumanitix).Concat(unlinked.Take(UnlinkedHumanitix)));
        WriteEventbrite(eventbrite, linked.Skip(fromHumanitix).Concat(unlinked.Skip(UnlinkedHumanitix)));
        WriteDoor(door, plain);
    }

    private void AddCustomer(int number, (int R, int F, int M, int Customers, int Orders) cell, int inCell)
    {
        var random = SampleRandom.For(_seed, "customer", number);
        var (first, last) = (FirstNames[random.Below(FirstNames.Length)], LastNames[random.Below(LastNames.Length)]);
        var email = string.Create(CultureInfo.InvariantCulture, $"{Ascii(first)}.{Ascii(last)}{number}@example.{(number % 3) switch { 0 => "com", 1 => "org", _ => "net" }}");
        var (youngest, oldest) = Ages[cell.R - 1];
        var age = Within(ref random, youngest, oldest);
        var left = Within(ref random, Cents[cell.M - 1].From, Cents[cell.M - 1].To);
        for (var i = 0; i < cell.Orders; i++)
        {
            // Some of the customers with two orders gave the older one back.
            var isRefunded = cell is { F: 2, Orders: 2 } && i == 1 && inCell % 27 == 0;
            var cents = isRefunded ? 0 : i == cell.Orders - 1 || (cell is { F: 2, Orders: 2 } && inCell % 27 == 0) ? left : left / (cell.Orders - i);
            left -= cents;
            var spelled = !_tidy && random.OneIn(9) ? $" {char.ToUpperInvariant(email[0])}{email[1..]} " : email;
            _rows.Add(new Row(At(ref random, age), spelled, first, last, Event(ref random), cents, isRefunded, random.Next()));
            age = Math.Min(age + random.Below(300), Ages[0].To);
        }
    }

    private static void WriteHumanitix(Stream stream, IEnumerable<Row> rows)
    {
        using var text = Open(stream);
        text.Write(
            "Order id,Event,Event date,Event time,First name,Last name,Email,Mobile,Order date,Type,Financial status,Valid tickets,Cancelled tickets,Ticket sales,"
            + "Add-on sales,Donations,Fee rebate,Humanitix passed-on fee,Amex surcharge,Refund protection,Custom tax,Paid,Humanitix absorbed fees,Zip fee,"
            + "Afterpay fee,Refunds,Your earnings,Your payout,Refunded fees,Giftcard used,Voucher used,Discount code used,Discount redeemed,Tax on sales,"
            + "Tax on rebates,Tax on booking fees,Gateway,Marketing opt-in,Notes,Status,Sales channel,Tickets delivered,Long order id\n");
        foreach (var (number, row) in rows.OrderBy(static r => r.PlacedAt).Index())
        {
            // The short id starts anew each year; the long one does not.
            var fee = row.Cents / 20;
            var gross = row.IsRefunded ? 4_500 : row.Cents + fee;
            text.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"H{number % 900:D4},{Quoted(row.Event)},{row.PlacedAt.AddDays(20):dd/MM/yyyy},7:00 pm,{row.First},{row.Last},{row.Contact},,"
                + $"{row.PlacedAt.ToString("dd/MM/yyyy h:mm tt", CultureInfo.InvariantCulture).ToLowerInvariant()},Online,{(row.IsRefunded ? "Refunded" : row.Cents == 0 ? "Free" : "Paid")},"
                + $"1,{(row.IsRefunded ? 1 : 0)},{Money(gross)},$0.00,$0.00,$0.00,{Money(row.IsRefunded ? 0 : fee)},$0.00,$0.00,$0.00,{Money(gross)},$0.00,$0.00,$0.00,"
                + $"{Money(row.IsRefunded ? gross : 0)},{Money(row.Cents)},{Money(row.Cents)},$0.00,$0.00,$0.00,,$0.00,$0.00,$0.00,$0.00,Stripe,{(number % 3 == 0 ? "Yes" : "No")},,"
                + $"Completed,Online,Yes,{row.Shuffle:x16}{number:x8}\n"));
        }
    }

    private void WriteEventbrite(Stream stream, IEnumerable<Row> rows)
    {
        using var text = Open(stream);
        text.Write(
            "Order ID,Order date,Buyer first name,Buyer last name,Buyer email,Event name,Event ID,Ticket quantity,Currency,Payment status,Payment type,Gross sales,"
            + "Eventbrite service fee,Eventbrite payment processing fee,Net sales\n");
        foreach (var (number, row) in rows.OrderBy(static r => r.PlacedAt).Index())
        {
            var (service, processing) = (row.Cents * 37 / 1_000, row.Cents * 29 / 1_000);
            var gross = row.IsRefunded ? 4_500 : row.Cents + service + processing;
            text.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{7_000_000_000L + (number * 37):D}{row.Shuffle % 10},{row.PlacedAt:yyyy-MM-dd HH:mm:ss},{row.First},{row.Last},{row.Contact},{Quoted(row.Event)},{row.Shuffle % 89 + 100},1,"
                + $"USD,{(row.IsRefunded ? "Refunded" : gross == 0 ? "Free Order" : "Completed")},card,{Plain(gross)},{Plain(row.IsRefunded ? 0 : service)},{Plain(row.IsRefunded ? 0 : processing)},{Plain(row.Cents)}\n"));
        }

        if (!_tidy)
        {
            // What exports are like: a date that was typed, an amount of another country, a row that was cut.
            text.Write("7999999990,in March,Ada,Fox,ada.fox@example.com,Grape Stomp,101,1,USD,Completed,card,25.00,0.92,0.72,23.36\n");
            text.Write("7999999991,2025-03-04 10:00:00,Ben,Fox,ben.fox@example.com,Grape Stomp,101,1,USD,Completed,card,\"25,00\",\"0,92\",\"0,72\",\"23,36\"\n");
            text.Write("7999999992,2025-03-05 10:00:00,Cut\n");
        }
    }

    private static void WriteDoor(Stream stream, IEnumerable<Row> rows)
    {
        using var text = Open(stream);
        text.Write("customer,order_id,date,net,item\n");
        foreach (var (number, row) in rows.OrderBy(static r => r.PlacedAt).Index())
        {
            text.Write(string.Create(CultureInfo.InvariantCulture, $"{row.Contact},door-{number + 1},{row.PlacedAt:yyyy-MM-dd},{Plain(row.Cents)},{Quoted(row.Event)}\n"));
        }
    }

    private static StreamWriter Open(Stream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true);

    private static DateTime At(ref SampleRandom random, int age) =>
        AsOf.AddDays(-age).ToDateTime(new TimeOnly(8 + random.Below(14), random.Below(60), random.Below(60)));

    private static int Within(ref SampleRandom random, int from, int to) => from + random.Below(to - from + 1);

    private static string Event(ref SampleRandom random) => Events[random.Below(Events.Length)];

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(',', '"') < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Money(int cents) => string.Create(CultureInfo.InvariantCulture, $"{(cents >= 100_000 ? "\"" : "")}${cents / 100m:N2}{(cents >= 100_000 ? "\"" : "")}");

    private static string Plain(int cents) => (cents / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    private static string Ascii(string name) => string.Concat(name.ToLowerInvariant().Where(char.IsAsciiLetter));

    private sealed record Row(DateTime PlacedAt, string Contact, string First, string Last, string Event, int Cents, bool IsRefunded, ulong Shuffle);
}
