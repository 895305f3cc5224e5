using System.Text;
using Loyalty.Host.Output;
using Loyalty.Ingest.Points;
using Loyalty.Messages;
using Loyalty.Programs;
using Loyalty.Points.Runs;
using Loyalty.Rewards;

namespace Loyalty.Host.Points;

/// <summary>How many rows came in, and what became of them.</summary>
internal readonly record struct PointsCounts(long Read, long New, long Unchanged, long Rejected);

/// <summary>The files of a run, and what to say about their rows.</summary>
internal sealed class PointsInput
{
    private PointsInput(PointsFile<OrderRow> orders) => Orders = orders;

    public PointsFile<OrderRow> Orders { get; }

    public PointsFile<RefundRow>? Refunds { get; private init; }

    public PointsFile<RedemptionRow>? Redemptions { get; private init; }

    public PointsFile<MessagePreference>? Preferences { get; private init; }

    public PointsFile<ContactRow>? Contacts { get; private init; }

    public IEnumerable<string> Notes
    {
        get
        {
            foreach (var (name, unknown) in new[]
            {
                (Orders.Name, Orders.UnknownColumns),
                (Refunds?.Name, Refunds?.UnknownColumns),
                (Redemptions?.Name, Redemptions?.UnknownColumns),
                (Preferences?.Name, Preferences?.UnknownColumns),
                (Contacts?.Name, Contacts?.UnknownColumns),
            })
            {
                if (unknown is { Count: > 0 })
                {
                    yield return $"{name}: not used: {string.Join(", ", unknown.Select(static c => $"'{c}'"))}.";
                }
            }

            if (Orders.RowsRead == 0)
            {
                yield return $"{Orders.Name} has a header and no rows; days are closed, nothing is deleted.";
            }
        }
    }

    public static PointsInput Read(PointsOptions options, LoyaltyProgram program, Encoding? encoding, CancellationToken cancellation) =>
        new(PointsFiles.ReadOrders(options.Orders, program.Currency, encoding, program.CustomersAreEmails, cancellation))
        {
            Refunds = options.Refunds is { } refunds ? PointsFiles.ReadRefunds(refunds, program.Currency, encoding, cancellation) : null,
            Redemptions = options.Redemptions is { } redemptions ? PointsFiles.ReadRedemptions(redemptions, encoding, program.CustomersAreEmails, cancellation) : null,
            Contacts = options.Contacts is { } contacts ? ContactsFile.Read(contacts, encoding, program.CustomersAreEmails, cancellation) : null,
            Preferences = options.Preferences is { } preferences ? PointsFiles.ReadPreferences(preferences, encoding, program.CustomersAreEmails, cancellation) : null,
        };

    /// <summary>Lists the rejected rows and counts all.</summary>
    public PointsCounts Report(PointsRunResult result, RejectLog rejects)
    {
        var counts = Report(Orders, result.Orders, static c => c switch
        {
            RowColumn.Customer => 1,
            RowColumn.Date => 2,
            RowColumn.Amount => 3,
            _ => 0,
        }, rejects, default);
        counts = Report(Refunds, result.Refunds, static c => c switch
        {
            RowColumn.Order => 1,
            RowColumn.Date => 2,
            RowColumn.Amount => 3,
            _ => 0,
        }, rejects, counts);
        counts = Report(Redemptions, result.Redemptions, static c => c switch
        {
            RowColumn.Customer => 1,
            RowColumn.Date => 2,
            RowColumn.Reward => 3,
            RowColumn.Event => 4,
            _ => 0,
        }, rejects, counts);
        if (Contacts is { RowsFaulty: > 0 } contacts)
        {
            var rejected = contacts.ReportRejects(static _ => (string.Empty, 0), rejects.Add);
            counts = counts with { Read = counts.Read + rejected, Rejected = counts.Rejected + rejected };
        }

        if (Preferences is { RowsFaulty: > 0 } preferences)
        {
            // They are no rows of the ledger: only what cannot be read counts.
            var rejected = preferences.ReportRejects(static _ => (string.Empty, 0), rejects.Add);
            counts = counts with { Read = counts.Read + rejected, Rejected = counts.Rejected + rejected };
        }

        return counts;
    }

    /// <summary>The word of a reason, as <c>rejects.csv</c> and <c>redemptions.csv</c> have it.</summary>
    public static string Word(ClaimRefusal refusal) => refusal switch
    {
        ClaimRefusal.None => string.Empty,
        ClaimRefusal.UnknownReward => "unknown-reward",
        ClaimRefusal.NotAvailable => "not-available",
        ClaimRefusal.NotEligible => "not-eligible",
        ClaimRefusal.LimitReached => "limit-reached",
        ClaimRefusal.OutOfStock => "out-of-stock",
        _ => "insufficient-points",
    };

    private static string Word(in RowOutcome outcome) => outcome.Refusal switch
    {
        RowRefusal.None => string.Empty,
        RowRefusal.Conflict => "conflict",
        RowRefusal.UnknownOrder => "unknown-order",
        RowRefusal.UnknownRedemption => "unknown-redemption",
        RowRefusal.WrongStatus => "wrong-status",
        RowRefusal.Overflow or RowRefusal.Invalid => "invalid",
        RowRefusal.RefundExceedsOrder => "refund-exceeds-order",
        _ => Word(outcome.Claim),
    };

    private static PointsCounts Report<T>(
        PointsFile<T>? file, IReadOnlyList<RowOutcome> outcomes, Func<RowColumn, int> columnOf, RejectLog rejects, PointsCounts counts)
        where T : struct
    {
        if (file is null)
        {
            return counts;
        }

        var (fresh, rejected) = (0L, file.RowsFaulty);
        foreach (var outcome in outcomes)
        {
            fresh += outcome is { IsRejected: false, IsNew: true } ? 1 : 0;
            rejected += outcome.IsRejected ? 1 : 0;
        }

        if (rejected > 0)
        {
            file.ReportRejects(row => (Word(outcomes[row]), columnOf(outcomes[row].Column)), rejects.Add);
        }

        return new(counts.Read + file.RowsRead, counts.New + fresh, counts.Unchanged + file.RowsRead - fresh - rejected, counts.Rejected + rejected);
    }
}
