using System.Globalization;
using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Tests.Queue;

/// <summary>The pure rules of the queue: keys, waits, answers, days.</summary>
public sealed class QueueRulesTests
{
    private static readonly DateTimeOffset Now = new(2025, 3, 1, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Q07_Waits_grow_are_capped_and_spread_and_never_overflow()
    {
        var plain = RetryPolicy.Default with { Jitter = 0 };
        Assert.Equal([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600], Enumerable.Range(1, 9).Select(n => (int)plain.After(n, 0.5).TotalSeconds));
        var before = TimeSpan.Zero;
        for (var attempt = 1; attempt <= 10_000; attempt++)
        {
            var wait = plain.After(attempt, 0.3);
            Assert.InRange(wait, before, plain.Max);
            Assert.InRange(RetryPolicy.Default.After(attempt, 0), wait * 0.799, wait * 0.801);
            Assert.InRange(RetryPolicy.Default.After(attempt, 0.999999), wait * 1.199, wait * 1.201);
            before = wait;
        }

        Assert.Equal(plain.Max, (plain with { Factor = 100 }).After(10_000, 0.5));
    }

    [Fact]
    public void Q08_A_thousand_failures_at_once_are_spread()
    {
        var random = new Random(1);
        var seconds = Enumerable.Range(0, 1_000).Select(_ => (long)RetryPolicy.Default.After(1, random.NextDouble()).TotalSeconds).GroupBy(static s => s).ToArray();
        Assert.True(seconds.Max(static g => g.Count()) < 667);
        Assert.InRange(seconds.Length, 10, 13); // 24 to 36 seconds
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(0.5, 66)]
    [InlineData(1, 72)]
    public void A_named_time_is_never_early_and_at_most_jitter_late_and_not_cut(double sample, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.Default.Named(TimeSpan.FromMinutes(1), sample));
        Assert.True(RetryPolicy.Default.Named(TimeSpan.FromDays(2), sample) >= TimeSpan.FromDays(2)); // beyond max
        Assert.Equal(TimeSpan.Zero, RetryPolicy.Default.Named(TimeSpan.FromSeconds(-5), sample));
        Assert.True(RetryPolicy.Default.Named(TimeSpan.MaxValue, sample) > TimeSpan.FromDays(3_000));
    }

