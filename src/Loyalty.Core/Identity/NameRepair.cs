using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using Loyalty.Identity.Names;

namespace Loyalty.Identity;

/// <summary>Repairs names that were UTF-8 and were decoded with a wrong code page (<c>BenjamÃ­n</c> → <c>Benjamín</c>), when and only when that is certain.</summary>
/// <remarks>
/// <para>
/// A text is UTF-8 from beginning to end in Latin-1 or Windows-1252 (mixed or not), in Windows-1250 or in Mac Roman,
/// up to four times in the same one; of the readings whose every character is plausible the deepest wins. Where the text is not broken as a whole, its parts are
/// repaired one by one (<c>JosÃ© O’Neil</c> → <c>José O’Neil</c>), if each is certain: broken beyond doubt, or intact beyond doubt. Text that lost bytes
/// (<c>RUBÃ</c>, <c>BoÅ¾iÄ?</c>) stays as it is: half a repair would hide that something is missing.
/// </para>
/// <para>Repair comes before any change of letter case, which destroys the bytes (<c>martã­nez</c>). Clean text is never touched. Everything here is thread-safe.</para>
/// </remarks>
public static class NameRepair
{
    private const int StackLength = 256;

    /// <summary>Repairs a name.</summary>
    /// <param name="name">The name as it was received.</param>
    /// <returns>The repaired name, or the same instance when nothing is certain or nothing is broken.</returns>
    public static string Repair(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Ascii.IsValid(name))
        {
            return name;
        }

        var rented = name.Length > StackLength ? ArrayPool<char>.Shared.Rent(name.Length) : null;
        var destination = rented ?? stackalloc char[StackLength];
        var repaired = TryRepair(name, destination, out var written) ? destination[..written].ToString() : name;
        Return(rented);
        return repaired;
    }

    /// <summary>Repairs UTF-16 text.</summary>
    /// <param name="text">The text as it was received.</param>
    /// <param name="destination">Receives the repaired text; as long as <paramref name="text"/> is always enough.</param>
    /// <param name="written">Characters written; 0 when there is nothing to repair.</param>
    /// <returns>Whether the text was repaired.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short for the repaired text.</exception>
    [SkipLocalsInit]
    public static bool TryRepair(ReadOnlySpan<char> text, Span<char> destination, out int written)
    {
        if (!WholeText.TryRepair(text, destination, out written))
        {
            return NameParts.TryRepair(text, destination, out written);
        }

        // Of parts that were broken once and twice, those broken twice are left.
        var rented = written > StackLength ? ArrayPool<char>.Shared.Rent(written) : null;
        var once = rented ?? stackalloc char[StackLength];
        destination[..written].CopyTo(once);
        if (NameParts.TryRepair(once[..written], destination, out var again))
        {
            written = again;
        }
        else
        {
            once[..written].CopyTo(destination);
        }

        Return(rented);
        return true;
    }

    /// <summary>Repairs UTF-8 text.</summary>
    /// <param name="utf8">The text as it was received; bytes that are not UTF-8 are left alone.</param>
    /// <param name="destination">Receives the repaired text; as long as <paramref name="utf8"/> is always enough.</param>
    /// <param name="written">Bytes written; 0 when there is nothing to repair.</param>
    /// <returns>Whether the text was repaired.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short for the repaired text.</exception>
    [SkipLocalsInit]
    public static bool TryRepair(ReadOnlySpan<byte> utf8, Span<byte> destination, out int written)
    {
        written = 0;
        if (Ascii.IsValid(utf8))
        {
            return false;
        }

        var rented = utf8.Length > StackLength ? ArrayPool<char>.Shared.Rent(utf8.Length * 2) : null;
        var both = rented ?? stackalloc char[StackLength * 2];
        Span<char> text = both[..(both.Length / 2)], repaired = both[(both.Length / 2)..];
        try
        {
            if (Utf8.ToUtf16(utf8, text, out _, out var length, replaceInvalidSequences: false) != OperationStatus.Done
                || !TryRepair(text[..length], repaired, out length))
            {
                return false;
            }

            if (!Encoding.UTF8.TryGetBytes(repaired[..length], destination, out written))
            {
                throw new ArgumentException("The destination is too short for the repaired text.", nameof(destination));
            }

            return true;
        }
        finally
        {
            Return(rented);
        }
    }

    private static void Return(char[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }
}
