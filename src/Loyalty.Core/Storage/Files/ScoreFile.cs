using Loyalty.Money;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Storage.Files;

/// <summary>Keeps the last run of scoring in a state file, beside what other features of the suite keep there.</summary>
/// <remarks>See <see cref="SnapshotFile"/> for how the file is written and guarded; the format of this part is in <c>docs/snapshot.md</c>.</remarks>
public static class ScoreFile
{
    private const string PartName = "scoring";

    /// <summary>Reads the last run, or <see langword="null"/> when the file keeps none.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="StoreException">The file is no state file, is damaged, or was written by a newer version.</exception>
    public static StoredScores? Load(string path)
    {
        using var container = SnapshotContainer.Open(path);
        return container.Read(PartName, Read);
    }

    /// <summary>Writes a run to a new file beside <paramref name="path"/> and flushes it; nothing is replaced yet.</summary>
    /// <param name="scores">The run.</param>
    /// <param name="path">The state file; it need not exist.</param>
    /// <param name="tenant">Whose state it is.</param>
    /// <param name="currency">The currency of the file's amounts.</param>
    /// <returns>The file written; rename it to <paramref name="path"/> to keep it, delete it to give up.</returns>
    /// <exception cref="StoreException">The file at <paramref name="path"/> is damaged, newer, of another tenant or currency, or of a version that is not known.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static string Prepare(StoredScores scores, string path, string tenant, Currency currency)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        ArgumentNullException.ThrowIfNull(currency);
        return SnapshotContainer.Prepare(path, tenant, currency.Code, new SnapshotPart(PartName, writer => Write(writer, scores)));
    }

    private static void Write(SnapshotWriter writer, StoredScores scores)
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

    private static StoredScores Read(SnapshotReader reader)
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
