using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Loyalty.Programs;

/// <summary>Whether all texts in JSON are texts: a JSON document accepts bytes and escapes that no text can hold, and throws when they are read.</summary>
public static class JsonText
{
    /// <summary>Whether all bytes and escapes are characters. What is no JSON otherwise is left to the parser, which says where.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="why">What is wrong and what to do; empty when nothing is.</param>
    public static bool IsReadable(ReadOnlySpan<byte> utf8, out string why)
    {
        why = string.Empty;
        if (!Utf8.IsValid(utf8))
        {
            why = "is no UTF-8; save the file as UTF-8";
            return false;
        }

        var reader = new Utf8JsonReader(utf8);
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
            }
        }
        catch (JsonException)
        {
            // Reading the document says what and where.
        }
        catch (InvalidOperationException)
        {
            var line = 1 + utf8[..(int)reader.TokenStartIndex].Count((byte)'\n');
            why = string.Create(CultureInfo.InvariantCulture, $"has an escape of half a character (such as \"\\uD800\") on line {line}; remove it");
            return false;
        }

        return true;
    }

    /// <summary>What is wrong with a text that is no JSON, and where, for people: lines and bytes count from 1.</summary>
    internal static string Fault(ReadOnlySpan<byte> utf8, JsonException fault)
    {
        if (utf8.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return "is empty; expected a JSON object";
        }

        // The runtime's sentence is followed by advice for programmers.
        var what = fault.Message;
        foreach (var end in (ReadOnlySpan<string>)[" LineNumber:", " Path:", " Change the reader options", " which is not supported in this mode", " when 'isFinalBlock'"])
        {
            var at = what.IndexOf(end, StringComparison.Ordinal);
            what = at < 0 ? what : what[..at];
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"is no JSON on line {(fault.LineNumber ?? 0) + 1}, byte {(fault.BytePositionInLine ?? 0) + 1}: {what.TrimEnd('.', ',')}; mend it there");
    }
}
