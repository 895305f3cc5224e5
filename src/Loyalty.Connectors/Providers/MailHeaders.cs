using System.Security.Cryptography;
using System.Text;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>The headers that e-mail carries, whoever sends it.</summary>
internal static class MailHeaders
{
    public const string Key = "X-Loyalty-Key";

    /// <summary>The headers of one-click unsubscribing (RFC 8058), when the message has a link for it.</summary>
    public static KeyValuePair<string, string>[] Unsubscribe(OutgoingMessage message) => message.UnsubscribeUrl is { } url
        ? [new("List-Unsubscribe", $"<{url}>"), new("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
        : [];

    /// <summary>A Message-ID that is the same for the same delivery.</summary>
    public static string MessageId(string key, string from) =>
        $"{DeliveryKey.FileName(key)}@{(from.LastIndexOf('@') is var at and >= 0 ? from[(at + 1)..].TrimEnd('>', ' ') : "loyalty.invalid")}";

    /// <summary>What stands between the parts: the same for the same message, and nothing that its text can hold, whose digest it is.</summary>
    public static string Boundary(OutgoingMessage message) =>
        "=-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{message.Key}\0{message.Text}\0{message.Html}")))[..32];

    /// <summary>A text that fits into a header: control characters, line ends among them, become spaces.</summary>
    public static string Line(string text) => string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c));
}
