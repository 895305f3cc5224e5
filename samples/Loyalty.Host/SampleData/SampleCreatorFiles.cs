using System.Globalization;
using System.Text;

namespace Loyalty.Host.SampleData;

/// <summary>Writes the six exports of creators, in the disorder that real ones have, and notes what must come of them.</summary>
internal sealed class SampleCreatorFiles(SampleCreators sample)
{
    private readonly SampleCreatorTruth _truth = new(sample);

    public SampleCreatorTruth Truth => _truth;

    private bool IsTidy => sample.IsTidy;

    public void WriteEuka(Stream stream)
    {
        using var text = SampleCreatorTruth.Open(stream);
        text.Write("handle,email,phone,address,ACME GMV ALL TIME,ACME VIDEOS POSTED ALL TIME,ACME LIVES ALL TIME,products_sampled\n");
        var line = 2L;
        foreach (var creator in Shuffled(sample.Euka, "euka"))
        {
            var random = sample.Random("euka-row", creator);
            _truth.Know(creator, "euka");
            var email = sample.Email(creator) ?? "";
            _truth.Say(creator, "euka", "email", email, counts: true, line);
            var phone = "";
            if (random.Below(100) < 16)
            {
                phone = Phone(creator, "euka", sample.Phone(creator, 0), masked: random.Below(5) < 2, counts: true, ref random, line);
            }

            var address = "";
            if (random.Below(100) < 40)
            {
                var given = sample.Address(creator, other: false);
                if (!IsTidy && random.OneIn(12))
                {
                    address = $"{given.Line1} {given.City}";
                    _truth.Say(creator, "euka", "address_line_1", address, counts: true, line);
                }
                else
                {
                    address = $"{given.Line1}, {(given.Line2.Length > 0 ? given.Line2 + ", " : "")}{given.City}, {given.State} {given.Zip}";
                    _truth.SayAddress(creator, "euka", given, counts: true, line);
                }
            }

            var gmv = random.Below(100) < 60 ? sample.Gmv(creator, refunnel: false) : -1;
            if (gmv >= 0)
            {
                _truth.Say(creator, "euka", "gmv", Plain(gmv), counts: true, line);
            }

            Row(text, Spelled(creator, ref random), Upper(email, ref random), phone, address, gmv < 0 ? Missing(ref random) : Money(gmv, ref random), Text(random.Below(30)),
                Text(random.Below(4)), random.OneIn(3) ? $"{sample.Product(random.Below(sample.Products))}, {sample.Product(random.Below(sample.Products))}" : "");
            line++;
        }

        _truth.Count("euka", WrongRows(text, ref line, "{0},a@b.example,,,,,,") + sample.Euka, 0, IsTidy ? 0 : 4);
    }

    public void WritePhones(Stream stream)
    {
        using var text = SampleCreatorTruth.Open(stream);
        text.Write(IsTidy ? "Username,Recipient,First Name,Last Name,Phone #\n" : "Username,Recipient,First Name,Last Name,Phone # \n");
        var line = 2L;
        var extra = sample.PhoneRows - (2 * sample.Phones);
        foreach (var row in Shuffled(sample.PhoneRows, "phones"))
        {
            // Everybody has a row, then everybody a second, then the first ones a third.
            var (number, creator) = (row / sample.Phones, sample.PhonesFrom + (row % sample.Phones));
            var rows = row % sample.Phones < extra ? 3 : 2;
            var random = sample.Random("phones-creator", creator);
            var (masked, ambiguous, tie) = (random.Below(10) < 3, random.OneIn(10), random.OneIn(20));
            var other = number == 2;
            random = sample.Random("phones-row", row);
            _truth.Know(creator, "phones");
            var (first, last) = (sample.FirstName(creator), sample.LastName(creator));
            if (rows == 2 && tie && number == 1)
            {
                // Said as often; the shorter one is the smaller.
                _truth.Say(creator, "phones", "first_name", first + "a", counts: false, line);
                first += "a";
            }
            else
            {
                _truth.Say(creator, "phones", "first_name", first, counts: true, line);
            }

            if (other)
            {
                last += "-Ray";
            }

            _truth.Say(creator, "phones", "last_name", last, counts: !other, line);
            var phone = other
                ? Phone(creator, "phones", sample.Phone(creator, ambiguous ? 2 : 1), masked: false, counts: masked, ref random, line)
                : Phone(creator, "phones", sample.Phone(creator, 0), masked, counts: true, ref random, line);
            Row(text, Spelled(creator, ref random), "R*** P***", Decoded(first, ref random), Decoded(last, ref random), phone);
            line++;
        }

        _truth.Count("phones", WrongRows(text, ref line, "{0},x,Ann,Lee,2125550123") + sample.PhoneRows, 0, IsTidy ? 0 : 4);
    }

