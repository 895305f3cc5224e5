using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Loyalty.Identity;

/// <summary>An e-mail address: the text as given, for sending, and a normal form, for matching.</summary>
/// <remarks>
/// <para>
/// The normal form is trimmed and lower-cased as a whole, without culture. <c>mailto:</c>, angle brackets around the whole, invisible characters and a trailing
/// comma or semicolon are dropped. Dots and <c>+tags</c> stay: only the receiving server knows whether they matter.
/// </para>
/// <para>Equality is ordinal over the normal form. <c>default</c> is no address: its texts are empty. Values are immutable and thread-safe.</para>
/// </remarks>
public readonly struct EmailAddress : IEquatable<EmailAddress>, ISpanParsable<EmailAddress>
{
    /// <summary>Longest address that is read, in UTF-8 bytes.</summary>
    public const int MaxInputLength = 320;

    /// <summary>Room that any normal form fits in, in UTF-8 bytes: some letters take more bytes in lower case.</summary>
    public const int MaxUtf8Length = MaxInputLength * 3 / 2;

    private readonly string? _normal;
    private readonly string? _given;

    private EmailAddress(string normal, string given)
    {
        _normal = normal;
        _given = given;
    }

    /// <summary>The normal form, for matching; empty for <c>default</c>.</summary>
    public string Normal => _normal ?? "";

    /// <summary>The text as given, trimmed, for sending; empty for <c>default</c>.</summary>
    public string Given => _given ?? "";

    /// <summary>Writes the normal form of UTF-8 text; allocates nothing and never throws for any bytes.</summary>
    /// <param name="utf8">The text as it was received.</param>
    /// <param name="destination">Receives the normal form; at least <see cref="MaxUtf8Length"/> bytes.</param>
    /// <param name="written">Bytes written; 0 when the text is no address.</param>
    /// <returns><see cref="EmailReason.None"/>, or why the text is no address.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <see cref="MaxUtf8Length"/>.</exception>
    [SkipLocalsInit]
    public static EmailReason Normalize(ReadOnlySpan<byte> utf8, Span<byte> destination, out int written)
    {
        if (destination.Length < MaxUtf8Length)
        {
            throw new ArgumentException($"The destination holds {destination.Length} bytes; an address takes up to {MaxUtf8Length}.", nameof(destination));
        }

        written = 0;
        utf8 = HandleText.Trim(utf8);
        if (Ascii.IsValid(utf8))
        {
            return NormalizeClean(utf8, destination, out written);
        }

        if (!Utf8.IsValid(utf8))
        {
            return EmailReason.Encoding;
        }

        if (utf8.Length > HandleReader.MaxInput)
        {
            return EmailReason.Oversized;
        }

        Span<byte> clean = stackalloc byte[HandleReader.MaxInput];
        var length = 0;
        foreach (var rune in new RuneReader(utf8))
        {
            if (!HandleText.IsDefaultIgnorable(rune.Value))
            {
                length += rune.EncodeToUtf8(clean[length..]);
            }
        }

        return NormalizeClean(HandleText.Trim(clean[..length]), destination, out written);
    }

    /// <summary>Reads UTF-16 text as an address.</summary>
    /// <param name="text">The text as it was received.</param>
    /// <param name="address">The address, or <c>default</c>.</param>
    /// <returns><see cref="EmailReason.None"/>, or why the text is no address.</returns>
    [SkipLocalsInit]
    public static EmailReason Read(ReadOnlySpan<char> text, out EmailAddress address)
    {
        address = default;
        var given = text.Trim();
        if (given.Length > MaxInputLength * 2)
        {
            return EmailReason.Oversized;
        }

        Span<byte> utf8 = stackalloc byte[MaxInputLength * 6];
        if (Utf8.FromUtf16(given, utf8, out _, out var length, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            return EmailReason.Encoding;
        }

        Span<byte> normal = stackalloc byte[MaxUtf8Length];
        var reason = Normalize(utf8[..length], normal, out var written);
        if (reason == EmailReason.None)
        {
            address = new EmailAddress(Encoding.UTF8.GetString(normal[..written]), given.ToString());
        }

        return reason;
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">The text is no address; the message says why.</exception>
    public static EmailAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        Read(s, out var address) is var reason && reason == EmailReason.None
            ? address
            : throw new FormatException($"'{(s.Length > 80 ? s[..80] : s)}' is no e-mail address ({reason}).");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static EmailAddress Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Reads an address; never throws.</summary>
    /// <returns>Whether the text is an address.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out EmailAddress result) => Read(s, out result) == EmailReason.None;

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out EmailAddress)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EmailAddress result) => TryParse(s.AsSpan(), provider, out result);

    /// <summary>The normal form.</summary>
    public override string ToString() => Normal;

    /// <summary>Whether both have the same normal form.</summary>
    public bool Equals(EmailAddress other) => string.Equals(_normal, other._normal, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EmailAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Normal.GetHashCode(StringComparison.Ordinal);

    /// <summary>Whether both have the same normal form.</summary>
    public static bool operator ==(EmailAddress left, EmailAddress right) => left.Equals(right);

    /// <summary>Whether the two differ.</summary>
    public static bool operator !=(EmailAddress left, EmailAddress right) => !left.Equals(right);

    private static EmailReason NormalizeClean(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        if (HandleReader.IsPlaceholder(text))
        {
            return EmailReason.Missing;
        }

        if (text.Length > 7 && Ascii.EqualsIgnoreCase(text[..7], "mailto:"u8))
        {
            text = text[7..];
        }

        while (!text.IsEmpty && text[^1] is (byte)',' or (byte)';')
        {
            text = HandleText.Trim(text[..^1]);
        }

        if (text.Length > 1 && text[0] == (byte)'<' && text[^1] == (byte)'>')
        {
            text = HandleText.Trim(text[1..^1]);
        }

        if (text.Length > MaxInputLength)
        {
            return EmailReason.Oversized;
        }

        var reason = Judge(text);
        if (reason != EmailReason.None)
        {
            return reason;
        }

        if (Ascii.ToLower(text, destination, out written) == OperationStatus.Done)
        {
            return EmailReason.None;
        }

        written = 0;
        foreach (var rune in new RuneReader(text))
        {
            written += Rune.ToLowerInvariant(rune).EncodeToUtf8(destination[written..]);
        }

        return EmailReason.None;
    }

    private static EmailReason Judge(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)'*') || text.IndexOf("•"u8) >= 0)
        {
            return EmailReason.Masked;
        }

        var at = text.LastIndexOf((byte)'@');
        if (at <= 0 || at == text.Length - 1)
        {
            return EmailReason.NotAnAddress;
        }

        ReadOnlySpan<byte> local = text[..at], domain = text[(at + 1)..];
        if (local.Contains((byte)'@'))
        {
            return EmailReason.Several;
        }

        foreach (var rune in new RuneReader(text))
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || rune.Value is '"' or '(' or ')' or ',' or ':' or ';' or '<' or '>' or '[' or '\\' or ']')
            {
                return EmailReason.Character;
            }
        }

        return IsDomain(domain) ? EmailReason.None : EmailReason.Domain;
    }

    private static bool IsDomain(ReadOnlySpan<byte> domain)
    {
        var labels = 0;
        while (true)
        {
            var dot = domain.IndexOf((byte)'.');
            var label = dot < 0 ? domain : domain[..dot];
            labels++;
            if (label.IsEmpty || label[0] == (byte)'-' || label[^1] == (byte)'-')
            {
                return false;
            }

            foreach (var b in label)
            {
                if (b < 0x80 && !char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'_'))
                {
                    return false;
                }
            }

            if (dot < 0)
            {
                return labels > 1;
            }

            domain = domain[(dot + 1)..];
        }
    }

    /// <summary>The characters of valid UTF-8.</summary>
    private ref struct RuneReader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public Rune Current { get; private set; }

        public readonly RuneReader GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            Rune.DecodeFromUtf8(_rest, out var rune, out var length);
            Current = rune;
            _rest = _rest[length..];
            return true;
        }
    }
}
