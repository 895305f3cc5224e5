using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loyalty.Creators;
using Loyalty.Identity;

namespace Loyalty.Host.Import;

/// <summary>A run of imports in numbers: <c>summary.json</c> for programs, a table for people.</summary>
internal static class ImportSummary
{
    public static string Json(CreatorOutcome outcome, ImportInput input, ImportFiles files, DateOnly? asOf, long elapsed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("sources");
            foreach (var file in input.Files)
            {
                json.WriteStartObject();
                json.WriteString("kind", CreatorSourceName.Of(file.Source));
                json.WriteString("file", file.File);
                json.WriteNumber("rows_read", file.RowsRead);
                json.WriteNumber("rows_taken", file.RowsTaken);
                json.WriteNumber("rows_skipped", file.RowsSkipped);
                json.WriteNumber("rows_rejected", file.RowsRejected);
                json.WriteString("fingerprint", file.Fingerprint);
                json.WriteBoolean("taken_before", IsKnown(outcome, file));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("totals");
            Write(json, outcome.Totals, "");
            json.WriteEndObject();
            Write(json, outcome.Created, "_created");
            Write(json, outcome.Changed, "_changed");
            json.WriteNumber("conflicts", files.Conflicts);
            json.WriteStartObject("phone_links");
            foreach (var result in (ReadOnlySpan<MaskedPhoneOutcome>)[MaskedPhoneOutcome.Matched, MaskedPhoneOutcome.Ambiguous, MaskedPhoneOutcome.None])
            {
                json.WriteNumber(ImportFiles.Word(result), files.Links.GetValueOrDefault(result));
            }

            json.WriteEndObject();
            json.WriteStartArray("merge_order");
            foreach (var source in outcome.Order)
            {
                json.WriteStringValue(CreatorSourceName.Of(source));
            }

            json.WriteEndArray();
            if (asOf is { } date)
            {
                json.WriteString("as_of", date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            }

            json.WriteNumber("elapsed_ms", elapsed);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public static string Table(CreatorOutcome outcome, ImportInput input, ImportFiles files, string folder)
    {
        var text = new StringBuilder();
        foreach (var file in input.Files)
        {
            text.Append(CultureInfo.InvariantCulture, $"{CreatorSourceName.Of(file.Source),-10}{file.RowsRead,12:N0} read = {file.RowsTaken:N0} taken + {file.RowsSkipped:N0} skipped + {file.RowsRejected:N0} rejected");
            text.Append(IsKnown(outcome, file) ? " (taken before)\n" : "\n");
        }

        var (totals, created, changed) = (outcome.Totals, outcome.Created, outcome.Changed);
        Row("creators", totals.Creators, created.Creators, changed.Creators);
        Row("samples", totals.Samples, created.Samples, changed.Samples);
        Row("videos", totals.Videos, created.Videos, changed.Videos);
        Row("snapshots", totals.Snapshots, created.Snapshots, changed.Snapshots);
        Row("links", totals.BrandLinks, created.BrandLinks, changed.BrandLinks);
        Row("products", totals.Products, created.Products, changed.Products);
        text.Append(CultureInfo.InvariantCulture, $"conflicts {files.Conflicts,12:N0}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"masks     {files.Links.Values.Sum(),12:N0}: {files.Links.GetValueOrDefault(MaskedPhoneOutcome.Matched):N0} matched, {files.Links.GetValueOrDefault(MaskedPhoneOutcome.Ambiguous):N0} ambiguous\n");
        if (created.AreZero && changed.AreZero)
        {
            text.Append("nothing changed\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"results in {folder}").ToString();

        void Row(string what, int total, int made, int other) =>
            text.Append(CultureInfo.InvariantCulture, $"{what,-10}{total,12:N0}, {made:N0} new, {other:N0} changed\n");
    }

    private static bool IsKnown(CreatorOutcome outcome, SourceStatements file) =>
        outcome.Known.Any(k => k.Source == file.Source && k.Fingerprint == file.Fingerprint);

    private static void Write(Utf8JsonWriter json, CreatorCounts counts, string ending)
    {
        json.WriteNumber("creators" + ending, counts.Creators);
        json.WriteNumber("samples" + ending, counts.Samples);
        json.WriteNumber("videos" + ending, counts.Videos);
        json.WriteNumber("snapshots" + ending, counts.Snapshots);
        json.WriteNumber("brand_links" + ending, counts.BrandLinks);
        json.WriteNumber("products" + ending, counts.Products);
    }
}
