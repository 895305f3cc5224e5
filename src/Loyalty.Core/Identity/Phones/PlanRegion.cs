namespace Loyalty.Identity.Phones;

/// <summary>One region's rules: how its numbers are dialled, how long they are, which ranges it uses for what.</summary>
internal sealed class PlanRegion
{
    /// <summary>The order in which the ranges of the table are asked: the first that fits names the type.</summary>
    public static ReadOnlySpan<PhoneNumberType> TypeOrder =>
    [
        PhoneNumberType.PremiumRate, PhoneNumberType.TollFree, PhoneNumberType.SharedCost, PhoneNumberType.Voip, PhoneNumberType.PersonalNumber,
        PhoneNumberType.Pager, PhoneNumberType.Uan, PhoneNumberType.Voicemail, PhoneNumberType.FixedLine, PhoneNumberType.Mobile,
    ];

    private const int Mobile = 9;

    private readonly byte[] _transform;
    private readonly byte[] _plainPrefix;
    private readonly byte[] _prefixPattern;
    private readonly byte[] _internationalPattern;
    private readonly byte[] _plainInternational;
    private readonly int _shortest;
    private readonly int _longest;
    private PrefixMatcher? _prefix;
    private PrefixMatcher? _international;

    /// <summary>Reads a row of the table.</summary>
    /// <param name="row">The row.</param>
    /// <param name="index">Its number in the table.</param>
    /// <param name="code">The calling code.</param>
    /// <param name="order">The region's place among those of its calling code.</param>
    public PlanRegion(ReadOnlySpan<byte> row, int index, int code, int order)
    {
        Index = index;
        Code = code;
        Order = order;
        Cell(ref row);
        Cell(ref row);
        _prefixPattern = Cell(ref row).ToArray();
        _transform = Cell(ref row).ToArray();
        Leading = Cell(ref row).ToArray();
        _internationalPattern = Cell(ref row).ToArray();
        _plainPrefix = IsPlain(_prefixPattern) ? _prefixPattern : [];
        _plainInternational = IsPlain(_internationalPattern) ? _internationalPattern : [];
        General = Cell(ref row).ToArray();
        Lengths = LengthMask(Cell(ref row));
        LocalLengths = LengthMask(Cell(ref row));
        _shortest = System.Numerics.BitOperations.TrailingZeroCount(Lengths);
        _longest = 31 - System.Numerics.BitOperations.LeadingZeroCount(Lengths);
        for (var type = 0; type < Types.Length; type++)
        {
            var pattern = Cell(ref row);
            var lengths = Cell(ref row);
            MobileIsFixed = type == Mobile && IsSign(pattern, '=');
            Types[type] = MobileIsFixed ? [] : pattern.ToArray();
            TypeLengths[type] = IsSign(lengths, '*') ? Lengths : LengthMask(lengths) & Lengths;
        }
    }

    /// <summary>The row's number in the table.</summary>
    public readonly int Index;

    /// <summary>The region's place among those of its calling code; 0 is the main region.</summary>
    public readonly int Order;

    /// <summary>The calling code.</summary>
    public readonly int Code;

    /// <summary>The pattern of the digits that tell the region apart from others with its code; empty when its ranges do.</summary>
    public readonly byte[] Leading;

    /// <summary>The pattern of every national number.</summary>
    public readonly byte[] General;

    /// <summary>Lengths of national numbers; bit n stands for n digits.</summary>
    public readonly uint Lengths;

    /// <summary>Lengths that can be dialled within an area only.</summary>
    public readonly uint LocalLengths;

    /// <summary>Patterns by place in <see cref="TypeOrder"/>; empty where the region has no such numbers.</summary>
    public readonly byte[][] Types = new byte[10][];

    /// <summary>Lengths by place in <see cref="TypeOrder"/>.</summary>
    public readonly uint[] TypeLengths = new uint[10];

    /// <summary>Whether fixed and mobile numbers share their ranges.</summary>
    public readonly bool MobileIsFixed;

    /// <summary>What the length alone says.</summary>
    public PhonePossibility JudgeLength(int length) =>
        length < 32 && (LocalLengths >> length & 1) != 0 ? PhonePossibility.LocalOnly
        : length < 32 && (Lengths >> length & 1) != 0 ? PhonePossibility.Possible
        : length < _shortest ? PhonePossibility.TooShort
        : length > _longest ? PhonePossibility.TooLong
        : PhonePossibility.InvalidLength;

