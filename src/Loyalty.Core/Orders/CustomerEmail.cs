namespace Loyalty.Orders;

/// <summary>The rule by which an e-mail address links an order to a customer.</summary>
/// <remarks>
/// Usable is an address that, trimmed, has one <c>@</c> with text on both sides and no white space. It is matched in lower case (invariant),
/// as a whole; the text as given is kept for sending.
/// </remarks>
public static class CustomerEmail
{
    /// <summary>Normalises an address.</summary>
    /// <param name="text">The text as given.</param>
    /// <param name="email">The address to match by.</param>
    /// <returns>Whether the address is usable.</returns>
    public static bool TryNormalize(ReadOnlySpan<char> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? email)
    {
        email = null;
        text = text.Trim();
        var at = text.IndexOf('@');
        if (at <= 0 || at == text.Length - 1 || text[(at + 1)..].Contains('@'))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                return false;
            }
        }

        email = text.ToString().ToLowerInvariant();
        return true;
    }
}
