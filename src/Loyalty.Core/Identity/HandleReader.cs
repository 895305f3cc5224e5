using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Loyalty.Identity;

/// <summary>Reads a handle out of cleaned text: placeholders, labels, links, then the name itself.</summary>
internal static class HandleReader
{
    /// <summary>Longest text that is looked at, in bytes; a link to a handle is far shorter.</summary>
    public const int MaxInput = 2048;

    private static readonly SearchValues<byte> NotPlain = SearchValues.Create(
        [.. "&\0"u8, .. Enumerable.Range(0x80, 0x80).Select(b => (byte)b)]);

    private static readonly SearchValues<byte> Separators = SearchValues.Create(" \t,;|&+/"u8);

    // What no single name holds: separators, a second @, mask symbols (0xE2 begins those beyond ASCII).
    private static readonly SearchValues<byte> NotOneName = SearchValues.Create([.. " \t,;|&+/@*"u8, 0xE2]);

    /// <summary>The whole way for texts that are not a plain name.</summary>
    [SkipLocalsInit]
    public static HandleStatus Read(ReadOnlySpan<byte> utf8, HandlePlatform platform, Span<byte> destination, out int written, out HandleReason reason)
    {
        written = 0;
        var given = utf8.Length;
        utf8 = HandleText.Trim(utf8);
        if (utf8.Length > MaxInput)
        {
            reason = System.Text.Unicode.Utf8.IsValid(utf8) ? HandleReason.Oversized : HandleReason.Encoding;
            return HandleStatus.Invalid;
        }

        if (!utf8.ContainsAny(NotPlain))
        {
            return ReadClean(utf8, platform, changed: utf8.Length < given, destination, out written, out reason);
        }

        Span<byte> clean = stackalloc byte[MaxInput];
        var length = HandleText.Clean(utf8, clean);
        if (length < 0)
        {
            reason = HandleReason.Encoding;
            return HandleStatus.Invalid;
        }

        return ReadClean(HandleText.Trim(clean[..length]), platform, changed: true, destination, out written, out reason);
    }

    /// <summary>Writes the ASCII skeleton of a suspect name; nothing when there is none.</summary>
    public static int Skeleton(ReadOnlySpan<byte> name, Span<byte> destination)
    {
        var written = 0;
        while (!name.IsEmpty)
        {
            Rune.DecodeFromUtf8(name, out var rune, out var length);
            name = name[length..];
            var ligature = HandleLookalikes.Ligature(rune);
            var ascii = rune.IsAscii ? (byte)Rune.ToLowerInvariant(rune).Value : HandleLookalikes.ToAscii(rune);
            var needed = ligature.IsEmpty ? 1 : ligature.Length;
            if ((ascii == 0 && ligature.IsEmpty) || written + needed > destination.Length)
            {
                return 0;
            }

            if (ligature.IsEmpty)
            {
                destination[written] = ascii;
            }
            else
            {
                ligature.CopyTo(destination[written..]);
            }

            written += needed;
        }

        return written;
    }

    /// <summary>Text without entities, invisible characters and white space around; <paramref name="changed"/> when it had some, so that it may be plain now.</summary>
    [SkipLocalsInit]
    private static HandleStatus ReadClean(
        ReadOnlySpan<byte> text, HandlePlatform platform, bool changed, Span<byte> destination, out int written, out HandleReason reason)
    {
        written = 0;
        if (changed && HandleName.TryPlain(text, platform, destination, out written))
        {
            reason = HandleReason.None;
            return HandleStatus.Ok;
        }

        if (IsPlaceholder(text))
        {
            reason = HandleReason.Missing;
            return HandleStatus.Placeholder;
        }

        var whole = text.Length;
        var label = HandleLabel.Strip(ref text, out var labelled);
        text = Unquote(text);
        if (label && labelled is { } other && other != platform)
        {
            reason = HandleReason.OtherPlatform;
            return HandleStatus.NotAHandle;
        }

        if (text.Length < whole && HandleName.TryPlain(text, platform, destination, out written))
        {
            reason = HandleReason.None;
            return HandleStatus.Ok;
        }

        if (IsPlaceholder(text))
        {
            reason = HandleReason.Missing;
            return HandleStatus.Placeholder;
        }

        if (HandleLink.IsLink(text))
        {
            Span<byte> decoded = stackalloc byte[MaxInput];
            var status = HandleLink.Find(text, platform, decoded, out var name, out reason);
            return status == HandleStatus.Ok ? ReadLinked(name, platform, destination, out written, out reason) : status;
        }

        if (text.StartsWith("%40"u8))
        {
            Span<byte> decoded = stackalloc byte[MaxInput];
            return ReadName(decoded[..HandleText.DecodePercent(text, decoded)], platform, destination, out written, out reason);
        }

        return ReadName(text, platform, destination, out written, out reason);
    }

