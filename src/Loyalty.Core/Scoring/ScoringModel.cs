namespace Loyalty.Scoring;

/// <summary>Which model turns a customer's numbers into scores.</summary>
public enum ScoringModel
{
    /// <summary>Fixed limits; a customer's score depends on that customer alone.</summary>
    Thresholds,

    /// <summary>Limits at 20, 40, 60 and 80 % of the customers scored together.</summary>
    Quantiles,
}
