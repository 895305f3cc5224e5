using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Loyalty.Creators;

/// <summary>Evidence as JSON, for stores: <c>{"euka":{"email":{"file":1,"said":[["ann@example.com",2,17]]}}}</c>, each statement a value, its rows and its first line.</summary>
/// <remarks>A value of several parts (an address; a mask and its normal form) is an array of them. The text is the same for equal evidence.</remarks>
public static class EvidenceJson
{
    private static readonly string[] FieldNames = ["email", "phone", "phone_masked", "first_name", "last_name", "address", "followers", "gmv"];

    private static readonly byte[][] FieldNamesUtf8 = Array.ConvertAll(FieldNames, static s => Encoding.UTF8.GetBytes(s));

    private static readonly byte[][] SourceNamesUtf8 = [.. CreatorSourceName.All.Select(static s => Encoding.UTF8.GetBytes(s))];

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes evidence.</summary>
    public static string Write(CreatorEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            foreach (var source in evidence.Sources)
            {
                json.WriteStartObject(CreatorSourceName.Of(source.Source));
                foreach (var field in source.Fields)
                {
                    json.WriteStartObject(FieldNames[(int)field.Field]);
                    json.WriteNumber("file", field.File);
                    json.WriteStartArray("said");
                    foreach (var said in field.Span)
                    {
                        Write(json, said);
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads evidence.</summary>
    /// <exception cref="FormatException">The text is no evidence.</exception>
    public static CreatorEvidence Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var json = new Utf8JsonReader(utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, utf8)));
            return Read(ref json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"This is no evidence of a creator: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    private static void Write(Utf8JsonWriter json, in Statement said)
    {
        json.WriteStartArray();
        if (said.Value.Contains('\0', StringComparison.Ordinal))
        {
            json.WriteStartArray();
            foreach (var part in said.Value[..^1].Split('\0'))
            {
                json.WriteStringValue(part);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteStringValue(said.Value);
        }

        json.WriteNumberValue(said.Rows);
        json.WriteNumberValue(said.Line);
        json.WriteEndArray();
    }

    private static CreatorEvidence Read(ref Utf8JsonReader json)
    {
        var sources = new List<SourceEvidence>(4);
        Expect(ref json, JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var source = IndexOf(SourceNamesUtf8, ref json);
            if (source < 0)
            {
                throw new FormatException($"'{json.GetString()}' is no source of creators.");
            }

            sources.Add(new SourceEvidence((CreatorSource)source, ReadFields(ref json)));
        }

        return new CreatorEvidence(sources);
    }

    private static List<FieldStatements> ReadFields(ref Utf8JsonReader json)
    {
        var fields = new List<FieldStatements>(4);
        Expect(ref json, JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = IndexOf(FieldNamesUtf8, ref json);
            if (field < 0)
            {
                throw new FormatException($"'{json.GetString()}' is no field of a creator.");
            }

            var (file, said, count) = (0, (Statement[])[], 0);
            Expect(ref json, JsonTokenType.StartObject);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("file"u8))
                {
                    Expect(ref json, JsonTokenType.Number);
                    file = json.GetInt32();
                    continue;
                }

                Expect(ref json, JsonTokenType.StartArray);
                while (json.Read() && json.TokenType == JsonTokenType.StartArray)
                {
                    // Mostly there is one.
                    if (count == said.Length)
                    {
                        Array.Resize(ref said, count == 0 ? 1 : count * 2);
                    }

                    said[count++] = ReadStatement(ref json);
                }
            }

            if (count == 0)
            {
                throw new FormatException("A field of which nothing is said.");
            }

            Array.Resize(ref said, count);
            fields.Add(FieldStatements.Keeping((CreatorField)field, file, said));
        }

        return fields;
    }

    /// <summary>The number of the name that is being read, or -1.</summary>
    private static int IndexOf(byte[][] names, ref Utf8JsonReader json)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (json.ValueTextEquals(names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static Statement ReadStatement(ref Utf8JsonReader json)
    {
        json.Read();
        string value;
        if (json.TokenType == JsonTokenType.StartArray)
        {
            Span<char> parts = stackalloc char[512];
            var longer = (StringBuilder?)null;
            var length = 0;
            while (json.Read() && json.TokenType == JsonTokenType.String)
            {
                // A text has at most as many characters as bytes.
                if (json.ValueSpan.Length >= parts.Length - length)
                {
                    (longer ??= new StringBuilder()).Append(parts[..length]).Append(json.GetString()).Append('\0');
                    length = 0;
                    continue;
                }

                length += json.CopyString(parts[length..]);
                parts[length++] = '\0';
            }

            value = longer is null ? new string(parts[..length]) : longer.Append(parts[..length]).ToString();
        }
        else
        {
            value = json.GetString()!;
        }

        Expect(ref json, JsonTokenType.Number);
        var rows = json.GetInt32();
        Expect(ref json, JsonTokenType.Number);
        var line = json.GetInt64();
        Expect(ref json, JsonTokenType.EndArray);
        return new Statement(value, rows, line);
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type)
        {
            throw new JsonException($"expected {type}, found {json.TokenType}");
        }
    }
}
