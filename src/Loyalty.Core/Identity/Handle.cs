using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Loyalty.Identity;

/// <summary>A member's user name on a platform, in its normal form: lower case, without <c>@</c>, link or label.</summary>
/// <remarks>
/// <para>
/// A handle is a key for as long as its owner keeps it: TikTok lets a name change every 30 days and be taken again, so a user id is the better key where
/// there is one. Two spellings that only look alike are two handles; nothing is ever merged because it resembles something.
/// </para>
/// <para>Equality is ordinal over the normal form, and by platform. <c>default</c> holds no handle: <see cref="IsEmpty"/> is true and its text is empty.
/// Values are immutable and safe to share between threads.</para>
/// </remarks>
public readonly struct Handle : IEquatable<Handle>, ISpanParsable<Handle>, IUtf8SpanParsable<Handle>, ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>Room that the normal form of any handle of any platform fits in, in bytes (30 characters of up to 4 bytes).</summary>
    public const int MaxUtf8Length = 120;

    private readonly string? _value;

    private Handle(string value, HandlePlatform platform)
    {
        _value = value;
        Platform = platform;
    }

    /// <summary>The platform whose rules the handle follows.</summary>
    public HandlePlatform Platform { get; }

    /// <summary>The normal form; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Whether this is <c>default</c>, which holds no handle.</summary>
    public bool IsEmpty => _value is null;

    /// <summary>Reads a text as a handle and writes its normal form; allocates nothing and never throws for any bytes.</summary>
    /// <param name="utf8">The text as it was received. Bytes that are not UTF-8 give <see cref="HandleStatus.Invalid"/>.</param>
    /// <param name="platform">The platform whose rules count.</param>
    /// <param name="destination">
    /// Receives the normal form. For TikTok and Instagram it is lower-case ASCII of at most 24 and 30 bytes; <see cref="MaxUtf8Length"/> is always enough.
    /// Left in any state when the status is not <see cref="HandleStatus.Ok"/>.
    /// </param>
    /// <param name="written">Bytes written; 0 unless the status is <see cref="HandleStatus.Ok"/>.</param>
    /// <param name="reason">Why the status is what it is.</param>
    /// <returns>What the text is.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than the longest handle of the platform.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="platform"/> is none of the named ones.</exception>
    public static HandleStatus Normalize(ReadOnlySpan<byte> utf8, HandlePlatform platform, Span<byte> destination, out int written, out HandleReason reason)
    {
        if (destination.Length < MaxLengthOf(platform))
        {
            throw new ArgumentException($"The destination holds {destination.Length} bytes; a handle of {platform} takes up to {MaxLengthOf(platform)}.", nameof(destination));
        }

        if (HandleName.TryPlain(utf8, platform, destination, out written))
        {
            reason = HandleReason.None;
            return HandleStatus.Ok;
        }

        return HandleReader.Read(utf8, platform, destination, out written, out reason);
    }

    /// <summary>Reads a text as a handle.</summary>
    /// <param name="text">The text as it was received.</param>
    /// <param name="platform">The platform whose rules count.</param>
    /// <param name="handle">The handle when the status is <see cref="HandleStatus.Ok"/>, else <c>default</c>.</param>
    /// <param name="reason">Why the status is what it is.</param>
    /// <returns>What the text is.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="platform"/> is none of the named ones.</exception>
    public static HandleStatus Read(ReadOnlySpan<char> text, HandlePlatform platform, out Handle handle, out HandleReason reason)
    {
        handle = default;
        var limit = Math.Min(text.Length, HandleReader.MaxInput * 2);
        byte[]? rented = null;
        var utf8 = limit <= 256 ? stackalloc byte[768] : rented = ArrayPool<byte>.Shared.Rent(limit * 3);
        try
        {
            if (Utf8.FromUtf16(text[..limit], utf8, out var read, out var length, replaceInvalidSequences: false, isFinalBlock: limit == text.Length) == OperationStatus.InvalidData)
            {
                MaxLengthOf(platform);
                reason = HandleReason.Encoding;
                return HandleStatus.Invalid;
            }

            Span<byte> normal = stackalloc byte[MaxUtf8Length];
            var status = Normalize(utf8[..length], platform, normal, out var written, out reason);
            if (status == HandleStatus.Ok)
            {
                if (text[read..].IsWhiteSpace())
                {
                    handle = new Handle(Encoding.UTF8.GetString(normal[..written]), platform);
                }
                else
                {
                    reason = HandleReason.Oversized;
                    return HandleStatus.Invalid;
                }
            }

            return status;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>The ASCII name that a suspect text imitates, in lower case, for a person to review; never a key.</summary>
    /// <param name="utf8">A text that <see cref="Normalize"/> calls <see cref="HandleStatus.Suspect"/>.</param>
    /// <param name="destination">Receives the skeleton; 30 bytes are enough.</param>
    /// <param name="written">Bytes written; 0 when there is no complete ASCII skeleton.</param>
    /// <returns>Whether every character stands for an ASCII one.</returns>
    public static bool TryGetSkeleton(ReadOnlySpan<byte> utf8, Span<byte> destination, out int written)
    {
        written = 0;
        utf8 = HandleText.Trim(utf8);
        if (utf8.Length > HandleReader.MaxInput)
        {
            return false;
        }

        Span<byte> clean = stackalloc byte[HandleReader.MaxInput];
        var length = HandleText.Clean(utf8, clean);
        if (length <= 0)
        {
            return false;
        }

        written = HandleReader.Skeleton(HandleText.Trim(clean[..length]).TrimStart((byte)'@'), destination);
        return written > 0;
    }

    /// <summary>Reads a text as a handle of TikTok.</summary>
    /// <exception cref="FormatException">The text is no handle; the message says why.</exception>
    public static Handle Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        Read(s, HandlePlatform.TikTok, out var handle, out var reason) == HandleStatus.Ok ? handle : throw NotAHandle(s.ToString(), reason);

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Handle Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Handle Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider)
    {
        Span<byte> normal = stackalloc byte[MaxUtf8Length];
        return Normalize(utf8Text, HandlePlatform.TikTok, normal, out var written, out var reason) == HandleStatus.Ok
            ? new Handle(Encoding.UTF8.GetString(normal[..written]), HandlePlatform.TikTok)
            : throw NotAHandle(Encoding.UTF8.GetString(utf8Text), reason);
    }

    /// <summary>Reads a text as a handle of TikTok; never throws.</summary>
    /// <returns>Whether the text is a handle.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Handle result) =>
        Read(s, HandlePlatform.TikTok, out result, out _) == HandleStatus.Ok;

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out Handle)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Handle result) => TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out Handle)"/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Handle result)
    {
        Span<byte> normal = stackalloc byte[MaxUtf8Length];
        if (Normalize(utf8Text, HandlePlatform.TikTok, normal, out var written, out _) == HandleStatus.Ok)
        {
            result = new Handle(Encoding.UTF8.GetString(normal[..written]), HandlePlatform.TikTok);
            return true;
        }

        result = default;
        return false;
    }

    /// <summary>The normal form, without <c>@</c>.</summary>
    public override string ToString() => Value;

    /// <inheritdoc/>
    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => Value;

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = Value.AsSpan().TryCopyTo(destination) ? Value.Length : 0;
        return charsWritten == Value.Length;
    }

    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (Encoding.UTF8.TryGetBytes(Value, utf8Destination, out bytesWritten))
        {
            return true;
        }

        bytesWritten = 0;
        return false;
    }

    /// <summary>Whether both hold the same normal form on the same platform.</summary>
    public bool Equals(Handle other) => string.Equals(_value, other._value, StringComparison.Ordinal) && Platform == other.Platform;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Handle other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Value, Platform);

    /// <summary>Whether both hold the same normal form on the same platform.</summary>
    public static bool operator ==(Handle left, Handle right) => left.Equals(right);

    /// <summary>Whether the two differ in normal form or platform.</summary>
    public static bool operator !=(Handle left, Handle right) => !left.Equals(right);

    private static int MaxLengthOf(HandlePlatform platform) => platform switch
    {
        HandlePlatform.TikTok => 24,
        HandlePlatform.Instagram => 30,
        HandlePlatform.YouTube => MaxUtf8Length,
        _ => throw new ArgumentOutOfRangeException(nameof(platform), platform, "The platform is TikTok, Instagram or YouTube."),
    };

    private static FormatException NotAHandle(string text, HandleReason reason) =>
        new($"'{(text.Length > 80 ? text[..80] + "…" : text)}' is no handle ({reason}).");
}
