using System.Text.Json;

namespace Loyalty.Programs;

/// <summary>Reads the sections <c>jobs</c> and <c>events</c> of a program.</summary>
internal static class JobSection
{
    /// <summary>When the jobs run unless the program says otherwise.</summary>
    public static IReadOnlyDictionary<string, string> Default { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["monthly-status"] = "0 9 1 * *",
        ["expiry-warning"] = "0 10 * * *",
        ["expiry"] = "0 2 * * *",
        ["deliver"] = "* * * * *",
    };

    public static IReadOnlyDictionary<string, string> ReadJobs(JsonSection root)
    {
        if (root.Section("jobs", required: false) is not { } section)
        {
            return Default;
        }

        var jobs = new Dictionary<string, string>(Default, StringComparer.Ordinal);
        foreach (var job in Default.Keys)
        {
            if (section.Text(job, required: false) is not { } cron)
            {
                continue;
            }

            // What the fields say is read by whoever runs the jobs; here is said that there are five.
            if (cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 5)
            {
                section.FaultAt(job, $"'{cron}' is no cron expression of five fields, such as \"{Default[job]}\"");
            }

            jobs[job] = cron;
        }

        section.Close();
        return jobs;
    }

    public static IReadOnlyList<string> ReadEvents(JsonSection root)
    {
        var targets = new List<string>();
        foreach (var (path, value) in root.Items("events", required: false))
        {
            if (value.ValueKind != JsonValueKind.String || string.IsNullOrWhiteSpace(value.GetString()) || value.GetString()!.Length > MessageSection.LongestChannel)
            {
                root.Fault(path, $"expected the name of a target of at most {MessageSection.LongestChannel} characters, found {JsonSection.Shown(value)}");
            }
            else if (targets.Contains(value.GetString()!, StringComparer.Ordinal))
            {
                root.Fault(path, $"'{value.GetString()}' stands twice");
            }
            else
            {
                targets.Add(value.GetString()!);
            }
        }

        return targets;
    }
}
