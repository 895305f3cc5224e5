using System.Globalization;
using Loyalty.Host.Output;
using Loyalty.Host.Points;
using Loyalty.Ingest;
using Loyalty.Ingest.Points;
using Loyalty.Messages;
using Loyalty.Storage.Queue;

namespace Loyalty.Host.Queue;

/// <summary>Files about customers, of <c>points</c> and <c>deliver</c>: contacts and preferences.</summary>
internal static class CustomerFiles
{
    /// <summary>Keeps contacts and preferences of a run with it, and gives what members want to hear from then on.</summary>
    public static async Task<MessagePreferences> KeepAsync(IRunOutbox outbox, PointsInput input, DateTimeOffset at, CancellationToken cancellation)
    {
        if (input.Contacts is { } contacts)
        {
            await outbox.PutContactsAsync([.. contacts.Rows.Select(static r => r.Contact)], cancellation);
        }

        var log = new List<ConsentEntry>();
        await foreach (var entry in outbox.ReadConsentAsync(cancellation))
        {
            log.Add(entry);
        }

        if (input.Preferences is { } preferences)
        {
            var known = log.ToLookup(static e => e.Customer, StringComparer.Ordinal);
            ConsentEntry[] fresh =
            [
                .. preferences.Rows.GroupBy(static r => r.Member, StringComparer.Ordinal)
                    .SelectMany(g => ConsentRules.New([.. known[g.Key]], [.. g]))
                    .Select(r => new ConsentEntry(r.Member, r.Kind, r.Channel, r.Allowed, false, at, ConsentSource.Import)),
            ];
            await outbox.AppendConsentAsync(fresh, cancellation);
            log.AddRange(fresh);
        }

        return MessagePreferences.Of(log);
    }

    /// <summary>Keeps what the files say: contacts whole, preferences as far as the consent log does not say it yet.</summary>
    public static async Task ImportAsync(
        OpenedQueue queue, string? contacts, string? preferences, RejectLog? rejects, HostConsole console, CancellationToken cancellation)
    {
        var store = queue.Store;
        var areEmails = (contacts ?? preferences) is not null && await queue.CustomersAreEmailsAsync(cancellation);
        if (contacts is not null)
        {
            var file = ContactsFile.Read(contacts, customersAreEmails: areEmails, cancellation: cancellation);
            Tell(file, rejects, console);
            await store.PutContactsAsync([.. file.Rows.Select(static r => r.Contact)], cancellation);
        }

        if (preferences is not null)
        {
            var file = PointsFiles.ReadPreferences(preferences, customersAreEmails: areEmails, cancellation: cancellation);
            Tell(file, rejects, console);
            await ImportAsync(store, file.Rows, await store.GetNowAsync(cancellation), cancellation);
        }
    }

    /// <summary>Appends the preferences that the log does not say yet.</summary>
    public static async Task ImportAsync(IQueueStore store, IReadOnlyList<MessagePreference> rows, DateTimeOffset at, CancellationToken cancellation)
    {
        foreach (var block in rows.GroupBy(static r => r.Member, StringComparer.Ordinal).Chunk(1_000))
        {
            var known = await store.ReadCustomersAsync([.. block.Select(static g => g.Key)], cancellation);
            await store.AppendConsentAsync(
                [.. block.SelectMany(g => ConsentRules.New(known[g.Key].Consent, [.. g]))
                    .Select(r => new ConsentEntry(r.Member, r.Kind, r.Channel, r.Allowed, false, at, ConsentSource.Import))],
                cancellation);
        }
    }

    /// <summary>Rows that cannot be read go to the log; the first one is told also where there is none.</summary>
    private static void Tell<T>(PointsFile<T> file, RejectLog? rejects, HostConsole console)
        where T : struct
    {
        if (file.RowsFaulty == 0)
        {
            return;
        }

        var first = string.Empty;
        file.ReportRejects(static _ => (string.Empty, 0), (in Reject reject) =>
        {
            if (first.Length == 0)
            {
                first = string.Create(CultureInfo.InvariantCulture, $"line {reject.Line}{(reject.Column.Length > 0 ? ", column " : "")}{reject.Column}: {reject.Reason}");
            }

            rejects?.Add(reject);
        });
        console.Note(rejects is not null
            ? RejectLog.Told(file.Name, file.RowsFaulty, file.RowsRead)
            : string.Create(CultureInfo.InvariantCulture, $"{file.Name}: {file.RowsFaulty} of {file.RowsRead} rows rejected; the first is {first}."));
    }
}
