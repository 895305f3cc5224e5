using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fluid;
using Fluid.Values;
using Loyalty.Connectors.Http;
using Loyalty.Connectors.Templates;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>Calls any URL: for applications' own sinks, and for providers without a connector. Calls count as not repeatable.</summary>
/// <remarks>
/// Without a body of its own it sends JSON. Each call carries the key of the delivery and, with a secret, an HMAC-SHA256 of the body.
/// Thread-safe.
/// </remarks>
public sealed class WebhookSender : IMessageSender, IOperationSink, IEventSink, IDisposable
{
    private readonly ProviderClient _client;
    private readonly TargetOptions _target;
    private readonly HttpMethod _method;
    private readonly byte[]? _secret;
    private readonly IFluidTemplate? _body;

    /// <summary>Creates the sender.</summary>
    /// <param name="target">A target of the kind.</param>
    /// <param name="clock">The real clock.</param>
    /// <exception cref="ArgumentException">The body is no template.</exception>
    public WebhookSender(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _method = new HttpMethod(target.Optional("method") ?? "POST");
        _secret = target.Optional("secret") is { } secret ? Encoding.UTF8.GetBytes(secret) : null;
        // Which header is a secret nobody says, so none comes back in an error.
        _client = new ProviderClient(
            target, clock, [target.Optional("secret"), .. target.Headers.Where(static h => h.Key is not ("Content-Type" or "Accept")).Select(static h => h.Value)]);
        if (target.Optional("body") is { } body)
        {
            _body = new FluidParser().TryParse(body, out var template, out var error)
                ? template
                : throw new ArgumentException($"The body of '{target.Name}' is no template: {error.Split('\n')[0]}", nameof(target));
        }
    }

    /// <inheritdoc/>
    public Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope) => SendAsync(DeliveryJson.Of(message), scope);

    /// <inheritdoc/>
    public Task<DeliveryAnswer> SendAsync(OutgoingOperation operation, CallScope scope) => SendAsync(DeliveryJson.Of(operation), scope);

    /// <inheritdoc/>
    public Task<DeliveryAnswer> SendAsync(OutgoingEvent happening, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(happening);
        return SendAsync(happening.Key, Encoding.UTF8.GetBytes(happening.Json), "application/cloudevents+json", scope);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<DeliveryAnswer> SendAsync(JsonObject members, CallScope scope)
    {
        var body = _body is null ? members.ToJsonString() : await RenderAsync(members).ConfigureAwait(false);
        return await SendAsync((string)members["key"]!, Encoding.UTF8.GetBytes(body), "application/json", scope).ConfigureAwait(false);
    }

    private async Task<DeliveryAnswer> SendAsync(string key, byte[] body, string mediaType, CallScope scope)
    {
        var headers = _target.Headers.Where(static h => !h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).ToList();
        headers.Add(new("X-Loyalty-Key", Ascii(key)));
        if (_secret is not null)
        {
            headers.Add(new("X-Loyalty-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(_secret, body))));
        }

        mediaType = _target.Headers.FirstOrDefault(static h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value ?? mediaType;
        var reply = await _client.SendAsync(_method, string.Empty, body, mediaType, headers, scope).ConfigureAwait(false);
        return reply.IsSuccess ? DeliveryAnswer.Done() : reply.Failure(_target.Repeats, reply.Json?.Message());
    }

    /// <summary>A key as a header can carry it: what is not printable ASCII is percent-encoded.</summary>
    private static string Ascii(string key) =>
        string.Concat(key.EnumerateRunes().Select(static r => r.Value is > 31 and < 127 ? r.ToString() : Uri.EscapeDataString(r.ToString())));

    private async Task<string> RenderAsync(JsonObject members)
    {
        var context = new TemplateContext(TemplateNames.Options, StringComparer.Ordinal);
        foreach (var (name, value) in members)
        {
            context.SetValue(name, new StringValue((string?)value ?? string.Empty));
        }

        return await _body!.RenderAsync(context).ConfigureAwait(false);
    }
}

/// <summary>The members of a delivery for webhooks and files.</summary>
internal static class DeliveryJson
{
    /// <summary>The names, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["key", "kind", "what", "channel", "customer", "to", "subject", "text", "operation", "stage", "discount_percent", "cause"];

    public static JsonObject Of(OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Make(
            message.Key, "message", message.What, message.Channel, message.Contact.Customer, message.To, message.Subject,
            message.Text.Length > 0 ? message.Text : message.Html ?? string.Empty, string.Empty, message.Values.GetValueOrDefault("stage") ?? string.Empty,
            message.Values.GetValueOrDefault("discount_percent") ?? string.Empty, message.Cause);
    }

    public static JsonObject Of(OutgoingOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return Make(
            operation.Key, "operation", operation.Operation, string.Empty, operation.Contact.Customer, operation.Contact.Address ?? string.Empty, string.Empty,
            string.Empty, operation.Operation, operation.Stage, operation.DiscountPercent, operation.Cause);
    }

    private static JsonObject Make(params ReadOnlySpan<string> values)
    {
        var json = new JsonObject();
        for (var i = 0; i < values.Length; i++)
        {
            json[Names[i]] = values[i];
        }

        return json;
    }
}
