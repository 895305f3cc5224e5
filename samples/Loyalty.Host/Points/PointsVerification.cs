using System.Globalization;
using System.Text.Json;
using Loyalty.Points.Ledger;
using Loyalty.Programs;
using Loyalty.Storage.Points;

namespace Loyalty.Host.Points;

/// <summary>What `loyalty verify` found about points: the first bad entry of each member, by adding up and by the hash chains.</summary>
internal sealed record PointsVerification(PointsStatus Status, IReadOnlyList<LedgerFault> Faults)
{
    /// <summary>One line for each fault, and one that sums up.</summary>
    public IEnumerable<string> Lines =>
    [
        .. Faults.Select(static f => $"DIFFERENT {f}"),
        string.Create(
            CultureInfo.InvariantCulture,
            $"verified points through {Status.AsOf:yyyy-MM-dd}: {Status.Members:N0} members, {Status.Entries:N0} entries, {Faults.Count:N0} faults"),
    ];

    /// <summary>Verifies the points of a store; <see langword="null"/> when it keeps none.</summary>
    public static async Task<PointsVerification?> RunAsync(IPointsStore store, LoyaltyProgram program, CancellationToken cancellation)
    {
        if (await store.GetStatusAsync(cancellation) is not { } status)
        {
            return null;
        }

        OpenedStore.CheckOwner(status.Program, program);
        return new PointsVerification(status, await store.VerifyAsync(cancellation));
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("points");
        json.WriteString("as_of", Status.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteNumber("members", Status.Members);
        json.WriteNumber("entries", Status.Entries);
        json.WriteStartArray("faults");
        foreach (var fault in Faults)
        {
            json.WriteStartObject();
            json.WriteString("customer", fault.Member);
            json.WriteNumber("sequence", fault.Sequence);
            json.WriteString("message", fault.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