    /// <summary>A name out of a link; percent-decoding may have brought back what cleaning takes away.</summary>
    [SkipLocalsInit]
    private static HandleStatus ReadLinked(ReadOnlySpan<byte> name, HandlePlatform platform, Span<byte> destination, out int written, out HandleReason reason)
    {
        if (name.ContainsAny(NotPlain))
        {
            Span<byte> clean = stackalloc byte[MaxInput];
            var length = HandleText.Clean(name, clean);
            if (length < 0)
            {
                written = 0;
                reason = HandleReason.Encoding;
                return HandleStatus.Invalid;
            }

            return ReadName(HandleText.Trim(clean[..length]), platform, destination, out written, out reason);
        }

        if (HandleName.TryPlain(name, platform, destination, out written))
        {
            reason = HandleReason.None;
            return HandleStatus.Ok;
        }

        return ReadName(HandleText.Trim(name), platform, destination, out written, out reason);
    }

    private static HandleStatus ReadName(ReadOnlySpan<byte> text, HandlePlatform platform, Span<byte> destination, out int written, out HandleReason reason)
    {
        written = 0;
        var at = false;
        while (!text.IsEmpty && text[0] == (byte)'@')
        {
            at = true;
            text = HandleText.Trim(text[1..]);
        }

        text = TrimTrailing(text, platform);
        if (text.IsEmpty)
        {
            reason = HandleReason.Missing;
            return HandleStatus.Placeholder;
        }

        if (text.ContainsAny(NotOneName))
        {
            // A mask is told by its symbol wherever it stands, before the characters are judged.
            if (IsMasked(text))
            {
                reason = HandleReason.MaskSymbols;
                return HandleStatus.Masked;
            }

            if (text.Contains((byte)'@') || text.ContainsAny(Separators))
            {
                reason = ReadSeveral(text, at, platform);
                return reason == HandleReason.Several ? HandleStatus.Ambiguous : HandleStatus.Invalid;
            }
        }

        if (!at && HandleLink.IsBareHost(text))
        {
            reason = HandleReason.Page;
            return HandleStatus.NotAHandle;
        }

        if (IsForeignId(text, platform, out reason))
        {
            return HandleStatus.NotAHandle;
        }

        return HandleName.Read(text, platform, destination, out written, out reason);
    }

    /// <summary>Ids that stand where a handle is expected.</summary>
    private static bool IsForeignId(ReadOnlySpan<byte> text, HandlePlatform platform, out HandleReason reason)
    {
        reason = HandleReason.None;
        if (text.StartsWith("MS4wLjABAAAA"u8))
        {
            reason = HandleReason.SecUid;
        }
        else if (text.Length is 18 or 19 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            reason = HandleReason.UserId;
        }
        else if (platform == HandlePlatform.YouTube && HandleLink.IsChannelId(text))
        {
            reason = HandleReason.ChannelId;
        }

        return reason != HandleReason.None;
    }

