using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Storage;

namespace Loyalty.Host.Sync;

/// <summary><c>loyalty verify</c>: recomputes everything and lists each difference.</summary>
internal static class VerifyCommand
{
    public static async Task<int> RunAsync(string programPath, StoreChoice choice, bool json, HostConsole console, CancellationToken cancellation)
    {
        var program = ProgramFile.ReadWithTiers(programPath);
        using var opened = await OpenedStore.ForReadingAsync(choice, program.Tenant, cancellation);
        var status = await opened.Store.GetStatusAsync(cancellation)
            ?? throw new CommandException("the store is empty; `loyalty sync` fills it.");
        OpenedStore.CheckOwner(status.Program, program);
        var result = await opened.Store.VerifyAsync(cancellation);
        console.WriteLine(json ? Json(result) : Table(result, program));
        if (result.IsRight)
        {
            return ExitCode.Done;
        }

        console.Note($"{result.Differences.Count} stored values differ from their recomputation; they are listed on stdout. Restore the store from a copy.");
        return ExitCode.Failed;
    }

    private static string Table(Verification result, Programs.LoyaltyProgram program)
    {
        var text = new StringBuilder();
        foreach (var difference in result.Differences)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"DIFFERENT {difference.Handle}: {difference.What} is {difference.Stored}, recomputed {difference.Recomputed}");
        }

        foreach (var later in result.LaterData)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"later data {later.Handle}: decision of {later.Date:yyyy-MM-dd} was made with {Amount(later.Recorded)}, its window adds up to {Amount(later.Now)} now");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"verified through {result.AsOf:yyyy-MM-dd}: {result.Members:N0} members, {result.Activities:N0} activities, {result.Decisions:N0} decisions, "
            + $"{result.Differences.Count:N0} differences, {result.LaterData.Count:N0} with later data");
        return text.ToString();

        string Amount(long value) => program.Tiers!.Metric == Activities.Metric.Sales
            ? program.Currency.Format(value)
            : value.ToString(CultureInfo.InvariantCulture);
    }

    private static string Json(Verification result)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("as_of", result.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteNumber("members", result.Members);
            json.WriteNumber("activities", result.Activities);
            json.WriteNumber("decisions", result.Decisions);
            json.WriteStartArray("differences");
            foreach (var difference in result.Differences)
            {
                json.WriteStartObject();
                json.WriteString("handle", difference.Handle);
                json.WriteString("what", difference.What);
                json.WriteString("stored", difference.Stored);
                json.WriteString("recomputed", difference.Recomputed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("later_data");
            foreach (var later in result.LaterData)
            {
                json.WriteStartObject();
                json.WriteString("handle", later.Handle);
                json.WriteString("date", later.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
