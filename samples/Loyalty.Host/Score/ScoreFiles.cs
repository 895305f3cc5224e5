using Loyalty.Host.Output;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Scoring;

namespace Loyalty.Host.Score;

/// <summary>Writes scores, segments, moves and the list for marketing of a run.</summary>
internal sealed class ScoreFiles(Currency currency, bool safe, CancellationToken cancellation)
{
    public void WriteScores(Stream stream, ScoreRun run)
    {
        using var table = new CsvTable(
            stream, safe, "customer", "last_order_on", "recency_days", "orders", "net", "r", "f", "m", "lead_score", "segment", "as_of", "next_change_on");
        var isFixed = run.Program.Model == ScoringModel.Thresholds;
        foreach (var position in InOrder(run))
        {
            cancellation.ThrowIfCancellationRequested();
            var score = run[position];
            table.Text(run.Customers.NameAt(position)).Date(score.Input.LastOrderOn);
            _ = score.Input.RecencyDays(run.AsOf) is { } days ? table.Number(days) : table.Empty();
            table.Number(score.Input.Orders).Amount(Minor(score.Input.Net), currency)
                .Number(score.Cell.Recency).Number(score.Cell.Frequency).Number(score.Cell.Money).Number(score.LeadScore).Text(score.Segment)
                .Date(run.AsOf).Date(isFixed ? run.Rule.NextChange(score.Input, run.AsOf) : null).EndRow();
        }
    }

    public void WriteSegments(Stream stream, ScoreRun run)
    {
        using var table = new CsvTable(stream, safe, "segment", "customers", "share", "orders", "net");
        foreach (var segment in Listed(run).OrderBy(static s => s.Segment, StringComparer.Ordinal))
        {
            table.Text(segment.Segment).Number(segment.Customers).Text(Share(segment.Customers, run.Count)).Number(segment.Orders)
                .Amount(Minor(segment.Net), currency).EndRow();
        }
    }

    public void WriteMoves(Stream stream, SegmentMoves moves)
    {
        using var table = new CsvTable(stream, safe, "customer", "segment_before", "segment_after");
        foreach (var move in moves.Moves)
        {
            table.Text(move.Customer).Text(move.Before).Text(move.After).EndRow();
        }
    }

    /// <summary>Everybody with an e-mail, as given with the latest order; text that a spreadsheet would run is neutralised whatever was asked.</summary>
    public void WriteMarketing(Stream stream, ScoreRun run, ScoreInput input)
    {
        using var table = new CsvTable(stream, safe: true, "email", "name", "segment", "lead_score", "last_order_on", "orders", "net");
        foreach (var position in InOrder(run))
        {
            cancellation.ThrowIfCancellationRequested();
            var customer = run.Customers.NameAt(position);
            if (!CustomerEmail.TryNormalize(customer, out _))
            {
                continue;
            }

            var score = run[position];
            var latest = input.LatestOf(customer);
            table.Text(latest is null ? customer : latest.Contact.Trim()).Text(latest?.Purchaser ?? string.Empty)
                .Text(score.Segment).Number(score.LeadScore).Date(score.Input.LastOrderOn).Number(score.Input.Orders)
                .Amount(Minor(score.Input.Net), currency).EndRow();
        }
    }

    /// <summary>The segments of the plan, and the customers in none only if there are any.</summary>
    public static IEnumerable<SegmentTotals> Listed(ScoreRun run) =>
        run.Distribution.Segments.Where(s => s.Customers > 0 || !run.Segments.HasGaps || s.Segment != SegmentPlan.Others);

    /// <summary>A ratio with four decimals.</summary>
    public static string Share(int part, int all) => all == 0
        ? "0.0000"
        : decimal.Round((decimal)part / all, 4, MidpointRounding.AwayFromZero).ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>An amount in minor units, rounded half up.</summary>
    public long Minor(decimal amount) => (long)decimal.Round(amount * currency.MinorUnits, 0, MidpointRounding.AwayFromZero);

    /// <summary>The positions in order of names; customers that came from orders are in order already.</summary>
    private static IEnumerable<int> InOrder(ScoreRun run)
    {
        var positions = Enumerable.Range(0, run.Count);
        for (var i = 1; i < run.Count; i++)
        {
            if (string.CompareOrdinal(run.Customers.NameAt(i - 1), run.Customers.NameAt(i)) > 0)
            {
                return positions.OrderBy(run.Customers.NameAt, StringComparer.Ordinal);
            }
        }

        return positions;
    }
}
