using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>A run in numbers: <c>summary.json</c> for programs, a table for people.</summary>
internal static class ScoreSummary
{
    public static string Json(ScoreRun run, ScoreInput input, SegmentMoves? moves, long elapsed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("orders_read", input.OrdersRead);
            json.WriteNumber("orders_linked", input.OrdersLinked);
            json.WriteNumber("orders_unlinked", input.OrdersUnlinked);
            json.WriteNumber("orders_unpaid", input.OrdersUnpaid);
            json.WriteNumber("customers", run.Count);
            Number(json, "lead_score_min", run.Distribution.LeadScoreMin);
            Number(json, "lead_score_max", run.Distribution.LeadScoreMax);
            Number(json, "lead_score_mean", Mean(run));
            json.WriteNumber("rows_rejected", input.RowsRejected);
            json.WriteNumber("elapsed_ms", elapsed);
            json.WriteStartObject("segments");
            foreach (var segment in ScoreFiles.Listed(run))
            {
                json.WriteNumber(segment.Segment, segment.Customers);
            }

            json.WriteEndObject();
            json.WriteString("as_of", run.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("model", run.Program.Model == ScoringModel.Thresholds ? "thresholds" : "quantiles");
            json.WriteNumber("rows_read", input.RowsRead);
            json.WriteNumber("rows_replaced", input.RowsReplaced);
            json.WriteNumber("rows_repeated", input.RowsRepeated);
            json.WriteNumber("orders_after_as_of", input.OrdersAfterAsOf);
            json.WriteNumber("orders_cancelled_or_refunded", input.DeadOrders);
            json.WriteNumber("credits", input.Credits);
            if (moves is not null)
            {
                json.WriteNumber("moves", moves.Moves.Count);
                json.WriteNumber("customers_new", moves.New);
                json.WriteNumber("customers_gone", moves.Gone);
            }

            WriteLimits(json, run);
            WriteFiles(json, input);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public static string Table(ScoreRun run, ScoreInput input, SegmentMoves? moves, string folder)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"scored as of {run.AsOf:yyyy-MM-dd}\n");
        if (!input.AreCustomers)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"orders    {input.OrdersRead,12:N0} read = {input.OrdersLinked:N0} linked + {input.OrdersUnlinked:N0} unlinked + {input.OrdersUnpaid:N0} unpaid + {input.OrdersAfterAsOf:N0} after that date\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"customers {run.Count,12:N0}, lead scores {run.Distribution.LeadScoreMin}–{run.Distribution.LeadScoreMax}, mean {Mean(run)}\n");
        foreach (var segment in ScoreFiles.Listed(run))
        {
            text.Append(
                CultureInfo.InvariantCulture, $"  {segment.Segment,-20}{segment.Customers,12:N0} {ScoreFiles.Share(segment.Customers, run.Count),8}\n");
        }

        if (moves is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"moves     {moves.Moves.Count,12:N0} between segments, {moves.New:N0} new customers, {moves.Gone:N0} gone\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"results in {folder}").ToString();
    }

    private static decimal? Mean(ScoreRun run) =>
        run.Distribution.LeadScoreMean is { } mean ? decimal.Round(mean, 2, MidpointRounding.AwayFromZero) : null;

    private static void Number(Utf8JsonWriter json, string name, decimal? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteLimits(Utf8JsonWriter json, ScoreRun run)
    {
        json.WriteStartObject("limits");
        foreach (var (name, boundaries) in new[] { ("recency_days", run.Rule.Recency), ("orders", run.Rule.Frequency), ("net", run.Rule.Money) })
        {
            json.WriteStartArray(name);
            for (var i = 0; i < ScoreBoundaries.Count; i++)
            {
                json.WriteNumberValue(boundaries[i]);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteFiles(Utf8JsonWriter json, ScoreInput input)
    {
        json.WriteStartArray("files");
        foreach (var file in input.Files)
        {
            json.WriteStartObject();
            json.WriteString("name", file.Name);
            json.WriteString("format", input.AreCustomers ? "customers" : file.Platform.ToName());
            json.WriteNumber("rows_read", file.RowsRead);
            json.WriteNumber("rows_rejected", file.RowsRejected);
            json.WriteString("sha256", file.Sha256);
            json.WriteStartArray("unknown_columns");
            file.UnknownColumns.ToList().ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("unknown_statuses");
        foreach (var status in input.UnknownStatuses)
        {
            json.WriteStartObject();
            json.WriteString("format", status.Platform.ToName());
            json.WriteString("column", status.Column);
            json.WriteString("text", status.Text);
            json.WriteNumber("rows", status.Rows);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
