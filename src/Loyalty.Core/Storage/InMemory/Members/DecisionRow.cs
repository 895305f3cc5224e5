using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>A decision without references: what it shares with others is a rule with a number.</summary>
internal readonly record struct DecisionRow(int Day, int MeasuredStart, int MeasuredEnd, int NextStart, int NextEnd, int RuleAndKind, long Activity, long Adjustments)
{
    private const int Later = 4;
    private const int Bits = 3;

    public DecisionKind Kind => (DecisionKind)(RuleAndKind & (Later - 1));

    public static DecisionRow Of(Decision decision, NumberedValues<DecisionRule> rules) => new(
        decision.Date.DayNumber, decision.Measured.StartDay, decision.Measured.EndDay, decision.NextWindow.StartDay, decision.NextWindow.EndDay,
        (NumberOf(decision, rules) << Bits) | (decision.HasLaterData ? Later : 0) | (int)decision.Kind, decision.ValueFromActivity, decision.ValueFromAdjustments);

    public Decision ToDecision(NumberedValues<DecisionRule> rules)
    {
        var rule = rules[RuleAndKind >> Bits];
        return new(
            DateOnly.FromDayNumber(Day), Kind, rule.LevelBefore, rule.LevelAfter, rule.ThresholdBefore, rule.ThresholdAfter,
            new Window(MeasuredStart, MeasuredEnd), Activity, Adjustments, new Window(NextStart, NextEnd), rule.Metric, rule.IsLifetime, rule.ProgramVersion,
            (RuleAndKind & Later) != 0);
    }

    private static int NumberOf(Decision decision, NumberedValues<DecisionRule> rules) =>
        rules.FindLatest(decision, static (rule, d) => rule.IsOf(d)) is var number and >= 0 ? number : rules.NumberOf(DecisionRule.Of(decision));
}

/// <summary>What decisions share: the levels and how they were measured.</summary>
internal sealed record DecisionRule(
    string LevelBefore, string LevelAfter, long ThresholdBefore, long ThresholdAfter, Metric Metric, bool IsLifetime, string ProgramVersion)
{
    public static DecisionRule Of(Decision d) => new(d.LevelBefore, d.LevelAfter, d.ThresholdBefore, d.ThresholdAfter, d.Metric, d.IsLifetime, d.ProgramVersion);

    public bool IsOf(Decision decision) =>
        ThresholdBefore == decision.ThresholdBefore && ThresholdAfter == decision.ThresholdAfter && Metric == decision.Metric && IsLifetime == decision.IsLifetime
        && string.Equals(LevelBefore, decision.LevelBefore, StringComparison.Ordinal) && string.Equals(LevelAfter, decision.LevelAfter, StringComparison.Ordinal)
        && string.Equals(ProgramVersion, decision.ProgramVersion, StringComparison.Ordinal);
}
