using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loyalty.Connectors.Http;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>E-mail by Mailchimp Transactional (Mandrill). A message whose answer was lost is looked for by its metadata.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class MandrillSender : IMessageSender, IDisposable
{
    private readonly ProviderClient _client;
    private readonly TargetOptions _target;

    /// <summary>Creates the sender.</summary>
    /// <param name="target">A target of the kind, with key and from.</param>
    /// <param name="clock">The real clock.</param>
    public MandrillSender(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _client = new ProviderClient(target, clock, target.Setting("key"));
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);
        var name = $"{message.Contact.FirstName} {message.Contact.LastName}".Trim();
        var to = new JsonObject { ["email"] = message.To, ["type"] = "to" };
        if (name.Length > 0)
        {
            to["name"] = name;
        }

        var body = new JsonObject
        {
            ["subject"] = message.Subject,
            ["from_email"] = _target.Setting("from"),
            ["to"] = new JsonArray(to),
            ["metadata"] = new JsonObject { ["key"] = message.Key },
            ["preserve_recipients"] = false,
        };
        if (_target.Optional("fromName") is { } fromName)
        {
            body["from_name"] = fromName;
        }

        if (message.Text.Length > 0 || message.Html is null)
        {
            body["text"] = message.Text;
        }

        if (message.Html is { } html)
        {
            body["html"] = html;
        }

        if (MailHeaders.Unsubscribe(message) is { Length: > 0 } unsubscribe)
        {
            body["headers"] = new JsonObject(unsubscribe.Select(static h => KeyValuePair.Create(h.Key, (JsonNode?)h.Value)));
        }

        var reply = await _client.SendAsync(
            HttpMethod.Post, "/messages/send", new JsonObject { ["key"] = _target.Setting("key"), ["message"] = body, ["async"] = false }, scope).ConfigureAwait(false);
        if (reply.Json is { ValueKind: JsonValueKind.Object } error && Refusal(reply, error) is { } refusal)
        {
            return refusal;
        }

        if (!reply.IsSuccess)
        {
            return reply.Failure(_target.Repeats, null);
        }

        return reply.Json is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } entry
            ? Read(reply, entry)
            : DeliveryAnswer.Unknown();
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer?> LookUpAsync(OutgoingMessage message, DateTimeOffset begunAt, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);
        string Day(int days) => begunAt.UtcDateTime.Date.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var body = new JsonObject
        {
            ["key"] = _target.Setting("key"),
            ["query"] = $"u_key:\"{message.Key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
            ["date_from"] = Day(-1),
            ["date_to"] = Day(2),
            ["limit"] = 100,
        };
        var reply = await _client.SendAsync(HttpMethod.Post, "/messages/search", body, scope).ConfigureAwait(false);
        if (!reply.IsSuccess || reply.Json is not { ValueKind: JsonValueKind.Array } list)
        {
            return null;
        }

        foreach (var entry in list.EnumerateArray())
        {
            // The search may find more than was asked for.
            if (string.Equals(entry.Member("metadata")?.Text("key"), message.Key, StringComparison.Ordinal) && entry.Text("_id") is { } id)
            {
                return DeliveryAnswer.Done(id);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>An error of the service; a fault of what was sent is for good, whatever the status.</summary>
    private DeliveryAnswer? Refusal(ProviderReply reply, JsonElement error)
    {
        if (reply.IsSuccess && error.Text("status") is not "error" && error.Member("code") is null)
        {
            return null;
        }

        var words = $"{error.Text("name")} {error.Text("message")}".Trim();
        return error.Text("code") is "-2"
            ? DeliveryAnswer.Refused(QueueRules.Cut($"{reply.Status} {words}"))
            : reply.IsSuccess ? DeliveryAnswer.Refused(QueueRules.Cut($"{reply.Status} {words}")) : reply.Failure(_target.Repeats, words);
    }

    private static DeliveryAnswer Read(ProviderReply reply, JsonElement entry)
    {
        var reason = entry.Text("reject_reason") ?? string.Empty;
        return entry.Text("status") switch
        {
            "sent" or "queued" or "scheduled" => DeliveryAnswer.Done(entry.Text("_id") ?? string.Empty),
            "rejected" when reason is "hard-bounce" or "spam" or "unsub" or "soft-bounce" => DeliveryAnswer.OptedOut(reason),
            "rejected" or "invalid" => DeliveryAnswer.Refused(QueueRules.Cut($"{reply.Status} {entry.Text("status")} {reason}")),
            _ => DeliveryAnswer.Unknown(),
        };
    }
}
