namespace Loyalty.Creators;

/// <summary>An entry of the log of what was said to a creator, and by the creator: one status of one message at one instant.</summary>
/// <remarks>
/// The log is append-only: a message that was sent, delivered and opened has three entries with one external id. Two entries are the same when handle,
/// channel, direction, status, external id and instant are; the subject does not tell them apart.
/// </remarks>
public sealed record Communication
{
    /// <summary>The longest channel and status, in characters.</summary>
    public const int MaxWordLength = 50;

    /// <summary>The longest external id, in characters.</summary>
    public const int MaxIdLength = 200;

    /// <summary>The longest subject, in characters.</summary>
    public const int MaxSubjectLength = 1_000;

    /// <summary>The handle of the creator.</summary>
    public required string Handle { get; init; }

    /// <summary>The channel, such as <c>email</c>, <c>sms</c> or <c>tiktok_dm</c>.</summary>
    public required string Channel { get; init; }

    /// <summary><c>outbound</c> or <c>inbound</c>.</summary>
    public string Direction { get; init; } = Outbound;

    /// <summary>The status, such as <c>sent</c>, <c>delivered</c>, <c>opened</c>, <c>replied</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The id of the message at its provider; may be empty.</summary>
    public string ExternalId { get; init; } = "";

    /// <summary>The subject; may be empty.</summary>
    public string Subject { get; init; } = "";

    /// <summary>When the message got the status, in UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>The direction of messages to the creator.</summary>
    public const string Outbound = "outbound";

    /// <summary>The direction of messages from the creator.</summary>
    public const string Inbound = "inbound";

    /// <summary>Why the entry cannot be kept, or <see langword="null"/>.</summary>
    public string? Fault()
    {
        if (string.IsNullOrWhiteSpace(Handle) || string.IsNullOrWhiteSpace(Channel) || string.IsNullOrWhiteSpace(Status))
        {
            return "handle, channel and status must not be blank";
        }

        if (Direction is not (Outbound or Inbound))
        {
            return "the direction is outbound or inbound";
        }

        foreach (var (text, longest) in (ReadOnlySpan<(string, int)>)
            [(Handle, 120), (Channel, MaxWordLength), (Status, MaxWordLength), (ExternalId, MaxIdLength), (Subject, MaxSubjectLength)])
        {
            if (text.Length > longest || text.Contains('\0', StringComparison.Ordinal))
            {
                return $"a text is too long or contains NUL; channel and status have at most {MaxWordLength} characters, the external id {MaxIdLength}, the subject {MaxSubjectLength}";
            }
        }

        return At.Kind == DateTimeKind.Utc ? null : "the instant must be in UTC";
    }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Communication), PrintMembers);
}
