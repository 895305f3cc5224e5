namespace Loyalty.Scoring;

/// <summary>The segments of a program: which of them each of the 125 cells belongs to.</summary>
/// <remarks>
/// Made from bands of the lead score or from boxes over the scores, of which the first match wins. A plan answers for every cell; a cell
/// without a match belongs to <see cref="Others"/>, which only a plan that allows gaps has. Immutable.
/// </remarks>
public sealed class SegmentPlan
{
    /// <summary>The segment of the cells that no box covers.</summary>
    public const string Others = "Others";

    private readonly string[] _names;
    private readonly byte[] _segmentOfCell;

    private SegmentPlan(IReadOnlyList<string> names, Func<RfmCell, int> match)
    {
        _segmentOfCell = new byte[RfmCell.Count];
        var distinct = names.Distinct(StringComparer.Ordinal).ToList();
        var others = distinct.IndexOf(Others);
        for (var i = 0; i < RfmCell.Count; i++)
        {
            var found = match(RfmCell.FromIndex(i));
            if (found < 0 && others < 0)
            {
                others = distinct.Count;
                distinct.Add(Others);
                HasGaps = true;
            }

            _segmentOfCell[i] = (byte)(found < 0 ? others : distinct.IndexOf(names[found]));
        }

        _names = [.. distinct];
    }

    /// <summary>Ten segments over recency and frequency, without gap or overlap; meant for quantile scores.</summary>
    public static SegmentPlan Grid { get; } = FromBoxes(
    [
        Over("Champions", 5, 5, 4, 5), Over("Loyal", 3, 4, 4, 5), Over("Potential loyalist", 4, 5, 2, 3), Over("New", 5, 5, 1, 1),
        Over("Promising", 4, 4, 1, 1), Over("Need attention", 3, 3, 3, 3), Over("About to sleep", 3, 3, 1, 2), Over("At risk", 1, 2, 3, 4),
        Over("Can't lose", 1, 2, 5, 5), Over("Hibernating", 1, 2, 1, 2),
    ]);

    /// <summary>The boxes of the R package <c>rfm</c>, which have gaps and overlaps: the first match wins, no match is <see cref="Others"/>.</summary>
    public static SegmentPlan RPackage { get; } = FromBoxes(
        [
            Over("Champions", 5, 5, 5, 5, 5, 5), Over("Potential Loyalist", 3, 5, 3, 5, 2, 5), Over("Loyal Customers", 2, 4, 2, 4, 2, 4),
            Over("Promising", 3, 4, 1, 3, 3, 5), Over("New Customers", 4, 5, 1, 3, 1, 5), Over("Can't Lose Them", 1, 2, 3, 4, 4, 5),
            Over("At Risk", 1, 2, 2, 5, 4, 5), Over("Need Attention", 1, 3, 3, 5, 3, 5), Over("About To Sleep", 2, 3, 1, 3, 1, 4),
            Over("Lost", 1, 1, 1, 5, 1, 5),
        ],
        allowGaps: true,
        allowOverlaps: true);

    /// <summary>The names of the segments in the order of their list; <see cref="Others"/> last, when there are gaps.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Whether some cell is covered by no segment of the list and so belongs to <see cref="Others"/>.</summary>
    public bool HasGaps { get; }

    /// <summary>The bands it was made of; none when it was made of boxes.</summary>
    public IReadOnlyList<SegmentBand> Bands { get; private init; } = [];

    /// <summary>The boxes it was made of; none when it was made of bands.</summary>
    public IReadOnlyList<SegmentBox> Boxes { get; private init; } = [];

    /// <summary>Whether cells may be covered by no segment.</summary>
    public bool AllowsGaps { get; private init; }

    /// <summary>Whether boxes may share cells.</summary>
    public bool AllowsOverlaps { get; private init; }

    internal ReadOnlySpan<byte> SegmentOfCell => _segmentOfCell;

    /// <summary>Hot from 24, Warm from 18, Cool from 12, Cold from 6, as without a program.</summary>
    public static IReadOnlyList<SegmentBand> LeadBands { get; } = [new("Hot", 24), new("Warm", 18), new("Cool", 12), new("Cold", 6)];

    /// <summary>Makes a plan from bands of the lead score.</summary>
    /// <param name="bands">At least one, in any order, with different names and lower ends; the lowest starts at the lowest possible score.</param>
    /// <param name="weights">What makes the lead score.</param>
    /// <param name="allowGaps">Whether lead scores below all bands make <see cref="Others"/>.</param>
    /// <exception cref="ArgumentException">There is no band, two are alike, or the lowest starts too high.</exception>
    public static SegmentPlan FromBands(IReadOnlyList<SegmentBand> bands, ScoreWeights weights, bool allowGaps = false)
    {
        ArgumentNullException.ThrowIfNull(bands);
        ThrowIf(Check(bands, weights), bands.Select(static b => b.Name).ToList(), allowGaps, allowOverlaps: false);
        return new SegmentPlan([.. bands.Select(static b => b.Name)], cell => Match(bands, weights.LeadScore(cell))) { Bands = [.. bands], AllowsGaps = allowGaps };
    }

