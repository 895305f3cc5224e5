using System.Text.Json;
using Loyalty.Connectors;
using Loyalty.Connectors.Delivering;
using Loyalty.Money;
using Loyalty.Queue;
using Loyalty.Storage.InMemory;
using Loyalty.Tests.Connectors.Server;

namespace Loyalty.Tests.Connectors;

/// <summary>Every provider of HTTP in every shape that an answer can take, with the queue's worker before it: what becomes of the delivery, and what happened there.</summary>
public sealed class ProviderShapeTests
{
    public static TheoryData<string> Kinds => [.. LocalProvider.Kinds];

    public static TheoryData<string> KindsThatAreNotRepeated => [.. LocalProvider.Kinds.Where(static k => !LocalProvider.Of(k).Repeats)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_success_is_done_and_happens_once(string kind)
    {
        var provider = LocalProvider.Of(kind);
        await using var server = new ScriptedServer((r, _) => provider.Answer(r));
        var end = await DeliverAsync(kind, server);
        Assert.Equal((DeliveryStatus.Done, "", 1), (end.Status, end.Error, end.Attempts));
        Assert.Equal(1, provider.Effects);
        Assert.Equal(1, server.Seen.Count(provider.IsEffect));
    }

    /// <summary>Who names a time is followed; who names none is left to the queue's own waits. Bodies of limits are not verified everywhere, so any will do.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_limit_is_tried_again_with_a_named_time_and_without_one_whatever_its_body_says(string kind)
    {
        foreach (var body in new[] { "", "<html>slow down</html>", "{}", LocalProvider.Of(kind).Throttled.Body })
        {
            foreach (var named in new[] { false, true })
            {
                var answer = await AnswerAsync(kind, new ScriptedAnswer(429, body) { Headers = named ? new Dictionary<string, string> { ["Retry-After"] = "7" } : [] });
                Assert.Equal((AnswerClass.TryAgain, named ? TimeSpan.FromSeconds(7) : null), (answer.Class, answer.Wait));
                Assert.StartsWith("429", answer.Text, StringComparison.Ordinal);
                Assert.False(answer.StopsTarget);
            }
        }
    }

    /// <summary>The provider's own way to say that it was too much, which may come with 200 or 403.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_throttled_body_is_tried_again_and_then_happens_once(string kind)
    {
        var provider = LocalProvider.Of(kind);
        var refused = 0;
        await using var server = new ScriptedServer((r, _) => provider.IsEffect(r) && refused++ == 0 ? provider.Throttled : provider.Answer(r));
        var end = await DeliverAsync(kind, server);
        Assert.Equal((DeliveryStatus.Done, 2), (end.Status, end.Attempts));
        Assert.Equal(1, provider.Effects);
        Assert.Equal(2, server.Seen.Count(provider.IsEffect));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Wrong_credentials_park_the_delivery_and_stop_the_target(string kind)
    {
        var answer = await AnswerAsync(kind, LocalProvider.Of(kind).Unauthorized);
        Assert.Equal((AnswerClass.Refused, true), (answer.Class, answer.StopsTarget));
        Assert.StartsWith("401 ", answer.Text, StringComparison.Ordinal);

        // Two deliveries of different customers: one is tried, the other waits for somebody to mend the credentials.
        var provider = LocalProvider.Of(kind);
        await using var server = new ScriptedServer((_, _) => provider.Unauthorized);
        var queue = new InMemoryLoyaltyStore("acme", Currency.Get("USD"), TimeProvider.System).Queue;
        await queue.PutContactsAsync([Given.Ann, Given.Ann with { Customer = "c2", Email = "bob@example.com" }]);
        await queue.EnqueueAsync([Due(provider, "c1"), Due(provider, "c2")]);
        using var target = Target(kind, server);
        var run = await new DeliveryWorker(queue, [target], Options() with { Workers = 1 }).RunAsync();
        Assert.Equal((1, 0), (run.Parked, run.Done));
        Assert.Single(server.Seen);
        Assert.Single(await queue.FindAsync([Due(provider, "c1").Key, Due(provider, "c2").Key]), static d => d.Status == DeliveryStatus.Waiting);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refusal_parks_with_the_words_of_the_provider(string kind)
    {
        var provider = LocalProvider.Of(kind);
        await using var server = new ScriptedServer((r, _) => provider.IsEffect(r) ? provider.Refusal.Answer : provider.Answer(r));
        var end = await DeliverAsync(kind, server);
        Assert.Equal((DeliveryStatus.Parked, "refused: " + provider.Refusal.Error, 1), (end.Status, end.Error, end.Attempts));
        Assert.Equal(0, provider.Effects);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_success_with_errors_in_it_is_none_where_the_body_counts(string kind)
    {
        if (LocalProvider.Of(kind).SuccessWithErrors is not { } errors)
        {
            // A webhook is done by its status; a 200 of Twilio without a sid is an answer that nobody can read.
            Assert.Equal(
                kind is "webhook" ? AnswerClass.Done : AnswerClass.Unknown, (await AnswerAsync(kind, ScriptedAnswer.Json("""{"errors":["no"],"code":1,"message":"no"}"""))).Class);
            return;
        }

        var answer = await AnswerAsync(kind, errors);
        Assert.Equal(AnswerClass.Refused, answer.Class);
        Assert.Matches("(?i)^200 .*(tag|not|sender)", answer.Text);
    }

    /// <summary>The network ends at each request of an attempt, before the provider has done anything or after it: what repeats is repeated, what does not is asked for or parked.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_answer_lost_at_any_request_loses_no_effect_and_makes_none_twice(string kind)
    {
        var whole = LocalProvider.Of(kind);
        await using var counted = new ScriptedServer((r, _) => whole.Answer(r));
        await DeliverAsync(kind, counted);
        foreach (var fault in Enum.GetValues<Loss>())
        {
            for (var lost = 0; lost < counted.Seen.Count; lost++)
            {
                var provider = LocalProvider.Of(kind);
                var number = lost;
                await using var server = new ScriptedServer((r, n) => n == number ? With(provider, r, fault) : provider.Answer(r));
                var end = await DeliverAsync(kind, server);
                var effects = fault == Loss.BeforeTheEffect && !provider.Repeats ? 0 : 1;
                var isKnown = provider.Repeats || (effects == 1 && (provider.CanBeAsked || (fault == Loss.Truncated && kind is "sendgrid" or "webhook")));
                Assert.True(
                    (end.Status, end.Error, provider.Effects) == (isKnown ? (DeliveryStatus.Done, "", effects) : (DeliveryStatus.Parked, DeliveryAnswer.AnswerLost, effects)),
                    $"{kind}, {fault} at request {number}: {end.Status} '{end.Error}', {provider.Effects} times");
                Assert.True(provider.Repeats || server.Seen.Count(provider.IsEffect) == 1, $"{kind}, {fault}: sent again");
            }
        }
    }

    /// <summary>A provider that does as asked and answers after the timeout.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_slow_answer_is_a_lost_one(string kind)
    {
        var provider = LocalProvider.Of(kind);
        var slow = 0;
        await using var server = new ScriptedServer((r, _) => provider.IsEffect(r) && slow++ == 0 ? provider.Answer(r) with { Delay = TimeSpan.FromSeconds(30) } : provider.Answer(r));
        var end = await DeliverAsync(kind, server, timeout: 2);
        Assert.Equal(provider.Repeats || provider.CanBeAsked ? (DeliveryStatus.Done, "") : (DeliveryStatus.Parked, DeliveryAnswer.AnswerLost), (end.Status, end.Error));
        Assert.Equal(1, provider.Effects);
        Assert.Equal(provider.Repeats ? 2 : 1, server.Seen.Count(provider.IsEffect));
    }

    /// <summary><c>onLostAnswer</c>: with <c>repeat</c> the call is made again, and what that means is the user's to know.</summary>
    [Theory]
    [MemberData(nameof(KindsThatAreNotRepeated))]
    public async Task What_is_not_repeatable_is_repeated_when_the_file_says_so(string kind)
    {
        foreach (var fault in new[] { Loss.BeforeTheEffect, Loss.AfterTheEffect })
        {
            var provider = LocalProvider.Of(kind);
            await using var server = new ScriptedServer((r, n) => n == 0 ? With(provider, r, fault) : provider.Answer(r));
            var end = await DeliverAsync(kind, server, ", \"onLostAnswer\": \"repeat\"");
            Assert.Equal((DeliveryStatus.Done, 2), (end.Status, end.Attempts));
            Assert.Equal(fault == Loss.BeforeTheEffect ? 1 : 2, provider.Effects);
        }
    }

    /// <summary>Bodies that are no JSON, half a character, or far too long neither end the worker nor count as an answer.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Bodies_that_nobody_can_read_end_nothing(string kind)
    {
        string[] bodies =
        [
            "[", "null", "7", "\"text\"", "[[[]]]", "{\"errors\":{}}", "{\"errors\":[null,7,[],{\"message\":{}}]}", "{\"customers\":7,\"messages\":[7]}",
            "{\"id\":\"\\ud800\",\"sid\":\"\\ud800\",\"message\":\"\\ud800\",\"errors\":[\"\\ud800\"],\"\\ud800\":1}", "{\"data\":{\"customerByIdentifier\":7}}", new('[', 5_000),
            "\"" + new string('x', 1 << 20) + "\"",
        ];
        foreach (var body in bodies)
        {
            foreach (var status in new[] { 200, 400, 500 })
            {
                var provider = LocalProvider.Of(kind);
                await using var server = new ScriptedServer(new ScriptedAnswer(status, body));
                var answer = await Given.SendAsync(Given.Target(server, kind, provider.Members), Outgoing(provider));
                Assert.True(status == 200 || answer.Class == (status == 400 ? AnswerClass.Refused : AnswerClass.TryAgain), $"{kind}: {status} {body[..Math.Min(40, body.Length)]} is {answer.Class}");
            }
        }
    }

    private enum Loss
    {
        BeforeTheEffect,
        AfterTheEffect,
        Truncated,
    }

    private static ScriptedAnswer With(LocalProvider provider, SeenRequest request, Loss fault)
    {
        if (fault == Loss.BeforeTheEffect)
        {
            return new ScriptedAnswer { Cut = true };
        }

        var answer = provider.Answer(request);
        return fault == Loss.AfterTheEffect ? answer with { Cut = true } : answer with { Body = answer.Body[..(answer.Body.Length / 2)], Missing = 50 };
    }

    private static object Outgoing(LocalProvider provider) => provider.TakesOperations ? Given.Add() : provider.Channel is "sms" ? Given.Sms() : Given.Mail();

    /// <summary>What the answer to the request that counts means.</summary>
    private static async Task<DeliveryAnswer> AnswerAsync(string kind, ScriptedAnswer answer)
    {
        var provider = LocalProvider.Of(kind);
        await using var server = new ScriptedServer((r, _) => provider.IsEffect(r) ? answer : provider.Answer(r));
        return await Given.SendAsync(Given.Target(server, kind, provider.Members), Outgoing(provider));
    }

    private static NewDelivery Due(LocalProvider provider, string customer) => provider.TakesOperations
        ? new($"enrollment:{customer}:add", DeliveryKind.Operation, QueueRules.Operations, customer, "add", "", """{"stage":"Bronze","discount_percent":"10","cause":"order:1","date":"2025-01-15"}""", Given.Past)
        : new($"message:{customer}:expired:{provider.Channel}:enrollment:1", DeliveryKind.Message, provider.Channel, customer, "expired", provider.Channel, """{"stage":"Bronze","cause":"enrollment:1"}""", Given.Past);

    private static DeliveryTarget Target(string kind, ScriptedServer server, string members = "", int timeout = 8)
    {
        var options = Given.Target(server, kind, LocalProvider.Of(kind).Members + members, timeout: timeout);
        return new DeliveryTarget(options, [QueueRules.Operations, "email", "sms"], DeliveryTarget.Connect(options, TimeProvider.System), TimeProvider.System);
    }

    private static DeliveryOptions Options() => new()
    {
        Tenant = "acme", Retry = new RetryPolicy { First = TimeSpan.FromMilliseconds(5), Factor = 1, Jitter = 0, Attempts = 4 }, PollInterval = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>Delivers one thing for Ann, with as many runs as it takes.</summary>
    private static async Task<Delivery> DeliverAsync(string kind, ScriptedServer server, string members = "", int timeout = 8)
    {
        var provider = LocalProvider.Of(kind);
        var queue = new InMemoryLoyaltyStore("acme", Currency.Get("USD"), TimeProvider.System).Queue;
        await queue.PutContactsAsync([Given.Ann]);
        var due = Due(provider, Given.Ann.Customer);
        await queue.EnqueueAsync([due]);
        using var target = Target(kind, server, members, timeout);
        while (true)
        {
            await new DeliveryWorker(queue, [target], Options()).RunAsync();
            var delivery = Assert.Single(await queue.FindAsync([due.Key]));
            if (delivery.Status != DeliveryStatus.Waiting)
            {
                return delivery;
            }

            await Task.Delay(5);
        }
    }
}
