using Loyalty.Connectors.Configuration;
using Loyalty.Connectors.Templates;
using Loyalty.Messages;
using Loyalty.Queue;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loyalty.Connectors.Delivering;

/// <summary>When a run of the worker ends.</summary>
public enum RunUntil
{
    /// <summary>When nothing can be done before the next due time.</summary>
    Idle,

    /// <summary>When it is told to.</summary>
    Told,
}

/// <summary>How a worker works.</summary>
/// <remarks>Immutable.</remarks>
public sealed record DeliveryOptions
{
    /// <summary>Whose queue: the name of the tenant, for templates and links.</summary>
    public required string Tenant { get; init; }

    /// <summary>The texts of messages.</summary>
    public TemplateSet Templates { get; init; } = TemplateSet.BuiltIn;

    /// <summary>Waits and the number of attempts.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>How long a claim holds; longer than the timeout of any target. Default: one minute.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How old a message of a kind may be when it is sent.</summary>
    public IReadOnlyDictionary<MessageKind, TimeSpan> ExpireAfter { get; init; } = new Dictionary<MessageKind, TimeSpan>();

    /// <summary>Where links to unsubscribe lead; <see langword="null"/>: messages have none.</summary>
    public Uri? UnsubscribeUrl { get; init; }

    /// <summary>What such links are signed with.</summary>
    public ReadOnlyMemory<byte> UnsubscribeKey { get; init; }

    /// <summary>How many attempts run at once, 1 to 1,000. Default: 4.</summary>
    public int Workers
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000);
            field = value;
        }
    } = 4;

    /// <summary>When a run ends. Default: when it is idle.</summary>
    public RunUntil Until { get; init; } = RunUntil.Idle;

    /// <summary>How often an idle worker looks for what has become due. Default: one second.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What is added to the store's clock to tell what is due and when to try again. Default: nothing.</summary>
    public TimeSpan Shift { get; init; }

    /// <summary>The instant at which the clock of back-off stands still; <see langword="null"/>: it goes.</summary>
    public DateTimeOffset? FixedNow { get; init; }

    /// <summary>The real clock. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Receives events without personal data. Default: nobody.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>What a connectors file says.</summary>
    public static DeliveryOptions From(ConnectorsFile file, string tenant)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new DeliveryOptions
        {
            Tenant = tenant,
            Retry = file.Retry,
            Lease = file.Lease,
            ExpireAfter = file.ExpireAfter,
            UnsubscribeUrl = file.UnsubscribeUrl,
            UnsubscribeKey = file.UnsubscribeKey,
        };
    }
}
