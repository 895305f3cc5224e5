using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loyalty.Money;

/// <summary>A currency as its code.</summary>
public sealed class CurrencyConverter : JsonConverter<Currency>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no code of a currency.</exception>
    public override Currency Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Currency.TryGet(reader.GetString(), out var currency)
            ? currency
            : throw new JsonException("expected a currency code of ISO 4217, such as \"USD\"");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Currency value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStringValue(value.Code);
    }
}