    public void WriteRefunnel(Stream stream)
    {
        using var text = SampleCreatorTruth.Open(stream);
        text.Write("username,profile,followers,emv,gmv,platform,last_post,total_posts,likes,comments,shares,engagement,impressions\n");
        var line = 2L;
        foreach (var row in Shuffled(sample.Refunnel, "refunnel"))
        {
            var creator = sample.RefunnelFrom + row;
            var random = sample.Random("refunnel-row", creator);
            var (followers, gmv) = (sample.Followers(creator), sample.Gmv(creator, refunnel: true));
            _truth.Know(creator, "refunnel");
            _truth.Say(creator, "refunnel", "followers", followers.ToString(CultureInfo.InvariantCulture), counts: true, line);
            _truth.Say(creator, "refunnel", "gmv", Plain(gmv), counts: true, line);
            Row(text, Spelled(creator, ref random), $"https://www.tiktok.com/@{sample.Handle(creator)}", Abbreviated(followers, ref random), Money(random.Tail(500_000), ref random),
                Money(gmv, ref random), "tiktok", "2025-06-2" + Text(random.Below(9)), Text(random.Below(900)), Abbreviated(random.Tail(900) * 100, ref random), Text(random.Below(999)),
                random.OneIn(9) ? "--" : Text(random.Below(999)), Text(random.Below(9_999)), Text(random.Tail(900_000)));
            line++;
        }

        _truth.Count("refunnel", WrongRows(text, ref line, "{0},,12,,,,,,,,,,") + sample.Refunnel, 0, IsTidy ? 0 : 4);
    }

    /// <summary>Orders of samples: overlapping exports put one after the other, so that nearly every line stands several times.</summary>
    public void WriteSamples(Stream stream, Stream truth)
    {
        using var text = SampleCreatorTruth.Open(stream);
        using var planted = SampleCreatorTruth.Open(truth);
        text.Write(string.Join(',', SampleColumns) + "\n");
        text.Write("Platform unique order ID.,Current status of the order.," + string.Join(',', SampleColumns.Skip(2).Select(static c => $"About {c}.")) + "\n");
        planted.Write("order_id,sku_id,handle\n");
        for (var key = 0; key < sample.SampleKeys; key++)
        {
            var (order, sku) = SampleKey(key);
            var creator = sample.Buyer(key % sample.Buyers);
            _truth.Samples[creator] = _truth.Samples.GetValueOrDefault(creator) + 1;
            planted.Write($"{order},{sku},{sample.Handle(creator)}\n");
        }

        var line = 3L;
        var cells = new string[SampleColumns.Length];
        foreach (var row in Shuffled(sample.SampleRows, "samples"))
        {
            WriteSample(text, row, cells, line++);
        }

        var wrong = 0;
        if (!IsTidy)
        {
            text.Write("5.77E+17,Shipped" + new string(',', SampleColumns.Length - 2) + "\n");
            text.Write("577999999999999999,Shipped" + new string(',', SampleColumns.Length - 2) + "\n");
            text.Write("Total,,,\n");
            wrong = 3;
        }

        _truth.Count("samples", sample.SampleRows + 1 + wrong, 1 + (wrong > 0 ? 1 : 0), wrong > 0 ? 2 : 0);
    }

