namespace Loyalty.Queue;

/// <summary>The words for kinds and statuses in files and stores.</summary>
public static class DeliveryWords
{
    private static readonly string[] Kinds = ["operation", "message", "event"];
    private static readonly string[] Statuses = ["waiting", "leased", "done", "parked", "blocked", "skipped", "dropped"];

    /// <summary>The word of a kind.</summary>
    public static string Word(this DeliveryKind kind) => Kinds[(int)kind];

    /// <summary>The word of a status.</summary>
    public static string Word(this DeliveryStatus status) => Statuses[(int)status];

    /// <summary>Finds the kind of a word.</summary>
    public static bool TryParse(string word, out DeliveryKind kind)
    {
        var i = Array.IndexOf(Kinds, word);
        kind = i < 0 ? default : (DeliveryKind)i;
        return i >= 0;
    }

    /// <summary>Finds the status of a word.</summary>
    public static bool TryParse(string word, out DeliveryStatus status)
    {
        var i = Array.IndexOf(Statuses, word);
        status = i < 0 ? default : (DeliveryStatus)i;
        return i >= 0;
    }
}
