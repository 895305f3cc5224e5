using FsCheck;
using FsCheck.Fluent;
using Loyalty.Scoring;

namespace Loyalty.Tests.Scoring;

public sealed class SegmentPlanTests
{
    [Fact]
    public void The_grid_covers_every_cell_once()
    {
        Assert.Equal(10, SegmentPlan.Grid.Names.Count);
        Assert.False(SegmentPlan.Grid.HasGaps);
        (int R, int F, string Segment)[] some =
        [
            (5, 5, "Champions"), (5, 4, "Champions"), (4, 5, "Loyal"), (3, 4, "Loyal"), (5, 3, "Potential loyalist"), (4, 2, "Potential loyalist"),
            (5, 1, "New"), (4, 1, "Promising"), (3, 3, "Need attention"), (3, 2, "About to sleep"), (3, 1, "About to sleep"), (2, 4, "At risk"),
            (1, 3, "At risk"), (2, 5, "Can't lose"), (1, 5, "Can't lose"), (2, 2, "Hibernating"), (1, 1, "Hibernating"),
        ];
        Assert.All(some, static s => Assert.Equal(s.Segment, SegmentPlan.Grid.Of(new RfmCell(s.R, s.F, 3))));
    }

    [Fact]
    public void The_boxes_of_the_R_package_have_gaps_and_the_first_match_wins()
    {
        Assert.True(SegmentPlan.RPackage.HasGaps);
        Assert.Equal(SegmentPlan.Others, SegmentPlan.RPackage.Names[^1]);
        Assert.Equal("Champions", SegmentPlan.RPackage.Of(new RfmCell(5, 5, 5)));
        Assert.Equal("Potential Loyalist", SegmentPlan.RPackage.Of(new RfmCell(3, 4, 4)));
        Assert.Equal("Can't Lose Them", SegmentPlan.RPackage.Of(new RfmCell(1, 3, 5)));
        Assert.Equal(SegmentPlan.Others, SegmentPlan.RPackage.Of(new RfmCell(5, 4, 1)));
    }

    [Fact]
    public void A_gap_and_an_overlap_are_refused_by_the_cell()
    {
        SegmentBox[] boxes = [Box("Good", 3, 5, 1, 5), Box("Bad", 1, 3, 1, 4)];
        var faults = SegmentPlan.Check(boxes);
        Assert.Equal(new RfmCell(1, 5, 1), faults.First(static f => f.IsGap).Cell);
        Assert.Equal(10, faults.Count(static f => f.IsGap));
        Assert.Equal((new RfmCell(3, 1, 1), 0, 1), faults.Where(static f => !f.IsGap).Select(static f => (f.Cell, f.First, f.Second)).Single());
        Assert.Contains("R 1 F 5 M 1", Assert.Throws<ArgumentException>(() => SegmentPlan.FromBoxes(boxes)).Message, StringComparison.Ordinal);
        Assert.Contains("'Good' and 'Bad' both cover the cell R 3 F 1 M 1", Assert.Throws<ArgumentException>(
            () => SegmentPlan.FromBoxes(boxes, allowGaps: true)).Message, StringComparison.Ordinal);
        var plan = SegmentPlan.FromBoxes(boxes, allowGaps: true, allowOverlaps: true);
        Assert.Equal(["Good", "Bad", "Others"], plan.Names);
        Assert.Equal("Good", plan.Of(new RfmCell(3, 2, 2)));
        Assert.Equal("Others", plan.Of(new RfmCell(2, 5, 2)));
    }

    [Fact]
    public void Bands_start_at_the_lowest_possible_score()
    {
        SegmentBand[] bands = [new("Low", 7), new("High", 20)];
        Assert.Contains("R 1 F 1 M 1", Assert.Throws<ArgumentException>(
            () => SegmentPlan.FromBands(bands, ScoreWeights.Default)).Message, StringComparison.Ordinal);
        var plan = SegmentPlan.FromBands(bands, ScoreWeights.Default, allowGaps: true);
        Assert.Equal(["Low", "High", "Others"], plan.Names);
        Assert.Equal("Others", plan.Of(new RfmCell(1, 1, 1)));
        Assert.Equal("Low", plan.Of(new RfmCell(1, 1, 2)));
        Assert.Throws<ArgumentException>(static () => SegmentPlan.FromBands([new("A", 6), new("B", 6)], ScoreWeights.Default));
        Assert.Throws<ArgumentException>(static () => SegmentPlan.FromBands([], ScoreWeights.Default));
    }

    [Fact]
    public void Every_cell_has_exactly_one_segment_or_the_boxes_are_refused()
    {
        var range = Gen.Choose(1, 5).Two().Select(static p => new ScoreRange(Math.Min(p.Item1, p.Item2), Math.Max(p.Item1, p.Item2)));
        var box = range.Three().Select(static r => (r.Item1, r.Item2, r.Item3));

        // Half of the cases are cut from the whole cube, so that some have neither gap nor overlap.
        var cut = Gen.Choose(1, 4).Two().Select(static p => new[]
        {
            (new ScoreRange(1, p.Item1), ScoreRange.All, ScoreRange.All),
            (new ScoreRange(p.Item1 + 1, 5), new ScoreRange(1, p.Item2), ScoreRange.All),
            (new ScoreRange(p.Item1 + 1, 5), new ScoreRange(p.Item2 + 1, 5), ScoreRange.All),
        });
        var any = Gen.OneOf(box.NonEmptyListOf().Select(static l => l.ToArray()), cut, cut.Zip(box).Select(static p => p.Item1.Append(p.Item2).ToArray())).ToArbitrary();
        int refused = 0, taken = 0;
        Check.One(ScoringCases.Config, Prop.ForAll(any, ranges =>
        {
            var boxes = ranges.Select(static (r, i) => new SegmentBox($"s{i}", r.Item1, r.Item2, r.Item3)).ToList();
            var counts = Enumerable.Range(0, RfmCell.Count).Select(RfmCell.FromIndex).Select(cell => boxes.Count(b => b.Holds(cell))).ToList();
            try
            {
                var plan = SegmentPlan.FromBoxes(boxes);
                taken++;
                return counts.TrueForAll(static c => c == 1) && Enumerable.Range(0, RfmCell.Count).Select(RfmCell.FromIndex)
                    .All(cell => boxes.Single(b => b.Holds(cell)).Name == plan.Of(cell));
            }
            catch (ArgumentException)
            {
                refused++;
                return counts.Exists(static c => c != 1);
            }
        }));
        Assert.True(taken > 500 && refused > 500, $"{taken} taken, {refused} refused");
    }

    private static SegmentBox Box(string name, int r, int rTo, int f, int fTo) => new(name, new ScoreRange(r, rTo), new ScoreRange(f, fTo), ScoreRange.All);
}
