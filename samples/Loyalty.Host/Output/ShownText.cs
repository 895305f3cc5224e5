using System.Globalization;
using System.Text;

namespace Loyalty.Host.Output;

/// <summary>Text for people: what would steer a terminal, or turn its letters around, is shown as <c>\x1b</c> or <c>\u202e</c>.</summary>
internal sealed class ShownText(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    public override Encoding Encoding => inner.Encoding;

    /// <summary>A text with control characters made visible; line feeds stay.</summary>
    public static string Of(string text)
    {
        var at = 0;
        while (at < text.Length && !IsHidden(text[at]))
        {
            at++;
        }

        if (at == text.Length)
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16).Append(text, 0, at);
        foreach (var c in text.AsSpan(at))
        {
            _ = !IsHidden(c) ? shown.Append(c)
                : c < ' ' ? shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}")
                : shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return shown.ToString();
    }

    public override void Write(char value)
    {
        if (IsHidden(value))
        {
            inner.Write(Of(value.ToString()));
        }
        else
        {
            inner.Write(value);
        }
    }

    public override void Write(string? value) => inner.Write(value is null ? null : Of(value));

    public override void Write(char[] buffer, int index, int count) => inner.Write(Of(new string(buffer, index, count)));

    public override void Write(ReadOnlySpan<char> buffer) => inner.Write(Of(buffer.ToString()));

    public override void WriteLine(string? value)
    {
        Write(value);
        inner.WriteLine();
    }

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    public override void Flush() => inner.Flush();

    /// <summary>Controls but line feeds (C0, DEL, C1), separators that terminals break lines at, and marks that override the direction of text.</summary>
    private static bool IsHidden(char c) => c switch
    {
        '\n' => false,
        < ' ' or (>= '\u007f' and <= '\u009f') => true,
        '\u061c' or '\u200e' or '\u200f' or '\u2028' or '\u2029' => true,
        (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') => true,
        _ => false,
    };
}
