using System.Globalization;

namespace Loyalty.Scoring;

/// <summary>Why a customer has these scores: each input, the limits it fell between, and how the lead score and the segment follow.</summary>
/// <remarks>Immutable. <see cref="ToString"/> is English text for people; the numbers are in <see cref="Score"/> and the limits.</remarks>
public sealed class ScoreExplanation
{
    private readonly ScoringProgram _program;
    private readonly ScoreRule _rule;

    internal ScoreExplanation(Score score, ScoringProgram program, ScoreRule rule)
    {
        Score = score;
        _program = program;
        _rule = rule;
        NextChangeOn = program.Model == ScoringModel.Thresholds ? rule.NextChange(score.Input, score.AsOf) : null;
    }

    /// <summary>The scores, with their date and inputs.</summary>
    public Score Score { get; }

    /// <summary>The date on which time alone lowers R; <see langword="null"/> when it never does, and under the quantile model.</summary>
    public DateOnly? NextChangeOn { get; }

    /// <summary>Why R is what it is.</summary>
    public string Recency
    {
        get
        {
            if (Score.Input.RecencyDays(Score.AsOf) is not { } days)
            {
                return "R 1: no order that counts";
            }

            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"R {Score.Cell.Recency}: last order on {Score.Input.LastOrderOn:O}, {days} days before {Score.AsOf:O}");
            text += Limits(_rule.Recency, _rule.Recency.CountBelow(days), "days");
            return NextChangeOn is { } next ? string.Create(CultureInfo.InvariantCulture, $"{text}; lower from {next:O} on") : text;
        }
    }

    /// <summary>Why F is what it is.</summary>
    public string Frequency => string.Create(
        CultureInfo.InvariantCulture,
        $"F {Score.Cell.Frequency}: {Score.Input.Orders} orders{Limits(_rule.Frequency, _rule.Frequency.CountBelow(Score.Input.Orders), "orders")}");

    /// <summary>Why M is what it is.</summary>
    public string Money => string.Create(
        CultureInfo.InvariantCulture,
        $"M {Score.Cell.Money}: net spend {Score.Input.Net}{Limits(_rule.Money, _rule.Money.CountBelow(Score.Input.Net), "of net spend")}");

    /// <summary>How the lead score and the segment follow.</summary>
    public string Segment
    {
        get
        {
            var (weights, cell) = (_program.Weights, Score.Cell);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"lead score {weights.Recency}·{cell.Recency} + {weights.Frequency}·{cell.Frequency} + {weights.Money}·{cell.Money} = {Score.LeadScore}: {Score.Segment}");
        }
    }

    /// <summary>All four on a line each.</summary>
    public override string ToString() => string.Join('\n', Recency, Frequency, Money, Segment);

    private string Limits(ScoreBoundaries boundaries, int below, string unit)
    {
        var (over, under) = boundaries.IsInclusive ? ("at least", "less than") : ("more than", "at most");
        var lower = below > 0 ? string.Create(CultureInfo.InvariantCulture, $"{over} {boundaries[below - 1]}") : null;
        var upper = below < ScoreBoundaries.Count ? string.Create(CultureInfo.InvariantCulture, $"{under} {boundaries[below]}") : null;
        var source = _program.Model == ScoringModel.Quantiles ? ", cuts of the customers scored together" : string.Empty;
        return $" ({string.Join(" and ", new[] { lower, upper }.Where(static t => t is not null))} {unit}{source})";
    }
}
