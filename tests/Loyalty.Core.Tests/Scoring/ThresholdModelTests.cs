using FsCheck.Xunit;
using Loyalty.Scoring;

namespace Loyalty.Tests.Scoring;

[Properties(MaxTest = 10_000, Arbitrary = [typeof(ScoringInputs)])]
public sealed class ThresholdModelTests
{
    private static readonly ScoreRule Rule = ScoreRule.FromThresholds(ThresholdModel.Default);

    [Theory]
    [InlineData(0, 5)]
    [InlineData(30, 5)]
    [InlineData(31, 4)]
    [InlineData(60, 4)]
    [InlineData(61, 3)]
    [InlineData(90, 3)]
    [InlineData(91, 2)]
    [InlineData(180, 2)]
    [InlineData(181, 1)]
    [InlineData(4000, 1)]
    public void Recency_loses_a_point_on_the_day_after_each_limit(int days, int score)
    {
        Assert.Equal(score, Score(new RfmInput(ScoringCases.AsOf.AddDays(-days), 1, 0)).Recency);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    [InlineData(9, 4)]
    [InlineData(10, 5)]
    [InlineData(1_000_000, 5)]
    public void Frequency_counts_orders(int orders, int score)
    {
        Assert.Equal(score, Score(new RfmInput(ScoringCases.AsOf, orders, 0)).Frequency);
    }

    [Theory]
    [InlineData("-12.5", 1)]
    [InlineData("49.99", 1)]
    [InlineData("49.999999999999999", 1)]
    [InlineData("50", 2)]
    [InlineData("199.99", 2)]
    [InlineData("200.00", 3)]
    [InlineData("499.99", 3)]
    [InlineData("500.00", 4)]
    [InlineData("999.999", 4)]
    [InlineData("1000", 5)]
    [InlineData("999999999999.99", 5)]
    public void W06_Value_exactly_on_the_threshold_and_a_little_below(string net, int score)
    {
        var amount = decimal.Parse(net, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(score, Score(new RfmInput(null, 0, amount)).Money);
    }

    [Fact]
    public void A_customer_who_never_ordered_has_the_lowest_cell()
    {
        Assert.Equal(new RfmCell(1, 1, 1), Score(default));
        Assert.Equal(6, ScoreWeights.Default.LeadScore(Score(default)));
    }

    [Fact]
    public void Lead_scores_reach_from_6_to_30_and_fall_into_the_four_segments()
    {
        var plan = ScoringProgram.Default.Segments;
        var leads = Enumerable.Range(0, RfmCell.Count).Select(RfmCell.FromIndex).ToLookup(ScoreWeights.Default.LeadScore, plan.Of);
        Assert.Equal((6, 30), (leads.Min(static g => g.Key), leads.Max(static g => g.Key)));
        Assert.All(leads, static lead => Assert.All(lead, segment => Assert.Equal(
            lead.Key >= 24 ? "Hot" : lead.Key >= 18 ? "Warm" : lead.Key >= 12 ? "Cool" : "Cold", segment)));
    }

    [Fact]
    public void A_last_order_after_the_date_of_scoring_is_refused()
    {
        var input = new RfmInput(ScoringCases.AsOf.AddDays(1), 1, 5);
        Assert.Throws<ArgumentException>(() => Score(input));
        Assert.Throws<ArgumentException>(() => ScoringProgram.Default.Score(ScoringCases.Population([input]), ScoringCases.AsOf));
    }

    [Property]
    public bool Scores_follow_the_table_of_the_rules(RfmInput input)
    {
        // The table as it is written, apart from the code that is tested.
        (int Days, int Orders, decimal Net)[] rows = [(30, 10, 1000), (60, 5, 500), (90, 3, 200), (180, 1, 50)];
        var days = input.LastOrderOn is { } last ? ScoringCases.AsOf.DayNumber - last.DayNumber : int.MaxValue;
        int r = 1, f = 1, m = 1;
        for (var score = 2; score <= 5; score++)
        {
            var row = rows[5 - score];
            r = days <= row.Days ? score : r;
            f = input.Orders >= row.Orders ? score : f;
            m = input.Net >= row.Net ? score : m;
        }

        return Score(input) == new RfmCell(r, f, m);
    }

    [Property]
    public bool Every_score_rises_with_its_input(RfmInput a, RfmInput b)
    {
        var (x, y) = (Score(a), Score(b));
        return (!(a.LastOrderOn >= b.LastOrderOn) || x.Recency >= y.Recency)
            && (a.Orders < b.Orders || x.Frequency >= y.Frequency)
            && (a.Net < b.Net || x.Money >= y.Money);
    }

    [Property]
    public bool The_next_change_is_the_first_date_with_another_score(RfmInput input)
    {
        var next = Rule.NextChange(input, ScoringCases.AsOf);
        var now = Score(input);
        if (next is not { } day)
        {
            return now.Recency == 1;
        }

        return Rule.Score(input, day.AddDays(-1)) == now && Rule.Score(input, day).Recency == now.Recency - 1;
    }

    [Fact]
    public void Thresholds_that_do_not_fall_or_rise_are_refused()
    {
        Assert.Throws<ArgumentException>(static () => new ThresholdModel([30, 30, 90, 180], [10, 5, 3, 1], [4, 3, 2, 1]));
        Assert.Throws<ArgumentException>(static () => new ThresholdModel([30, 60, 90, 180], [10, 5, 3, 4], [4, 3, 2, 1]));
        Assert.Throws<ArgumentException>(static () => new ThresholdModel([30, 60, 90, 180], [10, 5, 3, 1], [4, 3, 2]));
        Assert.Throws<ArgumentException>(static () => new ThresholdModel([-1, 60, 90, 180], [10, 5, 3, 1], [4, 3, 2, 1]));
    }

    [Fact]
    public void The_explanation_names_input_limits_and_date()
    {
        var run = ScoringProgram.Default.Score(
            ScoringCases.Population([new RfmInput(new DateOnly(2025, 8, 1), 4, 260.5m), default]), ScoringCases.AsOf);
        Assert.Equal(
            """
            R 3: last order on 2025-08-01, 75 days before 2025-10-15 (more than 60 and at most 90 days); lower from 2025-10-31 on
            F 3: 4 orders (at least 3 and less than 5 orders)
            M 3: net spend 260.5 (at least 200 and less than 500 of net spend)
            lead score 3·3 + 2·3 + 1·3 = 18: Warm
            """.ReplaceLineEndings("\n"),
            run.Explain(0).ToString());
        Assert.Equal(new DateOnly(2025, 10, 31), run.Explain(0).NextChangeOn);
        Assert.StartsWith("R 1: no order that counts\nF 1: 0 orders (less than 1 orders)", run.Explain(1).ToString(), StringComparison.Ordinal);
    }

    private static RfmCell Score(RfmInput input) => Rule.Score(input, ScoringCases.AsOf);
}