    public void WriteVideos(Stream stream, Stream truth)
    {
        using var text = SampleCreatorTruth.Open(stream);
        using var planted = SampleCreatorTruth.Open(truth);
        text.Write(
            "Video name,Video link,Video post date,Creator username,GMV,Affiliate items sold ,Affiliate shoppable video GMV,Shoppable video avg. order value,Est. commission,Est. flat fee,"
            + "Avg. affiliate customers,Affiliate orders,Shoppable video impressions,Affiliate CTR,Shoppable video GPM,Affiliate items refunded,Affiliate refunded GMV,"
            + "Shoppable video comments,Shoppable video likes,Product name\n");
        planted.Write("key,handle,gmv\n");
        if (!IsTidy)
        {
            text.Write("Summary,,,," + new string(',', 15) + "\n");
        }

        foreach (var row in Shuffled(sample.VideoRows, "videos"))
        {
            // The rows beyond are the same videos once more, for another product.
            var (video, again) = row < sample.Videos ? (row, false) : ((row - sample.Videos) * 7 % sample.Videos, true);
            var creator = sample.VideoCreator(video % sample.VideoCreators);
            var random = sample.Random("video-of-creator", video);
            var id = 7_000_000_000_000_000_000L + (video * 1_000_003L);
            var gmv = random.OneIn(3) ? 0 : random.Tail(900_000);
            var posted = SampleVideos.LastDay.AddDays(-random.Below(90));
            if (!again)
            {
                _truth.Know(creator, "videos");
                _truth.Videos[creator] = _truth.Videos.GetValueOrDefault(creator) + 1;
                planted.Write(string.Create(CultureInfo.InvariantCulture, $"{id},{sample.Handle(creator)},{Plain(gmv)}\n"));
            }

            random = sample.Random("video-row", row);
            var told = again ? Math.Max(0, gmv - 1) : gmv;
            Row(text, $"Unboxing {random.Below(1_000)} #fyp", string.Create(CultureInfo.InvariantCulture, $"https://www.tiktok.com/@{sample.Handle(creator)}/video/{id}{(random.OneIn(6) ? "?lang=en" : "")}"),
                posted.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Spelled(creator, ref random), told == 0 && random.OneIn(2) ? Missing(ref random) : Money(told, ref random), Text(random.Below(50)),
                "$0.00", "--", Money(told / 10, ref random), "$0.00", "0", Text(random.Below(40)), Text(random.Tail(900_000)), $"{random.Below(9)}%", "$1.20", "0", "$0.00", Text(random.Below(99)),
                Text(random.Below(9_999)), sample.Product(random.Below(sample.Products)));
        }

        var wrong = 0;
        if (!IsTidy)
        {
            text.Write($"no date,https://www.tiktok.com/@x/video/1,--,{sample.Handle(0)}" + new string(',', 16) + "\n");
            text.Write($"no link,,2025-06-01,{sample.Handle(0)}" + new string(',', 16) + "\n");
            text.Write("masked,https://www.tiktok.com/@x/video/2,2025-06-01,a***b" + new string(',', 16) + "\n");
            wrong = 3;
        }

        _truth.Count("videos", sample.VideoRows + wrong + (IsTidy ? 0 : 1), IsTidy ? 0 : 1, wrong);
    }

    public void WriteProducts(Stream stream)
    {
        using var text = SampleCreatorTruth.Open(stream);
        text.Write("Analysis date: 01/04/2025~30/06/2025\n");
        text.Write("Product Name,Product ID,GMV range,Listing status,GMV,Creator-attributed GMV,Orders,SKU orders,Items sold,CTR\n");
        for (var product = 0; product < sample.Products; product++)
        {
            var random = sample.Random("product-row", product);
            Row(text, sample.Product(product), SampleCreators.ProductId(product), "$0-$1K", random.OneIn(9) ? "Inactive" : "Active", Money(random.Tail(9_000_000), ref random),
                random.OneIn(5) ? "-" : Money(random.Tail(900_000), ref random), Text(random.Below(900)), Text(random.Below(900)), Text(random.Below(2_000)), "1.2%");
        }

        _truth.Count("products", sample.Products + 1, 1, 0);
    }

