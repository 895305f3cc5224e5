using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Connectors.Http;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>SMS by Twilio. A message whose answer was lost is looked for among those of its number and day.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class TwilioSender : IMessageSender, IDisposable
{
    private const int MostPages = 20;

    private readonly ProviderClient _client;
    private readonly TargetOptions _target;
    private readonly string _messages;

    /// <summary>Creates the sender.</summary>
    /// <param name="target">A target of the kind, with accountSid, token, and from or messagingServiceSid.</param>
    /// <param name="clock">The real clock.</param>
    public TwilioSender(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
        _client = new ProviderClient(target, clock, target.Setting("token"));
        _client.SetBasic(target.Setting("accountSid"), target.Setting("token"));
        _messages = $"/2010-04-01/Accounts/{ProviderJson.Escaped(target.Setting("accountSid"))}/Messages.json";
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);
        var from = _target.Optional("messagingServiceSid") is { } service ? ("MessagingServiceSid", service) : ("From", _target.Setting("from"));
        var form = string.Join('&', new[] { ("To", message.To), from, ("Body", message.Text) }
            .Select(static f => $"{f.Item1}={ProviderJson.Escaped(f.Item2)}"));
        var reply = await _client.SendAsync(
            HttpMethod.Post, _messages, Encoding.UTF8.GetBytes(form), "application/x-www-form-urlencoded", null, scope).ConfigureAwait(false);
        if (reply.IsSuccess)
        {
            // 201 alone says that it was taken.
            return reply.Json?.Text("sid") is { } sid ? DeliveryAnswer.Done(sid) : reply.Status == 201 ? DeliveryAnswer.Done() : DeliveryAnswer.Unknown();
        }

        var error = reply.Json;
        var words = error is { } e ? $"{e.Text("code")} {e.Message()}".Trim() : null;
        return error?.Text("code") is "21610" ? DeliveryAnswer.OptedOut(QueueRules.Cut(words ?? "21610")) : reply.Failure(_target.Repeats, words);
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer?> LookUpAsync(OutgoingMessage message, DateTimeOffset begunAt, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);

        // A message that was begun shortly before midnight may be dated after it.
        for (var day = 0; day <= (begunAt.UtcDateTime.Hour == 23 ? 1 : 0); day++)
        {
            var date = begunAt.UtcDateTime.Date.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var path = $"{_messages}?To={ProviderJson.Escaped(message.To)}&DateSent={date}&PageSize=1000";
            for (var page = 0; path is not null && page < MostPages; page++)
            {
                var reply = await _client.SendAsync(HttpMethod.Get, path, null, scope).ConfigureAwait(false);
                if (!reply.IsSuccess || reply.Json is not { } list)
                {
                    return null;
                }

                foreach (var sent in list.Items("messages"))
                {
                    if (string.Equals(sent.Text("body"), message.Text, StringComparison.Ordinal) && string.Equals(sent.Text("to"), message.To, StringComparison.Ordinal)
                        && sent.Text("sid") is { } sid)
                    {
                        return DeliveryAnswer.Done(sid);
                    }
                }

                path = list.Text("next_page_uri") is { Length: > 0 } next && next.StartsWith('/') ? next : null;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
