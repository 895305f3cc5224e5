using System.Text.Json.Nodes;
using Loyalty.Connectors.Http;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>E-mail by SendGrid. Its calls cannot be repeated, nor can it be asked whether one arrived.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class SendGridSender : IMessageSender, IDisposable
{
    private readonly ProviderClient _client;
    private readonly TargetOptions _target;

    /// <summary>Creates the sender.</summary>
    /// <param name="target">A target of the kind, with key and from.</param>
    /// <param name="clock">The real clock.</param>
    public SendGridSender(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _client = new ProviderClient(target, clock, target.Setting("key"));
        _client.Headers.TryAddWithoutValidation("Authorization", "Bearer " + target.Setting("key"));
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);
        var content = new JsonArray();
        if (message.Text.Length > 0 || message.Html is null)
        {
            content.Add((JsonNode)new JsonObject { ["type"] = "text/plain", ["value"] = message.Text });
        }

        if (message.Html is { } html)
        {
            content.Add((JsonNode)new JsonObject { ["type"] = "text/html", ["value"] = html });
        }

        var to = new JsonObject { ["email"] = message.To };
        var name = $"{message.Contact.FirstName} {message.Contact.LastName}".Trim();
        if (name.Length > 0)
        {
            to["name"] = name;
        }

        var from = new JsonObject { ["email"] = _target.Setting("from") };
        if (_target.Optional("fromName") is { } fromName)
        {
            from["name"] = fromName;
        }

        var body = new JsonObject
        {
            ["personalizations"] = new JsonArray(new JsonObject { ["to"] = new JsonArray(to), ["custom_args"] = new JsonObject { ["key"] = message.Key } }),
            ["from"] = from,
            ["subject"] = message.Subject,
            ["content"] = content,
        };
        if (MailHeaders.Unsubscribe(message) is { Length: > 0 } unsubscribe)
        {
            body["headers"] = new JsonObject(unsubscribe.Select(static h => KeyValuePair.Create(h.Key, (JsonNode?)h.Value)));
        }

        var reply = await _client.SendAsync(HttpMethod.Post, "/v3/mail/send", body, scope).ConfigureAwait(false);
        var words = reply.Json?.Items("errors").Select(static e => $"{e.Message()} {e.Text("field")}".Trim()).ToArray() ?? [];
        return reply.AnswerOf(taken: 202, string.Join("; ", words), _target.Repeats, reply.Header("X-Message-Id"));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
