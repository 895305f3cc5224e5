using System.Text.Json.Nodes;
using Loyalty.Connectors.Http;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>Messages as events to Klaviyo: flows that they trigger hold the text and send it.</summary>
/// <remarks>The key of the delivery is the event's unique id, of which Klaviyo records the first only; so calls repeat harmlessly. Thread-safe.</remarks>
public sealed class KlaviyoSender : IMessageSender, IDisposable
{
    /// <summary>The revision of the API when the target names none.</summary>
    public const string DefaultRevision = "2026-07-15";

    private readonly ProviderClient _client;
    private readonly TargetOptions _target;

    /// <summary>Creates the sender.</summary>
    /// <param name="target">A target of the kind, with a key.</param>
    /// <param name="clock">The real clock.</param>
    public KlaviyoSender(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _client = new ProviderClient(target, clock, target.Setting("key"));
        _client.Headers.TryAddWithoutValidation("Authorization", "Klaviyo-API-Key " + target.Setting("key"));
        _client.Headers.TryAddWithoutValidation("revision", target.Optional("revision") ?? DefaultRevision);
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);
        var profile = new JsonObject { [message.Channel is "sms" ? "phone_number" : "email"] = message.To };
        if (message.Contact.FirstName.Length > 0)
        {
            profile["first_name"] = message.Contact.FirstName;
        }

        if (message.Contact.LastName.Length > 0)
        {
            profile["last_name"] = message.Contact.LastName;
        }

        var properties = new JsonObject();
        foreach (var (name, value) in message.Values)
        {
            properties[name] = value;
        }

        properties["channel"] = message.Channel;
        properties["cause"] = message.Cause;
        static JsonObject Data(string type, JsonObject attributes) => new() { ["data"] = new JsonObject { ["type"] = type, ["attributes"] = attributes } };
        var body = Data("event", new JsonObject
        {
            ["unique_id"] = message.Key,
            ["properties"] = properties,
            ["metric"] = Data("metric", new JsonObject { ["name"] = _target.Metrics.GetValueOrDefault(message.What) ?? $"Loyalty {message.What}" }),
            ["profile"] = Data("profile", profile),
        });
        var reply = await _client.SendAsync(HttpMethod.Post, "/api/events", body, scope, "application/vnd.api+json").ConfigureAwait(false);
        var words = reply.Json?.Items("errors").Select(static e => $"{e.Text("title")} {e.Text("detail")}".Trim()).ToArray() ?? [];
        return reply.AnswerOf(taken: 202, string.Join("; ", words), _target.Repeats);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
