using System.Text.Json;
using Loyalty.Messages;
using Loyalty.Orders;
using Loyalty.Storage.Runs;

namespace Loyalty.Host.Queue;

/// <summary><c>loyalty consent</c>: what customers want to hear, as it was said, oldest first.</summary>
internal static class ConsentCommand
{
    public static async Task<int> AddAsync(
        StoreChoice store, string? tenant, string customer, MessageKind? kind, string? channel, bool allowed, bool isHard, string text, bool asJson,
        HostConsole console, CancellationToken cancellation)
    {
        using var queue = await OpenedQueue.OpenAsync(store, tenant, TimeProvider.System, cancellation);
        customer = await NamedAsync(queue, customer, cancellation);
        var at = await queue.Store.GetNowAsync(cancellation);
        var entry = new ConsentEntry(customer, kind, channel, allowed, isHard, at, ConsentSource.Operator, text);
        await queue.Store.AppendConsentAsync([entry], cancellation);
        queue.Keep();
        console.WriteLine(asJson ? QueueCommand.Json(json => WriteMembers(json, entry)) : "added");
        return ExitCode.Done;
    }

    public static async Task<int> ListAsync(StoreChoice store, string? tenant, string? customer, bool asJson, HostConsole console, CancellationToken cancellation)
    {
        using var queue = await OpenedQueue.OpenAsync(store, tenant, TimeProvider.System, cancellation);
        var entries = new List<ConsentEntry>();
        if (customer is not null)
        {
            customer = await NamedAsync(queue, customer, cancellation);
            entries.AddRange((await queue.Store.ReadCustomersAsync([customer], cancellation))[customer].Consent);
        }
        else
        {
            await foreach (var entry in queue.Store.ReadConsentAsync(cancellation))
            {
                entries.Add(entry);
            }
        }

        if (asJson)
        {
            console.WriteLine(QueueCommand.Json(json =>
            {
                json.WriteStartArray("consent");
                foreach (var entry in entries)
                {
                    json.WriteStartObject();
                    WriteMembers(json, entry);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }));
            return ExitCode.Done;
        }

        foreach (var entry in entries)
        {
            console.WriteLine(
                $"{QueueCommand.Iso(entry.At)} {entry.Customer} {entry.Kind?.Word() ?? "*"} {entry.Channel ?? "*"} {(entry.Allowed ? "allowed" : "refused")}{(entry.IsHard ? " hard" : "")} {entry.Source.Word()} {entry.Text}".TrimEnd());
        }

        return ExitCode.Done;
    }

    /// <summary>A customer as files name them: trimmed, and where customers are e-mails in the normal form.</summary>
    private static async Task<string> NamedAsync(OpenedQueue queue, string customer, CancellationToken cancellation)
    {
        customer = customer.Trim();
        if (customer.Length == 0)
        {
            throw new UsageException("--customer must not be blank.");
        }

        if (!StorableText.IsKey(customer))
        {
            throw new UsageException($"--customer is longer than {StorableText.LongestKey} bytes.");
        }

        return await queue.CustomersAreEmailsAsync(cancellation) && CustomerEmail.TryNormalize(customer, out var email) ? email : customer;
    }

    private static void WriteMembers(Utf8JsonWriter json, ConsentEntry entry)
    {
        json.WriteString("customer", entry.Customer);
        json.WriteString("kind", entry.Kind?.Word());
        json.WriteString("channel", entry.Channel);
        json.WriteBoolean("allowed", entry.Allowed);
        json.WriteBoolean("hard", entry.IsHard);
        json.WriteString("at", QueueCommand.Iso(entry.At));
        json.WriteString("source", entry.Source.Word());
        json.WriteString("text", entry.Text);
    }
}
