using System.Globalization;
using Loyalty.Connectors.Delivering;
using Loyalty.Host.Queue;
using Loyalty.Hosting.Jobs;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loyalty.Host.Jobs;

/// <summary><c>loyalty jobs</c>: the hosted jobs as one process.</summary>
internal static class JobsCommand
{
    /// <summary>Runs the jobs until Ctrl-C.</summary>
    public static async Task<int> RunAsync(string programFile, string connectors, StoreChoice choice, string? templates, HostConsole console, CancellationToken cancellation)
    {
        var program = ProgramFile.Read(programFile);
        var file = DeliverCommand.ReadConnectors(connectors);
        var texts = DeliverCommand.LoadTemplates(templates, file);
        using var opened = OpenedStore.ForRun(choice, program, StateParts.Points | StateParts.Queue);
        var store = opened.Store;
        var targets = DeliveryTarget.Create(file, TimeProvider.System);
        try
        {
            var jobs = Schedule(() => new LoyaltyJobs(program, store.Points, store.Queue, TimeProvider.System).All(async stop =>
            {
                // Credentials that were refused may have been mended since the last minute.
                var fresh = targets.Any(static t => t.IsStopped) ? DeliveryTarget.Create(file, TimeProvider.System) : targets;
                await new DeliveryWorker(store.Queue, fresh, DeliveryOptions.From(file, program.Tenant) with { Templates = texts }).RunAsync(CancellationToken.None, stop);
            }));
            console.Note($"jobs of '{program.Tenant}' run until Ctrl-C; `loyalty jobs list` shows them.");
            await new JobRunner(jobs, opened.Jobs, TimeProvider.System, NullLogger.Instance).RunAsync(cancellation);
            console.Note("stopped.");
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

    /// <summary>Shows each job, its schedule, its next and its last occurrence.</summary>
    public static async Task<int> ListAsync(string programFile, StoreChoice choice, bool asJson, HostConsole console, CancellationToken cancellation)
    {
        var program = ProgramFile.Read(programFile);
        using var opened = OpenedStore.ForRun(choice, program, StateParts.None);
        var lines = new List<(JobSchedule Schedule, DateTimeOffset? Next, JobOccurrence? Last)>();
        foreach (var schedule in Schedule(() => program.Jobs.OrderBy(static j => j.Key, StringComparer.Ordinal).Select(j => new JobSchedule(j.Key, j.Value, program.TimeZone)).ToArray()))
        {
            lines.Add((schedule, schedule.Next(TimeProvider.System.GetUtcNow()), await opened.Jobs.FindLastAsync(schedule.Job, null, cancellation)));
        }

        if (asJson)
        {
            console.WriteLine(QueueCommand.Json(json =>
            {
                json.WriteStartArray("jobs");
                foreach (var (schedule, next, last) in lines)
                {
                    json.WriteStartObject();
                    json.WriteString("job", schedule.Job);
                    json.WriteString("cron", schedule.Cron);
                    json.WriteString("next", next is { } at ? QueueCommand.Iso(at) : null);
                    json.WriteString("last", last is null ? null : QueueCommand.Iso(last.At));
                    json.WriteString("state", last?.State.ToString().ToLowerInvariant());
                    json.WriteString("error", last?.Error);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }));
            return ExitCode.Done;
        }

        foreach (var (schedule, next, last) in lines)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{schedule.Job,-16} {schedule.Cron,-14} next {(next is { } at ? QueueCommand.Iso(at) : "never")}{(last is null ? "" : $", last {QueueCommand.Iso(last.At)} {last.State.ToString().ToLowerInvariant()} {last.Error}")}").TrimEnd());
        }

        return ExitCode.Done;
    }

    private static T Schedule<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException e)
        {
            throw new CommandException(e.Message.Split(" (Parameter")[0], e);
        }
    }
}
