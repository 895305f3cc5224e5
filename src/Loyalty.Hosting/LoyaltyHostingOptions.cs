using Loyalty.Connectors.Configuration;
using Loyalty.Connectors.Templates;
using Loyalty.Hosting.Jobs;
using Loyalty.Programs;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Loyalty.Hosting;

/// <summary>What the hosted services of one tenant work with. Checked when the host starts; all faults are told together.</summary>
public sealed class LoyaltyHostingOptions
{
    /// <summary>The program.</summary>
    public LoyaltyProgram? Program { get; set; }

    /// <summary>Which outside systems there are.</summary>
    public ConnectorsFile? Connectors { get; set; }

    /// <summary>The queue.</summary>
    public Func<IServiceProvider, IQueueStore>? Queue { get; set; }

    /// <summary>Clubs and points, for the jobs and for time-outs of holds; without it neither runs.</summary>
    public Func<IServiceProvider, IPointsStore>? Points { get; set; }

    /// <summary>Which occurrences of jobs were begun; without it no job runs.</summary>
    public Func<IServiceProvider, IJobStore>? Jobs { get; set; }

    /// <summary>The texts of messages. Default: those that are built in.</summary>
    public TemplateSet Templates { get; set; } = TemplateSet.BuiltIn;

    /// <summary>How many deliveries are sent at once, 1 to 1,000. Default: 4.</summary>
    public int Workers { get; set; } = 4;

    /// <summary>How often holds are timed out. Default: once a minute.</summary>
    public TimeSpan HoldInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The database whose schema is brought up to date when the host starts, as its owner; default: none.</summary>
    public NpgsqlDataSource? MigrateOnStart { get; set; }

    /// <summary>How old the oldest waiting delivery may be before the health check says degraded. Default: 15 minutes.</summary>
    public TimeSpan WaitingLimit { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How many parked deliveries make the health check say degraded, at least 1. Default: 1.</summary>
    public int ParkedLimit { get; set; } = 1;
}

/// <summary>Finds every fault of the options.</summary>
internal sealed class LoyaltyHostingOptionsCheck : IValidateOptions<LoyaltyHostingOptions>
{
    public ValidateOptionsResult Validate(string? name, LoyaltyHostingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = new List<string>();
        void Need(bool isRight, string fault)
        {
            if (!isRight)
            {
                faults.Add(fault);
            }
        }

        Need(options.Program is not null, $"{nameof(options.Program)} is missing.");
        Need(options.Connectors is not null, $"{nameof(options.Connectors)} is missing.");
        Need(options.Queue is not null, $"{nameof(options.Queue)} is missing.");
        Need(options.Workers is >= 1 and <= 1_000, $"{nameof(options.Workers)} must be from 1 to 1,000.");
        Need(options.HoldInterval >= TimeSpan.FromSeconds(1), $"{nameof(options.HoldInterval)} must be at least 1 second.");
        Need(options.ParkedLimit >= 1, $"{nameof(options.ParkedLimit)} must be at least 1.");
        Need(options.WaitingLimit > TimeSpan.Zero, $"{nameof(options.WaitingLimit)} must be above zero.");
        Need(options.Jobs is null || options.Points is not null, $"{nameof(options.Jobs)} needs {nameof(options.Points)}.");
        foreach (var (job, cron) in options.Program?.Jobs ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            Need(Cronos.CronExpression.TryParse(cron, out _), $"The program's job '{job}' has the schedule '{cron}', which is no cron expression of five fields.");
        }

        foreach (var target in options.Program?.Events ?? [])
        {
            Need(
                options.Connectors is null || (options.Connectors.Targets.TryGetValue(target, out var found) && found.TakesEvents),
                $"The program sends events to '{target}', but the connectors have no such target that takes events.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
