using System.Text.Json;
using Loyalty.Messages;
using Loyalty.Points;
using Loyalty.Queue;

namespace Loyalty.Programs;

/// <summary>Reads the <c>messages</c> section of a program.</summary>
internal static class MessageSection
{
    /// <summary>The most characters of the name of a channel or target, which stand in keys.</summary>
    public const int LongestChannel = 100;

    public static MessageProgram Read(JsonSection root)
    {
        if (root.Section("messages", required: false) is not { } section)
        {
            return MessageProgram.Default;
        }

        var channels = new List<string>();
        foreach (var (path, value) in section.Items("channels", required: false))
        {
            if (value.ValueKind != JsonValueKind.String || string.IsNullOrWhiteSpace(value.GetString()))
            {
                section.Fault(path, $"expected the name of a channel, found {JsonSection.Shown(value)}");
            }
            else if (value.GetString()!.Length > LongestChannel || value.GetString() is QueueRules.Operations
                || value.GetString()!.StartsWith(QueueRules.EventPrefix, StringComparison.Ordinal))
            {
                section.Fault(path, $"'{value.GetString()}' cannot be a channel: it is longer than {LongestChannel} characters, or a route of the queue has that name");
            }
            else if (channels.Contains(value.GetString()!))
            {
                section.Fault(path, $"'{value.GetString()}' stands twice");
            }
            else
            {
                channels.Add(value.GetString()!);
            }
        }

        var warnings = new List<int>();
        foreach (var (path, value) in section.Items("expiryWarningDays", required: false))
        {
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var days) || days is < 1 or > ExpiryPolicy.MaxDays)
            {
                section.Fault(path, $"expected a whole number of days from 1 to {ExpiryPolicy.MaxDays}, found {JsonSection.Shown(value)}");
            }
            else if (warnings.Contains(days))
            {
                section.Fault(path, $"{days} stands twice");
            }
            else
            {
                warnings.Add(days);
            }
        }

        var result = new MessageProgram(section.Has("channels") ? channels : MessageProgram.Default.Channels, warnings);
        section.Close();
        return result;
    }
}
