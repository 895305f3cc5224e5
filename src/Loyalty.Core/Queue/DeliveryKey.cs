using System.Security.Cryptography;
using System.Text;
using Loyalty.Messages;

namespace Loyalty.Queue;

/// <summary>Keys of deliveries and what is made from them.</summary>
/// <remarks>
/// An operation has the key of its line (<c>enrollment:ORDER:add</c>), a message <c>message:CUSTOMER:KIND:CHANNEL:CAUSE</c> with <c>%</c> and
/// <c>:</c> of the customer written as <c>%25</c> and <c>%3A</c>, an event <c>event:SEQUENCE</c>.
/// </remarks>
public static class DeliveryKey
{
    /// <summary>The key of a message.</summary>
    public static string OfMessage(string customer, MessageKind kind, string channel, string cause)
    {
        ArgumentNullException.ThrowIfNull(customer);
        var escaped = customer.Replace("%", "%25", StringComparison.Ordinal).Replace(":", "%3A", StringComparison.Ordinal);
        return $"message:{escaped}:{kind.Word()}:{channel}:{cause}";
    }

    /// <summary>The key of an event.</summary>
    public static string OfEvent(long sequence) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"event:{sequence}");

    /// <summary>The sequence in the key of an event.</summary>
    internal static bool TryReadEvent(string key, out long sequence)
    {
        sequence = 0;
        return key.StartsWith(QueueRules.EventPrefix, StringComparison.Ordinal) && long.TryParse(
            key.AsSpan(QueueRules.EventPrefix.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out sequence);
    }

    /// <summary>The first 128 bits of the SHA-256 of a key: its name in stores and files.</summary>
    public static Guid Digest(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> utf8 = stackalloc byte[512];
        SHA256.HashData(Encoding.UTF8.TryGetBytes(key, utf8, out var length) ? utf8[..length] : Encoding.UTF8.GetBytes(key), hash);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>The first 32 hexadecimal digits of the SHA-256 of a key: its name in a folder.</summary>
    public static string FileName(string key) => Digest(key).ToString("N");

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of a key: its name in log lines, which tells nothing about anybody.</summary>
    public static string LogName(string key) => FileName(key)[..16];
}