    [Fact]
    public void Answers_end_attempts_as_their_class_says()
    {
        DeliveryEnd End(DeliveryAnswer answer, int attempts = 1, bool repeats = true) => QueueRules.End(attempts, answer, repeats, RetryPolicy.Default, Now, 0.5);
        Assert.Equal((DeliveryStatus.Done, "x", ""), Of(End(DeliveryAnswer.Done("x"))));
        Assert.Equal((DeliveryStatus.Parked, "", "refused: 400 no"), Of(End(DeliveryAnswer.Refused("400 no"))));
        Assert.Equal((DeliveryStatus.Waiting, "", "503"), Of(End(DeliveryAnswer.TryAgain("503"))));
        Assert.Equal(Now.AddSeconds(30), End(DeliveryAnswer.TryAgain("503")).NextAttemptAt);
        Assert.Equal(Now.AddSeconds(11), End(DeliveryAnswer.TryAgain("429", TimeSpan.FromSeconds(10))).NextAttemptAt);
        Assert.Equal((DeliveryStatus.Waiting, "", "503"), Of(End(DeliveryAnswer.TryAgain("503"), attempts: 7)));
        Assert.Equal((DeliveryStatus.Parked, "", "gave up: 503"), Of(End(DeliveryAnswer.TryAgain("503"), attempts: 8)));
        Assert.Equal((DeliveryStatus.Waiting, "", "answer lost"), Of(End(DeliveryAnswer.Unknown())));
        Assert.Equal((DeliveryStatus.Parked, "", "answer lost"), Of(End(DeliveryAnswer.Unknown(), repeats: false)));
        Assert.Equal((DeliveryStatus.Skipped, "", "suppressed"), Of(End(DeliveryAnswer.OptedOut("21610"))));
        static (DeliveryStatus, string, string) Of(DeliveryEnd end) => (end.Status, end.ExternalId, end.Error);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 10_000)]
    [InlineData(9_999, 10_000)]
    [InlineData(10_000, 10_000)]
    public void The_next_attempt_is_at_a_whole_millisecond_and_not_before_the_wait_is_over(long ticks, long expected)
    {
        var end = QueueRules.End(1, DeliveryAnswer.TryAgain("503"), true, RetryPolicy.Default, Now.AddTicks(ticks), 0.5);
        Assert.Equal(Now.AddSeconds(30).AddTicks(expected), end.NextAttemptAt);
    }

    [Fact]
    public void Texts_of_providers_are_cut_and_hold_no_control_characters()
    {
        Assert.Equal("a b c", QueueRules.Cut("a\nb\u001bc\r\n"));
        Assert.Equal(QueueRules.LongestError, QueueRules.Cut(new string('x', 5_000)).Length);
        Assert.Equal("\uFFFDa", QueueRules.Cut("\ud800a"));
        Assert.Equal("😀", QueueRules.Cut("😀"));

        // What a provider calls it is the provider's text, too.
        var end = QueueRules.End(1, DeliveryAnswer.Done("a\0b\ud800" + new string('x', 5_000)), repeats: false, RetryPolicy.Default, DateTimeOffset.UnixEpoch, 0);
        Assert.StartsWith("a b\uFFFDx", end.ExternalId, StringComparison.Ordinal);
        Assert.Equal((QueueRules.LongestError, end.ExternalId), (end.ExternalId.Length, end.Event.Detail));
    }

    [Fact]
    public void Keys_escape_the_customer_and_log_names_tell_nothing()
    {
        Assert.Equal("message:a%253A%3Ab@x:expiry-warning:email:enrollment:1:2025-04-15:30", DeliveryKey.OfMessage("a%3A:b@x", MessageKind.ExpiryWarning, "email", "enrollment:1:2025-04-15:30"));
        Assert.Equal("event:7", DeliveryKey.OfEvent(7));
        Assert.Equal(16, DeliveryKey.LogName("enrollment:1:add").Length);
        Assert.StartsWith(DeliveryKey.LogName("k"), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("k"u8)), StringComparison.Ordinal);
        Assert.StartsWith(DeliveryKey.FileName("k"), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("k"u8)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2025-01-15", "America/New_York", "2025-01-15T05:00:00Z")]
    [InlineData("2024-04-26", "Africa/Cairo", "2024-04-25T22:00:00Z")]
    [InlineData("2025-07-01", "UTC", "2025-07-01T00:00:00Z")]
    [InlineData("2024-11-03", "America/Havana", "2024-11-03T04:00:00Z")]
    [InlineData("2024-10-06", "America/Asuncion", "2024-10-06T04:00:00Z")]
    [InlineData("2021-03-28", "America/Scoresbysund", "2021-03-28T01:00:00Z")]
    [InlineData("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z")]
    public void A_day_begins_at_its_first_instant(string date, string zone, string instant) => Assert.Equal(
        DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture),
        DayStart.Of(DateOnly.Parse(date, CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone)));

    [Fact]
    public void An_event_gets_its_number_when_it_is_stored()
    {
        var happening = DomainEvents.Create("acme", "warehouse", "loyalty.tier.changed.v1", "ann", Now, ("from", "Bronze"), ("to", "Silver"), ("points", 5L), ("on", new DateOnly(2025, 3, 1)));
        var numbered = DomainEvents.Numbered(happening, 12);
        Assert.Equal(("event:12", "event:warehouse"), (numbered.Key, numbered.Route));
        Assert.Equal(
            """{"specversion":"1.0","id":"12","source":"loyalty:acme","type":"loyalty.tier.changed.v1","subject":"ann","time":"2025-03-01T10:00:00Z","datacontenttype":"application/json","data":{"from":"Bronze","to":"Silver","points":5,"on":"2025-03-01"}}""",
            numbered.Payload);
    }
}

