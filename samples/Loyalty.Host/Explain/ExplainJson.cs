using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loyalty.Activities;
using Loyalty.Host.Sync;
using Loyalty.Money;
using Loyalty.Storage.Members;

namespace Loyalty.Host.Explain;

/// <summary>What <c>loyalty explain</c> shows, for programs. Amounts are text with exactly the currency's digits.</summary>
internal static class ExplainJson
{
    public static string Write(MemberDetail detail)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(json, detail);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, MemberDetail detail)
    {
        var progress = detail.Progress;
        var standing = progress.Standing;
        var currency = detail.Program.Currency;
        var metric = detail.Program.Tiers!.Metric;
        json.WriteStartObject();
        json.WriteString("handle", progress.Handle);
        json.WriteString("as_of", Text(detail.AsOf));
        json.WriteString("level", progress.Level.Name);
        json.WriteString("joined", Text(standing.Joined));
        json.WriteString("achieved_on", Text(standing.AchievedOn));
        json.WriteString("window_start", Text(standing.Window.Start));
        json.WriteString("window_end", Text(standing.Window.End));
        json.WriteBoolean("in_grace", standing.InGrace);
        json.WriteString("value", Amount(metric, progress.Value));
        json.WriteString("value_activity", Amount(metric, progress.ValueFromActivity));
        json.WriteString("value_adjustments", Amount(metric, progress.ValueFromAdjustments));
        json.WriteString("next_level", progress.NextLevel?.Name);
        json.WriteString("to_next_level", progress.ToNextLevel is { } missing ? Amount(metric, missing) : null);
        json.WriteString("to_stay", Amount(metric, progress.ToStay));
        json.WriteString("level_if_closed_now", progress.LevelIfClosedNow.Name);
        json.WriteStartArray("decisions");
        foreach (var decision in detail.Decisions)
        {
            json.WriteStartObject();
            json.WriteString("date", Text(decision.Date));
            json.WriteString("kind", SyncFiles.Word(decision.Kind));
            json.WriteString("level_before", decision.LevelBefore);
            json.WriteString("level_after", decision.LevelAfter);
            json.WriteString("window_start", Text(decision.Measured.Start));
            json.WriteString("window_end", Text(decision.Measured.End));
            json.WriteString("value", Amount(decision.Metric, decision.Value));
            json.WriteString("value_activity", Amount(decision.Metric, decision.ValueFromActivity));
            json.WriteString("value_adjustments", Amount(decision.Metric, decision.ValueFromAdjustments));
            json.WriteString("threshold_before", Amount(decision.Metric, decision.ThresholdBefore));
            json.WriteString("threshold_after", Amount(decision.Metric, decision.ThresholdAfter));
            json.WriteString("program_version", decision.ProgramVersion);
            json.WriteBoolean("later_data", decision.HasLaterData);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("missions");
        foreach (var mission in detail.Missions)
        {
            json.WriteStartObject();
            json.WriteString("mission", mission.MissionId);
            json.WriteString("window_start", Text(mission.Window.Start));
            json.WriteString("window_end", Text(mission.Window.End));
            json.WriteString("current", Amount(mission.Metric, mission.Current));
            json.WriteString("target", Amount(mission.Metric, mission.Target));
            json.WriteString("status", SyncFiles.Word(mission.Status));
            json.WriteString("completed_on", Text(mission.CompletedOn));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        string Amount(Metric what, long value) =>
            what == Metric.Sales ? currency.Format(value) : value.ToString(CultureInfo.InvariantCulture);
    }

    private static string? Text(DateOnly? date) => date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
