using System.Globalization;
using Loyalty.Host.Queue;
using Loyalty.Ingest;
using Loyalty.Ingest.Creators.Communications;
using Loyalty.Queue.Plans;
using Loyalty.Storage.InMemory;

namespace Loyalty.Host.Creators;

/// <summary>What changes creators beside imports: tags, other handles, the log of communications.</summary>
internal static class CreatorChangeCommands
{
    public static async Task<int> TagAsync(
        StoreChoice choice, string tenant, string handle, string[] add, string[] remove, bool asJson, HostConsole console, CancellationToken cancellation)
    {
        using var opened = CreatorProgram.OpenToChange(choice, tenant);
        var name = CreatorProgram.Handle(handle);
        var tags = await opened.Store.Creators.TagAsync(name, add, remove, cancellation) ?? throw Unknown(name);
        CreatorProgram.Keep(opened, cancellation);
        console.WriteLine(!asJson
            ? $"{name}: {(tags.Count == 0 ? "no tags" : string.Join(", ", tags))}"
            : QueueCommand.Json(json =>
            {
                json.WriteString("handle", name);
                json.WriteStartArray("tags");
                foreach (var tag in tags)
                {
                    json.WriteStringValue(tag);
                }

                json.WriteEndArray();
            }));
        return ExitCode.Done;
    }

    public static async Task<int> RenameAsync(
        StoreChoice choice, string tenant, string handle, string current, DateOnly on, bool asJson, HostConsole console, CancellationToken cancellation)
    {
        using var opened = CreatorProgram.OpenToChange(choice, tenant);
        var (before, now) = (CreatorProgram.Handle(handle), CreatorProgram.Handle(current));
        var creator = await opened.Store.Creators.RenameAsync(before, now, on, cancellation) ?? throw Unknown(before);
        CreatorProgram.Keep(opened, cancellation);
        console.WriteLine(!asJson
            ? string.Create(CultureInfo.InvariantCulture, $"{before} is {creator.Handle} since {on:yyyy-MM-dd}: {creator.Samples} samples, {creator.Videos} videos")
            : QueueCommand.Json(json =>
            {
                json.WriteString("handle", creator.Handle);
                json.WriteString("earlier_handle", before);
                json.WriteString("on", on.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                json.WriteNumber("samples", creator.Samples);
                json.WriteNumber("videos", creator.Videos);
            }));
        return ExitCode.Done;
    }

    public static async Task<int> LogAsync(StoreChoice choice, string tenant, string? file, bool strict, bool asJson, HostConsole console, CancellationToken cancellation)
    {
        ProgramFile.RequireInput(file);
        using var opened = CreatorProgram.OpenToChange(choice, tenant, file is null ? StateParts.Creators | StateParts.Queue : StateParts.Creators);
        if (await opened.Store.Creators.GetStatusAsync(cancellation) is null)
        {
            throw new CommandException("the store has no creators yet; `loyalty import` brings them.");
        }

        if (file is null)
        {
            var (messages, fresh) = await DeliveryCommunications.AppendAsync(opened.Store.Queue, opened.Store.Creators, cancellation);
            CreatorProgram.Keep(opened, cancellation);
            opened.RemoveJournal();
            console.WriteLine(!asJson
                ? string.Create(CultureInfo.InvariantCulture, $"{messages} messages of the queue went to creators; {fresh} entries are new")
                : QueueCommand.Json(json =>
                {
                    json.WriteNumber("messages", messages);
                    json.WriteNumber("entries_new", fresh);
                }));
            return ExitCode.Done;
        }

        var rejected = 0;
        var (entries, rows) = CommunicationsFile.Read(file, (in Reject reject) =>
        {
            rejected++;
            console.Note(string.Create(CultureInfo.InvariantCulture, $"{reject.File}:{reject.Line}{(reject.Column.Length > 0 ? " " : "")}{reject.Column}: {reject.Reason}"));
        }, cancellationToken: cancellation);
        var added = await opened.Store.Creators.AppendCommunicationsAsync(entries, cancellation);
        CreatorProgram.Keep(opened, cancellation);
        console.WriteLine(!asJson
            ? string.Create(CultureInfo.InvariantCulture, $"{rows} rows read = {rows - rejected} taken + {rejected} rejected; {entries.Count} entries, {added} of them new")
            : QueueCommand.Json(json =>
            {
                json.WriteNumber("rows_read", rows);
                json.WriteNumber("rows_taken", rows - rejected);
                json.WriteNumber("rows_rejected", rejected);
                json.WriteNumber("entries_new", added);
            }));
        return strict && rejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    private static CommandException Unknown(string handle) => new($"there is no creator '{handle}'; `loyalty creators list` shows whom there is.");
}
