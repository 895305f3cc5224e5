using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Clean;
using Loyalty.Host.Db;
using Loyalty.Ingest.Payments;
using Loyalty.Postgres.Clean;
using Loyalty.Postgres.Cutover;
using Npgsql;

namespace Loyalty.Host.Clean;

/// <summary><c>loyalty clean validate | cutover | rollback | status</c>.</summary>
internal static class CleanCommand
{
    /// <summary>What the raw records of a note give.</summary>
    public static async Task<(CleanResult Result, (long Payments, long Contacts) Records)> PrepareAsync(
        CleanStore store, CleanPreparationNote note, CleanCatalog catalog, CleanRejects rejects, CancellationToken cancellation)
    {
        var before = rejects.Count;
        var payments = RawRecords.Payments(await store.Raw.ReadAsync([.. note.PaymentKinds], cancellation), catalog, rejects.Add);
        var ofPayments = rejects.Count - before;
        var contacts = RawRecords.Contacts(await store.Raw.ReadAsync([.. note.ContactKinds], cancellation), catalog, rejects.Add);
        var ofContacts = rejects.Count - before - ofPayments;
        return (CleanPreparation.Prepare(catalog, payments, contacts, note.AsOf), (payments.Count + ofPayments, contacts.Count + ofContacts));
    }

    public static async Task<int> ValidateAsync(
        string connection, string? tenant, Dictionary<string, string> answers, bool json, HostConsole console, CancellationToken cancellation)
    {
        await using var source = DatabaseCommand.Open(connection);
        var store = await OpenAsync(source, tenant, cancellation);
        var note = await store.FindNoteAsync(cancellation) ?? throw Nothing();
        var catalog = CleanCatalog.Parse(note.Catalog);
        var (expected, _) = await PrepareAsync(store, note, catalog, new CleanRejects(), cancellation);
        var results = await store.ValidateAsync(expected, catalog, answers, cancellation);
        var staged = (await store.Tables.GetStatusAsync(cancellation)).Staged!;
        if (json)
        {
            console.WriteLine(Json(writer =>
            {
                writer.WriteString("generation", Id(staged.Id));
                writer.WriteString("state", staged.State.ToString().ToLowerInvariant());
                writer.WriteStartArray("checks");
                foreach (var result in results)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", result.Name);
                    writer.WriteBoolean("passed", result.Passed);
                    writer.WriteString("expected", result.Expected);
                    writer.WriteString("found", result.Found);
                    if (long.TryParse(result.Found, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                    {
                        writer.WriteNumber("count", count);
                    }

                    writer.WriteStartArray("details");
                    foreach (var detail in result.Details)
                    {
                        writer.WriteStringValue(detail);
                    }

                    writer.WriteEndArray();
                    writer.WriteString("answer", result.Answer);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }));
        }
        else
        {
            foreach (var result in results)
            {
                console.WriteLine($"{(result.Passed ? "passed" : result.Answer is null ? "FAILED" : "answered")} {result.Name}: {result.Found}{(result.Passed ? string.Empty : $", expected {result.Expected}")}");
                foreach (var detail in result.Details)
                {
                    console.WriteLine($"  {detail}");
                }
            }

            console.WriteLine($"generation {Id(staged.Id)} is {staged.State.ToString().ToLowerInvariant()}");
        }

        if (results.All(static r => r.IsSettled))
        {
            return ExitCode.Done;
        }

        console.Note($"{Id(results.Count(static r => !r.IsSettled))} checks failed; mend the source and prepare again, or give a reason for each (--answer \"CHECK=REASON\").");
        return ExitCode.Failed;
    }

    public static async Task<int> SwapAsync(
        string connection, string? tenant, bool isRollback, long? to, bool keep, bool discard, bool json, HostConsole console, CancellationToken cancellation)
    {
        await using var source = DatabaseCommand.Open(connection);
        var store = await OpenAsync(source, tenant, cancellation);
        var laterWrites = keep ? LaterWrites.Keep : discard ? LaterWrites.Discard : LaterWrites.Refuse;
        var result = isRollback ? await store.Tables.RollbackAsync(to, laterWrites, cancellation) : await store.Tables.CutoverAsync(laterWrites, cancellation);
        if (json)
        {
            console.WriteLine(Json(writer =>
            {
                writer.WriteString("from", result.From is { } from ? Id(from) : null);
                writer.WriteString("to", Id(result.To));
                writer.WriteNumber("locks_held_ms", Math.Round(result.LocksHeld.TotalMilliseconds, 1));
                writer.WriteNumber("attempts", result.Attempts);
                writer.WriteNumber("kept", result.Kept);
                writer.WriteNumber("discarded", result.Discarded);
            }));
        }
        else
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"generation {result.To} is live{(result.From is { } from ? $", generation {from} was replaced" : string.Empty)}; locks held {result.LocksHeld.TotalMilliseconds:0.0} ms in attempt {result.Attempts}; later writes: {result.Kept} kept, {result.Discarded} discarded"));
        }

