using Loyalty.Connectors;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Loyalty.Connectors.Incoming;
using Loyalty.Connectors.Providers;
using Loyalty.Messages;
using Loyalty.Money;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Queue;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Points;
using Loyalty.Tests.Connectors.Server;

namespace Loyalty.Tests.Connectors;

/// <summary>Calls that come in: signed rightly, wrongly, not at all, and again.</summary>
public sealed class IncomingTests
{
    private static readonly Currency Dollars = Currency.Get("USD");
    private static readonly DateTimeOffset Noon = new(2025, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] ShopifyOrder = Encoding.UTF8.GetBytes(
        """{"id":77,"email":"Ann@Example.com","currency":"USD","financial_status":"paid","processed_at":"2025-03-01T23:30:00-08:00","total_price":"120.50","current_total_price":"100.50"}""");

    [Fact]
    public void Shopify_believes_the_right_signature_of_the_very_bytes_and_no_other()
    {
        var signature = Convert.ToBase64String(HMACSHA256.HashData("secret"u8, ShopifyOrder));
        Assert.True(ShopifyWebhook.Verify(ShopifyOrder, signature, "secret"));
        Assert.False(ShopifyWebhook.Verify(ShopifyOrder, signature, "other"));
        Assert.False(ShopifyWebhook.Verify([.. ShopifyOrder, (byte)' '], signature, "secret"));
        string?[] wrong =
        [
            null, "", " ", "nonsense", signature[..^4], signature + signature, signature.ToLowerInvariant(), Convert.ToHexStringLower(HMACSHA256.HashData("secret"u8, ShopifyOrder)),
            Convert.ToBase64String(HMACSHA256.HashData("secret"u8, ""u8)), Convert.ToBase64String(HMACSHA256.HashData(""u8, ShopifyOrder)), new('A', 5_000),
        ];
        Assert.All(wrong, w => Assert.False(ShopifyWebhook.Verify(ShopifyOrder, w, "secret"), w));
    }

    [Fact]
    public void Shopify_orders_count_when_they_are_paid_in_the_currency_of_the_program()
    {
        var order = ShopifyWebhook.ReadOrder(ShopifyOrder, Dollars, TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles"))!.Value;
        Assert.Equal(("77", "ann@example.com", new DateOnly(2025, 3, 1), 100_50L), (order.Id, order.Customer, order.Date, order.Amount));
        Assert.Equal(new DateOnly(2025, 3, 2), ShopifyWebhook.ReadOrder(ShopifyOrder, Dollars, TimeZoneInfo.Utc)!.Value.Date);
        Assert.Null(ShopifyWebhook.ReadOrder(ShopifyOrder, Currency.Get("EUR"), TimeZoneInfo.Utc));
        Assert.Null(ShopifyWebhook.ReadOrder(With("paid", "pending"), Dollars, TimeZoneInfo.Utc));
        Assert.Null(ShopifyWebhook.ReadOrder(With("Ann@Example.com", "nobody"), Dollars, TimeZoneInfo.Utc));
        Assert.Null(ShopifyWebhook.ReadOrder(With("100.50", "100.505"), Dollars, TimeZoneInfo.Utc));
        Assert.Null(ShopifyWebhook.ReadOrder(With("\"id\":77", "\"cancelled_at\":\"2025-03-02T00:00:00Z\",\"id\":77"), Dollars, TimeZoneInfo.Utc));

        static byte[] With(string old, string now) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(ShopifyOrder).Replace(old, now, StringComparison.Ordinal));
    }

    /// <summary>A call that is made again, by the shop or by somebody who recorded it, is signed as rightly as before: the order's id is what keeps it from counting twice.</summary>
    [Fact]
    public async Task A_replayed_order_of_Shopify_earns_once()
    {
        var points = await PointsAsync();
        var signature = Convert.ToBase64String(HMACSHA256.HashData("secret"u8, ShopifyOrder));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(ShopifyWebhook.Verify(ShopifyOrder, signature, "secret"));
            var order = ShopifyWebhook.ReadOrder(ShopifyOrder, Dollars, TimeZoneInfo.Utc)!.Value;
            var outcome = (await points.TakeOrdersAsync([order], DateOnly.FromDateTime(Noon.Date), Noon.UtcDateTime))[0];
            Assert.Equal((i == 0, false), (outcome.IsNew, outcome.IsRejected));
        }

