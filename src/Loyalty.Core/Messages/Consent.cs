namespace Loyalty.Messages;

/// <summary>Where an entry of the consent log comes from.</summary>
public enum ConsentSource
{
    /// <summary>A file of preferences.</summary>
    Import,

    /// <summary>The link in a message.</summary>
    Link,

    /// <summary>A word that was sent to a number, such as STOP.</summary>
    Keyword,

    /// <summary>A provider: a bounce, a complaint, an opt-out.</summary>
    Provider,

    /// <summary>A person who operates the program.</summary>
    Operator,
}

/// <summary>One entry of the consent log, which only grows.</summary>
/// <param name="Customer">Whose wish.</param>
/// <param name="Kind">About what; <see langword="null"/>: everything.</param>
/// <param name="Channel">On which channel; <see langword="null"/>: all.</param>
/// <param name="Allowed">Whether messages may go out.</param>
/// <param name="IsHard">
/// A hard refusal (bounce, complaint, STOP) beats every preference, until a hard permission of at least its reach follows.
/// </param>
/// <param name="At">When it was said.</param>
/// <param name="Source">Who said it.</param>
/// <param name="Text">The words, or empty.</param>
public sealed record ConsentEntry(
    string Customer, MessageKind? Kind, string? Channel, bool Allowed, bool IsHard, DateTimeOffset At, ConsentSource Source, string Text = "")
{
    /// <summary>Whether it speaks about messages of a kind on a channel.</summary>
    public bool Covers(MessageKind kind, string channel) =>
        (Kind ?? kind) == kind && string.Equals(Channel ?? channel, channel, StringComparison.Ordinal);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(ConsentEntry), PrintMembers);
}

/// <summary>Whether a message may go out.</summary>
public enum ConsentAnswer
{
    /// <summary>It may.</summary>
    Allowed,

    /// <summary>The customer does not want it.</summary>
    Preference,

    /// <summary>The receiver must not be written to, whatever the customer once said.</summary>
    Suppressed,
}

/// <summary>The words for sources in files and stores.</summary>
public static class ConsentSources
{
    private static readonly string[] Words = ["import", "link", "keyword", "provider", "operator"];

    /// <summary>The word of a source.</summary>
    public static string Word(this ConsentSource source) => Words[(int)source];

    /// <summary>Finds the source of a word.</summary>
    public static bool TryParse(string word, out ConsentSource source)
    {
        var i = Array.IndexOf(Words, word);
        source = i < 0 ? default : (ConsentSource)i;
        return i >= 0;
    }
}

/// <summary>What the entries of one customer's log come to.</summary>
public static class ConsentRules
{
    /// <summary>Whether a message may go out: the last hard entry that covers it, then the last entry that does; without one it may.</summary>
    /// <param name="log">The customer's entries, oldest first.</param>
    /// <param name="kind">About what.</param>
    /// <param name="channel">On which channel.</param>
    public static ConsentAnswer Ask(IReadOnlyList<ConsentEntry> log, MessageKind kind, string channel)
    {
        ArgumentNullException.ThrowIfNull(log);
        bool? soft = null;
        for (var i = log.Count - 1; i >= 0; i--)
        {
            var entry = log[i];
            if (!entry.Covers(kind, channel))
            {
                continue;
            }

            soft ??= entry.Allowed;
            if (entry.IsHard)
            {
                if (!entry.Allowed)
                {
                    return ConsentAnswer.Suppressed;
                }

                break;
            }
        }

        return soft is false ? ConsentAnswer.Preference : ConsentAnswer.Allowed;
    }

    /// <summary>The rows of a file that say something that the log of their customer does not say yet.</summary>
    /// <remarks>
    /// Rows of one customer are looked at together: when the log says already what it would say after all of them, none is new; else those that
    /// repeat what it says at their turn are left out.
    /// </remarks>
    /// <param name="log">The customer's entries, oldest first.</param>
    /// <param name="rows">The customer's rows, in the order of the file.</param>
    public static IReadOnlyList<MessagePreference> New(IReadOnlyList<ConsentEntry> log, IReadOnlyList<MessagePreference> rows)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(rows);
        var channels = log.Select(static e => e.Channel).Concat(rows.Select(static r => r.Channel)).Append("\0").OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        var cells = Enum.GetValues<MessageKind>().SelectMany(kind => channels.Select(channel => (kind, channel))).ToArray();
        var all = log.ToList();
        all.AddRange(rows.Select(Soft));
        var after = Array.ConvertAll(cells, c => LastSoft(all, c));
        if (cells.Select(c => LastSoft(log, c)).SequenceEqual(after))
        {
            return [];
        }

        var grown = log.ToList();
        var fresh = new List<MessagePreference>();
        foreach (var row in rows)
        {
            var entry = Soft(row);
            if (cells.Where(c => entry.Covers(c.kind, c.channel)).Any(c => LastSoft(grown, c) != entry.Allowed))
            {
                grown.Add(entry);
                fresh.Add(row);
            }
        }

        return fresh;
    }

    private static ConsentEntry Soft(MessagePreference row) => new(row.Member, row.Kind, row.Channel, row.Allowed, false, default, ConsentSource.Import);

    private static bool? LastSoft(IReadOnlyList<ConsentEntry> log, (MessageKind Kind, string Channel) cell)
    {
        for (var i = log.Count - 1; i >= 0; i--)
        {
            if (log[i].Covers(cell.Kind, cell.Channel))
            {
                return log[i].Allowed;
            }
        }

        return null;
    }
}

/// <summary>Words that people send to a number to stop or to begin again.</summary>
public static class SmsKeyword
{
    private static readonly string[] Out = ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"];
    private static readonly string[] In = ["start", "unstop"];

    /// <summary>Whether a text opts out (<see langword="false"/>), in (<see langword="true"/>), or neither. Any case; space around it is no part of it.</summary>
    public static bool? Read(string? text)
    {
        var word = text?.Trim();
        return Out.Contains(word, StringComparer.OrdinalIgnoreCase) ? false : In.Contains(word, StringComparer.OrdinalIgnoreCase) ? true : null;
    }
}
