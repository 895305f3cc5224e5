namespace Loyalty.Scoring;

/// <summary>The scores of one customer: when they were made, from what, and what they say.</summary>
/// <param name="AsOf">The date of scoring.</param>
/// <param name="Input">What the scores were made from.</param>
/// <param name="Cell">The three scores.</param>
/// <param name="LeadScore">The weighted sum of the scores.</param>
/// <param name="Segment">The name of the segment.</param>
public sealed record Score(DateOnly AsOf, RfmInput Input, RfmCell Cell, int LeadScore, string Segment)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Score), PrintMembers);
}
