using System.Text;

namespace Loyalty.Ingest.Orders;

/// <summary>Gives equal texts as one, so that what many rows repeat is kept once.</summary>
internal sealed class SharedTexts
{
    private const int Longest = 256;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public SharedTexts() => _lookup = _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return string.Empty;
        }

        if (utf8.Length > Longest)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        Span<char> buffer = stackalloc char[Longest];
        ReadOnlySpan<char> text = buffer[..Encoding.UTF8.GetChars(utf8, buffer)];
        if (!_lookup.TryGetValue(text, out var shared))
        {
            shared = text.ToString();
            _texts.Add(shared);
        }

        return shared;
    }
}
