using Loyalty.Connectors;
using System.Text;
using Loyalty.Connectors.Providers;
using Loyalty.Tests.Connectors.Server;
using Loyalty.Queue;

namespace Loyalty.Tests.Connectors;

/// <summary>Providers of messages, each against a server that speaks the documented shapes.</summary>
public sealed class MessageSenderTests
{
    private const string Key = "\"key\": { \"env\": \"SECRET\" }";
    private const string Twilio = "\"accountSid\": \"AC1\", \"token\": { \"env\": \"SECRET\" }, \"from\": \"+15005550006\"";

    [Fact]
    public async Task SendGrid_carries_key_and_unsubscribe_headers_and_202_alone_is_done()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(202) { Headers = new Dictionary<string, string> { ["X-Message-Id"] = "m-1" } });
        var answer = await Given.SendAsync(Given.Target(server, "sendgrid", Key + ", \"from\": \"club@winery.example\""), Given.Mail());
        Assert.Equal((AnswerClass.Done, "m-1"), (answer.Class, answer.ExternalId));
        var body = server.Seen[0].Json;
        Assert.Equal(Given.Mail().Key, body.GetProperty("personalizations")[0].GetProperty("custom_args").GetProperty("key").GetString());
        Assert.Equal(["text/plain", "text/html"], body.GetProperty("content").EnumerateArray().Select(static c => c.GetProperty("type").GetString()));
        Assert.Equal("<https://winery.example/u?t=x.y>", body.GetProperty("headers").GetProperty("List-Unsubscribe").GetString());
        Assert.Equal("List-Unsubscribe=One-Click", body.GetProperty("headers").GetProperty("List-Unsubscribe-Post").GetString());
        Assert.Equal("Bearer s3cret-value", server.Seen[0].Headers["Authorization"]);
        await using var plain = new ScriptedServer(new ScriptedAnswer(202));
        Assert.Equal("", (await Given.SendAsync(Given.Target(plain, "sendgrid", Key + ", \"from\": \"c@w.example\""), Given.Mail())).ExternalId);
    }

    /// <summary>Whether the sandbox answers 200 is not verified; only 202 is done whatever the body says.</summary>
    [Theory]
    [InlineData(200, "", 0, AnswerClass.Done)]
    [InlineData(200, "{}", 0, AnswerClass.Done)]
    [InlineData(200, "{", 9, AnswerClass.Unknown)]
    [InlineData(202, "", 0, AnswerClass.Done)]
    [InlineData(202, "{", 9, AnswerClass.Done)]
    public async Task SendGrid_has_taken_a_message_with_200_or_202(int status, string body, int missing, AnswerClass expected)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(status, body) { Missing = missing });
        Assert.Equal(expected, (await Given.SendAsync(Given.Target(server, "sendgrid", Key + ", \"from\": \"c@w.example\""), Given.Mail())).Class);
        Assert.Single(server.Seen);
    }

    [Theory]
    [InlineData("""[{"email":"ann@example.com","status":"sent","_id":"i1"}]""", 200, AnswerClass.Done)]
    [InlineData("""[{"email":"ann@example.com","status":"queued","_id":"i1"}]""", 200, AnswerClass.Done)]
    [InlineData("""[{"email":"ann@example.com","status":"rejected","reject_reason":"hard-bounce"}]""", 200, AnswerClass.OptedOut)]
    [InlineData("""[{"email":"ann@example.com","status":"rejected","reject_reason":"unsub"}]""", 200, AnswerClass.OptedOut)]
    [InlineData("""[{"email":"ann@example.com","status":"rejected","reject_reason":"rule"}]""", 200, AnswerClass.Refused)]
    [InlineData("""[{"email":"ann@example.com","status":"invalid"}]""", 200, AnswerClass.Refused)]
    [InlineData("""{"status":"error","code":-2,"name":"ValidationError","message":"no"}""", 500, AnswerClass.Refused)]
    [InlineData("""{"status":"error","code":-2,"name":"ValidationError","message":"no"}""", 400, AnswerClass.Refused)]
    [InlineData("""{"status":"error","code":-1,"name":"GeneralError","message":"oops"}""", 500, AnswerClass.TryAgain)]
    [InlineData("""{"status":"error","code":10,"name":"PaymentRequired","message":"pay"}""", 402, AnswerClass.Refused)]
    [InlineData("[]", 200, AnswerClass.Unknown)]
    public async Task Mandrill_says_by_the_status_of_the_entry(string body, int status, AnswerClass expected)
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Json(body, status));
        var answer = await Given.SendAsync(Given.Target(server, "mandrill", Key + ", \"from\": \"c@w.example\""), Given.Mail());
        Assert.Equal(expected, answer.Class);
        Assert.Equal(Given.Mail().Key, server.Seen[0].Json.GetProperty("message").GetProperty("metadata").GetProperty("key").GetString());
    }

    [Fact]
    public async Task Mandrill_is_asked_by_metadata_after_a_lost_answer()
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Json("[{\"_id\":\"other\",\"metadata\":{\"key\":\"x\"}},{\"_id\":\"i7\",\"metadata\":{\"key\":\"" + Given.Mail().Key + "\"}}]"));
        using var sender = new MandrillSender(Given.Target(server, "mandrill", Key + ", \"from\": \"c@w.example\""), TimeProvider.System);
        Assert.Equal("i7", (await sender.LookUpAsync(Given.Mail(), DateTimeOffset.UtcNow, new CallScope()))!.ExternalId);
        Assert.Null(await sender.LookUpAsync(Given.Mail() with { Key = "none" }, DateTimeOffset.UtcNow, new CallScope()));
    }

    [Fact]
    public async Task Klaviyo_gets_an_event_with_the_key_as_unique_id()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(202));
        var target = Given.Target(server, "klaviyo", Key + ", \"metrics\": { \"expired\": \"Club over\" }");
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(target, Given.Mail())).Class);
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "klaviyo", Key + ", \"revision\": \"2026-01-15\""), Given.Sms())).Class);
        var attributes = server.Seen[0].Json.GetProperty("data").GetProperty("attributes");
        Assert.Equal(Given.Mail().Key, attributes.GetProperty("unique_id").GetString());
        Assert.Equal("Club over", attributes.GetProperty("metric").GetProperty("data").GetProperty("attributes").GetProperty("name").GetString());
        Assert.Equal("120", attributes.GetProperty("properties").GetProperty("points").GetString());
        Assert.Equal(("2026-07-15", "Klaviyo-API-Key s3cret-value", "application/vnd.api+json"), (server.Seen[0].Headers["revision"], server.Seen[0].Headers["Authorization"], server.Seen[0].Headers["Content-Type"]));
        attributes = server.Seen[1].Json.GetProperty("data").GetProperty("attributes");
        Assert.Equal("2026-01-15", server.Seen[1].Headers["revision"]);
        Assert.Equal("Loyalty expired", attributes.GetProperty("metric").GetProperty("data").GetProperty("attributes").GetProperty("name").GetString());
        Assert.Equal("+14155550123", attributes.GetProperty("profile").GetProperty("data").GetProperty("attributes").GetProperty("phone_number").GetString());
    }

    [Fact]
    public async Task Twilio_sends_a_form_opts_out_by_21610_and_is_asked_after_a_lost_answer()
    {
        await using var server = new ScriptedServer((r, n) => r.Method == "GET"
            ? ScriptedAnswer.Json(r.Path.Contains("page2", StringComparison.Ordinal)
                ? """{"messages":[{"sid":"SM9","to":"+14155550123","body":"Text & more"}]}"""
                : """{"messages":[{"sid":"SM1","to":"+14155550123","body":"other"}],"next_page_uri":"/page2"}""")
            : n switch
            {
                0 => ScriptedAnswer.Json("""{"sid":"SM5","status":"queued"}""", 201),
                1 => ScriptedAnswer.Json("""{"code":21610,"message":"unsubscribed","status":400}""", 400),
                2 => ScriptedAnswer.Json("""{"code":20429,"message":"slow","status":429}""", 429),
                3 => new ScriptedAnswer(429, """{"code":20429,"message":"slow"}""") { Headers = new Dictionary<string, string> { ["Retry-After"] = "4" } },
                _ => ScriptedAnswer.Json("""{"code":21211,"message":"invalid To","status":400}""", 400),
            });
        var target = Given.Target(server, "twilio", Twilio);
        Assert.Equal("SM5", (await Given.SendAsync(target, Given.Sms())).ExternalId);
        Assert.Equal("To=%2B14155550123&From=%2B15005550006&Body=Text%20%26%20more", server.Seen[0].Text);
        Assert.Equal("/2010-04-01/Accounts/AC1/Messages.json", server.Seen[0].Path);
        Assert.Equal(AnswerClass.OptedOut, (await Given.SendAsync(target, Given.Sms())).Class);
        Assert.Null((await Given.SendAsync(target, Given.Sms())).Wait);
        Assert.Equal(TimeSpan.FromSeconds(4), (await Given.SendAsync(target, Given.Sms())).Wait);
        Assert.Equal("400 21211 invalid To", (await Given.SendAsync(target, Given.Sms())).Text);
        using var sender = new TwilioSender(target, TimeProvider.System);
        Assert.Equal("SM9", (await sender.LookUpAsync(Given.Sms(), new DateTimeOffset(2025, 3, 1, 12, 0, 0, TimeSpan.Zero), new CallScope()))!.ExternalId);
        Assert.Contains("DateSent=2025-03-01", server.Seen[^2].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_is_signed_and_a_body_is_a_template()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(204));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "webhook", "\"secret\": { \"env\": \"SECRET\" }"), Given.Add())).Class);
        var body = server.Seen[0];
        Assert.Equal(["key", "kind", "what", "channel", "customer", "to", "subject", "text", "operation", "stage", "discount_percent", "cause"], body.Json.EnumerateObject().Select(static m => m.Name));
        Assert.Equal("enrollment:1:add", body.Headers["X-Loyalty-Key"]);
        Assert.Equal("sha256=" + Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData("s3cret-value"u8, body.Body)), body.Headers["X-Loyalty-Signature"]);
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(
            server, "webhook", "\"method\": \"PUT\", \"headers\": { \"Authorization\": { \"env\": \"SECRET\" }, \"Content-Type\": \"text/plain\" }, \"body\": \"{{ to }}: {{ text }}\""), Given.Sms())).Class);
        Assert.Equal(("PUT", "+14155550123: Text & more", "s3cret-value", "text/plain"), (server.Seen[1].Method, server.Seen[1].Text, server.Seen[1].Headers["Authorization"], server.Seen[1].Headers["Content-Type"]));
    }

    [Fact]
    public async Task A_webhook_gets_events_as_they_are_and_its_headers_do_not_come_back_in_errors()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(200), ScriptedAnswer.Json("""{"message":"s3cret-value is no token"}""", 403));
        var target = Given.Target(server, "webhook", "\"headers\": { \"Authorization\": { \"env\": \"SECRET\" } }");
        const string Event = """{"specversion":"1.0","type":"loyalty.tier.changed.v1"}""";
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(target, new OutgoingEvent("event:1", "loyalty.tier.changed.v1", "c1", Event))).Class);
        Assert.Equal((Event, "application/cloudevents+json", "event:1"), (server.Seen[0].Text, server.Seen[0].Headers["Content-Type"], server.Seen[0].Headers["X-Loyalty-Key"]));
        Assert.Equal("403 *** is no token", (await Given.SendAsync(target, Given.Add())).Text);
    }
}
