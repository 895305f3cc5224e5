using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loyalty.Storage.Members;

namespace Loyalty.Host.Sync;

/// <summary>A run in numbers: <c>summary.json</c> for programs, a table for people.</summary>
internal static class SyncSummary
{
    public static string Json(SyncOutcome outcome, SyncInput input, string videosHash, long elapsed)
    {
        var rows = outcome.Activities + outcome.Adjustments;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("rows_read", input.RowsRead);
            json.WriteNumber("rows_inserted", rows.Inserted);
            json.WriteNumber("rows_updated", rows.Updated);
            json.WriteNumber("rows_unchanged", rows.Unchanged);
            json.WriteNumber("rows_superseded", rows.Superseded);
            json.WriteNumber("rows_rejected", input.RowsRejected);
            json.WriteNumber("members_total", outcome.MembersTotal);
            json.WriteNumber("members_created", outcome.MembersCreated);
            json.WriteNumber("promoted", outcome.Promoted);
            json.WriteNumber("kept", outcome.Kept);
            json.WriteNumber("demoted", outcome.Demoted);
            json.WriteNumber("missions_completed", outcome.MissionsCompleted);
            json.WriteNumber("elapsed_ms", elapsed);
            json.WriteNumber("grace_started", outcome.GraceStarted);
            json.WriteString("as_of", outcome.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("videos_fingerprint", videosHash);
            json.WriteStartArray("unknown_columns");
            foreach (var column in input.UnknownColumns)
            {
                json.WriteStringValue(column);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public static string Table(SyncOutcome outcome, SyncInput input, string folder)
    {
        var rows = outcome.Activities + outcome.Adjustments;
        return string.Create(CultureInfo.InvariantCulture, $"""
            reviewed through {outcome.AsOf:yyyy-MM-dd}
            rows      {input.RowsRead,12:N0} read = {rows.Inserted:N0} inserted + {rows.Updated:N0} updated + {rows.Unchanged:N0} unchanged + {rows.Superseded:N0} superseded + {input.RowsRejected:N0} rejected
            members   {outcome.MembersTotal,12:N0}, {outcome.MembersCreated:N0} of them new
            decisions {outcome.Decisions.Count,12:N0}: {outcome.Promoted:N0} promoted, {outcome.Kept:N0} kept, {outcome.Demoted:N0} demoted, {outcome.GraceStarted:N0} in grace
            missions  {outcome.MissionsCompleted,12:N0} completed
            results in {folder}
            """);
    }
}
