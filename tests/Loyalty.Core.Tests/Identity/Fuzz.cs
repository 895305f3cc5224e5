using System.Text;

namespace Loyalty.Tests.Identity;

/// <summary>Generated inputs for the parsers: pieces of real inputs, mutated, and plain noise. The same seed gives the same inputs.</summary>
/// <remarks>
/// <c>LOYALTY_FUZZ_CASES</c> sets the cases of each parser (default 1,000,000; the nightly run takes 10,000,000), <c>LOYALTY_FUZZ_SEED</c> the seed.
/// A failure names the seed and the case.
/// </remarks>
internal sealed class Fuzz
{
    private static readonly string[] Pieces =
    [
        "+", "＋", "00", "011", "(", ")", "-", " ", ".", "/", "*", "x", "X", "#", "~", ";ext=", ";phone-context=", "tel:", ";isub=", "ext.", "доб", "anexo", ",,", "extensión",
        "１", "٣", "۷", "\u00A0", "\u200B", "\u00AD", "•", "●", "█", "FLOWERS", "@", "＠", "https://", "//", "www.", "tiktok.com", "instagram.com", "youtube.com", "vm.tiktok.com",
        "/@", "%40", "%", "&#64;", "&#x40;", "&amp;", "IG: ", "tiktok - ", "UC", "MS4wLjABAAAA", "null", "N/A", "Ã", "Â", "Å", "â€", "ƒ", "Ä", "‚àö", "é", "ß", "™", "’", "\u0081", "王", "😀",
        "\uFFFD", "İ", "\u0301", "а", "𝓪", "\uFEFF", "\t", "\0", "user@example.com", "mailto:", "<", ">", "\"",
    ];

    private static readonly string[] Seeds =
    [
        .. PublicSets.Read("phones_public.tsv").Select(row => row[0]),
        .. PublicSets.Read("masked_public.tsv").Select(row => row[0]),
        .. PublicSets.Read("handles_public.tsv").Select(row => row[0]),
        .. PublicSets.Read("mojibake_names_public.tsv").Select(row => PublicSets.Unescape(row[0])),
    ];

    private readonly StringBuilder _text = new();
    private readonly byte[] _bytes = new byte[8192];
    private ulong _state;

    public Fuzz(int seed) => _state = (ulong)seed;

    public static int Cases { get; } = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_FUZZ_CASES"), out var cases) ? cases : 1_000_000;

    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_FUZZ_SEED"), out var seed) ? seed : 20_250_101;

    /// <summary>Runs a check over every case; a failure says which one.</summary>
    public static void Run(ReadOnlySpanAction check)
    {
        var fuzz = new Fuzz(Seed);
        for (var i = 0; i < Cases; i++)
        {
            var input = fuzz.Next();
            try
            {
                check(input);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {Seed}, case {i}: {Convert.ToHexString(input)} ({Encoding.UTF8.GetString(input)})", exception);
            }
        }
    }

    /// <summary>A check of one input.</summary>
    public delegate void ReadOnlySpanAction(ReadOnlySpan<byte> input);

    private ReadOnlySpan<byte> Next()
    {
        _text.Clear();
        var kind = Below(8);
        if (kind == 0)
        {
            for (var n = Below(20); n >= 0; n--)
            {
                _text.Append(Pieces[Below(Pieces.Length)]);
            }
        }
        else if (kind == 1)
        {
            for (var n = Below(24); n >= 0; n--)
            {
                _text.Append((char)('0' + Below(10)));
            }
        }
        else
        {
            _text.Append(Seeds[Below(Seeds.Length)]);
            for (var n = kind == 2 ? 0 : Below(4); n > 0; n--)
            {
                Mutate();
            }
        }

        var length = 0;
        foreach (var chunk in _text.GetChunks())
        {
            length += Encoding.UTF8.GetBytes(chunk.Span, _bytes.AsSpan(length));
        }

        // Bytes that are not UTF-8, now and then.
        if (Below(16) == 0 && length > 0)
        {
            _bytes[Below(length)] = (byte)Below(256);
        }

        return _bytes.AsSpan(0, length);
    }

    private void Mutate()
    {
        var at = Below(_text.Length + 1);
        switch (Below(5))
        {
            case 0:
                _text.Insert(at, Pieces[Below(Pieces.Length)]);
                break;
            case 1 when at < _text.Length:
                _text.Remove(at, 1);
                break;
            case 2 when at < _text.Length:
                _text[at] = (char)('0' + Below(10));
                break;
            case 3:
                _text.Append(Seeds[Below(Seeds.Length)]);
                break;
            default:
                _text.Insert(at, (char)('0' + Below(10)));
                break;
        }
    }

    private int Below(int bound)
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return (int)((z ^ z >> 31) % (ulong)bound);
    }
}
