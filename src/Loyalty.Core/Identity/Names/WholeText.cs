using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Loyalty.Identity.Names;

/// <summary>Repairs a text that is broken from beginning to end: of its readings in the code pages, the deepest that is certain.</summary>
internal static class WholeText
{
    private const int MaxRounds = 4;
    private const int StackLength = 256;

    /// <summary>Repairs a text, or a part of one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Receives the repaired text.</param>
    /// <param name="written">Characters written; 0 when nothing is repaired.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short for the repaired text.</exception>
    [SkipLocalsInit]
    public static bool TryRepair(ReadOnlySpan<char> text, Span<char> destination, out int written)
    {
        written = 0;
        var first = text.IndexOfAnyExceptInRange('\0', '\u007F');
        if (first < 0)
        {
            return false;
        }

        var best = 0;
        foreach (var page in (ReadOnlySpan<CodePage>)[CodePage.Western, CodePage.Central, CodePage.Macintosh])
        {
            // Most clean names end the attempt here: no first byte, or none that follows.
            if (page.ByteOf(text[first]) >= 0xC2 && first + 1 < text.Length && text[first + 1] >= 0x80 && (page.ByteOf(text[first + 1]) & 0xC0) == 0x80)
            {
                best = Math.Max(best, TryPage(page, text, best, destination, ref written));
            }
        }

        return best > 0;
    }

    /// <summary>Reads a text in one code page, again and again; keeps the deepest certain reading if it is deeper than <paramref name="beat"/>.</summary>
    [SkipLocalsInit]
    private static int TryPage(CodePage page, ReadOnlySpan<char> text, int beat, Span<char> destination, ref int written)
    {
        var rentedRead = text.Length > StackLength ? ArrayPool<ReadCharacter>.Shared.Rent(text.Length) : null;
        var rentedText = text.Length > StackLength ? ArrayPool<char>.Shared.Rent(text.Length) : null;
        var read = rentedRead ?? stackalloc ReadCharacter[StackLength];
        var current = rentedText ?? stackalloc char[StackLength];
        text.CopyTo(current);
        int length = text.Length, best = 0;
        for (var round = 1; round <= MaxRounds; round++)
        {
            var count = page.Undo(current[..length], read);
            if (count == 0)
            {
                break;
            }

            length = 0;
            foreach (var character in read[..count])
            {
                length += new Rune(character.Value).EncodeToUtf16(current[length..]);
            }

            if (round > beat && RepairJudge.IsCertain(read[..count], page))
            {
                if (length > destination.Length)
                {
                    throw new ArgumentException("The destination is too short for the repaired text.", nameof(destination));
                }

                current[..length].CopyTo(destination);
                written = length;
                best = round;
            }
        }

        if (rentedRead is not null)
        {
            ArrayPool<ReadCharacter>.Shared.Return(rentedRead);
        }

        if (rentedText is not null)
        {
            ArrayPool<char>.Shared.Return(rentedText);
        }

        return best;
    }
}
