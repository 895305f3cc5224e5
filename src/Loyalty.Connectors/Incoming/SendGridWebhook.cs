using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Loyalty.Connectors.Providers;

namespace Loyalty.Connectors.Incoming;

/// <summary>Signed events of SendGrid: deliveries, bounces, complaints, unsubscriptions.</summary>
/// <remarks>The signature is ECDSA over SHA-256 of the timestamp and the body as it came; the key is shown in SendGrid's settings.</remarks>
public static class SendGridWebhook
{
    /// <summary>The usual name of the header of the signature.</summary>
    public const string SignatureHeader = "X-Twilio-Email-Event-Webhook-Signature";

    /// <summary>The usual name of the header of the timestamp.</summary>
    public const string TimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp";

    /// <summary>Whether a body was signed by the owner of the key.</summary>
    /// <param name="body">The body, byte for byte.</param>
    /// <param name="timestamp">The header of the timestamp.</param>
    /// <param name="signature">The header of the signature: base64 of DER.</param>
    /// <param name="publicKey">The verification key: base64 of a SubjectPublicKeyInfo.</param>
    public static bool Verify(ReadOnlySpan<byte> body, string? timestamp, string? signature, string publicKey)
    {
        if (timestamp is null || signature is null)
        {
            return false;
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
            byte[] signed = [.. Encoding.UTF8.GetBytes(timestamp), .. body];
            return key.VerifyData(signed, Convert.FromBase64String(signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Whether a body was signed by the owner of the key, and not long ago: a call that was recorded does not count again later.</summary>
    /// <param name="body">The body, byte for byte.</param>
    /// <param name="timestamp">The header of the timestamp: seconds since 1970.</param>
    /// <param name="signature">The header of the signature: base64 of DER.</param>
    /// <param name="publicKey">The verification key: base64 of a SubjectPublicKeyInfo.</param>
    /// <param name="now">The instant.</param>
    /// <param name="within">How far from it the timestamp may be.</param>
    public static bool Verify(ReadOnlySpan<byte> body, string? timestamp, string? signature, string publicKey, DateTimeOffset now, TimeSpan within) =>
        long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 100_000_000_000
        && (now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() <= within
        && Verify(body, timestamp, signature, publicKey);

    /// <summary>The events of a verified body; those that say nothing about a delivery are left out.</summary>
    /// <param name="body">The body.</param>
    public static IReadOnlyList<DeliveryResultReport> Read(ReadOnlyMemory<byte> body)
    {
        if (IncomingJson.Parse(body) is not { ValueKind: JsonValueKind.Array } events)
        {
            return [];
        }

        var reports = new List<DeliveryResultReport>();
        foreach (var happening in events.EnumerateArray())
        {
            var status = happening.Text("event") ?? string.Empty;
            DeliveryOutcome? outcome = status switch
            {
                "processed" or "deferred" => DeliveryOutcome.OnItsWay,
                "delivered" => DeliveryOutcome.Delivered,
                "bounce" when happening.Text("type") is "blocked" => DeliveryOutcome.Failed,
                "bounce" or "spamreport" or "unsubscribe" or "group_unsubscribe" => DeliveryOutcome.OptedOut,
                "dropped" => DeliveryOutcome.Failed,
                _ => null,
            };
            if (outcome is { } what)
            {
                // custom_args come back beside the event's own members.
                reports.Add(new(happening.Text("key") ?? string.Empty, happening.Text("sg_message_id") ?? string.Empty, status, what, happening.Text("reason") ?? string.Empty));
            }
        }

        return reports;
    }
}