        Assert.Equal(100, (await points.FindBalanceAsync("ann@example.com"))!.Balance);
    }

    [Theory]
    [InlineData("""{"object":"Order","action":"Create","payload":{"id":"o1"},"tenantId":"acme"}""", true)]
    [InlineData("""{"object":"Order","action":"Create","payload":{"id":"o1"},"tenant":"acme"}""", true)] // which member names it is seen in two ways
    [InlineData("""{"object":"Order","action":"Create","payload":{"id":"o1"},"tenantId":"evil"}""", false)]
    [InlineData("""{"object":"Order","action":"Create","payload":{"id":"o1"},"tenantId":"evil","tenant":"acme"}""", false)]
    [InlineData("""{"object":"Order","action":"Create","payload":{"id":"o1"},"tenantId":"ACME"}""", false)]
    [InlineData("""{"object":"Order","action":"Create","payload":{"id":"o1"},"tenantId":["acme"]}""", false)]
    [InlineData("""{"object":"Order","action":"Create","payload":{"id":"o1"}}""", false)]
    [InlineData("""{"object":"Order","action":"Create","payload":{},"tenantId":"acme"}""", false)]
    [InlineData("""{"object":"Order","action":"Bulk Update","payload":{"callbackUrl":"https://evil.example"},"tenantId":"acme"}""", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    public void Commerce7_is_believed_the_tenant_and_the_id_and_nothing_else(string body, bool isRead) =>
        Assert.Equal(isRead ? new Commerce7Call("Order", "Create", "o1") : null, Commerce7Webhook.Read(Encoding.UTF8.GetBytes(body), "acme"));

    /// <summary>Nobody signs these calls: what a forged or replayed one says of an order does not count, what the shop says then does.</summary>
    [Fact]
    public async Task Commerce7_is_read_anew_and_what_a_forged_or_replayed_call_says_does_not_count()
    {
        var points = await PointsAsync();
        var total = 50_00;
        await using var server = new ScriptedServer((r, _) => r.Path switch
        {
            "/order/o1" => ScriptedAnswer.Json($$"""{"id":"o1","customer":{"emails":[{"email":"Ann@Example.com"}]},"orderPaidDate":"2025-03-02T01:00:00.000Z","paymentStatus":"Paid","total":{{total}}}"""),
            "/order/unpaid" => ScriptedAnswer.Json("""{"id":"unpaid","email":"ann@example.com","orderSubmittedDate":"2025-03-02T01:00:00.000Z","paymentStatus":"Pending","total":5000}"""),
            "/order/busy" => new ScriptedAnswer(429) { Headers = new Dictionary<string, string> { ["Retry-After"] = "3" } },
            "/order/wrong" => ScriptedAnswer.Json("""{"errors":["no"]}"""),
            _ => ScriptedAnswer.Json("""{"statusCode":404,"type":"notFound","message":"no such order","errors":[]}""", 404),
        });
        using var shop = new Commerce7Connector(
            Given.Target(server, "commerce7", "\"tenant\": \"acme\", \"appId\": \"app\", \"secret\": { \"env\": \"SECRET\" }"), TimeProvider.System);
        Task<OrderRow?> ReadAsync(string id, string subject = "Order") => Commerce7Webhook.ReadOrderAsync(
            Commerce7Webhook.Read(Encoding.UTF8.GetBytes($$"""{"object":"{{subject}}","action":"Create","payload":{"id":"{{id}}","total":999900,"email":"evil@example.com"},"tenantId":"acme"}"""), "acme")!,
            shop, Dollars, TimeZoneInfo.Utc, new CallScope());
        for (var i = 0; i < 2; i++)
        {
            var order = (await ReadAsync("o1"))!.Value;
            Assert.Equal(("o1", "ann@example.com", new DateOnly(2025, 3, 2), 50_00L), (order.Id, order.Customer, order.Date, order.Amount));
            Assert.Equal(i == 0, (await points.TakeOrdersAsync([order], DateOnly.FromDateTime(Noon.Date), Noon.UtcDateTime))[0].IsNew);
        }

        Assert.Equal(50, (await points.FindBalanceAsync("ann@example.com"))!.Balance);
        Assert.Null(await points.FindBalanceAsync("evil@example.com"));
        total = -1;
        Assert.Null(await ReadAsync("o1"));
        Assert.Null(await ReadAsync("unpaid"));
        Assert.Null(await ReadAsync("gone"));
        var before = server.Seen.Count;
        Assert.Null(await ReadAsync("o1", "Customer"));
        Assert.Equal(before, server.Seen.Count);
        Assert.Null(await ReadAsync("../customer/k1?x="));
        Assert.Equal("/order/..%2Fcustomer%2Fk1%3Fx%3D", server.Seen[^1].Path); // an id leads nowhere else
        var busy = await Assert.ThrowsAsync<ConnectorException>(() => ReadAsync("busy"));
        Assert.Equal((AnswerClass.TryAgain, TimeSpan.FromSeconds(3)), (busy.Answer.Class, busy.Answer.Wait));
        Assert.Equal(AnswerClass.Refused, (await Assert.ThrowsAsync<ConnectorException>(() => ReadAsync("wrong"))).Answer.Class);
    }

    [Fact]
    public void Twilio_believes_the_right_signature_of_the_URL_and_every_field_and_no_other()
    {
        const string Url = "https://club.example/sms?x=1";
        var form = new Dictionary<string, string> { ["From"] = "+14155550123", ["Body"] = " stop ", ["AccountSid"] = "AC1" };
        var signature = Sign(Url + "AccountSidAC1Body stop From+14155550123");
        Assert.True(TwilioWebhook.Verify(Url, form, signature, "token"));
        Assert.True(TwilioWebhook.Verify(Url, form.Reverse(), signature, "token"));
        Assert.True(TwilioWebhook.Verify(Url, [], Sign(Url), "token"));
        Assert.False(TwilioWebhook.Verify(Url, form, signature, "other"));
        Assert.False(TwilioWebhook.Verify(Url + "2", form, signature, "token"));
        Assert.False(TwilioWebhook.Verify("http" + Url["https".Length..], form, signature, "token"));
        Assert.False(TwilioWebhook.Verify(Url, new Dictionary<string, string>(form) { ["Body"] = "start" }, signature, "token"));
        Assert.False(TwilioWebhook.Verify(Url, new Dictionary<string, string>(form) { ["To"] = "+1" }, signature, "token"));
        Assert.False(TwilioWebhook.Verify(Url, form.Where(static f => f.Key != "AccountSid"), signature, "token"));
        string?[] wrong = [null, "", "nonsense", signature[..^2], Sign(Url), new('A', 5_000)];
        Assert.All(wrong, w => Assert.False(TwilioWebhook.Verify(Url, form, w, "token"), w));
    }

    /// <summary>Of a body that is no form the URL is signed, which says the hash of the body.</summary>
    [Fact]
    public void Twilio_believes_a_body_of_JSON_whose_hash_the_signed_URL_says_and_no_other()
    {
        // As Twilio's own libraries are tested.
        const string Published = "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
        Assert.True(TwilioWebhook.VerifyBody(Published, """{"property": "value", "boolean": true}"""u8, "a9nBmqA0ju/hNViExpshrM61xv4=", "12345"));

        var body = """{"MessageSid":"SM1","MessageStatus":"delivered"}"""u8.ToArray();
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        bool IsBelieved(string url, byte[]? given = null, string? signature = "right", string token = "token") =>
            TwilioWebhook.VerifyBody(url, given ?? body, signature is "right" ? Sign(url) : signature, token);
        var url = $"https://club.example/twilio?x=1&bodySHA256={hash}";
        Assert.True(IsBelieved(url));
        Assert.True(IsBelieved($"https://club.example/twilio?bodySHA256={hash}&x=1"));
        Assert.True(IsBelieved($"https://club.example/twilio?bodySHA256={hash.ToUpperInvariant()}"));
        Assert.True(IsBelieved($"https://club.example/twilio?bodySHA256={Convert.ToHexStringLower(SHA256.HashData([]))}", []));

        // Another body, or the same with a byte more or less.
        Assert.All<byte[]>([[], [.. body, (byte)' '], body[..^1], [.. "[]"u8]], given => Assert.False(IsBelieved(url, given)));

        // A signature that is wrong, that is missing, of another URL, or with another token.
        string?[] wrong = [null, "", " ", "nonsense", Sign(url)[..^2], Sign($"https://club.example/twilio?x=2&bodySHA256={hash}"), Sign(url + Encoding.UTF8.GetString(body)), new('A', 5_000)];
        Assert.All(wrong, w => Assert.False(IsBelieved(url, signature: w), w));
        Assert.False(IsBelieved(url, token: "other"));
        Assert.False(IsBelieved(url + "&y=1", signature: Sign(url)));

        // A URL that is signed rightly and does not say the hash of the body: once, whole, in its query, under its name.
        string[] silent =
        [
            "https://club.example/twilio", "https://club.example/twilio?x=1", "https://club.example/twilio?bodySHA256=", "https://club.example/twilio?bodySHA256",
            $"https://club.example/bodySHA256={hash}", $"https://club.example/twilio?bodysha256={hash}", $"https://club.example/twilio?xbodySHA256={hash}",
            $"https://club.example/twilio?bodySHA256={hash[..^1]}", $"https://club.example/twilio?bodySHA256={hash}0", $"https://club.example/twilio?bodySHA256={hash[..^1]}g",
            $"https://club.example/twilio?bodySHA256={hash}&bodySHA256={hash}", $"https://club.example/twilio?bodySHA256={Convert.ToBase64String(SHA256.HashData(body))}",
        ];
        Assert.All(silent, s => Assert.False(IsBelieved(s), s));
    }

    /// <summary>Twilio's signatures carry no time: a STOP that comes again says what was said; its MessageSid is for the caller to remember.</summary>
    [Fact]
    public async Task A_replayed_STOP_says_what_it_said()
    {
        const string Url = "https://club.example/sms";
        var form = new Dictionary<string, string> { ["From"] = "+14155550123", ["Body"] = " stop " };
        var signature = Sign(Url + "Body stop From+14155550123");
        var queue = new InMemoryLoyaltyStore("acme", Dollars, TimeProvider.System).Queue;
        for (var i = 0; i < 2; i++)
        {
            Assert.True(TwilioWebhook.Verify(Url, form, signature, "token"));
            var entry = TwilioWebhook.ReadConsent(form, static n => n == "+14155550123" ? "ann" : null, Noon)!;
            Assert.Equal(("ann", "sms", false, true, ConsentSource.Keyword, "stop"), (entry.Customer, entry.Channel, entry.Allowed, entry.IsHard, entry.Source, entry.Text));
            await queue.AppendConsentAsync([entry]);
            var ann = (await queue.ReadCustomersAsync(["ann"]))["ann"];
            Assert.Equal(ConsentAnswer.Suppressed, ConsentRules.Ask(ann.Consent, MessageKind.Expired, "sms"));
            Assert.Equal(ConsentAnswer.Allowed, ConsentRules.Ask(ann.Consent, MessageKind.Expired, "email"));
        }

        Assert.True(TwilioWebhook.ReadConsent(new Dictionary<string, string>(form) { ["Body"] = "START" }, static _ => "ann", Noon)!.Allowed);
        Assert.Null(TwilioWebhook.ReadConsent(new Dictionary<string, string>(form) { ["Body"] = "please stop calling me" }, static _ => "ann", Noon));
        Assert.Null(TwilioWebhook.ReadConsent(form, static _ => null, Noon));
        Assert.Null(TwilioWebhook.ReadConsent(new Dictionary<string, string>(), static _ => "ann", Noon));
    }

    [Theory]
    [InlineData("delivered", null, DeliveryOutcome.Delivered)]
    [InlineData("sent", null, DeliveryOutcome.OnItsWay)]
    [InlineData("undelivered", "30005", DeliveryOutcome.Failed)]
    [InlineData("failed", "21610", DeliveryOutcome.OptedOut)]
    [InlineData("undelivered", "21610", DeliveryOutcome.OptedOut)]
    public void Twilio_tells_what_became_of_a_message(string status, string? code, DeliveryOutcome expected)
    {
        var form = new Dictionary<string, string> { ["MessageSid"] = "SM1", ["MessageStatus"] = status };
        if (code is not null)
        {
            form["ErrorCode"] = code;
        }

        var report = TwilioWebhook.ReadResult(form)!;
        Assert.Equal((expected, "SM1"), (report.Outcome, report.ExternalId));
        Assert.Equal(expected == DeliveryOutcome.OptedOut, report.ToConsent("ann", "sms", Noon) is { IsHard: true, Allowed: false });
        form.Remove("MessageSid");
        Assert.Null(TwilioWebhook.ReadResult(form));
    }

    [Fact]
    public void SendGrid_believes_the_right_signature_of_the_timestamp_and_the_very_bytes_and_no_other()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = PublicKey(key);
        var body = "[]\r\n"u8.ToArray();
        var signature = Sign(key, "1740916800", body);
        Assert.True(SendGridWebhook.Verify(body, "1740916800", signature, publicKey));
        Assert.False(SendGridWebhook.Verify(body, "1740916800", signature, PublicKey(other)));
        Assert.False(SendGridWebhook.Verify(body, "1740916801", signature, publicKey));
        Assert.False(SendGridWebhook.Verify(body.AsSpan()[..2], "1740916800", signature, publicKey));
        Assert.False(SendGridWebhook.Verify(body, null, signature, publicKey));
        Assert.False(SendGridWebhook.Verify(body, "1740916800", signature, "nonsense"));
        Assert.False(SendGridWebhook.Verify(body, "1740916800", signature, Convert.ToBase64String("no key"u8)));
        string?[] wrong = [null, "", "nonsense", Convert.ToBase64String(Convert.FromBase64String(signature)[..^1]), Convert.ToBase64String("0"u8), new('A', 5_000)];
        Assert.All(wrong, w => Assert.False(SendGridWebhook.Verify(body, "1740916800", w, publicKey), w));
    }

    /// <summary>What was recorded is signed rightly for ever; how long it counts is said by the caller.</summary>
    [Fact]
    public void Replayed_events_of_SendGrid_count_only_near_their_time_and_say_the_same()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = PublicKey(key);
        var body = Encoding.UTF8.GetBytes("""[{"event":"bounce","type":"bounce","key":"message:a:expired:email:x","sg_message_id":"m1","reason":"550"},{"event":"open"},{"event":"delivered","key":"k"}]""");
        var timestamp = Noon.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Sign(key, timestamp, body);
        bool At(DateTimeOffset now) => SendGridWebhook.Verify(body, timestamp, signature, publicKey, now, TimeSpan.FromMinutes(5));
        Assert.True(At(Noon));
        Assert.True(At(Noon.AddMinutes(5)));
        Assert.True(At(Noon.AddMinutes(-5)));
        Assert.False(At(Noon.AddMinutes(5).AddSeconds(1)));
        Assert.False(At(Noon.AddMinutes(-5).AddSeconds(-1)));
        Assert.True(SendGridWebhook.Verify(body, timestamp, signature, publicKey)); // without a bound it counts for ever
        var later = Noon.AddDays(1);
        Assert.False(SendGridWebhook.Verify(body, later.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), signature, publicKey, later, TimeSpan.FromMinutes(5))); // another time is not signed
        Assert.All(
            new[] { null, "", "soon", "-5", " " + timestamp, "99999999999999999999", "99999999999" },
            t => Assert.False(SendGridWebhook.Verify(body, t, Sign(key, t ?? "", body), publicKey, Noon, TimeSpan.FromDays(1))));
        var reports = SendGridWebhook.Read(body);
        Assert.Equal(reports, SendGridWebhook.Read(body));
        Assert.Equal([DeliveryOutcome.OptedOut, DeliveryOutcome.Delivered], reports.Select(static r => r.Outcome));
        Assert.Equal(("message:a:expired:email:x", "m1", "550"), (reports[0].Key, reports[0].ExternalId, reports[0].Detail));
        Assert.True(reports[0].ToConsent("a", "email", Noon)!.IsHard);
        Assert.Null(reports[1].ToConsent("a", "email", Noon));
    }

    /// <summary>Whoever can sign, or nobody has to: what comes is bytes.</summary>
    [Fact]
    public void Bytes_that_say_nothing_are_read_as_nothing()
    {
        byte[][] bodies =
        [
            [], "{"u8.ToArray(), "null"u8.ToArray(), "[null,7,[],{\"event\":7}]"u8.ToArray(), [0xFF, 0xFE, 0x00], Encoding.UTF8.GetBytes(new string('[', 10_000)),
            [.. "{\"id\":\""u8, 0xFF, .. "\",\"email\":\""u8, 0xFF, .. "\",\"object\":\""u8, 0xFF, .. "\",\"tenantId\":\"acme\"}"u8],
            "{\"id\":\"\\ud800\",\"email\":\"\\ud800\",\"tenantId\":\"acme\",\"object\":\"\\ud800\",\"\\ud800\":1}"u8.ToArray(),
            [.. "[{\"event\":\""u8, 0xFF, .. "\"},{\"event\":\"\\ud800\",\"\\ud800\":1}]"u8],
            "{\"id\":1,\"email\":\"a@b.example\",\"currency\":\"USD\",\"financial_status\":\"paid\",\"processed_at\":\"0001-01-01T00:00:00+14:00\",\"total_price\":\"1e999\"}"u8.ToArray(),
            "{\"id\":1,\"email\":\"a@b.example\",\"currency\":\"USD\",\"financial_status\":\"paid\",\"processed_at\":\"2025-01-01\",\"total_price\":\"99999999999999999999999999\"}"u8.ToArray(),
        ];
        foreach (var body in bodies)
        {
            Assert.Null(ShopifyWebhook.ReadOrder(body, Dollars, TimeZoneInfo.Utc));
            Assert.Null(Commerce7Webhook.Read(body, "acme"));
            Assert.Empty(SendGridWebhook.Read(body));
        }
    }

#pragma warning disable CA5350 // the algorithm is Twilio's
    private static string Sign(string text) => Convert.ToBase64String(HMACSHA1.HashData("token"u8, Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350

    private static string Sign(ECDsa key, string timestamp, byte[] body) => Convert.ToBase64String(
        key.SignData([.. Encoding.UTF8.GetBytes(timestamp), .. body], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

    private static string PublicKey(ECDsa key) => Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());

    /// <summary>A program that gives a point for each dollar.</summary>
    private static async Task<IPointsStore> PointsAsync()
    {
        var program = LoyaltyProgram.Parse("""
            { "tenant": "acme", "currency": "USD", "timeZone": "UTC", "points": { "perUnit": 1, "bonusPercent": 0, "value": 0.01, "minimumMembershipDays": 0 } }
            """);
        var points = new InMemoryLoyaltyStore(program.Tenant, program.Currency).Points;
        await points.RunAsync(program, DateOnly.FromDateTime(Noon.Date).AddDays(-1), Noon.UtcDateTime, static (run, token) => run.CloseDaysAsync(token));
        return points;
    }
}
