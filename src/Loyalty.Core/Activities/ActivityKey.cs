using System.Runtime.CompilerServices;

namespace Loyalty.Activities;

/// <summary>The key of a video: what makes two rows speak of the same one.</summary>
/// <remarks>
/// <para>The number in <c>/video/&lt;digits&gt;</c> when the URL has one, kept as text with its leading zeros.</para>
/// <para>
/// Else the URL in canonical form: it must be absolute http or https; scheme and host are lower-cased; query, fragment and trailing
/// slashes are dropped. <c>HTTPS://Example.com/Clip/7/?utm=1#t</c> → <c>https://example.com/Clip/7</c>.
/// </para>
/// </remarks>
public static class ActivityKey
{
    /// <summary>The longest key, in bytes.</summary>
    public const int MaxLength = 2_048;

    /// <summary>Finds the key of a URL.</summary>
    /// <param name="url">The URL as UTF-8, without space around it.</param>
    /// <param name="destination">Receives the key when it is not a part of the URL as written; as long as the URL is enough.</param>
    /// <param name="key">The key: a slice of <paramref name="url"/> or of <paramref name="destination"/>.</param>
    /// <returns>
    /// Whether the URL has a key: it has a video number, or is an absolute http(s) URL with a host and without white space or control
    /// characters; the key has at most <see cref="MaxLength"/> bytes.
    /// </returns>
    public static bool TryFromUrl(ReadOnlySpan<byte> url, Span<byte> destination, out ReadOnlySpan<byte> key)
    {
        if (TryVideoNumber(url, out key))
        {
            return key.Length <= MaxLength;
        }

        return TryCanonical(url, destination, out key) && key.Length <= MaxLength;
    }

    /// <summary>Whether a URL is the one that a handle and a key give, so that it need not be kept beside them.</summary>
    internal static bool Gives(ReadOnlySpan<byte> url, ReadOnlySpan<byte> handle, ReadOnlySpan<byte> key) =>
        url.Length == 31 + handle.Length + key.Length
        && url.StartsWith("https://www.tiktok.com/@"u8)
        && url[24..].StartsWith(handle)
        && url[(24 + handle.Length)..].StartsWith("/video/"u8)
        && url.EndsWith(key);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryVideoNumber(ReadOnlySpan<byte> url, out ReadOnlySpan<byte> digits)
    {
        var rest = url;
        while (rest.IndexOf("/video/"u8) is var at and >= 0)
        {
            rest = rest[(at + 7)..];
            var length = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            length = length < 0 ? rest.Length : length;
            if (length > 0)
            {
                digits = rest[..length];
                return true;
            }
        }

        digits = default;
        return false;
    }

    private static bool TryCanonical(ReadOnlySpan<byte> url, Span<byte> destination, out ReadOnlySpan<byte> key)
    {
        key = default;
        var end = url.IndexOfAny((byte)'?', (byte)'#');
        var kept = end < 0 ? url : url[..end];
        var colon = kept.IndexOf("://"u8);
        if (colon is not (4 or 5) || destination.Length < kept.Length || kept.IndexOfAnyInRange((byte)0, (byte)' ') >= 0 || kept.Contains((byte)0x7F))
        {
            return false;
        }

        var scheme = destination[..colon];
        if (System.Text.Ascii.ToLower(kept[..colon], scheme, out _) != System.Buffers.OperationStatus.Done
            || !(scheme.SequenceEqual("http"u8) || scheme.SequenceEqual("https"u8)))
        {
            return false;
        }

        var authority = kept[(colon + 3)..];
        var path = authority.IndexOf((byte)'/') is var slash and >= 0 ? slash : authority.Length;
        if (path == 0)
        {
            return false;
        }

        kept.CopyTo(destination);
        scheme = destination[..colon];
        LowerAscii(scheme);
        LowerAscii(destination.Slice(colon + 3, path));
        var length = kept.Length;
        while (length > colon + 3 && destination[length - 1] == (byte)'/')
        {
            length--;
        }

        key = destination[..length];
        return true;
    }

    private static void LowerAscii(Span<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is >= (byte)'A' and <= (byte)'Z')
            {
                text[i] |= 0x20;
            }
        }
    }
}
