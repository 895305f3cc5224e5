namespace Loyalty.Scoring;

/// <summary>A customer whose scores are not what they were.</summary>
/// <param name="Customer">The customer.</param>
/// <param name="Before">The scores before, or <see langword="null"/> for a new customer.</param>
/// <param name="After">The scores now, or <see langword="null"/> for a customer who was removed.</param>
public sealed record ScoreChange(string Customer, Score? Before, Score? After);
