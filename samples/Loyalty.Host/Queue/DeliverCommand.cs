using System.Diagnostics;
using Loyalty.Connectors.Configuration;
using Loyalty.Connectors.Delivering;
using Loyalty.Connectors.Templates;
using Loyalty.Host.Output;
using Loyalty.Ingest.Points;
using Loyalty.Queue;
using Loyalty.Storage.Queue;

namespace Loyalty.Host.Queue;

/// <summary><c>loyalty deliver</c>: sends what is due.</summary>
internal static class DeliverCommand
{
    public static async Task<int> RunAsync(DeliverOptions options, HostConsole console, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var file = ReadConnectors(options.Connectors);
        var templates = LoadTemplates(options.Templates, file);
        ProgramFile.RequireInput(options.Contacts);
        ProgramFile.RequireInput(options.Preferences);
        using var inputs = new InputsInUse(options.Connectors, options.Contacts, options.Preferences);
        var clock = options is { Now: { } fixedNow, Store.StateFile: not null } ? new FixedClock(fixedNow) : TimeProvider.System;
        using var queue = await OpenedQueue.OpenAsync(options.Store, options.Tenant, clock, cancellation);
        using var output = options.Out is { } folder ? new OutputFolder(folder) : null;
        queue.StartJournal();
        if (output is not null && (options.Contacts ?? options.Preferences) is not null)
        {
            using var rejects = new RejectLog(output.Folder, options.SafeCsv);
            await CustomerFiles.ImportAsync(queue, options.Contacts, options.Preferences, rejects, console, cancellation);
            rejects.WriteTo(output.Create("rejects.csv"));
        }
        else
        {
            await CustomerFiles.ImportAsync(queue, options.Contacts, options.Preferences, null, console, cancellation);
        }

        var targets = DeliveryTarget.Create(file, TimeProvider.System);
        try
        {
            var result = await DeliverAsync(queue, targets, file, templates, options, cancellation);
            var counts = await queue.Store.CountAsync(cancellation);
            var summary = new DeliverSummary(
                result, Of(counts, DeliveryStatus.Blocked), Of(counts, DeliveryStatus.Waiting) + Of(counts, DeliveryStatus.Leased),
                (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await KeepAsync(queue, output, result, summary, options, cancellation);
            console.WriteLine(options.Json ? summary.Json().TrimEnd() : summary.Table(options.Out));
            if (result.Parked > 0)
            {
                console.Note($"{result.Parked} parked; `loyalty queue list` shows why, `loyalty queue retry` puts them back.");
            }

            return result.Parked > 0 ? ExitCode.Rejected : ExitCode.Done;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            console.Note("cancelled; what was sent so far is recorded.");
            return ExitCode.Cancelled;
        }
        finally
        {
            foreach (var target in targets)
            {
                target.Dispose();
            }
        }
    }

    /// <summary>Reads a connectors file; all faults together, each with its JSON path.</summary>
    internal static ConnectorsFile ReadConnectors(string path)
    {
        if (!File.Exists(path))
        {
            throw new CommandException($"there is no connectors file '{path}'; expected JSON, check the path.");
        }

        return ConnectorsFile.TryParse(File.ReadAllBytes(path), Environment.GetEnvironmentVariable, out var file, out var faults)
            ? file
            : throw new CommandException(
                $"the connectors file '{path}' cannot be used; it has {faults.Count} fault{(faults.Count == 1 ? "" : "s")}: {string.Join("; ", faults)}; nothing was sent.");
    }

    /// <summary>Reads the templates; a fault names file and line.</summary>
    internal static TemplateSet LoadTemplates(string? folder, ConnectorsFile file)
    {
        if (folder is not null && !Directory.Exists(folder))
        {
            throw new CommandException($"there is no folder '{folder}' of templates; check the path.");
        }

        try
        {
            return TemplateSet.Load(folder, file.Channels.Keys.Concat(["email", "sms"]).Distinct(StringComparer.Ordinal));
        }
        catch (TemplateException e)
        {
            throw new CommandException($"{e.Message.TrimEnd('.')}; nothing was sent.", e);
        }
    }

    private static long Of(IReadOnlyList<QueueCount> counts, DeliveryStatus status) => counts.Where(c => c.Status == status).Sum(static c => c.Count);

    private static async Task<DeliveryResult> DeliverAsync(
        OpenedQueue queue, IReadOnlyList<DeliveryTarget> targets, ConnectorsFile file, TemplateSet templates, DeliverOptions options, CancellationToken cancellation)
    {
        var now = await queue.Store.GetNowAsync(cancellation);
        var worker = new DeliveryWorker(queue.Store, targets, DeliveryOptions.From(file, queue.Tenant) with
        {
            Templates = templates,
            Workers = options.Workers,
            Until = options.Watch || options.For is not null ? RunUntil.Told : RunUntil.Idle,
            FixedNow = queue.IsFile ? options.Now : null,
            Shift = !queue.IsFile && options.Now is { } asked ? asked - now : TimeSpan.Zero,
        });
        using var stop = new CancellationTokenSource();
        if (options.For is { } duration)
        {
            stop.CancelAfter(duration);
        }

        return await worker.RunAsync(stop.Token, cancellation);
    }

    private static async Task KeepAsync(
        OpenedQueue queue, OutputFolder? output, DeliveryResult result, DeliverSummary summary, DeliverOptions options, CancellationToken cancellation)
    {
        if (output is null)
        {
            queue.Keep();
            return;
        }

        var touched = await queue.Store.FindAsync([.. result.Touched], cancellation);
        DeliverSummary.Write(touched, output.Create("deliveries.csv"), options.SafeCsv);
        queue.KeepWith(output);
        await output.CommitAsync(summary.Json());
        queue.RemoveJournal();
    }

    /// <summary>A clock that stands still.</summary>
    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now.ToUniversalTime();
    }
}
