using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Loyalty.Programs;

/// <summary>
/// JSON in one form per meaning: members sorted by name (ordinal), no white space, numbers without needless digits, texts as UTF-8 with no
/// escapes but the necessary ones (as RFC 8785 writes them).
/// </summary>
internal static class CanonicalJson
{
    public static byte[] Write(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Write(buffer, element);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The first 12 hexadecimal digits of the SHA-256 of the canonical form.</summary>
    public static string Version(JsonElement element) => Convert.ToHexStringLower(SHA256.HashData(Write(element)))[..12];

    private static void Write(ArrayBufferWriter<byte> writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var separator = "{"u8;
                foreach (var member in element.EnumerateObject().OrderBy(static m => m.Name, StringComparer.Ordinal))
                {
                    writer.Write(separator);
                    WriteText(writer, member.Name);
                    writer.Write(":"u8);
                    Write(writer, member.Value);
                    separator = ","u8;
                }

                writer.Write(separator[0] == '{' ? "{}"u8 : "}"u8);
                break;
            case JsonValueKind.Array:
                separator = "["u8;
                foreach (var item in element.EnumerateArray())
                {
                    writer.Write(separator);
                    Write(writer, item);
                    separator = ","u8;
                }

                writer.Write(separator[0] == '[' ? "[]"u8 : "]"u8);
                break;
            case JsonValueKind.Number:
                Encoding.UTF8.GetBytes(Number(element.GetRawText()), writer);
                break;
            case JsonValueKind.String:
                WriteText(writer, element.GetString()!);
                break;
            default:
                Encoding.UTF8.GetBytes(element.GetRawText(), writer);
                break;
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> writer, string text)
    {
        var escaped = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\b' => escaped.Append("\\b"),
                '\t' => escaped.Append("\\t"),
                '\n' => escaped.Append("\\n"),
                '\f' => escaped.Append("\\f"),
                '\r' => escaped.Append("\\r"),
                < ' ' => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => escaped.Append(c),
            };
        }

        Encoding.UTF8.GetBytes(escaped.Append('"').ToString(), writer);
    }

    private static string Number(string raw)
    {
        if (!JsonSection.TryExact(raw, out var number))
        {
            return raw;
        }

        var text = number.ToString(CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
    }
}
