namespace Loyalty.Connectors;

/// <summary>The kinds of targets.</summary>
public enum TargetKind
{
    /// <summary>The shop Commerce7.</summary>
    Commerce7,

    /// <summary>The shop Shopify.</summary>
    Shopify,

    /// <summary>An audience of Mailchimp.</summary>
    Mailchimp,

    /// <summary>Mailchimp Transactional.</summary>
    Mandrill,

    /// <summary>Events to Klaviyo, whose flows send.</summary>
    Klaviyo,

    /// <summary>E-mail by SendGrid.</summary>
    SendGrid,

    /// <summary>SMS by Twilio.</summary>
    Twilio,

    /// <summary>E-mail by a server.</summary>
    Smtp,

    /// <summary>Any URL.</summary>
    Webhook,

    /// <summary>Files in a folder.</summary>
    File,
}

/// <summary>One outside system: where it is, how it is spoken to, how much it takes.</summary>
/// <remarks>Immutable. Read from a connectors file (<see cref="Configuration.ConnectorsFile"/>), or made by hand. Its text shows no secret.</remarks>
public sealed class TargetOptions
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required TargetKind Kind { get; init; }

    /// <summary>The base address; <c>about:blank</c> for kinds that have none.</summary>
    public Uri Url { get; init; } = new("about:blank");

    /// <summary>How long a request may take, at least 1 second. Default: 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most requests in any 60 seconds from this process; <see langword="null"/>: no limit.</summary>
    public int? PerMinute { get; init; }

    /// <summary>The most requests at once from this process; <see langword="null"/>: no limit.</summary>
    public int? AtOnce { get; init; }

    /// <summary>Whether a call whose answer was lost is repeated, though it may have arrived.</summary>
    public bool RepeatsLostAnswers { get; init; }

    /// <summary>What the kind needs besides: its members as texts. Secrets are among them.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What each stage of the club is here: a tag, a club, or a discount.</summary>
    public IReadOnlyDictionary<string, string> Stages { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What each kind of message is called here (Klaviyo).</summary>
    public IReadOnlyDictionary<string, string> Metrics { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Headers of each request (webhooks).</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether calls repeat harmlessly by their nature.</summary>
    public bool Repeats => Kind is TargetKind.Commerce7 or TargetKind.Shopify or TargetKind.Mailchimp or TargetKind.Klaviyo or TargetKind.File;

    /// <summary>Whether it takes discount operations.</summary>
    public bool TakesOperations => Kind is TargetKind.Commerce7 or TargetKind.Shopify or TargetKind.Mailchimp or TargetKind.Webhook or TargetKind.File;

    /// <summary>Whether it takes messages.</summary>
    public bool TakesMessages => Kind is not (TargetKind.Commerce7 or TargetKind.Shopify or TargetKind.Mailchimp);

    /// <summary>Whether it takes domain events.</summary>
    public bool TakesEvents => Kind is TargetKind.Webhook or TargetKind.File;

    /// <summary>The name and kind, and nothing else.</summary>
    public override string ToString() => $"{Name} ({Kind})";

    internal string Setting(string name) => Settings.TryGetValue(name, out var value)
        ? value
        : throw new InvalidOperationException($"The target '{Name}' has no \"{name}\".");

    internal string? Optional(string name) => Settings.GetValueOrDefault(name);
}
