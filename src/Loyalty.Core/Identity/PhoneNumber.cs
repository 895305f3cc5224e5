using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Identity.Phones;

namespace Loyalty.Identity;

/// <summary>A telephone number: calling code, national digits, and what the numbering plan says of them.</summary>
/// <remarks>
/// <para>
/// Reading agrees with Google's libphonenumber and its metadata 9.0.43: the same texts are numbers, with the same digits, possible, valid and of the same
/// region and type. It differs on purpose in one point: masked text (<c>(+1)832*****59</c>) is never read as a number.
/// </para>
/// <para>
/// Equality is by calling code, national digits and extension. <c>default</c> is no number: <see cref="HasValue"/> is false. Values are immutable and safe to
/// share between threads. Reading allocates nothing, except the text of an extension.
/// </para>
/// </remarks>
public readonly struct PhoneNumber : IEquatable<PhoneNumber>, ISpanParsable<PhoneNumber>, IUtf8SpanParsable<PhoneNumber>, ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>Room for any number in E.164 form: plus, calling code, 17 national digits.</summary>
    public const int MaxE164Length = 21;

    private readonly string? _extension;
    private readonly ulong _national;
    private readonly ushort _code;
    private readonly short _region;
    private readonly byte _length;
    private readonly byte _type;
    private readonly byte _possibility;

    private PhoneNumber(CallingCode code, ReadOnlySpan<byte> national, ReadOnlySpan<byte> extension)
    {
        _code = (ushort)code.Code;
        _length = (byte)national.Length;
        foreach (var digit in national)
        {
            _national = _national * 10 + digit - '0';
        }

        _extension = extension.IsEmpty ? null : Encoding.ASCII.GetString(extension);
        _possibility = (byte)code.Regions[0].JudgeLength(national.Length);
        var region = code.Classify(national, out var type);
        _region = (short)(region < 0 ? 0 : code.Regions[region].Index + 1);
        _type = (byte)type;
    }

    private PhoneNumber(PhoneNumber number, string? extension)
    {
        this = number;
        _extension = extension;
    }

    /// <summary>Whether there is a number.</summary>
    public bool HasValue => _code != 0;

    /// <summary>The calling code, without plus (1, 44, 358); 0 without a number.</summary>
    public int CallingCode => _code;

    /// <summary>How many national digits there are, 2 to 17; 0 without a number.</summary>
    public int NationalLength => _length;

    /// <summary>The region that the number belongs to; none when no region of the calling code claims it. A number need not be valid to have one.</summary>
    public PhoneRegion Region => _region == 0 ? default : new PhoneRegion(_region - 1);

    /// <summary>What the number is used for; <see cref="PhoneNumberType.Unknown"/> when it is not valid.</summary>
    public PhoneNumberType Type => (PhoneNumberType)_type;

    /// <summary>What its length says.</summary>
    public PhonePossibility Possibility => (PhonePossibility)_possibility;

    /// <summary>Whether a number can have this length, perhaps within an area only.</summary>
    public bool IsPossible => Possibility is PhonePossibility.Possible or PhonePossibility.LocalOnly;

    /// <summary>Whether a range of the numbering plan holds the number. That it is in use is not known.</summary>
    public bool IsValid => _type != 0;

    /// <summary>The digits of the extension; empty without one.</summary>
    public string Extension => _extension ?? "";

    /// <summary>The national digits, leading zeros included; empty without a number.</summary>
    public string NationalNumber => HasValue ? ToString()[(1 + CodeLength)..] : "";

    /// <summary>Why the number is not valid; <see cref="PhoneReason.None"/> when it is, <see cref="PhoneReason.Missing"/> without a number.</summary>
    public PhoneReason Reason => !HasValue ? PhoneReason.Missing : IsValid ? PhoneReason.None : Possibility switch
    {
        PhonePossibility.TooShort => PhoneReason.TooShort,
        PhonePossibility.TooLong => PhoneReason.TooLong,
        PhonePossibility.InvalidLength => PhoneReason.InvalidLength,
        PhonePossibility.LocalOnly => PhoneReason.LocalOnly,
        _ => PhoneReason.Unassigned,
    };

    private int CodeLength => _code < 10 ? 1 : _code < 100 ? 2 : 3;

    /// <summary>Reads UTF-8 text as a telephone number.</summary>
    /// <param name="utf8">The text as it was received; any bytes.</param>
    /// <param name="hint">The region whose numbers are written without calling code; none if there is no such region.</param>
    /// <param name="number">The number, valid or not; <c>default</c> when the text is none.</param>
    /// <returns><see cref="PhoneReason.None"/> when the number is valid, else why it is not, or why there is none.</returns>
    [SkipLocalsInit]
    public static PhoneReason Read(ReadOnlySpan<byte> utf8, PhoneRegion hint, out PhoneNumber number)
    {
        if (utf8.Length <= PhoneText.MaxLength && Ascii.IsValid(utf8))
        {
            return ReadEncoded(utf8, hint, out number);
        }

        Span<byte> text = stackalloc byte[PhoneText.MaxLength];
        var length = PhoneText.Encode(utf8, text);
        if (length < 0)
        {
            number = default;
            return PhoneReason.Oversized;
        }

        return ReadEncoded(text[..length], hint, out number);
    }

    /// <summary>Reads UTF-16 text as a telephone number.</summary>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, PhoneRegion, out PhoneNumber)"/>
    [SkipLocalsInit]
    public static PhoneReason Read(ReadOnlySpan<char> text, PhoneRegion hint, out PhoneNumber number)
    {
        Span<byte> encoded = stackalloc byte[PhoneText.MaxLength];
        var length = PhoneText.Encode(text, encoded);
        if (length < 0)
        {
            number = default;
            return PhoneReason.Oversized;
        }

        return ReadEncoded(encoded[..length], hint, out number);
    }

    /// <summary>Whether mask symbols hide digits of a text; then it is evidence for <see cref="MaskedPhoneNumber"/>, never a number.</summary>
    [SkipLocalsInit]
    public static bool IsMasked(ReadOnlySpan<byte> utf8)
    {
        Span<byte> text = stackalloc byte[PhoneText.MaxLength];
        return PhoneText.Encode(utf8, text) is >= 0 and var length && (PhoneText.IsMasked(text[..length]) || HidesInSeparators(text[..length], default));
    }

    /// <summary>Whether runs of hyphens or dots hide digits: there are some, and without them the text is no valid number.</summary>
    internal static bool HidesInSeparators(ReadOnlySpan<byte> text, PhoneRegion hint) =>
        PhoneText.HasRunOfSeparators(text) && ReadEncoded(text, hint, out _) == PhoneReason.Masked;

    /// <summary>Reads a number with its calling code.</summary>
    /// <exception cref="FormatException">The text is no number; the message says why.</exception>
    public static PhoneNumber Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        Read(s, default, out var number) is var reason && number.HasValue ? number : throw NotANumber(s.ToString(), reason);

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static PhoneNumber Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static PhoneNumber Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) =>
        Read(utf8Text, default, out var number) is var reason && number.HasValue ? number : throw NotANumber(Encoding.UTF8.GetString(utf8Text), reason);

    /// <summary>Reads a number with its calling code, valid or not; never throws.</summary>
    /// <returns>Whether the text is a number.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out PhoneNumber result)
    {
        Read(s, default, out result);
        return result.HasValue;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out PhoneNumber)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PhoneNumber result) => TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out PhoneNumber)"/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out PhoneNumber result)
    {
        Read(utf8Text, default, out result);
        return result.HasValue;
    }

    /// <summary>The number without its extension, as it is kept as a key.</summary>
    public PhoneNumber WithoutExtension() => new(this, null);

    /// <summary>
    /// Drops the <c>1</c> that mobile numbers of Mexico carried after the calling code until 2019 (<c>+52 1 81 1234 5678</c>); such numbers are common in
    /// older data and invalid by today's plan.
    /// </summary>
    /// <param name="repaired">The number in today's form.</param>
    /// <returns>Whether the number had the old form and is valid in the new one. Reading never does this by itself.</returns>
    public bool TryRepairMexicanMobile(out PhoneNumber repaired)
    {
        repaired = default;
        if (_code != 52 || _length != 11 || _national / 10_000_000_000 != 1)
        {
            return false;
        }

        Span<byte> national = stackalloc byte[11];
        WriteNational(national);
        repaired = new PhoneNumber(new PhoneNumber(NumberingPlan.World.Find(52)!, national[1..], default), _extension);
        return repaired.IsValid;
    }

    /// <summary>The number in E.164 form (<c>+13159212129</c>), without extension; empty without a number.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[MaxE164Length];
        return TryFormat(text, out var written, default, null) ? text[..written].ToString() : "";
    }

    /// <inheritdoc/>
    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>Writes the number in E.164 form.</summary>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> text = stackalloc byte[MaxE164Length];
        var written = WriteE164(text);
        charsWritten = 0;
        if (written > destination.Length)
        {
            return false;
        }

        for (var i = 0; i < written; i++)
        {
            destination[i] = (char)text[i];
        }

        charsWritten = written;
        return true;
    }

    /// <summary>Writes the number in E.164 form.</summary>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        bytesWritten = 0;
        if (utf8Destination.Length < (HasValue ? 1 + CodeLength + _length : 0))
        {
            return false;
        }

        bytesWritten = WriteE164(utf8Destination);
        return true;
    }

    /// <summary>Whether both have the same calling code, national digits and extension.</summary>
    public bool Equals(PhoneNumber other) =>
        _code == other._code && _length == other._length && _national == other._national && string.Equals(_extension, other._extension, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PhoneNumber other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_code, _length, _national, _extension);

    /// <summary>Whether both have the same calling code, national digits and extension.</summary>
    public static bool operator ==(PhoneNumber left, PhoneNumber right) => left.Equals(right);

    /// <summary>Whether the two differ.</summary>
    public static bool operator !=(PhoneNumber left, PhoneNumber right) => !left.Equals(right);

    /// <summary>Writes the national digits; <see cref="NationalLength"/> bytes.</summary>
    internal void WriteNational(Span<byte> destination)
    {
        var rest = _national;
        for (var i = _length - 1; i >= 0; i--)
        {
            (rest, var digit) = Math.DivRem(rest, 10);
            destination[i] = (byte)('0' + digit);
        }
    }

    private static PhoneReason ReadEncoded(ReadOnlySpan<byte> text, PhoneRegion hint, out PhoneNumber number)
    {
        Span<byte> national = stackalloc byte[PhoneReader.MaxNational];
        Span<byte> extension = stackalloc byte[PhoneReader.MaxExtension];
        var reason = PhoneReader.Read(text, hint, national, extension, out var result);
        number = default;
        if (reason == PhoneReason.None)
        {
            number = new PhoneNumber(result.Code!, national[..result.Length], extension[..result.ExtensionLength]);
            reason = number.Reason;
        }

        // Three hyphens or dots in a row are separators of a number that is whole without them, and a mask otherwise.
        if (reason is not (PhoneReason.None or PhoneReason.Missing) && PhoneText.HasRunOfSeparators(text) && text.ContainsAnyInRange((byte)'0', (byte)'9'))
        {
            number = default;
            reason = PhoneReason.Masked;
        }

        return reason;
    }

    private static FormatException NotANumber(string text, PhoneReason reason) =>
        new($"'{(text.Length > 80 ? text[..80] + "…" : text)}' is no telephone number ({reason}); expected a number with its calling code, such as +13159212129.");

    private int WriteE164(Span<byte> destination)
    {
        if (!HasValue)
        {
            return 0;
        }

        destination[0] = (byte)'+';
        int length = CodeLength, code = _code;
        for (var i = length; i > 0; i--)
        {
            destination[i] = (byte)('0' + code % 10);
            code /= 10;
        }

        WriteNational(destination[(1 + length)..]);
        return 1 + length + _length;
    }
}
