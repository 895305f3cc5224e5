using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loyalty.Sqlite.Files;

/// <summary>Lists of texts as JSON, in rows and for <c>json_each</c>; made at compile time, so that it works in native programs, too.</summary>
internal static class JsonTexts
{
    public static string Write(IEnumerable<string> texts) => JsonSerializer.Serialize([.. texts], JsonTextsContext.Default.StringArray);

    public static string[] Read(string json) => JsonSerializer.Deserialize(json, JsonTextsContext.Default.StringArray) ?? [];
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class JsonTextsContext : JsonSerializerContext;
