using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loyalty.Messages;

namespace Loyalty.Connectors;

/// <summary>Who does not want to hear what any more, as a link says it.</summary>
/// <param name="Tenant">Whose program.</param>
/// <param name="Customer">Who.</param>
/// <param name="Kind">About what.</param>
/// <param name="Channel">On which channel.</param>
public sealed record UnsubscribeRequest(string Tenant, string Customer, MessageKind Kind, string Channel)
{
    /// <summary>The entry of the consent log.</summary>
    /// <param name="at">When the link was followed.</param>
    public ConsentEntry ToConsent(DateTimeOffset at) => new(Customer, Kind, Channel, Allowed: false, IsHard: false, at, ConsentSource.Link);
}

/// <summary>Links to unsubscribe: <c>URL?t=PAYLOAD.HMAC</c>, both in base64url; the HMAC-SHA256 is over the payload as it stands there.</summary>
public static class UnsubscribeLink
{
    /// <summary>Makes the link.</summary>
    /// <param name="url">Where it leads.</param>
    /// <param name="key">What it is signed with.</param>
    /// <param name="request">What it says.</param>
    public static string Create(Uri url, ReadOnlySpan<byte> key, UnsubscribeRequest request)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(request);
        var json = new JsonArray(request.Tenant, request.Customer, request.Kind.Word(), request.Channel);
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
        return $"{url.AbsoluteUri}{(url.Query.Length > 0 ? '&' : '?')}t={payload}.{Sign(key, payload)}";
    }

    /// <summary>Reads the value of <c>t</c>; never throws for any text.</summary>
    /// <returns>Whether it was signed with the key and says what a link says.</returns>
    public static bool TryVerify(string? token, ReadOnlySpan<byte> key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out UnsubscribeRequest? request)
    {
        request = null;
        if (token?.Split('.') is not [var payload, var signature]
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(key, payload)), Encoding.UTF8.GetBytes(signature)))
        {
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            if (json.RootElement is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 4
                && list.EnumerateArray().All(static e => e.ValueKind == JsonValueKind.String) && MessageKinds.TryParse(list[2].GetString(), out var kind))
            {
                request = new(list[0].GetString()!, list[1].GetString()!, kind, list[3].GetString()!);
            }
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // It was signed, but by a version that wrote otherwise.
        }

        return request is not null;
    }

    private static string Sign(ReadOnlySpan<byte> key, string payload) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(payload)));
}