    private void WriteSample(StreamWriter text, int row, string[] cells, long line)
    {
        // Everything once, then again in turn.
        var key = row % sample.SampleKeys;
        var copy = row / sample.SampleKeys;
        var creator = sample.Buyer(key % sample.Buyers);
        var (order, sku) = SampleKey(key);
        var facts = sample.Random("buyer", creator);
        var (masked, elsewhere, moved) = (facts.Below(10) < 7, facts.OneIn(10), facts.OneIn(8));
        var random = sample.Random("sample", key);
        var product = random.Below(sample.Products);
        var created = SampleVideos.LastDay.AddDays(-random.Below(400)).ToDateTime(new TimeOnly(random.Below(24), random.Below(60), random.Below(60)));
        var cancelled = random.OneIn(15);
        _truth.Know(creator, "samples");
        Array.Fill(cells, "");
        Set("Order ID", order);
        Set("Order Status", cancelled ? "Cancelled" : "Completed");
        Set("SKU ID", sku);
        Set("Product Name", sample.Product(product));
        Set("Variation", "Default");
        Set("Quantity", "1");
        Set("SKU Unit Original Price", "19.99");
        Set("Order Amount", "0.00");
        Set("Created Time", Time(created));
        Set(cancelled ? "Cancelled Time" : "Shipped Time", Time(created.AddHours(30)));
        Set("Delivered Time", cancelled ? "\t" : Time(created.AddHours(100)));
        Set("Fulfillment Type", "Fulfillment by seller");
        Set("Package ID", order[..12]);

        // The first copy of a buyer's first sample may have another address than all the others.
        var other = moved && key < sample.Buyers && copy == 0 && sample.SampleRows >= 3 * sample.SampleKeys;
        var address = sample.Address(creator, other || (elsewhere && !moved));
        var row0 = sample.Random("sample-row", row);
        Set("Buyer Username", Spelled(creator, ref row0));
        Set("Recipient", "R***");
        Set("Phone #", Phone(creator, "samples", sample.Phone(creator, elsewhere ? 1 : 0), masked, counts: true, ref row0, line));
        Set("Country", "United States");
        Set("State", row0.OneIn(2) ? address.StateName : address.State);
        Set("City", address.City);
        Set("Zipcode", address.Zip);
        Set("Detail Address", address.Line1);
        Set("Additional address information", address.Line2);
        _truth.SayAddress(creator, "samples", address, counts: !other, line);
        Row(text, cells);

        void Set(string column, string value) => cells[Array.IndexOf(SampleColumns, column)] = value;
    }

    private static (string Order, string Sku) SampleKey(int key) => (
        (577_000_000_000_000_000L + (key / 2)).ToString(CultureInfo.InvariantCulture), (1_730_000_000_000_000_000L + (key % 2)).ToString(CultureInfo.InvariantCulture));

