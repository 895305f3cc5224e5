using System.Text.Json;
using System.Text.Json.Serialization;
using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>A member's progress as an object with all that it says.</summary>
public sealed class MemberProgressConverter : JsonConverter<MemberProgress>
{
    /// <inheritdoc/>
    public override MemberProgress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonSerializer.Deserialize(ref reader, StoredProgressJson.Default.StoredProgress) ?? throw new JsonException("a progress is null"));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, MemberProgress value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        JsonSerializer.Serialize(
            writer,
            new StoredProgress(
                value.Handle, value.Standing, value.Totals, value.Level, value.Value, value.ValueFromActivity, value.ValueFromAdjustments, value.NextLevel, value.ToNextLevel,
                value.ToStay, value.LevelIfClosedNow, value.MetricWindowAdjustments, value.MetricLifetimeAdjustments),
            StoredProgressJson.Default.StoredProgress);
    }
}

internal sealed record StoredProgress(
    string Handle, MemberStanding Standing, MemberTotals Totals, TierLevel Level, long Value, long ValueFromActivity, long ValueFromAdjustments, TierLevel? NextLevel,
    long? ToNextLevel, long ToStay, TierLevel LevelIfClosedNow, long MetricWindowAdjustments, long MetricLifetimeAdjustments);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredProgress))]
internal sealed partial class StoredProgressJson : JsonSerializerContext;
