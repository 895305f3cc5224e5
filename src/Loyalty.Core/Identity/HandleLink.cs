using System.Buffers;
using System.Text;

namespace Loyalty.Identity;

/// <summary>Links: which part of them is a handle, and what they are when none is.</summary>
internal static class HandleLink
{
    private static readonly SearchValues<byte> HostBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."u8);

    // What no host has; what is not ASCII is left to the comparison with the hosts that count.
    private static readonly SearchValues<byte> NotInHost = SearchValues.Create(
        [.. Enumerable.Range(0, 0x80).Select(b => (byte)b).Where(b => !char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'.' or (byte)'_'))]);

    /// <summary>Whether a text is to be read as a link: scheme, <c>//</c>, a path, or a host with something after it.</summary>
    public static bool IsLink(ReadOnlySpan<byte> text)
    {
        var cut = text.IndexOfAny("/?#"u8);
        if (cut < 0)
        {
            return IsBareHost(text) || HasScheme(text);
        }

        return cut == 0 ? text[0] == (byte)'/'
            : text[0] != (byte)'@' && (text[..cut].Contains((byte)'.') || HasScheme(text) || text[cut - 1] == (byte)':');
    }

    /// <summary>Finds the segment of a link that holds the handle.</summary>
    /// <param name="text">The link, cleaned and trimmed.</param>
    /// <param name="platform">The platform asked for.</param>
    /// <param name="decoded">Room for the percent-decoded name, as long as the text.</param>
    /// <param name="name">The name, perhaps with <c>@</c>, when the result is <see cref="HandleStatus.Ok"/>.</param>
    /// <param name="reason">Why there is none.</param>
    public static HandleStatus Find(ReadOnlySpan<byte> text, HandlePlatform platform, Span<byte> decoded, out ReadOnlySpan<byte> name, out HandleReason reason)
    {
        name = default;
        reason = HandleReason.None;
        ReadOnlySpan<byte> path;
        if (text[0] == (byte)'/' && (text.Length == 1 || text[1] != (byte)'/'))
        {
            path = text[1..];
            if (!path.StartsWith("@"u8) && !path.StartsWith("%40"u8))
            {
                reason = HandleReason.MalformedLink;
                return HandleStatus.Invalid;
            }
        }
        else
        {
            if (!TrySplit(text, out var host, out path))
            {
                reason = HandleReason.MalformedLink;
                return HandleStatus.Invalid;
            }

            var owner = OwnerOf(host);
            if (owner is null)
            {
                reason = HandleReason.ForeignHost;
                return HandleStatus.Invalid;
            }

            if (owner != platform)
            {
                reason = HandleReason.OtherPlatform;
                return HandleStatus.NotAHandle;
            }

            if (IsHost(host, "vm.tiktok.com"u8) || IsHost(host, "vt.tiktok.com"u8))
            {
                reason = HandleReason.ShortLink;
                return HandleStatus.Unresolved;
            }

            if (IsHost(host, "youtu.be"u8))
            {
                reason = HandleReason.Content;
                return HandleStatus.NotAHandle;
            }
        }

        path = path[..(path.IndexOfAny((byte)'?', (byte)'#') is >= 0 and var end ? end : path.Length)];
        var first = Segment(ref path, decoded);
        return platform switch
        {
            HandlePlatform.TikTok => FindTikTok(first, path, decoded[first.Length..], out name, out reason),
            HandlePlatform.Instagram => FindInstagram(first, path, decoded[first.Length..], out name, out reason),
            _ => FindYouTube(first, out name, out reason),
        };
    }

    /// <summary>Whether a text is a YouTube channel id: <c>UC</c> and 22 base64url characters.</summary>
    public static bool IsChannelId(ReadOnlySpan<byte> text)
    {
        if (text.Length != 24 || !text.StartsWith("UC"u8))
        {
            return false;
        }

        foreach (var b in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'_'))
            {
                return false;
            }
        }

        return true;
    }

    private static HandleStatus FindTikTok(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> path, Span<byte> decoded, out ReadOnlySpan<byte> name, out HandleReason reason)
    {
        name = first;
        if (Is(first, "embed"u8))
        {
            name = Segment(ref path, decoded);
        }

        if (IsMarked(name))
        {
            reason = HandleReason.None;
            return HandleStatus.Ok;
        }

        name = default;
        if (Is(first, "t"u8) && !path.IsEmpty)
        {
            reason = HandleReason.ShortLink;
            return HandleStatus.Unresolved;
        }

        reason = HandleReason.Page;
        if (Is(first, "share"u8) || Is(first, "h5"u8))
        {
            reason = path.IndexOf("us"u8) >= 0 ? HandleReason.UserId : HandleReason.Content;
        }
        else if (Is(first, "v"u8) || Is(first, "video"u8) || Is(first, "embed"u8) || Is(first, "photo"u8))
        {
            reason = HandleReason.Content;
        }

        return HandleStatus.NotAHandle;
    }

    private static HandleStatus FindInstagram(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> path, Span<byte> decoded, out ReadOnlySpan<byte> name, out HandleReason reason)
    {
        name = first;
        reason = HandleReason.None;
        if (Is(first, "stories"u8) || Is(first, "_u"u8))
        {
            name = Segment(ref path, decoded);
            if (name.IsEmpty || Is(name, "highlights"u8))
            {
                reason = name.IsEmpty ? HandleReason.Page : HandleReason.Content;
                name = default;
                return HandleStatus.NotAHandle;
            }

            return HandleStatus.Ok;
        }

        if (first.IsEmpty || first.SequenceEqual("@"u8))
        {
            reason = HandleReason.Page;
        }
        else if (Is(first, "p"u8) || Is(first, "reel"u8) || Is(first, "tv"u8) || Is(first, "s"u8) || (Is(first, "reels"u8) && !path.IsEmpty))
        {
            reason = HandleReason.Content;
        }
        else if (Is(first, "share"u8))
        {
            name = default;
            reason = HandleReason.ShortLink;
            return HandleStatus.Unresolved;
        }
        else if (!IsNameOnInstagram(first))
        {
            reason = HandleReason.Page;
        }

        if (reason == HandleReason.None)
        {
            return HandleStatus.Ok;
        }

        name = default;
        return HandleStatus.NotAHandle;
    }

    private static HandleStatus FindYouTube(ReadOnlySpan<byte> first, out ReadOnlySpan<byte> name, out HandleReason reason)
    {
        name = first;
        if (IsMarked(first))
        {
            reason = HandleReason.None;
            return HandleStatus.Ok;
        }

        name = default;
        reason = Is(first, "channel"u8) || IsChannelId(first) ? HandleReason.ChannelId
            : Is(first, "c"u8) || Is(first, "user"u8) ? HandleReason.LegacyName
            : Is(first, "shorts"u8) || Is(first, "watch"u8) || Is(first, "live"u8) || Is(first, "embed"u8) || Is(first, "v"u8) ? HandleReason.Content
            : HandleReason.Page;
        return HandleStatus.NotAHandle;
    }

    /// <summary>Whether the first segment of a path is a name, not one of the words that Instagram keeps for itself.</summary>
    public static bool IsNameOnInstagram(ReadOnlySpan<byte> name) => !(name.Length switch
    {
        0 => true,
        1 => Is(name, "j"u8) || Is(name, "p"u8) || Is(name, "s"u8),
        2 => Is(name, "ar"u8) || Is(name, "tv"u8) || Is(name, "_u"u8),
        3 => Is(name, "web"u8) || Is(name, "api"u8),
        4 => Is(name, "reel"u8),
        5 => Is(name, "reels"u8) || Is(name, "about"u8) || Is(name, "legal"u8) || Is(name, "terms"u8) || Is(name, "oauth"u8) || Is(name, "share"u8),
        6 => Is(name, "direct"u8) || Is(name, "static"u8) || Is(name, "emails"u8) || Is(name, "guides"u8) || Is(name, "topics"u8) || Is(name, "create"u8),
        7 => Is(name, "explore"u8) || Is(name, "privacy"u8) || Is(name, "session"u8) || Is(name, "graphql"u8) || Is(name, "nametag"u8) || Is(name, "popular"u8)
            || Is(name, "stories"u8),
        8 => Is(name, "accounts"u8) || Is(name, "download"u8),
        9 => Is(name, "developer"u8) || Is(name, "challenge"u8) || Is(name, "directory"u8) || Is(name, "locations"u8),
        13 => Is(name, "your_activity"u8),
        _ => false,
    });

    /// <summary>Splits into host and path; false when the link has a foreign scheme, a user part, a bad port or an unreadable host.</summary>
    private static bool TrySplit(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> host, out ReadOnlySpan<byte> path)
    {
        path = default;
        host = text;
        if (text.StartsWith("//"u8))
        {
            host = text[2..];
        }
        else if (text.Length > 7 && Is(text[..7], "http://"u8))
        {
            host = text[7..];
        }
        else if (text.Length > 8 && Is(text[..8], "https://"u8))
        {
            host = text[8..];
        }

        var cut = host.IndexOfAny("/?#"u8);
        if (cut >= 0)
        {
            path = host[cut] == (byte)'/' ? host[(cut + 1)..] : default;
            host = host[..cut];
        }

        if (host.LastIndexOf((byte)':') is >= 0 and var colon)
        {
            if (colon == host.Length - 1 || host[(colon + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                return false;
            }

            host = host[..colon];
        }

        if (host.EndsWith("."u8))
        {
            host = host[..^1];
        }

        return !host.IsEmpty && !host.ContainsAny(NotInHost);
    }

    // The fifth character from the end tells the hosts apart.
    private static HandlePlatform? OwnerOf(ReadOnlySpan<byte> host) => host.Length < 8 ? null : (host[^5] | 0x20) switch
    {
        'k' => IsUnder(host, "tiktok.com"u8) ? HandlePlatform.TikTok : null,
        'm' => IsUnder(host, "instagram.com"u8) ? HandlePlatform.Instagram : null,
        'g' => IsUnder(host, "instagr.am"u8) ? HandlePlatform.Instagram : null,
        'e' => IsUnder(host, "youtube.com"u8) ? HandlePlatform.YouTube : null,
        't' => IsUnder(host, "youtu.be"u8) ? HandlePlatform.YouTube : null,
        _ => null,
    };

    /// <summary>Whether a text is nothing but a platform's host.</summary>
    public static bool IsBareHost(ReadOnlySpan<byte> text) =>
        text.Length >= 8 && (text[^4] == (byte)'.' || text[^3] == (byte)'.') && OwnerOf(text) is not null && !text.ContainsAnyExcept(HostBytes);

    private static bool IsUnder(ReadOnlySpan<byte> host, ReadOnlySpan<byte> domain) =>
        host.Length >= domain.Length
        && Is(host[^domain.Length..], domain)
        && (host.Length == domain.Length || host[^(domain.Length + 1)] == (byte)'.');

    private static bool IsHost(ReadOnlySpan<byte> host, ReadOnlySpan<byte> lower) => Is(host, lower);

    private static bool HasScheme(ReadOnlySpan<byte> text) => text.IndexOf("://"u8) > 0;

    private static bool IsMarked(ReadOnlySpan<byte> segment) => segment.Length > 1 && segment[0] == (byte)'@';

    /// <summary>Takes the first non-empty segment off a path and percent-decodes it.</summary>
    private static ReadOnlySpan<byte> Segment(scoped ref ReadOnlySpan<byte> path, Span<byte> decoded)
    {
        path = path.TrimStart((byte)'/');
        var cut = path.IndexOf((byte)'/');
        var segment = cut < 0 ? path : path[..cut];
        path = cut < 0 ? default : path[(cut + 1)..];
        return segment.Contains((byte)'%') ? decoded[..HandleText.DecodePercent(segment, decoded)] : segment;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(text, lower);
}