    /// <summary>Text with separators or a second <c>@</c>: an address, several handles, or words.</summary>
    private static HandleReason ReadSeveral(ReadOnlySpan<byte> text, bool at, HandlePlatform platform)
    {
        int names = 0, marked = 0, words = 0;
        var commas = false;
        var rest = text;
        while (!rest.IsEmpty)
        {
            var cut = rest.IndexOfAny(Separators);
            var word = cut < 0 ? rest : rest[..cut];
            if (cut >= 0)
            {
                commas |= rest[cut] is (byte)',' or (byte)';' or (byte)'|' or (byte)'/';
            }

            rest = cut < 0 ? default : rest[(cut + 1)..];
            if (word.IsEmpty)
            {
                continue;
            }

            words++;
            var first = words == 1 && at;
            var ats = word.Count((byte)'@');
            if (first ? ats > 0 : ats > 1 || (ats == 1 && word[0] != (byte)'@'))
            {
                // "@a@b" is two handles run together, "a@b.c" an address.
                if (first || word[0] == (byte)'@')
                {
                    marked += 2;
                }
                else if (words == 1 && rest.IsEmpty)
                {
                    return word.Count((byte)'@') == 1 && word[^1] != (byte)'@' ? HandleReason.Email : HandleReason.Character;
                }

                continue;
            }

            marked += first || word[0] == (byte)'@' ? 1 : 0;
            names += HandleName.IsPossible(word.TrimStart((byte)'@'), platform) ? 1 : 0;
        }

        return marked > 1 || (commas && names == words && words > 1) ? HandleReason.Several
            : words == 1 ? HandleReason.Character
            : HandleReason.InnerSpace;
    }

    private static bool IsMasked(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)'*'))
        {
            return true;
        }

        // • U+2022, ● U+25CF, ∗ U+2217, █ U+2588
        var from = text.IndexOf((byte)0xE2);
        return from >= 0
            && (text.IndexOf("•"u8) >= 0 || text.IndexOf("●"u8) >= 0 || text.IndexOf("∗"u8) >= 0 || text.IndexOf("█"u8) >= 0);
    }

    private static ReadOnlySpan<byte> TrimTrailing(ReadOnlySpan<byte> text, HandlePlatform platform)
    {
        while (!text.IsEmpty
            && (text[^1] is (byte)',' or (byte)';' or (byte)')' or (byte)'!' or (byte)'/' || HandleText.IsAsciiSpace(text[^1])
                || (text[^1] == (byte)'.' && platform != HandlePlatform.YouTube)))
        {
            text = text[..^1];
        }

        return text;
    }

    /// <summary>Takes quotes or brackets off that enclose the whole text.</summary>
    private static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> text)
    {
        while (text.Length > 1
            && (text[0], text[^1]) is ((byte)'"', (byte)'"') or ((byte)'\'', (byte)'\'') or ((byte)'(', (byte)')') or ((byte)'[', (byte)']') or ((byte)'<', (byte)'>'))
        {
            text = HandleText.Trim(text[1..^1]);
        }

        return text;
    }

    /// <summary>Whether the bare text stands for a missing value.</summary>
    internal static bool IsPlaceholder(ReadOnlySpan<byte> text) => text.Length switch
    {
        0 => true,
        1 => text[0] is (byte)'-' or (byte)'.' or (byte)'@' or (byte)'?',
        2 => text.SequenceEqual("--"u8) || Is(text, "na"u8) || text.SequenceEqual("\\N"u8),
        3 => text.SequenceEqual("---"u8) || text.SequenceEqual("—"u8) || text.SequenceEqual("–"u8) || text.SequenceEqual("−"u8)
            || Is(text, "n/a"u8) || Is(text, "nan"u8),
        4 => Is(text, "none"u8) || Is(text, "null"u8) || Is(text, "#n/a"u8),
        5 => Is(text, "#ref!"u8) || Is(text, "#num!"u8),
        6 => Is(text, "(null)"u8) || Is(text, "<null>"u8) || Is(text, "[null]"u8) || Is(text, "#name?"u8) || Is(text, "#null!"u8) || Is(text, "(none)"u8),
        7 => Is(text, "unknown"u8) || Is(text, "#value!"u8) || Is(text, "#div/0!"u8),
        9 => Is(text, "undefined"u8) || Is(text, "(unknown)"u8),
        _ => false,
    };

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(text, lower);
}
