using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loyalty.Programs;

/// <summary>A program as the object that its file has, in canonical form.</summary>
public sealed class LoyaltyProgramConverter : JsonConverter<LoyaltyProgram>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The program has faults; the message tells all of them.</exception>
    public override LoyaltyProgram Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return LoyaltyProgram.TryRead(CanonicalJson.Write(document.RootElement), out var program, out var faults)
            ? program
            : throw new JsonException(new ProgramException(faults).Message);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LoyaltyProgram value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteRawValue(value.Json.Span, skipInputValidation: true);
    }
}
