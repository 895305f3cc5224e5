using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loyalty.Creators;

namespace Loyalty.Host.Creators;

/// <summary>Creators as text for people and as JSON for programs.</summary>
internal static class CreatorText
{
    public static string Name(Creator creator) => $"{creator.FirstName} {creator.LastName}".Trim();

    public static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void WriteFields(Utf8JsonWriter json, Creator creator, string badge)
    {
        json.WriteString("handle", creator.Handle);
        json.WriteString("email", creator.Email);
        json.WriteString("phone", creator.Phone);
        json.WriteBoolean("phone_verified", creator.IsPhoneVerified);
        json.WriteString("first_name", creator.FirstName);
        json.WriteString("last_name", creator.LastName);
        for (var column = 0; column < PostalAddress.Columns; column++)
        {
            json.WriteString(CreatorMerge.Columns[4 + column], creator.Address[column]);
        }

        if (creator.Followers is { } followers)
        {
            json.WriteNumber("followers", followers);
        }

        if (creator.Gmv is { } gmv)
        {
            json.WriteNumber("gmv", gmv);
        }

        json.WriteNumber("videos", creator.Videos);
        json.WriteNumber("samples", creator.Samples);
        json.WriteString("badge", badge);
        WriteTexts(json, "sources", creator.Sources.Select(CreatorSourceName.Of));
        WriteTexts(json, "tags", creator.Tags);
    }

    public static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
