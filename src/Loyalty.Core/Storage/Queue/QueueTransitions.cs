using Loyalty.Queue;

namespace Loyalty.Storage.Queue;

/// <summary>What reports and people do to a delivery: the rules that every store follows.</summary>
public static class QueueTransitions
{
    /// <summary>A delivery that is claimed.</summary>
    public static Delivery Claim(Delivery delivery, Guid token, TimeSpan lease, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return delivery with { Status = DeliveryStatus.Leased, Lease = new Lease(token, now + lease) };
    }

    /// <summary>What a report makes of its delivery.</summary>
    public static Delivery Apply(Delivery delivery, DeliveryReport report, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        ArgumentNullException.ThrowIfNull(report);
        switch (report.Kind)
        {
            case ReportKind.Begin:
                return delivery with
                {
                    Attempts = delivery.Attempts + 1,
                    IsBegun = true,
                    Target = report.Target,
                    Lease = new Lease(report.Claim.Token, now + report.Lease),
                    History = [.. delivery.History, report.Event!],
                };
            case ReportKind.Renew:
                return delivery with { Lease = new Lease(report.Claim.Token, now + report.Lease) };
            case ReportKind.Release:
                // An attempt that was lost before this claim stays so; one that this claim began never left.
                return delivery with
                {
                    Status = report.Claim.IsLost ? DeliveryStatus.Leased : DeliveryStatus.Waiting,
                    IsBegun = report.Claim.IsLost,
                    Lease = report.Claim.IsLost ? new Lease(report.Claim.Token, now) : null,
                };
            default:
                var end = report.End!;
                return delivery with
                {
                    Status = end.Status,
                    Target = report.Target,
                    Attempts = end.Status == DeliveryStatus.Skipped ? 0 : delivery.Attempts,
                    NextAttemptAt = end.NextAttemptAt ?? delivery.NextAttemptAt,
                    Lease = null,
                    IsBegun = false,
                    Error = end.Error,
                    ExternalId = end.ExternalId.Length > 0 ? end.ExternalId : delivery.ExternalId,
                    History = [.. delivery.History, end.Event],
                };
        }
    }

    /// <summary>A parked delivery that is put back.</summary>
    public static Delivery Retry(Delivery delivery, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return delivery with
        {
            Status = DeliveryStatus.Waiting,
            Attempts = 0,
            // Due at once by the real clock, and by a fixed one under which it was due before.
            NextAttemptAt = delivery.DueAt < now ? delivery.DueAt : now,
            History = [.. delivery.History, new DeliveryEvent(now, "put-back", delivery.Error)],
        };
    }

    /// <summary>A delivery that a person ends.</summary>
    public static Delivery Drop(Delivery delivery, string reason, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return delivery with
        {
            Status = DeliveryStatus.Dropped,
            Lease = null,
            IsBegun = false,
            History = [.. delivery.History, new DeliveryEvent(now, "dropped", QueueRules.Cut(reason))],
        };
    }

    /// <summary>The refusal of a key that is unknown.</summary>
    public static QueueRefusalException Unknown(string key) => new($"There is no delivery '{key}'; reading the queue (`loyalty queue list` in the host) shows the keys. Nothing was changed.");

    /// <summary>The refusal of a delivery whose status does not fit.</summary>
    public static QueueRefusalException Refuse(string key, DeliveryStatus status, string verb, string expected) =>
        new($"The delivery '{key}' is {status.Word()}; {verb} takes {expected} ones. Nothing was changed.");
}
