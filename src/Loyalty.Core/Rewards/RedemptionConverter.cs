using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loyalty.Rewards;

/// <summary>A redemption as an object with all that a store keeps of it.</summary>
public sealed class RedemptionConverter : JsonConverter<Redemption>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The values are no redemption.</exception>
    public override Redemption Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var read = JsonSerializer.Deserialize(ref reader, StoredRedemptionJson.Default.StoredRedemption) ?? throw new JsonException("a redemption is null");
        try
        {
            return Redemption.FromStored(
                read.Id, read.Member, read.Reward, read.ClaimedOn, read.Points, read.Level, read.Achievement, read.Status, read.ChangedOn, read.FulfilledOn, read.Refusal);
        }
        catch (ArgumentException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Redemption value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        JsonSerializer.Serialize(
            writer,
            new StoredRedemption(
                value.Id, value.Member, value.Reward, value.ClaimedOn, value.Points, value.Level, value.Achievement, value.Status, value.ChangedOn, value.FulfilledOn, value.Refusal),
            StoredRedemptionJson.Default.StoredRedemption);
    }
}

internal sealed record StoredRedemption(
    string Id, string Member, string Reward, DateOnly ClaimedOn, long Points, string? Level, int Achievement, RedemptionStatus Status, DateOnly ChangedOn, DateOnly? FulfilledOn,
    ClaimRefusal Refusal);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredRedemption))]
internal sealed partial class StoredRedemptionJson : JsonSerializerContext;
