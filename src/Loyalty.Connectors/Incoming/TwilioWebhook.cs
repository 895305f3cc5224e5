using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Connectors.Incoming;

/// <summary>Calls that Twilio makes: messages that people send, and what became of those that were sent.</summary>
/// <remarks>
/// The signature is the base64 of the HMAC-SHA1, with the auth token, of the URL and the sorted fields of the form. Of a body that is no form, such as JSON, the URL
/// alone is signed; it names the body's hash in its query.
/// </remarks>
public static class TwilioWebhook
{
    /// <summary>The usual name of the header of the signature.</summary>
    public const string SignatureHeader = "X-Twilio-Signature";

    private const string BodyHash = "bodySHA256=";

    /// <summary>Whether a form was signed with the token. Of a body that is no form it says nothing: <see cref="VerifyBody"/> does.</summary>
    /// <param name="url">The URL as Twilio called it, with its query.</param>
    /// <param name="form">The fields.</param>
    /// <param name="signature">The header.</param>
    /// <param name="token">The auth token.</param>
    public static bool Verify(string url, IEnumerable<KeyValuePair<string, string>> form, string? signature, string token)
    {
        ArgumentNullException.ThrowIfNull(form);
        var text = new StringBuilder(url);
        foreach (var (name, value) in form.OrderBy(static f => f.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append(value);
        }

        // The algorithm is Twilio's choice.
#pragma warning disable CA5350
        return WebhookSignature.IsSame(HMACSHA1.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(text.ToString())), signature);
#pragma warning restore CA5350
    }

    /// <summary>Whether a body that is no form, such as JSON, was signed with the token.</summary>
    /// <param name="url">The URL as Twilio called it, with its query, in which <c>bodySHA256</c> stands once: the SHA-256 of the body in hexadecimal digits.</param>
    /// <param name="body">The body, byte for byte.</param>
    /// <param name="signature">The header, which signs the URL.</param>
    /// <param name="token">The auth token.</param>
    /// <returns>False also when the URL does not say the body's hash: then nothing vouches for the body.</returns>
    public static bool VerifyBody(string url, ReadOnlySpan<byte> body, string? signature, string token)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Verify(url, [], signature, token) && HashIn(url) is { } given && CryptographicOperations.FixedTimeEquals(SHA256.HashData(body), given);
    }

    /// <summary>
    /// The entry of the consent log when a verified form is a message that stops or starts: STOP is a hard refusal, START lifts it.
    /// <see langword="null"/> for anything else.
    /// </summary>
    /// <param name="form">The fields.</param>
    /// <param name="customerOf">Finds the customer of a number.</param>
    /// <param name="at">When it came.</param>
    /// <param name="channel">The channel, usually <c>sms</c>.</param>
    public static ConsentEntry? ReadConsent(
        IReadOnlyDictionary<string, string> form, Func<string, string?> customerOf, DateTimeOffset at, string channel = "sms")
    {
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(customerOf);
        return form.TryGetValue("Body", out var body) && SmsKeyword.Read(body) is { } allowed
            && form.TryGetValue("From", out var from) && customerOf(from) is { } customer
            ? new ConsentEntry(customer, null, channel, allowed, IsHard: true, at, ConsentSource.Keyword, QueueRules.Cut(body))
            : null;
    }

    /// <summary>What became of a message that was sent, when a verified form says it.</summary>
    /// <param name="form">The fields of a status callback.</param>
    public static DeliveryResultReport? ReadResult(IReadOnlyDictionary<string, string> form)
    {
        ArgumentNullException.ThrowIfNull(form);
        if (!form.TryGetValue("MessageSid", out var sid) || !form.TryGetValue("MessageStatus", out var status))
        {
            return null;
        }

        var code = form.GetValueOrDefault("ErrorCode") ?? string.Empty;
        return new DeliveryResultReport(string.Empty, sid, status, status is "delivered" or "read" ? DeliveryOutcome.Delivered
            : status is "failed" or "undelivered" ? code is "21610" ? DeliveryOutcome.OptedOut : DeliveryOutcome.Failed
            : DeliveryOutcome.OnItsWay, code);
    }

    /// <summary>The hash that the query of a URL says; <see langword="null"/> when it says none, two, or something else.</summary>
    private static byte[]? HashIn(string url)
    {
        var query = url.IndexOf('?', StringComparison.Ordinal);
        string[] said = query < 0 ? [] : [.. url[(query + 1)..].Split('&').Where(static p => p.StartsWith(BodyHash, StringComparison.Ordinal))];
        var hash = new byte[SHA256.HashSizeInBytes];
        return said is [var one] && one.Length == BodyHash.Length + (2 * hash.Length)
            && Convert.FromHexString(one.AsSpan(BodyHash.Length), hash, out _, out _) == OperationStatus.Done
            ? hash
            : null;
    }
}

/// <summary>What became of a message after it was taken.</summary>
public enum DeliveryOutcome
{
    /// <summary>It is on its way.</summary>
    OnItsWay,

    /// <summary>It arrived.</summary>
    Delivered,

    /// <summary>It did not arrive; that says nothing about the next one.</summary>
    Failed,

    /// <summary>The address must not be written to again: a hard bounce, a complaint, an unsubscription.</summary>
    OptedOut,
}

/// <summary>What a provider reports about a message later.</summary>
/// <param name="Key">The key of the delivery; empty when the provider does not give it back.</param>
/// <param name="ExternalId">What the provider calls the message; empty when it does not say.</param>
/// <param name="Status">The provider's own word.</param>
/// <param name="Outcome">What it means.</param>
/// <param name="Detail">More, or empty.</param>
public sealed record DeliveryResultReport(string Key, string ExternalId, string Status, DeliveryOutcome Outcome, string Detail)
{
    /// <summary>The entry of the consent log that an opt-out makes; <see langword="null"/> for other outcomes.</summary>
    /// <param name="customer">The customer.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="at">When it was reported.</param>
    public ConsentEntry? ToConsent(string customer, string channel, DateTimeOffset at) => Outcome == DeliveryOutcome.OptedOut
        ? new ConsentEntry(customer, null, channel, Allowed: false, IsHard: true, at, ConsentSource.Provider, QueueRules.Cut(Status))
        : null;
}