    /// <summary>Makes a plan from boxes; the first that holds a cell wins.</summary>
    /// <param name="boxes">At least one; boxes with the same name make one segment.</param>
    /// <param name="allowGaps">Whether cells that no box covers make <see cref="Others"/> instead of an error.</param>
    /// <param name="allowOverlaps">Whether boxes may share cells.</param>
    /// <exception cref="ArgumentException">There is no box, or a gap or overlap that is not allowed; the message names a cell.</exception>
    public static SegmentPlan FromBoxes(IReadOnlyList<SegmentBox> boxes, bool allowGaps = false, bool allowOverlaps = false)
    {
        ArgumentNullException.ThrowIfNull(boxes);
        ThrowIf(Check(boxes), boxes.Select(static b => b.Name).ToList(), allowGaps, allowOverlaps);
        return new SegmentPlan([.. boxes.Select(static b => b.Name)], cell => Match(boxes, cell))
        {
            Boxes = [.. boxes],
            AllowsGaps = allowGaps,
            AllowsOverlaps = allowOverlaps,
        };
    }

    /// <summary>Every cell that no box covers, and every pair of boxes that share a cell; empty when each cell has exactly one.</summary>
    public static IReadOnlyList<SegmentFault> Check(IReadOnlyList<SegmentBox> boxes)
    {
        ArgumentNullException.ThrowIfNull(boxes);
        var faults = new List<SegmentFault>();
        var seen = new HashSet<(int, int)>();
        for (var index = 0; index < RfmCell.Count; index++)
        {
            var cell = RfmCell.FromIndex(index);
            var holding = Enumerable.Range(0, boxes.Count).Where(i => boxes[i].Holds(cell)).ToList();
            if (holding.Count == 0)
            {
                faults.Add(SegmentFault.Gap(cell));
            }

            for (var second = 1; second < holding.Count; second++)
            {
                for (var first = 0; first < second; first++)
                {
                    if (seen.Add((holding[first], holding[second])))
                    {
                        faults.Add(SegmentFault.Overlap(cell, holding[first], holding[second]));
                    }
                }
            }
        }

        return faults;
    }

    /// <summary>Every cell whose lead score is below all bands, and every pair of bands that start at the same score.</summary>
    public static IReadOnlyList<SegmentFault> Check(IReadOnlyList<SegmentBand> bands, ScoreWeights weights)
    {
        ArgumentNullException.ThrowIfNull(bands);
        var faults = new List<SegmentFault>();
        for (var index = 0; index < RfmCell.Count; index++)
        {
            if (Match(bands, weights.LeadScore(RfmCell.FromIndex(index))) < 0)
            {
                faults.Add(SegmentFault.Gap(RfmCell.FromIndex(index)));
            }
        }

        for (var second = 1; second < bands.Count; second++)
        {
            for (var first = 0; first < second; first++)
            {
                if (bands[first].From == bands[second].From)
                {
                    faults.Add(SegmentFault.Overlap(LowestFrom(bands[first].From, weights), first, second));
                }
            }
        }

        return faults;
    }

    /// <summary>The segment of a cell.</summary>
    public string Of(RfmCell cell) => _names[_segmentOfCell[cell.Index]];

    /// <summary>The position in <see cref="Names"/> of the segment of a cell.</summary>
    public int IndexOf(RfmCell cell) => _segmentOfCell[cell.Index];

    private static int Match(IReadOnlyList<SegmentBand> bands, int leadScore)
    {
        var best = -1;
        for (var i = 0; i < bands.Count; i++)
        {
            if (bands[i].From <= leadScore && (best < 0 || bands[i].From > bands[best].From))
            {
                best = i;
            }
        }

        return best;
    }

    private static int Match(IReadOnlyList<SegmentBox> boxes, RfmCell cell)
    {
        for (var i = 0; i < boxes.Count; i++)
        {
            if (boxes[i].Holds(cell))
            {
                return i;
            }
        }

        return -1;
    }

    private static RfmCell LowestFrom(int leadScore, ScoreWeights weights)
    {
        for (var index = 0; index < RfmCell.Count; index++)
        {
            if (weights.LeadScore(RfmCell.FromIndex(index)) >= leadScore)
            {
                return RfmCell.FromIndex(index);
            }
        }

        return RfmCell.FromIndex(RfmCell.Count - 1);
    }

    private static void ThrowIf(IReadOnlyList<SegmentFault> faults, List<string> names, bool allowGaps, bool allowOverlaps)
    {
        if (names.Count is 0 or > 250)
        {
            throw new ArgumentException("A plan has 1 to 250 segments.", nameof(names));
        }

        if (!allowGaps && faults.FirstOrDefault(static f => f.IsGap) is { } gap)
        {
            throw new ArgumentException($"No segment covers the cell {gap.Cell}.", nameof(faults));
        }

        if (!allowOverlaps && faults.FirstOrDefault(static f => !f.IsGap) is { } overlap)
        {
            throw new ArgumentException(
                $"The segments '{names[overlap.First]}' and '{names[overlap.Second]}' both cover the cell {overlap.Cell}.",
                nameof(faults));
        }
    }

    private static SegmentBox Over(string name, int r, int rTo, int f, int fTo, int m = 1, int mTo = 5) =>
        new(name, new ScoreRange(r, rTo), new ScoreRange(f, fTo), new ScoreRange(m, mTo));
}
