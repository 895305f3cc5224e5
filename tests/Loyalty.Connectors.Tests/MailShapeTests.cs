using System.Globalization;
using Loyalty.Connectors;
using Loyalty.Connectors.Delivering;
using Loyalty.Connectors.Providers;
using Loyalty.Money;
using Loyalty.Queue;
using Loyalty.Storage.InMemory;
using Loyalty.Tests.Connectors.Server;

namespace Loyalty.Tests.Connectors;

/// <summary>E-mail by SMTP in every shape that a conversation can take, step by step.</summary>
public sealed class MailShapeTests
{
    [Theory]
    [InlineData(MailStep.Greeting, "421 4.7.0 too many connections", AnswerClass.TryAgain, false)]
    [InlineData(MailStep.Greeting, "554 not you", AnswerClass.Refused, false)]
    [InlineData(MailStep.Credentials, "454 4.7.0 later", AnswerClass.TryAgain, false)]
    [InlineData(MailStep.Credentials, "535 5.7.8 wrong", AnswerClass.Refused, true)]
    [InlineData(MailStep.Sender, "452 storage", AnswerClass.TryAgain, false)]
    [InlineData(MailStep.Sender, "530 5.7.0 authentication required", AnswerClass.Refused, true)]
    [InlineData(MailStep.Sender, "552 too much", AnswerClass.Refused, false)]
    [InlineData(MailStep.Receiver, "450 mailbox busy", AnswerClass.TryAgain, false)]
    [InlineData(MailStep.Receiver, "550 no such mailbox", AnswerClass.Refused, false)]
    [InlineData(MailStep.Data, "451 local error", AnswerClass.TryAgain, false)]
    [InlineData(MailStep.Data, "554 no", AnswerClass.Refused, false)]
    [InlineData(MailStep.Text, "421 4.3.2 shutting down", AnswerClass.TryAgain, false)]
    [InlineData(MailStep.Text, "452 throttled", AnswerClass.TryAgain, false)]
    [InlineData(MailStep.Text, "554 spam", AnswerClass.Refused, false)]
    public async Task A_reply_is_told_by_its_code_at_every_step(MailStep step, string reply, AnswerClass expected, bool stops)
    {
        await using var server = new ScriptedMailServer((s, _) => s == step ? new MailAnswer(reply) : null);
        var answer = await Given.SendAsync(Target(server), Given.Mail());
        Assert.Equal((expected, stops, null), (answer.Class, answer.StopsTarget, answer.Wait));
        Assert.StartsWith(reply[..3], answer.Text, StringComparison.Ordinal);
        Assert.Equal(step == MailStep.Text ? 1 : 0, server.Texts.Count);
    }

    /// <summary>Until the text begins to leave nothing can have been taken; from then on nobody knows.</summary>
    [Theory]
    [InlineData(MailStep.Greeting)]
    [InlineData(MailStep.Hello)]
    [InlineData(MailStep.Credentials)]
    [InlineData(MailStep.Sender)]
    [InlineData(MailStep.Receiver)]
    [InlineData(MailStep.Data)]
    [InlineData(MailStep.Text)]
    public async Task A_conversation_that_ends_or_falls_silent_is_tried_again_before_the_text_and_lost_after_it(MailStep step)
    {
        foreach (var answer in new[] { MailAnswer.Cut, MailAnswer.Silence, MailAnswer.Truncated("25") })
        {
            await using var server = new ScriptedMailServer((s, n) => s == step && n == 0 ? answer : null);
            var (end, attempts) = await DeliverAsync(Target(server, timeout: ReferenceEquals(answer, MailAnswer.Silence) ? 2 : 8));
            Assert.Equal(step == MailStep.Text ? (DeliveryStatus.Parked, DeliveryAnswer.AnswerLost, 1) : (DeliveryStatus.Done, "", 2), (end.Status, end.Error, attempts));
            Assert.Single(server.Texts); // either way once
        }
    }

    [Fact]
    public async Task A_lost_answer_is_sent_again_when_the_file_says_so()
    {
        await using var server = new ScriptedMailServer((s, n) => s == MailStep.Text && n == 0 ? MailAnswer.Cut : null);
        var (end, attempts) = await DeliverAsync(Target(server, ", \"onLostAnswer\": \"repeat\""));
        Assert.Equal((DeliveryStatus.Done, 2, 2), (end.Status, attempts, server.Texts.Count));
        Assert.Single(server.Texts.Select(static t => t.Split('\n').Single(static l => l.StartsWith("Message-Id:", StringComparison.OrdinalIgnoreCase))).Distinct());
    }

