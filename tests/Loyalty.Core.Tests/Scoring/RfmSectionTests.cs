using System.Text;
using Loyalty.Programs;
using Loyalty.Scoring;

namespace Loyalty.Tests.Scoring;

public sealed class RfmSectionTests
{
    [Fact]
    public void The_program_of_the_command_contract_is_the_default()
    {
        var scoring = Parse("""
            { "model": "thresholds", "recencyDays": [30, 60, 90, 180], "orders": [10, 5, 3, 1], "net": [1000, 500, 200, 50], "weights": [3, 2, 1],
              "segments": [ { "name": "Hot", "from": 24 }, { "name": "Warm", "from": 18 }, { "name": "Cool", "from": 12 }, { "name": "Cold", "from": 6 } ] }
            """);
        Assert.Equal(ScoringModel.Thresholds, scoring.Model);
        Assert.Equal(ThresholdModel.Default.RecencyDays, scoring.Thresholds.RecencyDays);
        Assert.Equal(ThresholdModel.Default.Orders, scoring.Thresholds.Orders);
        Assert.Equal(ThresholdModel.Default.Net, scoring.Thresholds.Net);
        Assert.Equal(ScoreWeights.Default, scoring.Weights);
        for (var i = 0; i < RfmCell.Count; i++)
        {
            Assert.Equal(ScoringProgram.Default.Segments.Of(RfmCell.FromIndex(i)), scoring.Segments.Of(RfmCell.FromIndex(i)));
        }
    }

    [Fact]
    public void An_empty_section_is_the_default_and_a_missing_one_is_none()
    {
        Assert.Equal(["Hot", "Warm", "Cool", "Cold"], Parse("{}").Segments.Names);
        Assert.Null(LoyaltyProgram.Parse("""{ "tenant": "acme", "currency": "USD", "timeZone": "UTC" }""").Scoring);
    }

    [Fact]
    public void Numbers_cuts_and_built_in_segments_are_read()
    {
        var scoring = Parse("""
            { "model": "quantiles", "cuts": "r-rfm", "recencyDays": [7, 14, 21, 28], "orders": [4, 3, 2, 1], "net": [99.99, 50, 0.5, -1], "weights": [1, 0, 2],
              "segments": "r" }
            """);
        Assert.Equal((ScoringModel.Quantiles, CutRule.RPackage, new ScoreWeights(1, 0, 2)), (scoring.Model, scoring.Cuts, scoring.Weights));
        Assert.Equal([99.99m, 50m, 0.5m, -1m], scoring.Thresholds.Net.ToArray());
        Assert.Same(SegmentPlan.RPackage, scoring.Segments);
        Assert.Same(SegmentPlan.Grid, Parse("""{ "segments": "grid" }""").Segments);
    }

    [Fact]
    public void A_gap_is_refused_naming_a_cell_unless_it_is_allowed()
    {
        const string boxes = """[ { "name": "Best", "r": [4, 5], "f": [1, 5], "m": [1, 5] }, { "name": "Rest", "r": [1, 3], "f": [1, 4], "m": [1, 5] } ]""";
        var fault = Assert.Single(Faults($$"""{ "segments": {{boxes}} }"""));
        Assert.Equal("$.rfm.segments", fault.Path);
        Assert.Equal(
            "no segment covers the cell R 1 F 5 M 1, the cell R 1 F 5 M 2, the cell R 1 F 5 M 3 and 12 more; cover them, or say \"allowGaps\": true", fault.Message);
        var plan = Parse($$"""{ "allowGaps": true, "segments": {{boxes}} }""").Segments;
        Assert.Equal("Others", plan.Of(new RfmCell(1, 5, 1)));
    }

    [Fact]
    public void An_overlap_is_refused_naming_both_and_a_cell_unless_it_is_allowed()
    {
        const string boxes = """[ { "name": "All", "r": [1, 5], "f": [1, 5], "m": [1, 5] }, { "name": "At risk", "r": [1, 2], "f": [3, 4], "m": [1, 5] } ]""";
        var fault = Assert.Single(Faults($$"""{ "segments": {{boxes}} }"""));
        Assert.Equal("$.rfm.segments[1]", fault.Path);
        Assert.Equal(
            "'At risk' and 'All' ($.rfm.segments[0]) both cover R 1 F 3 M 1; part them, or say \"allowOverlaps\": true for the first match", fault.Message);
        Assert.Equal("All", Parse($$"""{ "allowOverlaps": true, "segments": {{boxes}} }""").Segments.Of(new RfmCell(1, 3, 1)));
    }

