namespace Loyalty.Ingest.Orders;

/// <summary>Compares the platforms' words for the state of an order.</summary>
internal static class StatusWords
{
    public static bool Knows(ReadOnlySpan<string> vocabulary, string text)
    {
        foreach (var word in vocabulary)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    public static bool Contains(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    /// <summary>Two words of one order as given, with a slash between them.</summary>
    public static string Join(string first, string second) => first.Length > 0 && second.Length > 0 ? $"{first} / {second}" : first + second;
}
