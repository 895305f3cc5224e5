using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Identity.Phones;

namespace Loyalty.Identity;

/// <summary>A telephone number of which some digits are hidden, such as <c>(+1)832*****59</c>: evidence about a person, never a key.</summary>
/// <remarks>
/// <para>
/// Mask symbols are <c>* • ● ＊ ∗ █</c> and the like; <c>x</c>, <c>X</c>, <c>#</c>, <c>_</c>, <c>·</c> where two stand in a row and the text has no other letters but
/// a label in front; <c>…</c> and words such as <c>hidden</c>, which stand for any number of digits; three hyphens or dots in a row where the text is no valid
/// number without them. The calling code comes from
/// <c>(+cc)</c>, <c>+cc</c> or <c>00cc</c>, else from the hint; a trunk prefix is dropped when the length then fits the region.
/// </para>
/// <para>
/// A platform may print another number of stars than there are hidden digits. So a candidate fits strictly when each symbol stands for one digit, and
/// leniently when only the digits before the first and after the last symbol agree; lenient fits count only when nothing fits strictly, and are weak.
/// Five visible digits of a large country still fit many people: <see cref="CountValidNumbers"/> tells how many.
/// </para>
/// <para><c>default</c> is no mask. Equality is by calling code and symbols. Values are immutable.</para>
/// </remarks>
public readonly struct MaskedPhoneNumber : IEquatable<MaskedPhoneNumber>
{
    /// <summary>Fewest visible digits at both ends that a lenient fit needs.</summary>
    public const int LenientVisibleDigits = 4;

    private const int MaxSymbols = 30;
    private const int Hidden = 15;

    // Four bits a symbol, the first symbol highest.
    private readonly UInt128 _symbols;
    private readonly ushort _code;
    private readonly byte _length;

    private MaskedPhoneNumber(int code, ReadOnlySpan<byte> symbols)
    {
        _code = (ushort)code;
        _length = (byte)symbols.Length;
        foreach (var symbol in symbols)
        {
            _symbols = _symbols << 4 | (symbol == (byte)'*' ? (UInt128)Hidden : (UInt128)(uint)(symbol - '0'));
        }
    }

    /// <summary>The calling code, without plus; 0 for <c>default</c>.</summary>
    public int CallingCode => _code;

    /// <summary>How many national digits and symbols there are.</summary>
    public int Length => _length;

    /// <summary>How many national digits are visible.</summary>
    public int VisibleDigits
    {
        get
        {
            var visible = 0;
            for (var i = 0; i < _length; i++)
            {
                visible += this[i] == Hidden ? 0 : 1;
            }

            return visible;
        }
    }

    private int this[int index] => (int)(uint)(_symbols >> ((_length - 1 - index) * 4)) & 15;

    /// <summary>Reads UTF-8 text as a masked number.</summary>
    /// <param name="utf8">The text as it was received; any bytes.</param>
    /// <param name="hint">The region of a mask without calling code; none if there is no such region.</param>
    /// <param name="masked">The mask, or <c>default</c>.</param>
    /// <returns><see cref="MaskedPhoneReason.None"/>, or why the text is no usable mask.</returns>
    [SkipLocalsInit]
    public static MaskedPhoneReason Read(ReadOnlySpan<byte> utf8, PhoneRegion hint, out MaskedPhoneNumber masked)
    {
        masked = default;
        Span<byte> text = stackalloc byte[PhoneText.MaxLength];
        var length = PhoneText.Encode(utf8, text);
        if (length < 0 || !(PhoneText.IsMasked(text[..length]) || PhoneNumber.HidesInSeparators(text[..length], hint)))
        {
            return MaskedPhoneReason.NotMasked;
        }

        var reason = MaskReader.Read(text[..length], hint, out var code, out var start, out length);
        if (reason != MaskedPhoneReason.None)
        {
            return reason;
        }

        var symbols = text.Slice(start, length);
        if (symbols.Length > MaxSymbols)
        {
            return MaskedPhoneReason.NotMasked;
        }

        if (!symbols.ContainsAnyInRange((byte)'0', (byte)'9'))
        {
            return MaskedPhoneReason.NoVisibleDigit;
        }

        masked = new MaskedPhoneNumber(code, symbols);
        return MaskedPhoneReason.None;
    }

    /// <summary>Reads UTF-16 text as a masked number.</summary>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, PhoneRegion, out MaskedPhoneNumber)"/>
    [SkipLocalsInit]
    public static MaskedPhoneReason Read(ReadOnlySpan<char> text, PhoneRegion hint, out MaskedPhoneNumber masked)
    {
        masked = default;
        if (text.Length > PhoneText.MaxLength)
        {
            return MaskedPhoneReason.NotMasked;
        }

        Span<byte> utf8 = stackalloc byte[PhoneText.MaxLength * 3];
        return Read(utf8[..Encoding.UTF8.GetBytes(text, utf8)], hint, out masked);
    }

    /// <summary>How a full number agrees with the mask.</summary>
    public MaskFit Fit(PhoneNumber candidate)
    {
        if (_code == 0 || candidate.CallingCode != _code)
        {
            return MaskFit.None;
        }

        Span<byte> national = stackalloc byte[PhoneReader.MaxNational];
        national = national[..candidate.NationalLength];
        candidate.WriteNational(national);
        if (national.Length == _length && Agrees(national, _length))
        {
            return MaskFit.Strict;
        }

        int prefix = 0, suffix = 0;
        while (prefix < _length && this[prefix] != Hidden)
        {
            prefix++;
        }

        while (suffix < _length - prefix && this[_length - 1 - suffix] != Hidden)
        {
            suffix++;
        }

        return prefix + suffix >= LenientVisibleDigits && prefix + suffix <= national.Length && Agrees(national, prefix) && AgreesAtEnd(national, suffix)
            ? MaskFit.Lenient
            : MaskFit.None;
    }

    /// <summary>Compares the mask with full numbers; their order and repetition do not matter.</summary>
    /// <param name="candidates">Numbers as they were read; values without a number are passed over. Extensions do not count.</param>
    /// <returns>What fits, and how well.</returns>
    public MaskedPhoneMatch Match(ReadOnlySpan<PhoneNumber> candidates)
    {
        var best = MaskFit.None;
        PhoneNumber number = default;
        var hits = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            var fit = Fit(candidates[i]);
            if (fit == MaskFit.None || fit < best || (fit == best && IsRepeated(candidates, i, fit)))
            {
                continue;
            }

            hits = fit > best ? 1 : hits + 1;
            number = hits == 1 ? candidates[i].WithoutExtension() : default;
            best = fit;
        }

        return new MaskedPhoneMatch(number, best, hits);
    }

    /// <summary>How many valid numbers fit the mask strictly; the fewer, the stronger the evidence of a fit.</summary>
    /// <remarks>Counted over the numbering plan, without trying numbers: <c>(+1)832*****59</c> leaves 80,000, <c>(+1)111*****59</c> none.</remarks>
    public long CountValidNumbers()
    {
        if (NumberingPlan.World.Find(_code) is not { } code)
        {
            return 0;
        }

        var paths = new Dictionary<(int State, CallingCode.LeadingDigits Leading), long> { [(code.Ranges.Start, code.LeadingStart)] = 1 };
        for (var i = 0; i < _length; i++)
        {
            var symbol = this[i];
            var next = new Dictionary<(int State, CallingCode.LeadingDigits Leading), long>();
            foreach (var ((state, leading), count) in paths)
            {
                for (var digit = symbol == Hidden ? 0 : symbol; digit <= (symbol == Hidden ? 9 : symbol); digit++)
                {
                    var to = code.Ranges.Next(state, digit);
                    if (to != DigitAutomaton.Dead)
                    {
                        var key = (to, code.LeadingNext(leading, digit));
                        next[key] = next.GetValueOrDefault(key) + count;
                    }
                }
            }

            paths = next;
        }

        var valid = 0L;
        foreach (var ((state, leading), count) in paths)
        {
            code.Classify(code.Ranges.LabelOf(state), _length, leading.Regions, out var type);
            valid += type == PhoneNumberType.Unknown ? 0 : count;
        }

        return valid;
    }

    /// <summary>The mask with its calling code, every hidden digit as <c>*</c>: <c>+1832*****59</c>; empty for <c>default</c>.</summary>
    public override string ToString()
    {
        if (_code == 0)
        {
            return "";
        }

        var text = new StringBuilder().Append('+').Append(_code);
        for (var i = 0; i < _length; i++)
        {
            text.Append(this[i] == Hidden ? '*' : (char)('0' + this[i]));
        }

        return text.ToString();
    }

    /// <summary>Whether both have the same calling code and symbols.</summary>
    public bool Equals(MaskedPhoneNumber other) => _code == other._code && _length == other._length && _symbols == other._symbols;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MaskedPhoneNumber other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_code, _length, _symbols);

    /// <summary>Whether both have the same calling code and symbols.</summary>
    public static bool operator ==(MaskedPhoneNumber left, MaskedPhoneNumber right) => left.Equals(right);

    /// <summary>Whether the two differ.</summary>
    public static bool operator !=(MaskedPhoneNumber left, MaskedPhoneNumber right) => !left.Equals(right);

    private bool Agrees(ReadOnlySpan<byte> national, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (this[i] != Hidden && this[i] != national[i] - '0')
            {
                return false;
            }
        }

        return true;
    }

    private bool AgreesAtEnd(ReadOnlySpan<byte> national, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            if (this[_length - i] != national[^i] - '0')
            {
                return false;
            }
        }

        return true;
    }

    private bool IsRepeated(ReadOnlySpan<PhoneNumber> candidates, int index, MaskFit fit)
    {
        var number = candidates[index].WithoutExtension();
        for (var i = 0; i < index; i++)
        {
            if (candidates[i].WithoutExtension() == number && Fit(candidates[i]) == fit)
            {
                return true;
            }
        }

        return false;
    }
}