    [Fact]
    public void Bands_follow_the_weights()
    {
        var fault = Assert.Single(Faults("""{ "weights": [1, 1, 1] }"""));
        Assert.Equal("$.rfm.segments", fault.Path);
        Assert.StartsWith("the lowest band starts at 6, but lead scores start at 3", fault.Message, StringComparison.Ordinal);
        Assert.Equal("B", Parse("""{ "weights": [1, 1, 1], "segments": [ { "name": "B", "from": 3 }, { "name": "A", "from": 9 } ] }""").Segments.Of(new RfmCell(3, 3, 2)));
        fault = Assert.Single(Faults("""{ "segments": [ { "name": "A", "from": 6 }, { "name": "B", "from": 6 } ] }"""));
        Assert.Equal("$.rfm.segments[1].from", fault.Path);
    }

    [Fact]
    public void All_faults_are_reported_together_with_their_paths()
    {
        var faults = Faults("""
            { "model": "magic", "cuts": 3, "recencyDays": [30, 20, 90, 1.5], "orders": [10, 5, 3], "net": [1000, 500, 200.001, "x"], "weights": [3, 2, -1],
              "segments": [ { "name": "A", "from": 6, "r": [1, 2] }, { "name": "A", "form": 7 } ], "colour": "red" }
            """);
        Assert.Equal(
            [
                "$.rfm.model", "$.rfm.cuts", "$.rfm.recencyDays[1]", "$.rfm.recencyDays[3]", "$.rfm.orders", "$.rfm.net[2]", "$.rfm.net[3]", "$.rfm.weights[2]",
                "$.rfm.colour",
            ],
            faults.Select(static f => f.Path));
        faults = Faults("""{ "segments": [ { "name": "A", "from": 6, "r": [1, 2] }, { "name": "A", "form": 7 }, { "name": "", "from": 99 } ] }""");
        Assert.Equal(
            [
                "$.rfm.segments[0].r", "$.rfm.segments[1].from", "$.rfm.segments[1].form", "$.rfm.segments[1].name", "$.rfm.segments[2].name",
                "$.rfm.segments[2].from",
            ],
            faults.Select(static f => f.Path));
        faults = Faults("""{ "weights": [0, 0, 0], "segments": [ { "name": "A", "r": [2, 1], "f": [0, 5], "m": 6 } ] }""");
        Assert.Equal(["$.rfm.weights"], faults.Select(static f => f.Path));
        faults = Faults("""{ "segments": [ { "name": "A", "r": [2, 1], "f": [0, 5], "m": 6 } ] }""");
        Assert.Equal(["$.rfm.segments[0].r", "$.rfm.segments[0].f", "$.rfm.segments[0].m"], faults.Select(static f => f.Path));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("""{ "segments": [] }""")]
    [InlineData("""{ "segments": {} }""")]
    [InlineData("""{ "segments": "gird" }""")]
    [InlineData("""{ "segments": [ 1 ] }""")]
    [InlineData("""{ "weights": 3 }""")]
    [InlineData("""{ "weights": [1, 2] }""")]
    [InlineData("""{ "net": {} }""")]
    [InlineData("""{ "net": [1e12, 3, 2, 1] }""")]
    [InlineData("""{ "allowGaps": "yes" }""")]
    [InlineData("""{ "recencyDays": [1, 2, 3, 4, 5] }""")]
    public void What_cannot_be_is_refused(string section) => Assert.NotEmpty(Faults(section));

    private static ScoringProgram Parse(string rfm) => LoyaltyProgram.Parse(Program(rfm)).Scoring!;

    private static IReadOnlyList<ProgramFault> Faults(string rfm)
    {
        Assert.False(LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(Program(rfm)), out _, out var faults));
        return faults;
    }

    private static string Program(string rfm) => $$"""{ "tenant": "acme", "currency": "USD", "timeZone": "UTC", "rfm": {{rfm}} }""";
}
