using Loyalty.Connectors;
using System.Text;
using Loyalty.Connectors.Configuration;
using Loyalty.Connectors.Delivering;
using Loyalty.Connectors.Templates;
using Loyalty.Messages;

namespace Loyalty.Tests.Connectors;

/// <summary>Connectors files, templates, links and limits.</summary>
public sealed class ConfigurationTests
{
    private static string[] Faults(string json) => ConnectorsFile.TryParse(Encoding.UTF8.GetBytes(json), Given.Environment.GetValueOrDefault, out _, out var faults) ? [] : [.. faults.Select(static f => f.Path)];

    [Fact]
    public void Every_fault_of_a_file_is_told_with_its_path()
    {
        Assert.Empty(Faults("""{ "targets": { "a": { "kind": "file", "folder": "x" } }, "operations": "a", "channels": { "email": "a" } }"""));
        Assert.Equal(["$.targets.a.key", "$.targets.a.colour"], Faults("""{ "targets": { "a": { "kind": "sendgrid", "url": "https://x.example", "key": "literal", "from": "a@b.example", "colour": 1 } } }"""));
        Assert.Equal(["$.targets.a.key"], Faults("""{ "targets": { "a": { "kind": "sendgrid", "url": "https://x.example", "key": { "env": "UNSET" }, "from": "a@b.example" } } }"""));
        Assert.Equal(["$.targets.a.kind"], Faults("""{ "targets": { "a": { "kind": "fax" } } }"""));
        Assert.Equal(["$.targets.a.timeout"], Faults("""{ "targets": { "a": { "kind": "file", "folder": "x", "timeout": "00:01:00" } }, "lease": "00:01:00" }"""));
        Assert.Equal(["$.operations"], Faults("""{ "targets": { "a": { "kind": "smtp", "host": "h", "from": "a@b.example" } }, "operations": "a" }"""));
        Assert.Equal(["$.channels.email"], Faults("""{ "targets": { "a": { "kind": "shopify", "url": "https://x.example", "token": { "env": "SECRET" } } }, "channels": { "email": "a" } }"""));
        Assert.Equal(["$.unsubscribeKey"], Faults("""{ "targets": {}, "unsubscribeUrl": "https://x.example/u" }"""));
        const string Shop = "\"kind\": \"commerce7\", \"url\": \"https://x.example\", \"tenant\": \"t\", \"appId\": \"a\", \"secret\": { \"env\": \"SECRET\" }";
        Assert.Empty(Faults($$"""{ "targets": { "a": { {{Shop}}, "tagForm": "path", "percentUnit": "hundredths", "webHookPath": "webhook", "duplicateStatus": "400", "clubCard": "default" } } }"""));
        Assert.Equal(
            ["$.targets.a.tagForm", "$.targets.a.percentUnit", "$.targets.a.duplicateStatus", "$.targets.a.clubCard"],
            Faults($$"""{ "targets": { "a": { {{Shop}}, "tagForm": "body", "percentUnit": "thousandths", "duplicateStatus": "500", "clubCard": "any" } } }"""));
        Assert.Equal(["$.targets.a.folder"], Faults("""{ "targets": { "a": { "kind": "file", "folder": "a\u0000b" } } }"""));
        Assert.Equal(["$.targets.a.onLostAnswer"], Faults("""{ "targets": { "a": { "kind": "file", "folder": "x", "onLostAnswer": "forget" } } }"""));
        var fingerprint = string.Concat(Enumerable.Repeat("a9", 32));
        string Mail(string members) => $$"""{ "targets": { "a": { "kind": "smtp", "host": "h", "from": "a@b.example", {{members}} } } }""";
        Assert.Empty(Faults(Mail($"\"certificateSha256\": \"{fingerprint}\"")));
        Assert.Empty(Faults(Mail($"\"tls\": \"tls\", \"certificateSha256\": \"{string.Join(':', Enumerable.Repeat("A9", 32))}\"")));
        string[] others = ["any", "*", fingerprint[..^2], fingerprint + "a9", fingerprint[..^1] + "g", fingerprint[..^1] + ":", string.Join(':', Enumerable.Repeat("a9", 31)) + "a9:"];
        Assert.All(others, f => Assert.Equal(["$.targets.a.certificateSha256"], Faults(Mail($"\"certificateSha256\": \"{f}\""))));
        Assert.Equal(["$.targets.a.certificateSha256"], Faults(Mail($"\"tls\": \"none\", \"certificateSha256\": \"{fingerprint}\"")));
        Assert.Equal(["$.targets.a.tenant"], Faults("""{ "targets": { "a": { "kind": "commerce7", "url": "https://x.example", "tenant": "a\r\nb: c", "appId": "a", "secret": { "env": "SECRET" } } } }"""));
        string Hook(string members) => $$"""{ "targets": { "a": { "kind": "webhook", "url": "https://x.example", {{members}} } } }""";
        Assert.Equal(["$.targets.a.headers.A"], Faults(Hook("""  "headers": { "A": "a\r\nX: y" } """)));
        Assert.Equal(["$.targets.a.headers"], Faults(Hook("""  "headers": { "X Api Key": { "env": "SECRET" } } """)));
        Assert.Equal(["$.targets.a.body"], Faults(Hook("""  "body": "{{ nope }}" """)));
        Assert.Empty(Faults(Hook("""  "headers": { "X-Api_Key": { "env": "SECRET" } }, "body": "{% assign x = key %}{{ x }}{{ customer }}" """)));
        Assert.Equal(["$"], Faults(Hook("""  "secret": { "env": "\ud800" } """)));
        Assert.False(ConnectorsFile.TryParse(new byte[] { (byte)'{', (byte)'"', 0xE9, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, null, out _, out var encoding));
        Assert.Contains("UTF-8", Assert.Single(encoding).Message, StringComparison.Ordinal);
        Assert.Equal(["$.targets"], Faults("{}"));
        Assert.Equal(["$"], Faults("{"));
        Assert.Equal(["$.retry.jitter", "$.expireAfter.party"], Faults("""{ "targets": {}, "retry": { "jitter": 1 }, "expireAfter": { "party": "00:01:00" } }""").Order(StringComparer.Ordinal).Reverse());
    }

    [Theory]
    [InlineData("sendgrid", "key", "abc\n")]
    [InlineData("sendgrid", "key", "abc\r\nx: 1")]
    [InlineData("klaviyo", "key", "schlüssel")]
    [InlineData("shopify", "token", " abc")]
    [InlineData("mandrill", "key", "abc\n")]
    public void A_secret_that_no_request_can_carry_is_a_fault_and_is_not_shown(string kind, string member, string secret)
    {
        var json = $$"""{ "targets": { "a": { "kind": "{{kind}}", "url": "https://x.example", "{{member}}": { "env": "S" } {{(kind is "sendgrid" or "mandrill" ? ", \"from\": \"a@b.example\"" : "")}} } } }""";
        Assert.False(ConnectorsFile.TryParse(Encoding.UTF8.GetBytes(json), _ => secret, out _, out var faults));
        var fault = Assert.Single(faults);
        Assert.Equal($"$.targets.a.{member}", fault.Path);
        Assert.DoesNotContain(secret.Trim(), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Templates_are_tried_before_anything_is_sent_and_escape_where_they_must()
    {
        var folder = Directory.CreateTempSubdirectory("loyalty-templates-");
        try
        {
            string Fault(string name, string text)
            {
                foreach (var old in folder.GetFiles())
                {
                    old.Delete();
                }

                File.WriteAllText(Path.Combine(folder.FullName, name), text);
                return Assert.Throws<TemplateException>(() => TemplateSet.Load(folder.FullName, ["email", "sms"])).Message;
            }

            Assert.StartsWith("expired.email.liquid:2: there is no variable 'nam'", Fault("expired.email.liquid", "subject: x\n{% if false %}{{ nam }}{% endif %}"), StringComparison.Ordinal);
            Assert.StartsWith("expired.email.liquid:3:", Fault("expired.email.liquid", "subject: x\n\n{{ stage "), StringComparison.Ordinal);
            Assert.StartsWith("expired.email.liquid:1: expected a first line", Fault("expired.email.liquid", "Hello"), StringComparison.Ordinal);
            Assert.StartsWith("expired.fax.liquid: there is no channel", Fault("expired.fax.liquid", "x"), StringComparison.Ordinal);
            Assert.StartsWith("party.sms.liquid: the name", Fault("party.sms.liquid", "x"), StringComparison.Ordinal);
            Assert.Contains("no filter 'shout'", Fault("expired.sms.liquid", "{{ stage | shout }}"), StringComparison.Ordinal);
            foreach (var old in folder.GetFiles())
            {
                old.Delete();
            }

            File.WriteAllText(Path.Combine(folder.FullName, "expired.email.liquid"), "subject: {{ stage }} is over\nHi {{ first_name }}");
            File.WriteAllText(Path.Combine(folder.FullName, "expired.email.html.liquid"), "<p>{{ first_name }}</p>{{ reward }}");
            var set = TemplateSet.Load(folder.FullName, ["email", "sms", "push"]);
            var values = new Dictionary<string, string> { ["stage"] = "A\nB", ["first_name"] = "<b>Ann</b>" };
            Assert.Equal(new RenderedMessage("A B is over", "Hi <b>Ann</b>", "<p>&lt;b&gt;Ann&lt;/b&gt;</p>"), set.Render(MessageKind.Expired, "email", "de-AT", values));
            foreach (var kind in Enum.GetValues<MessageKind>())
            {
                Assert.NotEqual("", set.Render(kind, "email", "", values).Subject);
                Assert.NotEqual("", set.Render(kind, "push", "", values).Text);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Links_to_unsubscribe_say_what_they_were_made_with_and_nothing_else()
    {
        var request = new UnsubscribeRequest("acme", "ann:%@x.example", MessageKind.Expired, "email");
        var link = UnsubscribeLink.Create(new Uri("https://winery.example/u"), "key"u8, request);
        var token = link["https://winery.example/u?t=".Length..];
        Assert.True(UnsubscribeLink.TryVerify(token, "key"u8, out var read));
        Assert.Equal(request, read);
        Assert.False(UnsubscribeLink.TryVerify(token, "other"u8, out _));
        Assert.False(UnsubscribeLink.TryVerify("x" + token, "key"u8, out _));
        Assert.False(UnsubscribeLink.TryVerify(null, "key"u8, out _));
        Assert.Equal((ConsentSource.Link, false), (request.ToConsent(default).Source, request.ToConsent(default).Allowed));
    }

    [Fact]
    public void In_no_sixty_seconds_more_requests_than_the_target_takes()
    {
        var clock = new SteppedClock();
        var gate = new TargetGate(2, 1, clock);
        Assert.True(gate.TryEnter(out _));
        Assert.False(gate.TryEnter(out var wait)); // one at once
        Assert.Null(wait);
        clock.Advance(TimeSpan.FromSeconds(5));
        gate.Leave();
        Assert.True(gate.TryEnter(out _));
        gate.Leave();
        Assert.False(gate.TryEnter(out wait));
        Assert.InRange(wait!.Value, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60.1)); // from the answer on
        clock.Advance(wait.Value);
        Assert.True(gate.TryEnter(out _));
        gate.Leave(wasSent: false);
        Assert.True(gate.TryEnter(out _));
        gate.Leave();
        gate.Hold(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromSeconds(30), gate.Held);
        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(TimeSpan.Zero, gate.Held);
    }

    private sealed class SteppedClock : TimeProvider
    {
        private long _now = 1_000_000_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