    private static string[] SampleColumns { get; } =
    [
        "Order ID", "Order Status", "Order Substatus", "Cancelation/Return Type", "Normal or Pre-order", "SKU ID", "Seller SKU", "Product Name", "Variation", "Quantity",
        "Sku Quantity of return", "SKU Unit Original Price", "SKU Subtotal Before Discount", "SKU Platform Discount", "SKU Seller Discount", "SKU Subtotal After Discount",
        "Shipping Fee After Discount", "Original Shipping Fee", "Shipping Fee Seller Discount", "Shipping Fee Platform Discount", "Payment platform discount", "Retail Delivery Fee",
        "Taxes", "Order Amount", "Order Refund Amount", "Created Time", "Paid Time", "RTS Time", "Shipped Time", "Delivered Time", "Cancelled Time", "Cancel By", "Cancel Reason",
        "Fulfillment Type", "Warehouse Name", "Tracking ID", "Delivery Option Type", "Delivery Option", "Shipping Provider Name", "Buyer Message", "Buyer Username", "Recipient",
        "Phone #", "Country", "State", "City", "Zipcode", "Detail Address", "Additional address information", "House Name or Number", "Delivery Instruction", "Payment Method",
        "Weight(kg)", "Product Category", "Package ID", "Seller Note", "Shipping Information",
    ];

    private string Phone(int creator, string source, string digits, bool masked, bool counts, ref SampleRandom random, long line)
    {
        if (masked)
        {
            _truth.SayMask(creator, SampleCreators.Mask(digits));
            return SampleCreators.Mask(digits);
        }

        _truth.SayPhone(creator, source, digits, counts, line);
        return IsTidy ? $"(+1){digits}" : random.Below(4) switch
        {
            0 => digits,
            1 => $"+1 {digits[..3]}-{digits[3..6]}-{digits[6..]}",
            2 => $"\t(+1){digits} ",
            _ => $"(+1){digits}",
        };
    }

    /// <summary>Rows that nobody may take: no handle, a masked one, one that is none, one with too few cells.</summary>
    private int WrongRows(StreamWriter text, ref long line, string row)
    {
        if (IsTidy)
        {
            return 0;
        }

        foreach (var handle in (ReadOnlySpan<string>)["", "j***e", "two words"])
        {
            text.Write(string.Format(CultureInfo.InvariantCulture, row, handle) + "\n");
        }

        text.Write("cut,short\n");
        line += 4;
        return 4;
    }

    private int[] Shuffled(int count, string what)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var random = sample.Random(what + "-order", i);
            var at = random.Below(i + 1);
            order[i] = order[at];
            order[at] = i;
        }

        return order;
    }

    private string Spelled(int creator, ref SampleRandom random)
    {
        var handle = sample.Handle(creator);
        return IsTidy ? handle : random.Below(8) switch { 0 => "@" + handle, 1 => handle.ToUpperInvariant(), 2 => handle + " ", 3 => $"https://www.tiktok.com/@{handle}", _ => handle };
    }

    private string Upper(string email, ref SampleRandom random) => !IsTidy && random.OneIn(6) ? email.ToUpperInvariant() : email;

    private string Decoded(string name, ref SampleRandom random) => !IsTidy && random.OneIn(3) ? SampleCreators.Broken(name) : name;

    private string Missing(ref SampleRandom random) => IsTidy ? "" : random.Below(4) switch { 0 => "--", 1 => "-", 2 => "\t", _ => "" };

    private string Money(long cents, ref SampleRandom random)
    {
        if (!IsTidy && cents % 10_000 == 0 && cents > 0 && random.OneIn(2))
        {
            return string.Create(CultureInfo.InvariantCulture, $"${cents / 100_000m}k");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(IsTidy || random.OneIn(3) ? "" : "$")}{cents / 100m:#,##0.00}");
    }

    private string Abbreviated(long number, ref SampleRandom random) => !IsTidy && number > 0 && random.OneIn(2)
        ? number % 100_000 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{number / 1_000_000m}m")
            : string.Create(CultureInfo.InvariantCulture, $"{number / 1_000m}{(random.OneIn(2) ? "k" : "K")}")
        : Text(number);

    private static string Plain(long cents) => (cents / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTime time) => time.ToString("MM/dd/yyyy h:mm:ss tt", CultureInfo.InvariantCulture);

    private static void Row(StreamWriter text, params ReadOnlySpan<string> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            text.Write(SampleCreatorTruth.Quoted(cells[i]));
            text.Write(i == cells.Length - 1 ? '\n' : ',');
        }
    }
}
