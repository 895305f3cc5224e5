using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Host.Points;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Members;

namespace Loyalty.Host.Sync;

/// <summary><c>loyalty verify</c>: recomputes everything and lists each difference.</summary>
internal static class VerifyCommand
{
    public static async Task<int> RunAsync(string programPath, StoreChoice choice, bool json, HostConsole console, CancellationToken cancellation)
    {
        var program = ProgramFile.Read(programPath);
        var hasPoints = program is { Points: not null, Club: not null };
        program = program.Tiers is null && !hasPoints ? ProgramFile.ReadWithTiers(programPath) : program;
        using var opened = await OpenedStore.ForReadingAsync(choice, program.Tenant, StateParts.Members | StateParts.Points, cancellation);
        var status = program.Tiers is null ? null : await opened.Store.Members.GetStatusAsync(cancellation);
        var points = hasPoints ? await PointsVerification.RunAsync(opened.Store.Points, program, cancellation) : null;
        if (status is null && points is null)
        {
            throw new CommandException($"the store is empty; `loyalty {(program.Tiers is null ? "points" : "sync")}` fills it.");
        }

        Verification? result = null;
        if (status is not null)
        {
            OpenedStore.CheckOwner(status.Program, program);
            result = await opened.Store.Members.VerifyAsync(cancellation);
        }

        console.WriteLine(json ? Json(result, points) : string.Join(Environment.NewLine, (string[])[.. Lines(result, program), .. points?.Lines ?? []]));
        var wrong = (result?.Differences.Count ?? 0) + (points?.Faults.Count ?? 0);
        if (wrong == 0)
        {
            return ExitCode.Done;
        }

        console.Note($"{wrong} stored values differ from their recomputation; they are listed on stdout. Restore the store from a copy.");
        return ExitCode.Failed;
    }

    private static IEnumerable<string> Lines(Verification? result, Programs.LoyaltyProgram program) => result is null ? [] : [Table(result, program)];

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

    private static string Json(Verification? result, PointsVerification? points)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            if (result is not null)
            {
                Write(json, result);
            }

            points?.Write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, Verification result)
    {
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
    }
}
