using Loyalty.Connectors;
using Loyalty.Tests.Connectors.Server;
using Loyalty.Queue;

namespace Loyalty.Tests.Connectors;

/// <summary>What becomes of calls when limits, servers and networks misbehave, for a target that repeats and one that does not.</summary>
public sealed class HttpFaultTests
{
    private const string Mailchimp = "\"key\": { \"env\": \"SECRET\" }, \"list\": \"l1\", \"stages\": { \"Bronze\": \"tier-bronze\" }";
    private const string SendGrid = "\"key\": { \"env\": \"SECRET\" }, \"from\": \"club@winery.example\"";

    [Theory]
    [InlineData(408, AnswerClass.TryAgain, AnswerClass.TryAgain)]
    [InlineData(425, AnswerClass.TryAgain, AnswerClass.TryAgain)]
    [InlineData(429, AnswerClass.TryAgain, AnswerClass.TryAgain)]
    [InlineData(500, AnswerClass.TryAgain, AnswerClass.TryAgain)]
    [InlineData(502, AnswerClass.TryAgain, AnswerClass.Unknown)]
    [InlineData(503, AnswerClass.TryAgain, AnswerClass.TryAgain)]
    [InlineData(504, AnswerClass.TryAgain, AnswerClass.Unknown)]
    [InlineData(301, AnswerClass.Refused, AnswerClass.Refused)]
    [InlineData(400, AnswerClass.Refused, AnswerClass.Refused)]
    [InlineData(401, AnswerClass.Refused, AnswerClass.Refused)]
    [InlineData(404, AnswerClass.Refused, AnswerClass.Refused)]
    [InlineData(422, AnswerClass.Refused, AnswerClass.Refused)]
    public async Task Statuses_fall_into_their_classes(int status, AnswerClass repeatable, AnswerClass other)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(status, "{\"detail\":\"no\",\"errors\":[{\"message\":\"no\"}]}")
        {
            Headers = new Dictionary<string, string> { ["Location"] = "http://127.0.0.1:1/" },
        });
        var crm = await Given.SendAsync(Given.Target(server, "mailchimp", Mailchimp), Given.Remove() with { Operation = "add" });
        if (status != 404)
        {
            Assert.Equal(repeatable, crm.Class);
        }

        var mail = await Given.SendAsync(Given.Target(server, "sendgrid", SendGrid), Given.Mail());
        Assert.Equal(other, mail.Class);
        Assert.Equal(status == 401, mail.StopsTarget);
        if (mail.Class is AnswerClass.Refused or AnswerClass.TryAgain)
        {
            Assert.StartsWith($"{status} no", mail.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Retry-After", "7", 7)]
    [InlineData("Retry-After", "0", 0)]
    [InlineData("Retry-After", "Fri, 27 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Retry-After", "Fri, 27 Nov 2026 11:00:00 GMT", 0)]
    [InlineData("X-RateLimit-Reset", "1795780845", 45)]
    [InlineData("Retry-After", "soon", null)]
    [InlineData("Retry-After", "-5", null)]
    [InlineData("X-RateLimit-Reset", "30", null)] // seconds from now: no Unix time, and nobody says what else
    [InlineData("X-RateLimit-Reset", "99999999999999999999", null)]
    public async Task A_named_time_is_a_wait_by_the_answers_own_date(string header, string value, int? seconds)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(429, "{\"errors\":[{\"message\":\"too many requests\",\"field\":null}]}")
        {
            Headers = new Dictionary<string, string> { ["Date"] = "Fri, 27 Nov 2026 12:00:00 GMT", [header] = value },
        });
        var answer = await Given.SendAsync(Given.Target(server, "sendgrid", SendGrid), Given.Mail());
        Assert.Equal(AnswerClass.TryAgain, answer.Class);
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, answer.Wait);
        Assert.Equal("429 too many requests", answer.Text);
    }

    [Fact]
    public async Task A_connection_that_cannot_be_made_is_tried_again()
    {
        Uri gone;
        await using (var server = new ScriptedServer())
        {
            gone = server.Url;
        }

        var target = new TargetOptions { Name = "t", Kind = TargetKind.SendGrid, Url = gone, Timeout = TimeSpan.FromSeconds(2), Settings = new Dictionary<string, string> { ["key"] = "key-1", ["from"] = "a@b.example" } };
        var answer = await Given.SendAsync(target, Given.Mail());
        Assert.Equal(AnswerClass.TryAgain, answer.Class);
        Assert.Equal("no connection", answer.Text);
    }

    [Fact]
    public async Task Q10_An_answer_that_does_not_come_in_time_or_a_cut_after_the_request_is_unknown_and_is_sent_once()
    {
        await using var slow = new ScriptedServer(new ScriptedAnswer(202) { Delay = TimeSpan.FromSeconds(30) });
        Assert.Equal(AnswerClass.Unknown, (await Given.SendAsync(Given.Target(slow, "sendgrid", SendGrid), Given.Mail())).Class);
        Assert.Single(slow.Seen);
        await using var cut = new ScriptedServer(new ScriptedAnswer { Cut = true });
        Assert.Equal(AnswerClass.Unknown, (await Given.SendAsync(Given.Target(cut, "sendgrid", SendGrid), Given.Mail())).Class);
        Assert.Single(cut.Seen);
    }

    [Fact]
    public async Task A_connection_kept_alive_that_ends_with_a_request_on_it_repeats_nothing()
    {
        // The first request is answered; the second one on the same connection is read and cut: a client that repeats would show a third.
        await using var server = new ScriptedServer((_, n) => n == 0 ? ScriptedAnswer.Json("{\"customers\":[]}") : new ScriptedAnswer { Cut = true });
        var target = Given.Target(server, "commerce7", "\"tenant\": \"acme\", \"appId\": \"app\", \"secret\": { \"env\": \"SECRET\" }, \"stages\": { \"Bronze\": \"tag-1\" }");
        var answer = await Given.SendAsync(target, Given.Remove());
        Assert.Equal(AnswerClass.Unknown, answer.Class);
        Assert.Equal(2, server.Seen.Count);
        Assert.Equal("GET", server.Seen[1].Method);
    }

    [Fact]
    public async Task A_body_cut_short_is_unknown_unless_the_status_alone_says_done()
    {
        await using var server = new ScriptedServer((request, _) => request.Path.StartsWith("/v3", StringComparison.Ordinal)
            ? new ScriptedAnswer(202, "{") { Missing = 5 }
            : new ScriptedAnswer(200, "{\"customers\":[") { Missing = 50 });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "sendgrid", SendGrid), Given.Mail())).Class);
        var target = Given.Target(server, "commerce7", "\"tenant\": \"acme\", \"appId\": \"app\", \"secret\": { \"env\": \"SECRET\" }, \"stages\": { \"Bronze\": \"tag-1\" }");
        Assert.Equal(AnswerClass.Unknown, (await Given.SendAsync(target, Given.Add())).Class);
    }

    [Fact]
    public async Task A_provider_that_repeats_a_secret_does_not_bring_it_into_an_error()
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Json("{\"errors\":[{\"message\":\"the key s3cret-value is wrong\"}]}", 403));
        var answer = await Given.SendAsync(Given.Target(server, "sendgrid", SendGrid), Given.Mail());
        Assert.Equal("403 the key *** is wrong", answer.Text);

        // Nor in the form in which it left.
        var credentials = Convert.ToBase64String("AC1:s3cret-value"u8);
        await using var text = new ScriptedServer(ScriptedAnswer.Json($$"""{"code":20003,"message":"who is Basic {{credentials}}"}""", 401));
        answer = await Given.SendAsync(Given.Target(text, "twilio", "\"accountSid\": \"AC1\", \"token\": { \"env\": \"SECRET\" }, \"from\": \"+15005550006\""), Given.Sms());
        Assert.Equal("401 20003 who is Basic ***", answer.Text);
    }

    [Fact]
    public async Task Every_request_enters_the_scope_before_it_leaves()
    {
        var entered = 0;
        await using var server = new ScriptedServer((request, _) => request.Path.Contains("/tag/", StringComparison.Ordinal)
            ? new ScriptedAnswer(200, "{}")
            : ScriptedAnswer.Json(request.Method == "POST" ? "{\"id\":\"k1\"}" : "{\"customers\":[]}"));
        var target = Given.Target(server, "commerce7", "\"tenant\": \"acme\", \"appId\": \"app\", \"secret\": { \"env\": \"SECRET\" }, \"stages\": { \"Bronze\": \"tag-1\" }");
        var scope = new CallScope(_ =>
        {
            Assert.Equal(entered, server.Seen.Count);
            entered++;
            return ValueTask.CompletedTask;
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(target, Given.Add(), scope)).Class);
        Assert.Equal(3, entered);
        Assert.Equal(3, server.Seen.Count);
    }
}
