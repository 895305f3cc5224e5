using System.Text;
using System.Text.Json;
using Fluid;
using Loyalty.Connectors.Templates;
using Loyalty.Messages;
using Loyalty.Programs;
using Loyalty.Queue;

namespace Loyalty.Connectors.Configuration;

/// <summary>Which outside systems there are, and what goes where.</summary>
/// <remarks>Immutable. Secrets come from variables of the environment; a literal one is refused.</remarks>
public sealed class ConnectorsFile
{
    private static readonly (string Word, TargetKind Kind)[] Kinds =
    [
        ("commerce7", TargetKind.Commerce7), ("shopify", TargetKind.Shopify), ("mailchimp", TargetKind.Mailchimp), ("mandrill", TargetKind.Mandrill),
        ("klaviyo", TargetKind.Klaviyo), ("sendgrid", TargetKind.SendGrid), ("twilio", TargetKind.Twilio), ("smtp", TargetKind.Smtp),
        ("webhook", TargetKind.Webhook), ("file", TargetKind.File),
    ];

    /// <summary>The targets by name.</summary>
    public IReadOnlyDictionary<string, TargetOptions> Targets { get; init; } = new Dictionary<string, TargetOptions>(StringComparer.Ordinal);

    /// <summary>The target of discount operations; <see langword="null"/>: they stay waiting.</summary>
    public string? Operations { get; init; }

    /// <summary>The target of each channel; messages of a channel without one stay waiting.</summary>
    public IReadOnlyDictionary<string, string> Channels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Waits and the number of attempts.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>How long a claim holds. Default: one minute.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where links to unsubscribe lead; <see langword="null"/>: messages have none.</summary>
    public Uri? UnsubscribeUrl { get; init; }

    /// <summary>What such links are signed with.</summary>
    public ReadOnlyMemory<byte> UnsubscribeKey { get; init; }

    /// <summary>How old a message of a kind may be when it is sent; without an entry any age.</summary>
    public IReadOnlyDictionary<MessageKind, TimeSpan> ExpireAfter { get; init; } = new Dictionary<MessageKind, TimeSpan>();

    /// <summary>Reads a file.</summary>
    /// <param name="utf8">The JSON, with or without byte order mark.</param>
    /// <param name="environment">The variables of the environment; <see langword="null"/>: those of the process.</param>
    /// <exception cref="ConnectorsFileException">The file has faults; the exception carries all of them, each with its JSON path.</exception>
    public static ConnectorsFile Parse(ReadOnlyMemory<byte> utf8, Func<string, string?>? environment = null) =>
        TryParse(utf8, environment, out var file, out var faults) ? file : throw new ConnectorsFileException(faults);