    [Theory]
    [InlineData("starttls", AnswerClass.Refused, true)] // the server offers none: nothing leaves in the clear
    [InlineData("tls", AnswerClass.TryAgain, false)]
    [InlineData("none", AnswerClass.Done, false)]
    public async Task Without_the_encryption_that_was_asked_for_nothing_leaves(string tls, AnswerClass expected, bool stops)
    {
        await using var server = new ScriptedMailServer((_, _) => null);
        var answer = await Given.SendAsync(Target(server, tls: tls), Given.Mail());
        Assert.Equal((expected, stops), (answer.Class, answer.StopsTarget));
        Assert.Equal(expected == AnswerClass.Done ? 1 : 0, server.Texts.Count);
    }

    [Fact]
    public async Task A_server_that_repeats_the_password_does_not_bring_it_into_an_error()
    {
        foreach (var step in new[] { MailStep.Credentials, MailStep.Sender })
        {
            await using var server = new ScriptedMailServer((s, _) => s == step ? new MailAnswer("535 s3cret-value is wrong") : null);
            var answer = await Given.SendAsync(Target(server), Given.Mail());
            Assert.Equal(AnswerClass.Refused, answer.Class);
            Assert.DoesNotContain("s3cret-value", answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_the_server_is_may_be_said_by_a_URL()
    {
        await using var server = new ScriptedMailServer((_, _) => null);
        var target = Given.Target(null, "smtp", string.Create(CultureInfo.InvariantCulture, $"\"url\": \"smtp://127.0.0.1:{server.Port}\", \"tls\": \"none\", \"from\": \"club@winery.example\""));
        Assert.Equal((AnswerClass.Done, 1), ((await Given.SendAsync(target, Given.Mail())).Class, server.Texts.Count));
    }

    /// <summary>Mail is dated by the clock of the connector, in UTC: where the program runs says nothing.</summary>
    [Fact]
    public async Task Mail_is_dated_by_the_clock_of_the_connector()
    {
        await using var server = new ScriptedMailServer((_, _) => null);
        var sender = new SmtpSender(Target(server), new StillClock(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.FromHours(2))));
        Assert.Equal(AnswerClass.Done, (await sender.SendAsync(Given.Mail() with { DueAt = Given.Past }, new CallScope())).Class);
        Assert.Contains("\nDate: Sat, 28 Feb 2026 23:30:00 +0000\n", server.Texts[0], StringComparison.Ordinal);
    }

    private static TargetOptions Target(ScriptedMailServer server, string members = "", string tls = "none", int timeout = 8) => Given.Target(
        null, "smtp",
        string.Create(CultureInfo.InvariantCulture, $"\"host\": \"127.0.0.1\", \"port\": {server.Port}, \"tls\": \"{tls}\", \"from\": \"club@winery.example\", \"user\": \"club\", \"password\": {{ \"env\": \"SECRET\" }}{members}"),
        timeout: timeout);

    private static async Task<(Delivery Delivery, int Attempts)> DeliverAsync(TargetOptions options)
    {
        var queue = new InMemoryLoyaltyStore("acme", Currency.Get("USD"), TimeProvider.System).Queue;
        await queue.PutContactsAsync([Given.Ann]);
        var due = new NewDelivery(
            Given.Mail().Key, DeliveryKind.Message, "email", Given.Ann.Customer, "expired", "email", """{"stage":"Bronze","cause":"enrollment:1"}""", Given.Past);
        await queue.EnqueueAsync([due]);
        using var target = new DeliveryTarget(options, ["email"], DeliveryTarget.Connect(options, TimeProvider.System), TimeProvider.System);
        while (true)
        {
            await new DeliveryWorker(queue, [target], new DeliveryOptions
            {
                Tenant = "acme", Retry = new RetryPolicy { First = TimeSpan.FromMilliseconds(5), Factor = 1, Jitter = 0, Attempts = 4 }, PollInterval = TimeSpan.FromMilliseconds(5),
            }).RunAsync();
            var delivery = Assert.Single(await queue.FindAsync([due.Key]));
            if (delivery.Status != DeliveryStatus.Waiting)
            {
                return (delivery, delivery.Attempts);
            }

            await Task.Delay(5);
        }
    }
}