    /// <summary>The length of the international prefix (<c>00</c>, <c>011</c>) at the start, or 0.</summary>
    public int MatchInternationalPrefix(ReadOnlySpan<byte> digits)
    {
        if (_plainInternational.Length > 0)
        {
            return digits.StartsWith(_plainInternational) ? _plainInternational.Length : 0;
        }

        return _internationalPattern.Length == 0 ? 0 : Math.Max(0, (_international ??= new PrefixMatcher(_internationalPattern)).Match(digits, out _));
    }

    /// <summary>Takes the national prefix off and applies the transform rule, without asking whether that makes sense.</summary>
    /// <param name="digits">The number.</param>
    /// <param name="buffer">Room for a transformed number: 8 bytes more than the number.</param>
    /// <param name="stripped">The number without its prefix.</param>
    /// <returns>Whether the prefix matched.</returns>
    public bool TryStripPrefix(ReadOnlySpan<byte> digits, Span<byte> buffer, out ReadOnlySpan<byte> stripped)
    {
        stripped = digits;
        if (digits.IsEmpty || _prefixPattern.Length == 0)
        {
            return false;
        }

        if (_plainPrefix.Length > 0)
        {
            if (!digits.StartsWith(_plainPrefix))
            {
                return false;
            }

            stripped = digits[_plainPrefix.Length..];
            return true;
        }

        return TryTransform(digits, buffer, ref stripped);
    }

    private bool TryTransform(ReadOnlySpan<byte> digits, Span<byte> buffer, ref ReadOnlySpan<byte> stripped)
    {
        var matcher = _prefix ??= new PrefixMatcher(_prefixPattern);
        var length = matcher.Match(digits, out var captures);
        if (length < 0)
        {
            return false;
        }

        // The rule applies when the last group took part.
        if (_transform.Length == 0 || (matcher.Captures > 0 && Capture(digits, captures, matcher.Captures).IsEmpty))
        {
            stripped = digits[length..];
            return true;
        }

        var written = 0;
        for (var i = 0; i < _transform.Length; i++)
        {
            if (_transform[i] != (byte)'$')
            {
                buffer[written++] = _transform[i];
                continue;
            }

            var group = Capture(digits, captures, _transform[++i] - '0');
            group.CopyTo(buffer[written..]);
            written += group.Length;
        }

        digits[length..].CopyTo(buffer[written..]);
        stripped = buffer[..(written + digits.Length - length)];
        return true;
    }

    /// <summary>Whether some digits are exactly what is dialled before a national number.</summary>
    public bool IsTrunkPrefix(ReadOnlySpan<byte> digits) =>
        _plainPrefix.Length > 0 ? digits.SequenceEqual(_plainPrefix)
        : _prefixPattern.Length > 0 && (_prefix ??= new PrefixMatcher(_prefixPattern)).Match(digits, out _) == digits.Length;

    private static ReadOnlySpan<byte> Capture(ReadOnlySpan<byte> digits, ulong captures, int group)
    {
        var shift = (group - 1) * 16;
        int start = (byte)(captures >> shift), end = (byte)(captures >> (shift + 8));
        return start == 0xFF || end == 0xFF ? default : digits[start..end];
    }

    private static bool IsPlain(ReadOnlySpan<byte> pattern)
    {
        foreach (var b in pattern)
        {
            if (b is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSign(ReadOnlySpan<byte> cell, char sign) => cell.Length == 1 && cell[0] == sign;

    private static ReadOnlySpan<byte> Cell(ref ReadOnlySpan<byte> row)
    {
        var tab = row.IndexOf((byte)'\t');
        var cell = tab < 0 ? row : row[..tab];
        row = tab < 0 ? default : row[(tab + 1)..];
        return cell;
    }

    private static uint LengthMask(ReadOnlySpan<byte> ranges)
    {
        var mask = 0U;
        int first = -1, value = 0;
        for (var i = 0; i <= ranges.Length; i++)
        {
            if (i < ranges.Length && ranges[i] is >= (byte)'0' and <= (byte)'9')
            {
                value = value * 10 + ranges[i] - '0';
            }
            else if (i < ranges.Length && ranges[i] == (byte)'-')
            {
                (first, value) = (value, 0);
            }
            else if (ranges.Length > 0)
            {
                for (var n = first < 0 ? value : first; n <= value; n++)
                {
                    mask |= 1U << n;
                }

                (first, value) = (-1, 0);
            }
        }

        return mask;
    }
}
