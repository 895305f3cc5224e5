using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Scores;

/// <summary>What every store of scores checks and decides alike.</summary>
internal static class ScoreRules
{
    /// <summary>The most entries of a page of a timeline.</summary>
    public const int MaxPage = 10_000;

    /// <summary>Refuses a run as of a date before the last one.</summary>
    public static void CheckDate(DateOnly asOf, DateOnly? storedAsOf)
    {
        if (asOf < storedAsOf)
        {
            throw new StoreException(
                StoreFault.Stale,
                $"The customers were scored as of {storedAsOf:yyyy-MM-dd} already; {asOf:yyyy-MM-dd} is before that. Score that date or a later one, or use another store.");
        }
    }

    public static StoreException OrdersAreMissing() => new(
        StoreFault.Refused,
        "The store holds customers as a list told them, without their orders, so that changes of orders cannot be added up; give all orders.");

    public static void CheckPage(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxPage);
    }

    /// <summary>
    /// Equal for programs that give everybody the same scores and segments: the SHA-256 of the limits, the weights, and the segment of each cell.
    /// </summary>
    public static string Fingerprint(ScoringProgram program)
    {
        var text = new StringBuilder();
        if (program.Model == ScoringModel.Thresholds)
        {
            var rule = ScoreRule.FromThresholds(program.Thresholds);
            foreach (var boundaries in (ScoreBoundaries[])[rule.Recency, rule.Frequency, rule.Money])
            {
                for (var i = 0; i < ScoreBoundaries.Count; i++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{boundaries[i]:G29} ");
                }
            }
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{program.Cuts} ");
        }

        text.Append(CultureInfo.InvariantCulture, $"{program.Weights.Recency} {program.Weights.Frequency} {program.Weights.Money}");
        var segments = program.Segments;
        for (var i = 0; i < RfmCell.Count; i++)
        {
            text.Append('\n').Append(segments.Of(RfmCell.FromIndex(i)));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>
    /// Whether a customer's scores stand as they are: made by the same program from the same input, and no limit of days was crossed since.
    /// Meant for the threshold model.
    /// </summary>
    public static bool Stands(ScoreRule rule, Score before, in RfmInput input, DateOnly asOf) =>
        before.Input == input && !(rule.NextChange(before.Input, before.AsOf) <= asOf);

    /// <summary>The scores of a cell.</summary>
    public static Score Make(ScoringProgram program, SegmentPlan segments, DateOnly asOf, in RfmInput input, RfmCell cell) =>
        new(asOf, input, cell, program.Weights.LeadScore(cell), segments.Of(cell));
}