/// <summary>What entries of the consent log come to.</summary>
public sealed class ConsentTests
{
    private static ConsentEntry Entry(string? kind, string? channel, bool allowed, bool hard = false) =>
        new("ann", kind is null ? null : MessageKinds.TryParse(kind, out var k) ? k : throw new ArgumentException(kind), channel, allowed, hard, default, ConsentSource.Import);

    [Fact]
    public void The_last_entry_that_covers_a_message_counts()
    {
        ConsentEntry[] log = [Entry(null, "email", false), Entry("expired", "email", true)];
        Assert.Equal(ConsentAnswer.Allowed, ConsentRules.Ask(log, MessageKind.Expired, "email"));
        Assert.Equal(ConsentAnswer.Preference, ConsentRules.Ask(log, MessageKind.TierChange, "email"));
        Assert.Equal(ConsentAnswer.Allowed, ConsentRules.Ask(log, MessageKind.TierChange, "sms"));
        Assert.Equal(ConsentAnswer.Allowed, ConsentRules.Ask([], MessageKind.TierChange, "sms"));
    }

    [Fact]
    public void A_hard_refusal_beats_every_preference_until_a_hard_permission()
    {
        ConsentEntry[] stopped = [Entry(null, "sms", false, hard: true), Entry(null, null, true)];
        Assert.Equal(ConsentAnswer.Suppressed, ConsentRules.Ask(stopped, MessageKind.Expired, "sms"));
        Assert.Equal(ConsentAnswer.Allowed, ConsentRules.Ask(stopped, MessageKind.Expired, "email"));
        Assert.Equal(ConsentAnswer.Allowed, ConsentRules.Ask([.. stopped, Entry(null, "sms", true, hard: true)], MessageKind.Expired, "sms"));
        Assert.Equal(ConsentAnswer.Preference, ConsentRules.Ask([.. stopped, Entry(null, "sms", true, hard: true), Entry("expired", null, false)], MessageKind.Expired, "sms"));
    }

    [Fact]
    public void Rows_that_say_nothing_new_are_not_appended()
    {
        static MessagePreference Row(MessageKind? kind, string? channel, bool allowed) => new("ann", kind, channel, allowed);
        static ConsentEntry[] Grow(ConsentEntry[] log, IEnumerable<MessagePreference> rows) =>
            [.. log, .. ConsentRules.New(log, [.. rows]).Select(static r => new ConsentEntry(r.Member, r.Kind, r.Channel, r.Allowed, false, default, ConsentSource.Import))];
        MessagePreference[] file = [Row(null, "email", false), Row(MessageKind.Expired, "email", true)];
        var log = Grow([], file);
        Assert.Equal(2, log.Length);
        Assert.Equal(2, Grow(log, file).Length); // the same file again
        Assert.Equal(2, Grow(log, [Row(MessageKind.TierChange, "email", false)]).Length); // said already
        log = Grow(log, [Row(null, "email", false)]);
        Assert.Equal(3, log.Length);
        Assert.Equal(ConsentAnswer.Preference, ConsentRules.Ask(log, MessageKind.Expired, "email"));
        Assert.Single(Grow([], [Row(null, null, true)])); // nothing was said, so that is new
    }

    [Theory]
    [InlineData(" Stop ", false)]
    [InlineData("OPT OUT", false)]
    [InlineData("unsubscribe", false)]
    [InlineData("quit", false)]
    [InlineData("end", false)]
    [InlineData("revoke", false)]
    [InlineData("cancel", false)]
    [InlineData("START", true)]
    [InlineData("unstop", true)]
    [InlineData("stop it", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Words_that_stop_and_start(string? text, bool? allowed) => Assert.Equal(allowed, SmsKeyword.Read(text));
}
