namespace Loyalty.Messages;

/// <summary>What a message is about.</summary>
public enum MessageKind
{
    /// <summary>An enrollment ran out.</summary>
    Expired,

    /// <summary>An enrollment will run out in some days.</summary>
    ExpiryWarning,

    /// <summary>A mission was completed.</summary>
    MissionCompleted,

    /// <summary>The state of a membership on the first of a month.</summary>
    MonthlyStatus,

    /// <summary>A reward was handed out.</summary>
    RewardFulfilled,

    /// <summary>A stage began.</summary>
    TierChange,
}

/// <summary>The words for kinds of messages in files.</summary>
public static class MessageKinds
{
    private static readonly string[] Words = ["expired", "expiry-warning", "mission-completed", "monthly-status", "reward-fulfilled", "tier-change"];

    /// <summary>The word of a kind, such as <c>expiry-warning</c>. The words sort as the values do.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public static string Word(this MessageKind kind) =>
        (uint)kind < (uint)Words.Length ? Words[(int)kind] : throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of message.");

    /// <summary>Finds the kind of a word.</summary>
    public static bool TryParse(ReadOnlySpan<char> word, out MessageKind kind)
    {
        for (var i = 0; i < Words.Length; i++)
        {
            if (word.SequenceEqual(Words[i]))
            {
                kind = (MessageKind)i;
                return true;
            }
        }

        kind = default;
        return false;
    }
}

/// <summary>On which channels messages go out, and when members are warned.</summary>
/// <remarks>Immutable.</remarks>
public sealed class MessageProgram
{
    /// <summary>Creates the rules.</summary>
    /// <param name="channels">The channels; none: no message is due.</param>
    /// <param name="expiryWarningDays">How many days before an expiry a warning is due, each above 0.</param>
    /// <exception cref="ArgumentException">A channel is blank or stands twice, or a number of days is below 1 or stands twice.</exception>
    public MessageProgram(IEnumerable<string> channels, IEnumerable<int> expiryWarningDays)
    {
        Channels = [.. channels];
        ExpiryWarningDays = [.. expiryWarningDays];
        if (Channels.Any(string.IsNullOrWhiteSpace) || Channels.Distinct(StringComparer.Ordinal).Count() != Channels.Count)
        {
            throw new ArgumentException("A channel is blank or stands twice.", nameof(channels));
        }

        if (ExpiryWarningDays.Any(static d => d < 1) || ExpiryWarningDays.Distinct().Count() != ExpiryWarningDays.Count)
        {
            throw new ArgumentException("A number of days is below 1 or stands twice.", nameof(expiryWarningDays));
        }
    }

    /// <summary>The rules of a program without such a section: by e-mail, no warnings.</summary>
    public static MessageProgram Default { get; } = new(["email"], []);

    /// <summary>The channels.</summary>
    public IReadOnlyList<string> Channels { get; }

    /// <summary>How many days before an expiry a warning is due.</summary>
    public IReadOnlyList<int> ExpiryWarningDays { get; }
}

/// <summary>What one member wants or does not want to hear.</summary>
/// <param name="Member">Whose wish.</param>
/// <param name="Kind">About what; <see langword="null"/>: everything.</param>
/// <param name="Channel">On which channel; <see langword="null"/>: all.</param>
/// <param name="Allowed">Whether messages may go out.</param>
public readonly record struct MessagePreference(string Member, MessageKind? Kind, string? Channel, bool Allowed);

/// <summary>All members' wishes, and whom nobody may write to. Without an entry a message is allowed.</summary>
/// <remarks>Immutable. The rules are those of <see cref="ConsentRules"/>.</remarks>
public sealed class MessagePreferences
{
    private readonly Dictionary<string, List<ConsentEntry>> _byMember = new(StringComparer.Ordinal);

    /// <summary>Creates the wishes.</summary>
    /// <param name="preferences">In order: later ones win.</param>
    public MessagePreferences(IEnumerable<MessagePreference> preferences)
    {
        ArgumentNullException.ThrowIfNull(preferences);
        foreach (var preference in preferences)
        {
            Add(new ConsentEntry(preference.Member, preference.Kind, preference.Channel, preference.Allowed, IsHard: false, default, ConsentSource.Import));
        }
    }

    /// <summary>No wishes: everything is allowed.</summary>
    public static MessagePreferences None { get; } = new([]);

    /// <summary>What a consent log comes to.</summary>
    /// <param name="log">The entries, oldest first for each customer.</param>
    public static MessagePreferences Of(IEnumerable<ConsentEntry> log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var preferences = new MessagePreferences([]);
        foreach (var entry in log)
        {
            preferences.Add(entry);
        }

        return preferences;
    }

    /// <summary>Whether a message may go out.</summary>
    public bool Allows(string member, MessageKind kind, string channel) =>
        !_byMember.TryGetValue(member, out var log) || ConsentRules.Ask(log, kind, channel) == ConsentAnswer.Allowed;

    private void Add(ConsentEntry entry)
    {
        if (!_byMember.TryGetValue(entry.Customer, out var own))
        {
            _byMember.Add(entry.Customer, own = []);
        }

        own.Add(entry);
    }
}