    /// <summary>Reads a file without throwing for any content.</summary>
    /// <param name="utf8">The JSON, with or without byte order mark.</param>
    /// <param name="environment">The variables of the environment; <see langword="null"/>: those of the process.</param>
    /// <param name="file">The file when it has no fault.</param>
    /// <param name="faults">Every fault, in the order found.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8,
        Func<string, string?>? environment,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ConnectorsFile? file,
        out IReadOnlyList<ConnectorFault> faults)
    {
        var found = new List<ConnectorFault>();
        faults = found;
        file = null;
        utf8 = utf8.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? utf8[3..] : utf8;
        if (!JsonText.IsReadable(utf8.Span, out var why))
        {
            found.Add(new("$", why));
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(utf8);
            file = Read(new ConnectorSection(document.RootElement, "$", found, environment ?? Environment.GetEnvironmentVariable));
        }
        catch (JsonException e)
        {
            found.Add(new("$", $"is no JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}"));
        }

        file = found.Count > 0 ? null : file;
        return file is not null;
    }

    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);

    /// <summary>The target of a route; <see langword="null"/> when there is none.</summary>
    public string? Resolve(string route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var target = route is QueueRules.Operations ? Operations
            : route.StartsWith(QueueRules.EventPrefix, StringComparison.Ordinal) ? route[QueueRules.EventPrefix.Length..]
            : Channels.GetValueOrDefault(route);
        return target is not null && Targets.ContainsKey(target) ? target : null;
    }

    /// <summary>The routes that lead to a target.</summary>
    public IReadOnlyList<string> RoutesTo(string target)
    {
        var routes = Channels.Where(c => string.Equals(c.Value, target, StringComparison.Ordinal)).Select(static c => c.Key).ToList();
        if (string.Equals(Operations, target, StringComparison.Ordinal))
        {
            routes.Insert(0, QueueRules.Operations);
        }

        if (Targets[target].TakesEvents)
        {
            routes.Add(QueueRules.EventPrefix + target);
        }

        return routes;
    }

    private static ConnectorsFile Read(ConnectorSection root)
    {
        root.Any("$schema");
        var lease = root.Duration("lease", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(1);
        var targets = new Dictionary<string, TargetOptions>(StringComparer.Ordinal);
        root.Any("targets", required: true);
        if (root.Section("targets") is { } list)
        {
            foreach (var name in list.Names)
            {
                if (list.Section(name) is { } section && ReadTarget(name, section, lease) is { } target)
                {
                    targets[name] = target;
                }
            }
        }

        var operations = root.Text("operations");
        if (operations is not null)
        {
            Check(root, "operations", operations, targets, static t => t.TakesOperations, "discount operations");
        }

        var channels = root.Texts("channels");
        if (root.Section("channels") is { } routes)
        {
            foreach (var (channel, target) in channels)
            {
                Check(routes, channel, target, targets, static t => t.TakesMessages, "messages");
            }
        }

        var url = root.Url("unsubscribeUrl");
        var key = root.Secret("unsubscribeKey");
        if (url is not null && !root.Has("unsubscribeKey"))
        {
            root.FaultAt("unsubscribeKey", "is missing: links to unsubscribe are signed with it");
        }

        var expireAfter = new Dictionary<MessageKind, TimeSpan>();
        if (root.Section("expireAfter") is { } ages)
        {
            foreach (var word in ages.Names)
            {
                var age = ages.Duration(word, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3_650));
                if (!MessageKinds.TryParse(word, out var kind))
                {
                    ages.FaultAt(word, $"is no kind of message; kinds are {string.Join(", ", Enum.GetValues<MessageKind>().Select(static k => k.Word()))}");
                }
                else if (age is { } after)
                {
                    expireAfter[kind] = after;
                }
            }
        }

        var retry = root.Section("retry") is { } waits ? ReadRetry(waits) : RetryPolicy.Default;
        root.Close();
        return new ConnectorsFile
        {
            Targets = targets,
            Operations = operations,
            Channels = channels,
            Retry = retry,
            Lease = lease,
            UnsubscribeUrl = url,
            UnsubscribeKey = key is null ? default : Encoding.UTF8.GetBytes(key),
            ExpireAfter = expireAfter,
        };
    }

    private static RetryPolicy ReadRetry(ConnectorSection section)
    {
        var (least, most) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(30));
        var policy = new RetryPolicy
        {
            First = section.Duration("first", least, most) ?? RetryPolicy.Default.First,
            Factor = section.Number("factor", 1, 100, maxIncluded: true) ?? RetryPolicy.Default.Factor,
            Max = section.Duration("max", least, most) ?? RetryPolicy.Default.Max,
            Jitter = section.Number("jitter", 0, 1, maxIncluded: false) ?? RetryPolicy.Default.Jitter,
            Attempts = section.Integer("attempts", 1, 1_000) ?? RetryPolicy.Default.Attempts,
        };
        section.Close();
        return policy;
    }

    private static void Check(
        ConnectorSection section, string member, string target, Dictionary<string, TargetOptions> targets, Func<TargetOptions, bool> takes, string what)
    {
        if (!targets.TryGetValue(target, out var found))
        {
            // One that has faults of its own is told by them.
            section.FaultAt(member, $"there is no target '{target}' that can be used; targets are {string.Join(", ", targets.Keys)}");
        }
        else if (!takes(found))
        {
            section.FaultAt(member, $"the target '{target}' is of kind \"{Kinds.First(k => k.Kind == found.Kind).Word}\", which takes no {what}");
        }
    }

    private static TargetOptions? ReadTarget(string name, ConnectorSection section, TimeSpan lease)
    {
        var word = section.Text("kind", required: true);
        if (word is null)
        {
            return null;
        }

        var index = Array.FindIndex(Kinds, k => string.Equals(k.Word, word, StringComparison.Ordinal));
        if (index < 0)
        {
            section.FaultAt("kind", $"there is no kind \"{word}\"; kinds are {string.Join(", ", Kinds.Select(static k => k.Word))}");
            return null;
        }

        var kind = Kinds[index].Kind;
        var timeout = section.Duration("timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)) ?? TimeSpan.FromSeconds(30);
        if (timeout >= lease)
        {
            section.FaultAt("timeout", $"must be shorter than the lease ({lease:c})");
        }

        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        void Set(string member, string? value)
        {
            if (value is not null)
            {
                settings[member] = value;
            }
        }

        var url = section.Url("url", required: kind is not (TargetKind.Smtp or TargetKind.File));
        Dictionary<string, string> stages = [], metrics = [], headers = [];
        switch (kind)
        {
            case TargetKind.Commerce7:
                Set("tenant", section.Text("tenant", required: true, inHeader: true));
                Set("appId", section.Secret("appId", required: true, mayBePlain: true));
                Set("secret", section.Secret("secret", required: true));
                Set("discountBy", section.Word("discountBy", "tag", "club"));
                Set("tagForm", section.Word("tagForm", "path", "customer"));
                Set("percentUnit", section.Word("percentUnit", "percent", "hundredths"));
                Set("webHookPath", section.Text("webHookPath"));
                Set("duplicateStatus", section.Word("duplicateStatus", "400", "409", "422"));
                Set("clubCard", section.Word("clubCard", "none", "default"));
                stages = section.Texts("stages");
                break;
            case TargetKind.Shopify:
                Set("version", section.Text("version"));
                Set("token", section.Secret("token", required: true, inHeader: true));
                Set("discountBy", section.Word("discountBy", "tag", "discount"));
                stages = section.Texts("stages");
                break;
            case TargetKind.Mailchimp:
                Set("key", section.Secret("key", required: true));
                Set("list", section.Text("list", required: true));
                stages = section.Texts("stages");
                break;
            case TargetKind.Mandrill or TargetKind.SendGrid:
                Set("key", section.Secret("key", required: true, inHeader: kind == TargetKind.SendGrid));
                Set("from", section.Text("from", required: true));
                Set("fromName", section.Text("fromName"));
                break;
            case TargetKind.Klaviyo:
                Set("key", section.Secret("key", required: true, inHeader: true));
                Set("revision", section.Text("revision", inHeader: true));
                metrics = section.Texts("metrics");
                foreach (var metric in metrics.Keys.Where(static m => !MessageKinds.TryParse(m, out _)))
                {
                    section.FaultAt("metrics", $"'{metric}' is no kind of message");
                }

                break;
            case TargetKind.Twilio:
                Set("accountSid", section.Text("accountSid", required: true));
                Set("token", section.Secret("token", required: true));
                Set("from", section.Text("from"));
                Set("messagingServiceSid", section.Text("messagingServiceSid"));
                if (section.Has("from") == section.Has("messagingServiceSid"))
                {
                    section.FaultAt("from", "either \"from\" or \"messagingServiceSid\" is needed, and not both");
                }

                break;
            case TargetKind.Smtp:
                Set("host", section.Text("host", required: url is null));
                Set("port", section.Integer("port", 1, 65_535)?.ToString(System.Globalization.CultureInfo.InvariantCulture));
                Set("tls", section.Word("tls", "none", "starttls", "tls"));
                Set("certificateSha256", section.Text("certificateSha256"));
                if (settings.TryGetValue("certificateSha256", out var fingerprint) && Providers.SmtpSender.TryReadFingerprint(fingerprint) is null)
                {
                    section.FaultAt("certificateSha256", "expected the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons between bytes");
                }
                else if (fingerprint is not null && settings.GetValueOrDefault("tls") is "none")
                {
                    section.FaultAt("certificateSha256", "a connection with \"tls\": \"none\" has no certificate");
                }

                Set("user", section.Secret("user", mayBePlain: true));
                Set("password", section.Secret("password"));
                if (section.Has("user") != section.Has("password"))
                {
                    section.FaultAt("password", "\"user\" and \"password\" belong together");
                }

                Set("from", section.Text("from", required: true));
                Set("fromName", section.Text("fromName"));
                break;
            case TargetKind.Webhook:
                Set("method", section.Word("method", "POST", "PUT", "PATCH"));
                headers = section.Texts("headers", orVariables: true);
                foreach (var header in headers.Keys.Where(static h => h.Length == 0 || !h.All(IsTokenCharacter)))
                {
                    section.FaultAt("headers", $"'{header}' is no name of a header; expected letters, digits and hyphens");
                }

                Set("secret", section.Secret("secret"));
                Set("body", section.Text("body"));
                if (settings.TryGetValue("body", out var body))
                {
                    if (!new FluidParser().TryParse(body, out var template, out var error))
                    {
                        section.FaultAt("body", $"is no template: {error.Split('\n')[0]}");
                    }
                    else if (TemplateNames.FindUnknown(template, body, Providers.DeliveryJson.Names) is var (line, what))
                    {
                        section.FaultAt("body", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"line {line}: {what}"));
                    }
                }

                break;
            default:
                Set("folder", section.Text("folder", required: true));
                if (settings.GetValueOrDefault("folder")?.Contains('\0', StringComparison.Ordinal) is true)
                {
                    section.FaultAt("folder", "is no path");
                }

                break;
        }

        var options = new TargetOptions
        {
            Name = name,
            Kind = kind,
            Url = url ?? new Uri("about:blank"),
            Timeout = timeout,
            PerMinute = section.Integer("perMinute", 1, 1_000_000),
            AtOnce = section.Integer("atOnce", 1, 10_000),
            RepeatsLostAnswers = section.Word("onLostAnswer", "park", "repeat") is "repeat",
            Settings = settings,
            Stages = stages,
            Metrics = metrics,
            Headers = headers,
        };
        section.Close();
        return options;
    }
}
