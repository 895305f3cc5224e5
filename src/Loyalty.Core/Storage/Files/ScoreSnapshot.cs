using Loyalty.Scoring;

namespace Loyalty.Storage.Files;

/// <summary>The part of a snapshot that keeps the scores of the last run; its format is in <c>docs/snapshot.md</c>.</summary>
internal static class ScoreSnapshot
{
    public static void Write(SnapshotWriter writer, StoredScores scores)
    {
        writer.Int(scores.AsOf.DayNumber);
        writer.Int(scores.Count);
        Span<int> net = stackalloc int[4];
        foreach (var score in scores.Scores)
        {
            writer.Text(score.Customer);
            writer.Int(score.Input.LastOrderOn?.DayNumber ?? -1);
            writer.Int(score.Input.Orders);
            decimal.GetBits(score.Input.Net, net);
            writer.Column<int>(net);
            writer.Int(score.Cell.Index);
            writer.Int(score.LeadScore);
            writer.Text(score.Segment);
        }
    }

    public static StoredScores Read(SnapshotReader reader)
    {
        var days = DateOnly.MaxValue.DayNumber + 1;
        var asOf = DateOnly.FromDayNumber(reader.Below(days));
        var count = reader.Count(44);
        var scores = new List<StoredScore>(count);
        for (; count > 0; count--)
        {
            var customer = reader.Text();
            var last = reader.Int();
            var orders = reader.Int();
            var net = new decimal(reader.Column<int>(4));
            var input = new RfmInput(last < 0 ? null : DateOnly.FromDayNumber(last), orders, net);
            var cell = RfmCell.FromIndex(reader.Below(RfmCell.Count));
            var lead = reader.Int();
            scores.Add(new StoredScore(customer, input, cell, lead, reader.Text()));
        }

        return new StoredScores(asOf, scores);
    }
}
