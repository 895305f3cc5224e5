using System.Runtime.CompilerServices;
using System.Text;

namespace Loyalty.Identity;

/// <summary>The characters, length and dots of a name on each platform.</summary>
internal static class HandleName
{
    // Lower-case form of each ASCII byte that a platform allows, else 0.
    private static ReadOnlySpan<byte> Lower =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)'.', 0,
        (byte)'0', (byte)'1', (byte)'2', (byte)'3', (byte)'4', (byte)'5', (byte)'6', (byte)'7', (byte)'8', (byte)'9', 0, 0, 0, 0, 0, 0,
        0, (byte)'a', (byte)'b', (byte)'c', (byte)'d', (byte)'e', (byte)'f', (byte)'g', (byte)'h', (byte)'i', (byte)'j', (byte)'k', (byte)'l', (byte)'m', (byte)'n', (byte)'o',
        (byte)'p', (byte)'q', (byte)'r', (byte)'s', (byte)'t', (byte)'u', (byte)'v', (byte)'w', (byte)'x', (byte)'y', (byte)'z', 0, 0, 0, 0, (byte)'_',
        0, (byte)'a', (byte)'b', (byte)'c', (byte)'d', (byte)'e', (byte)'f', (byte)'g', (byte)'h', (byte)'i', (byte)'j', (byte)'k', (byte)'l', (byte)'m', (byte)'n', (byte)'o',
        (byte)'p', (byte)'q', (byte)'r', (byte)'s', (byte)'t', (byte)'u', (byte)'v', (byte)'w', (byte)'x', (byte)'y', (byte)'z', 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MinLength(HandlePlatform platform) => platform switch
    {
        HandlePlatform.TikTok => 2,
        HandlePlatform.Instagram => 1,
        _ => 3,
    };

    public static int MaxLength(HandlePlatform platform) => platform == HandlePlatform.TikTok ? 24 : 30;

    /// <summary>
    /// The shortest way: a bare or <c>@</c>-led ASCII name, or a link to one, whose every byte is allowed and that is neither a placeholder nor an id.
    /// False says nothing about the text but that it needs the long way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryPlain(ReadOnlySpan<byte> text, HandlePlatform platform, Span<byte> destination, out int written)
    {
        var marked = !text.IsEmpty && text[0] == (byte)'@';
        return marked ? TryPlainName(text.TrimStart((byte)'@'), platform, destination, marked, out written)
            : text.Length > 12 && TryPlainLink(text, platform, out var name) ? TryPlainName(name, platform, destination, marked: platform != HandlePlatform.Instagram, out written)
            : TryPlainName(text, platform, destination, marked, out written);
    }

    /// <summary>The name in a link that is written as most are: <c>https://www.tiktok.com/@name</c>, scheme and subdomain left out or not, anything behind.</summary>
    private static bool TryPlainLink(ReadOnlySpan<byte> text, HandlePlatform platform, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Skip(ref text, "https://"u8))
        {
            Skip(ref text, "http://"u8);
        }

        if (!Skip(ref text, "www."u8))
        {
            Skip(ref text, "m."u8);
        }

        if (!(platform switch
            {
                HandlePlatform.TikTok => Skip(ref text, "tiktok.com/@"u8),
                HandlePlatform.YouTube => Skip(ref text, "youtube.com/@"u8),
                _ => Skip(ref text, "instagram.com/"u8),
            }))
        {
            return false;
        }

        var end = text.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        name = end < 0 ? text : text[..end];
        return (platform != HandlePlatform.Instagram || HandleLink.IsNameOnInstagram(name)) && (end < 0 || Ascii.IsValid(text[end..]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Skip(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix)
    {
        // Capitals at the start are rare enough to be told apart first: the comparison with a constant costs next to nothing.
        var skips = text.StartsWith(prefix) || (text.Length > prefix.Length && text[0] == prefix[0] - 0x20 && Ascii.EqualsIgnoreCase(text[..prefix.Length], prefix));
        text = skips ? text[prefix.Length..] : text;
        return skips;
    }

    private static bool TryPlainName(ReadOnlySpan<byte> text, HandlePlatform platform, Span<byte> destination, bool marked, out int written)
    {
        written = 0;
        if (text.Length < MinLength(platform) || text.Length > MaxLength(platform) || destination.Length < text.Length)
        {
            return false;
        }

        var hyphen = platform == HandlePlatform.YouTube;
        byte previous = 0;
        var i = 0;
        if (platform == HandlePlatform.TikTok)
        {
            // Most rows there are have such a name, and each of its characters may stand anywhere.
            for (; i < text.Length; i++)
            {
                previous = Lower[text[i]];
                if (previous == 0)
                {
                    return false;
                }

                destination[i] = previous;
            }
        }

        for (; i < text.Length; i++)
        {
            var lower = Lower[text[i]];
            if (lower == 0)
            {
                if (!hyphen || text[i] != (byte)'-')
                {
                    return false;
                }

                lower = (byte)'-';
            }

            if (lower == (byte)'.' && platform == HandlePlatform.Instagram && (previous == 0 || previous == (byte)'.'))
            {
                return false;
            }

            destination[i] = previous = lower;
        }

        if ((previous == (byte)'.' && platform != HandlePlatform.YouTube)
            || (text.Length is 18 or 19 && previous <= (byte)'9')
            || (hyphen && text.Length == 24 && text[0] == (byte)'U')
            || (!marked && ((text.Length <= 9 && HandleReader.IsPlaceholder(text)) || HandleLink.IsBareHost(text)))
            || (text.Length >= 12 && text[0] == (byte)'M' && text[1] == (byte)'S'))
        {
            return false;
        }

        written = text.Length;
        return true;
    }

    /// <summary>Whether every byte of a word is an ASCII byte that the platform allows, at an allowed length.</summary>
    public static bool IsPossible(ReadOnlySpan<byte> word, HandlePlatform platform)
    {
        if (word.Length < MinLength(platform) || word.Length > MaxLength(platform))
        {
            return false;
        }

        foreach (var b in word)
        {
            if (Lower[b] == 0 && (b != (byte)'-' || platform != HandlePlatform.YouTube))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Judges a name without <c>@</c>, label, link and trailing punctuation; writes it in lower case when it is one.</summary>
    public static HandleStatus Read(ReadOnlySpan<byte> text, HandlePlatform platform, Span<byte> destination, out int written, out HandleReason reason)
    {
        if (Ascii.IsValid(text))
        {
            return ReadAscii(text, platform, destination, out written, out reason);
        }

        written = 0;
        if (platform == HandlePlatform.YouTube)
        {
            return ReadAnyScript(text, destination, out written, out reason);
        }

        reason = JudgeNonAscii(text);
        return reason == HandleReason.Lookalike ? HandleStatus.Suspect : HandleStatus.Invalid;
    }

    private static HandleStatus ReadAscii(ReadOnlySpan<byte> text, HandlePlatform platform, Span<byte> destination, out int written, out HandleReason reason)
    {
        written = 0;
        foreach (var b in text)
        {
            if (Lower[b] == 0 && (b != (byte)'-' || platform != HandlePlatform.YouTube))
            {
                reason = HandleReason.Character;
                return HandleStatus.Invalid;
            }
        }

        reason = text.Length < MinLength(platform) ? HandleReason.TooShort
            : text.Length > MaxLength(platform) ? HandleReason.TooLong
            : platform == HandlePlatform.Instagram && (text[0] == (byte)'.' || text.IndexOf(".."u8) >= 0) ? HandleReason.DotPlacement
            : HandleReason.None;
        if (reason != HandleReason.None)
        {
            return HandleStatus.Invalid;
        }

        Ascii.ToLower(text, destination, out written);
        return HandleStatus.Ok;
    }

    /// <summary>A name with characters that TikTok and Instagram never allow: does it imitate an ASCII name?</summary>
    private static HandleReason JudgeNonAscii(ReadOnlySpan<byte> text)
    {
        var complete = true;
        var scripts = Scripts.None;
        while (!text.IsEmpty)
        {
            if (text[0] < 0x80)
            {
                var lower = Lower[text[0]];
                if (lower == 0)
                {
                    return HandleReason.Character;
                }

                scripts |= lower >= (byte)'a' ? Scripts.Latin : Scripts.None;
                text = text[1..];
                continue;
            }

            Rune.DecodeFromUtf8(text, out var rune, out var length);
            text = text[length..];

            if (HandleLookalikes.ToAscii(rune) != 0 || !HandleLookalikes.Ligature(rune).IsEmpty)
            {
                scripts |= ScriptOf(rune);
                continue;
            }

            if (!Rune.IsLetterOrDigit(rune))
            {
                return HandleReason.Character;
            }

            complete = false;
            scripts |= ScriptOf(rune);
        }

        return complete || IsMixed(scripts) ? HandleReason.Lookalike : HandleReason.Character;
    }

    [SkipLocalsInit]
    private static HandleStatus ReadAnyScript(scoped ReadOnlySpan<byte> text, Span<byte> destination, out int written, out HandleReason reason)
    {
        written = 0;
        Span<byte> composed = stackalloc byte[HandleReader.MaxInput];
        text = composed[..Compositions.Compose(text, composed)];
        var complete = true;
        var styled = false;
        var scripts = Scripts.None;
        var count = 0;
        for (var rest = text; !rest.IsEmpty; count++)
        {
            // The lower-case form is what is judged: it is what two spellings have in common.
            Rune.DecodeFromUtf8(rest, out var rune, out var length);
            rest = rest[length..];
            rune = Rune.ToLowerInvariant(rune);
            if (rune.IsAscii)
            {
                if (Lower[rune.Value] == 0 && rune.Value != '-')
                {
                    reason = HandleReason.Character;
                    return HandleStatus.Invalid;
                }

                scripts |= Rune.IsLetter(rune) ? Scripts.Latin : Scripts.None;
                continue;
            }

            var script = ScriptOf(rune);
            var lookalike = HandleLookalikes.ToAscii(rune) != 0 || !HandleLookalikes.Ligature(rune).IsEmpty;
            if (!lookalike && rune.Value != 0xB7 && !Rune.IsLetterOrDigit(rune) && !IsMark(rune))
            {
                reason = HandleReason.Character;
                return HandleStatus.Invalid;
            }

            complete &= lookalike;
            styled |= lookalike && (script is Scripts.None or Scripts.Latin);
            scripts |= script;
        }

        // A name of one script is judged as that script's; styled letters and mixtures imitate.
        if (complete || styled || IsMixed(scripts))
        {
            reason = HandleReason.Lookalike;
            return HandleStatus.Suspect;
        }

        reason = count < MinLength(HandlePlatform.YouTube) ? HandleReason.TooShort
            : count > MaxLength(HandlePlatform.YouTube) ? HandleReason.TooLong
            : HandleReason.None;
        if (reason != HandleReason.None)
        {
            return HandleStatus.Invalid;
        }

        for (var rest = text; !rest.IsEmpty;)
        {
            Rune.DecodeFromUtf8(rest, out var rune, out var length);
            rest = rest[length..];
            written += Rune.ToLowerInvariant(rune).EncodeToUtf8(destination[written..]);
        }

        return HandleStatus.Ok;
    }

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static bool IsMixed(Scripts scripts) => scripts is not (Scripts.None or Scripts.Latin or Scripts.Cyrillic or Scripts.Greek or Scripts.Other);

    private static Scripts ScriptOf(Rune rune) => rune.Value switch
    {
        0xB7 => Scripts.None,
        < 0x250 or (>= 0x1E00 and <= 0x1EFF) => Scripts.Latin,
        >= 0x370 and <= 0x3FF or >= 0x1F00 and <= 0x1FFF or >= 0x2C80 and <= 0x2CFF => Scripts.Greek,
        >= 0x400 and <= 0x52F => Scripts.Cyrillic,
        >= 0x530 and <= 0x58F or >= 0x13A0 and <= 0x13FF => Scripts.Other,
        _ => Scripts.None,
    };

    [Flags]
    private enum Scripts
    {
        None = 0,
        Latin = 1,
        Cyrillic = 2,
        Greek = 4,
        Other = 8,
    }
}
