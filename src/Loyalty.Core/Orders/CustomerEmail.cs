using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Identity;

namespace Loyalty.Orders;

/// <summary>The rule by which an e-mail address links an order to a customer.</summary>
/// <remarks>
/// Usable is what <see cref="EmailAddress"/> reads as one address; it is matched by the normal form. The text as given is kept for sending.
/// </remarks>
public static class CustomerEmail
{
    /// <summary>Normalises an address.</summary>
    /// <param name="text">The text as given.</param>
    /// <param name="email">The address to match by.</param>
    /// <returns>Whether the address is usable.</returns>
    [SkipLocalsInit]
    public static bool TryNormalize(ReadOnlySpan<char> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? email)
    {
        email = null;
        text = text.Trim();
        if (text.Length > EmailAddress.MaxInputLength * 2 || !text.Contains('@'))
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[EmailAddress.MaxInputLength * 6];
        Span<byte> normal = stackalloc byte[EmailAddress.MaxUtf8Length];
        if (System.Text.Unicode.Utf8.FromUtf16(text, utf8, out _, out var length, replaceInvalidSequences: false) != System.Buffers.OperationStatus.Done
            || EmailAddress.Normalize(utf8[..length], normal, out var written) != EmailReason.None)
        {
            return false;
        }

        email = Encoding.UTF8.GetString(normal[..written]);
        return true;
    }

    /// <summary>The name of a customer that a source gives itself: trimmed; an e-mail in its normal form; any other text with an <c>@</c> in lower case.</summary>
    /// <returns><see langword="null"/> when the text is blank.</returns>
    public static string? NameOf(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        return text.IsEmpty ? null
            : TryNormalize(text, out var email) ? email
            : text.Contains('@') ? text.ToString().ToLowerInvariant()
            : text.ToString();
    }
}