        foreach (var note in result.Notes)
        {
            console.Note(note);
        }

        return ExitCode.Done;
    }

    public static async Task<int> StatusAsync(string connection, string? tenant, bool json, HostConsole console, CancellationToken cancellation)
    {
        await using var source = DatabaseCommand.Open(connection);
        var tenants = await CleanStore.ListTenantsAsync(source, cancellation);
        var store = new CleanStore(source, Choose(tenants, tenant) ?? "default");
        var status = tenants.Count == 0 ? new CutoverStatus([], [], []) : await store.Tables.GetStatusAsync(cancellation);
        if (!json)
        {
            foreach (var generation in status.Generations)
            {
                console.WriteLine($"generation {Id(generation.Id)} {generation.State.ToString().ToLowerInvariant()}: {string.Join(", ", generation.Rows.Select(r => $"{generation.Schema}.{r.Key} {Id(r.Value)}"))}");
            }

            console.WriteLine(status.Generations.Count == 0 ? "nothing is prepared yet" : $"raw: {store.Raw.PaymentTable}, {store.Raw.ContactTable}");
            foreach (var unfinished in status.Unfinished)
            {
                console.Note($"not finished yet: {unfinished}");
            }

            return ExitCode.Done;
        }

        console.WriteLine(Json(writer =>
        {
            writer.WriteString("live", status.Live is { } live ? Id(live.Id) : null);
            writer.WriteString("staging", status.Staged is { } staged ? Id(staged.Id) : null);
            writer.WriteString("previous", status.Previous is { } previous ? Id(previous.Id) : null);
            writer.WriteStartArray("generations");
            foreach (var generation in status.Generations)
            {
                writer.WriteStartObject();
                writer.WriteString("id", Id(generation.Id));
                writer.WriteString("state", generation.State.ToString().ToLowerInvariant());
                writer.WriteStartObject("tables");
                foreach (var table in store.Tables.Set.Tables)
                {
                    writer.WriteStartObject(table);
                    writer.WriteString("table", $"{generation.Schema}.{table}");
                    writer.WriteNumber("rows", generation.Rows.GetValueOrDefault(table));
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartObject("raw");
            foreach (var (name, table) in new[] { ("payments", store.Raw.PaymentTable), ("contacts", store.Raw.ContactTable) })
            {
                writer.WriteStartObject(name);
                writer.WriteString("table", table);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }));
        return ExitCode.Done;
    }

    private static async Task<CleanStore> OpenAsync(NpgsqlDataSource source, string? tenant, CancellationToken cancellation) =>
        new(source, Choose(await CleanStore.ListTenantsAsync(source, cancellation), tenant) ?? throw Nothing());

    /// <summary>The tenant that was named, or the only one; <see langword="null"/> where there is none.</summary>
    private static string? Choose(IReadOnlyList<string> tenants, string? tenant) => (tenant, tenants) switch
    {
        ({ } named, _) when tenants.Contains(named, StringComparer.Ordinal) => named,
        ({ } named, _) => throw new CommandException($"tenant '{named}' has nothing prepared; there are {(tenants.Count == 0 ? "none" : string.Join(", ", tenants))}."),
        (null, [var only]) => only,
        (null, []) => null,
        _ => throw new CommandException($"the database has {Id(tenants.Count)} tenants ({string.Join(", ", tenants)}); give --tenant NAME."),
    };

    private static CommandException Nothing() => new("nothing is prepared in this database; nothing was changed. Run `loyalty clean prepare` first.");

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
