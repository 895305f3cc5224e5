namespace Loyalty.Queue;

/// <summary>How an attempt leaves its delivery.</summary>
/// <param name="Status">Waiting (again), done, parked or skipped.</param>
/// <param name="NextAttemptAt">When to try again, for a waiting one.</param>
/// <param name="Error">The error, or why it was skipped; empty when done.</param>
/// <param name="ExternalId">What the provider calls it; empty when unknown.</param>
/// <param name="Event">The line of the history.</param>
public sealed record DeliveryEnd(DeliveryStatus Status, DateTimeOffset? NextAttemptAt, string Error, string ExternalId, DeliveryEvent Event)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(DeliveryEnd), PrintMembers);
}

/// <summary>The rules of the queue: what an answer does to a delivery, and which deliveries wait for others.</summary>
/// <remarks>Pure: clocks and random numbers come from the caller.</remarks>
public static class QueueRules
{
    /// <summary>The route of discount operations.</summary>
    public const string Operations = "operations";

    /// <summary>What routes of events begin with.</summary>
    public const string EventPrefix = "event:";

    /// <summary>The error of a delivery whose receiver has no address for its channel, or whose customer has no e-mail.</summary>
    public const string NoAddress = "no-address";

    /// <summary>The error of an operation whose stage the target does not map.</summary>
    public const string NoStage = "no-stage";

    /// <summary>Why a message is skipped that the customer does not want.</summary>
    public const string Preference = "preference";

    /// <summary>Why a message is skipped whose receiver must not be written to.</summary>
    public const string Suppressed = "suppressed";

    /// <summary>Why a message is skipped that is older than its kind may be.</summary>
    public const string TooLate = "too-late";

    /// <summary>The most characters of an error that are kept.</summary>
    public const int LongestError = 1_000;

    /// <summary>What an answer does to a delivery.</summary>
    /// <param name="attempts">How many attempts began, this one included.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="repeats">Whether calls to the target repeat harmlessly, or the user said to repeat them.</param>
    /// <param name="policy">Waits and the number of attempts.</param>
    /// <param name="now">The instant, by the clock of back-off.</param>
    /// <param name="sample">A number from 0 to below 1 that spreads the wait.</param>
    public static DeliveryEnd End(int attempts, DeliveryAnswer answer, bool repeats, RetryPolicy policy, DateTimeOffset now, double sample)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(policy);
        switch (answer.Class)
        {
            case AnswerClass.Done:
                var externalId = Cut(answer.ExternalId);
                return new(DeliveryStatus.Done, null, string.Empty, externalId, new(now, "done", externalId));
            case AnswerClass.OptedOut:
                return Skip(Suppressed, now) with { Event = new(now, "skipped", Cut($"{Suppressed}: {answer.Text}")) };
            case AnswerClass.Refused:
                return Park($"refused: {answer.Text}", now);
            case AnswerClass.Unknown when !repeats:
                return Park(DeliveryAnswer.AnswerLost, now);
            default:
                if (attempts >= policy.Attempts)
                {
                    return Park($"gave up: {answer.Text}", now);
                }

                var wait = answer.Wait is { } named ? policy.Named(named, sample) : policy.After(attempts, sample);
                return new(DeliveryStatus.Waiting, WholeMillisecond(now + wait), Cut(answer.Text), string.Empty, new(now, "retried", Cut(answer.Text)));
        }
    }

    /// <summary>The instant or the first whole millisecond after it: what is shown of an instant is then all of it, and due at what is shown.</summary>
    private static DateTimeOffset WholeMillisecond(DateTimeOffset at) => at.Ticks % TimeSpan.TicksPerMillisecond is > 0 and var rest
        ? at.AddTicks(TimeSpan.TicksPerMillisecond - rest)
        : at;

    /// <summary>A delivery that is not sent, now or later.</summary>
    public static DeliveryEnd Skip(string reason, DateTimeOffset now) => new(DeliveryStatus.Skipped, null, reason, string.Empty, new(now, "skipped", reason));

    /// <summary>A delivery that waits for a person.</summary>
    public static DeliveryEnd Park(string error, DateTimeOffset now) =>
        new(DeliveryStatus.Parked, null, Cut(error), string.Empty, new(now, "parked", Cut(error)));

    /// <summary>Whether a delivery holds back those behind it in its lane, which is one customer and route.</summary>
    /// <remarks>A parked message holds back nothing; a parked operation does, until it is put back or dropped.</remarks>
    public static bool HoldsBack(DeliveryKind kind, DeliveryStatus status) => status switch
    {
        DeliveryStatus.Waiting or DeliveryStatus.Leased => true,
        DeliveryStatus.Parked => kind == DeliveryKind.Operation,
        _ => false,
    };

    /// <summary>The status that people see: an operation that waits behind a parked one of its lane is blocked.</summary>
    /// <param name="kind">The kind of the delivery.</param>
    /// <param name="status">Its stored status.</param>
    /// <param name="isBehindParked">Whether one before it in its lane is parked.</param>
    public static DeliveryStatus Shown(DeliveryKind kind, DeliveryStatus status, bool isBehindParked) =>
        kind == DeliveryKind.Operation && status == DeliveryStatus.Waiting && isBehindParked ? DeliveryStatus.Blocked : status;

    /// <summary>Whether <c>retry</c> takes a delivery in a status.</summary>
    public static bool CanRetry(DeliveryStatus shown) => shown == DeliveryStatus.Parked;

    /// <summary>Whether <c>drop</c> takes a delivery in a status.</summary>
    public static bool CanDrop(DeliveryStatus shown) => shown is DeliveryStatus.Waiting or DeliveryStatus.Blocked or DeliveryStatus.Parked;

    /// <summary>A text without control characters, cut to what is kept of an error.</summary>
    public static string Cut(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<char> buffer = stackalloc char[LongestError];
        var length = 0;
        foreach (var c in text)
        {
            if (length == LongestError)
            {
                break;
            }

            buffer[length++] = char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c;
        }

        // Half a character at the cut, or from outside, is none.
        for (var i = 0; i < length; i++)
        {
            if (char.IsHighSurrogate(buffer[i]) && i + 1 < length && char.IsLowSurrogate(buffer[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(buffer[i]))
            {
                buffer[i] = '\uFFFD';
            }
        }

        return new string(buffer[..length]).Trim();
    }
}
