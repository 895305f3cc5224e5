namespace Loyalty.Identity.Phones;

/// <summary>A regular expression over digits as numbering plans use them, read into a tree.</summary>
/// <remarks>The whole language: digits, <c>\d</c>, <c>[1-35]</c>, <c>(?:…)</c>, <c>(…)</c>, <c>|</c>, <c>?</c>, <c>{n}</c>, <c>{n,m}</c>, <c>$</c>.</remarks>
internal sealed class DigitPattern
{
    private DigitPattern(Kind kind, int mask, DigitPattern[] parts, int least, int most)
    {
        NodeKind = kind;
        Mask = mask;
        Parts = parts;
        Least = least;
        Most = most;
    }

    public enum Kind
    {
        /// <summary>One digit out of <see cref="Mask"/>.</summary>
        Digit,

        /// <summary>All parts one after the other.</summary>
        Sequence,

        /// <summary>One of the parts, the first that fits.</summary>
        Choice,

        /// <summary>The one part, <see cref="Least"/> to <see cref="Most"/> times, as often as it goes.</summary>
        Repeat,

        /// <summary>The one part, remembered.</summary>
        Capture,

        /// <summary>The end of the text.</summary>
        End,
    }

    /// <summary>What the node is.</summary>
    public readonly Kind NodeKind;

    /// <summary>The digits of a <see cref="Kind.Digit"/>; bit n stands for n.</summary>
    public readonly int Mask;

    /// <summary>The nodes within.</summary>
    public readonly DigitPattern[] Parts;

    /// <summary>The fewest times of a <see cref="Kind.Repeat"/>.</summary>
    public readonly int Least;

    /// <summary>The most times of a <see cref="Kind.Repeat"/>.</summary>
    public readonly int Most;

    /// <summary>Reads a whole pattern.</summary>
    /// <exception cref="FormatException">The pattern uses something else.</exception>
    public static DigitPattern Parse(ReadOnlySpan<byte> text)
    {
        var position = 0;
        var pattern = ParseChoice(text, ref position);
        return position == text.Length ? pattern : throw Unreadable(text, position);
    }

    private static DigitPattern ParseChoice(ReadOnlySpan<byte> text, ref int position)
    {
        List<DigitPattern>? choices = null;
        while (true)
        {
            var sequence = ParseSequence(text, ref position);
            if (position == text.Length || text[position] != (byte)'|')
            {
                if (choices is null)
                {
                    return sequence;
                }

                choices.Add(sequence);
                return new DigitPattern(Kind.Choice, 0, [.. choices], 0, 0);
            }

            position++;
            (choices ??= []).Add(sequence);
        }
    }

    private static DigitPattern ParseSequence(ReadOnlySpan<byte> text, ref int position)
    {
        var parts = new List<DigitPattern>();
        while (position < text.Length && text[position] is not ((byte)'|' or (byte)')'))
        {
            var part = ParseOne(text, ref position);
            if (position < text.Length && text[position] == (byte)'?')
            {
                position++;
                part = new DigitPattern(Kind.Repeat, 0, [part], 0, 1);
            }
            else if (position < text.Length && text[position] == (byte)'{')
            {
                position++;
                var least = ParseNumber(text, ref position);
                var most = least;
                if (text[position] == (byte)',')
                {
                    position++;
                    most = ParseNumber(text, ref position);
                }

                if (text[position++] != (byte)'}')
                {
                    throw Unreadable(text, position);
                }

                part = new DigitPattern(Kind.Repeat, 0, [part], least, most);
            }

            parts.Add(part);
        }

        return parts.Count == 1 ? parts[0] : new DigitPattern(Kind.Sequence, 0, [.. parts], 0, 0);
    }

    private static DigitPattern ParseOne(ReadOnlySpan<byte> text, ref int position)
    {
        var b = text[position++];
        switch (b)
        {
            case >= (byte)'0' and <= (byte)'9':
                return new DigitPattern(Kind.Digit, 1 << (b - '0'), [], 0, 0);
            case (byte)'\\' when text[position] == (byte)'d':
                position++;
                return new DigitPattern(Kind.Digit, 0x3FF, [], 0, 0);
            case (byte)'$':
                return new DigitPattern(Kind.End, 0, [], 0, 0);
            case (byte)'[':
                var mask = 0;
                while (text[position] != (byte)']')
                {
                    var first = text[position++] - '0';
                    var last = first;
                    if (text[position] == (byte)'-')
                    {
                        last = text[position + 1] - '0';
                        position += 2;
                    }

                    mask |= (1 << (last + 1)) - (1 << first);
                }

                position++;
                return new DigitPattern(Kind.Digit, mask, [], 0, 0);
            case (byte)'(':
                var capture = text[position] != (byte)'?';
                position += capture ? 0 : 2;
                var inner = ParseChoice(text, ref position);
                position++;
                return capture ? new DigitPattern(Kind.Capture, 0, [inner], 0, 0) : inner;
            default:
                throw Unreadable(text, position);
        }
    }

    private static int ParseNumber(ReadOnlySpan<byte> text, ref int position)
    {
        var value = 0;
        while (text[position] is >= (byte)'0' and <= (byte)'9')
        {
            value = value * 10 + text[position++] - '0';
        }

        return value;
    }

    private static FormatException Unreadable(ReadOnlySpan<byte> text, int position) =>
        new($"The pattern '{System.Text.Encoding.ASCII.GetString(text)}' is not a numbering pattern at {position}.");
}
