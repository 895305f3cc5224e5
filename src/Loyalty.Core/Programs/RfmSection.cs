using System.Globalization;
using System.Text.Json;
using Loyalty.Money;
using Loyalty.Scoring;

namespace Loyalty.Programs;

/// <summary>Reads the <c>rfm</c> section of a program: model, weights and segments. What is left out has the value it has without a program.</summary>
internal static class RfmSection
{
    private const int ShownCells = 3;

    public static ScoringProgram? Read(JsonSection rfm, Currency? currency)
    {
        var model = rfm.Choice("model", required: false, ProgramWords.ScoringModels);
        var cuts = rfm.Choice("cuts", required: false, ProgramWords.CutRules);
        var thresholds = ReadThresholds(rfm, currency);
        var weights = ReadWeights(rfm);
        var allowGaps = rfm.Flag("allowGaps") ?? false;
        var allowOverlaps = rfm.Flag("allowOverlaps") ?? false;
        var segments = weights is null ? null : ReadSegments(rfm, weights.Value, allowGaps, allowOverlaps);
        if (weights is null)
        {
            rfm.Any("segments", required: false);
        }

        rfm.Close();
        return thresholds is null || segments is null ? null : new ScoringProgram
        {
            Model = model ?? ScoringModel.Thresholds,
            Cuts = cuts ?? CutRule.Exact,
            Thresholds = thresholds,
            Weights = weights!.Value,
            Segments = segments,
        };
    }

    private static ThresholdModel? ReadThresholds(JsonSection rfm, Currency? currency)
    {
        var standard = ThresholdModel.Default;
        var days = Whole(rfm, "recencyDays", standard.RecencyDays, 100_000, rising: true);
        var orders = Whole(rfm, "orders", standard.Orders, 1_000_000_000, rising: false);
        var net = Numbers(rfm, "net", standard.Net.ToArray(), rising: false, (value, path) =>
        {
            if (value is >= RfmInput.MaxNet or <= -RfmInput.MaxNet)
            {
                rfm.Fault(path, string.Create(CultureInfo.InvariantCulture, $"expected an amount below 10^12 in magnitude, found {value}"));
                return false;
            }

            if (currency is not null && !currency.TryToMinor(value, out _))
            {
                rfm.Fault(path, string.Create(
                    CultureInfo.InvariantCulture, $"expected an amount with at most {currency.Digits} decimals ({currency.Code}), found {value}"));
                return false;
            }

            return true;
        });
        return days is null || orders is null || net is null ? null : new ThresholdModel(days, orders, net);
    }

    private static ScoreWeights? ReadWeights(JsonSection rfm)
    {
        if (rfm.Any("weights", required: false) is null)
        {
            return ScoreWeights.Default;
        }

        var items = rfm.Items("weights", required: false);
        var weights = new List<int>();
        foreach (var (path, value) in items)
        {
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var weight) && weight is >= 0 and <= ScoreWeights.Max)
            {
                weights.Add(weight);
            }
            else
            {
                rfm.Fault(path, $"expected a whole number from 0 to {ScoreWeights.Max}, found {JsonSection.Shown(value)}");
            }
        }

        if (items.Count != 3 && rfm.Any("weights", required: false)!.Value.ValueKind == JsonValueKind.Array)
        {
            rfm.FaultAt("weights", $"expected three weights, for R, F and M, found {items.Count}");
            return null;
        }

        if (weights.Count != 3)
        {
            return null;
        }

        if (weights.TrueForAll(static w => w == 0))
        {
            rfm.FaultAt("weights", "all weights are 0, so that every customer would have the same lead score; give one of them a weight");
            return null;
        }

        return new ScoreWeights(weights[0], weights[1], weights[2]);
    }

    private static int[]? Whole(JsonSection rfm, string name, ReadOnlySpan<int> standard, int max, bool rising)
    {
        var defaults = Array.ConvertAll(standard.ToArray(), static n => (decimal)n);
        var numbers = Numbers(rfm, name, defaults, rising, (value, path) =>
        {
            if (value >= 0 && value <= max && value == decimal.Truncate(value))
            {
                return true;
            }

            rfm.Fault(path, string.Create(CultureInfo.InvariantCulture, $"expected a whole number from 0 to {max}, found {value}"));
            return false;
        });
        return numbers is null ? null : Array.ConvertAll(numbers, static n => (int)n);
    }

    /// <summary>Four numbers, for the scores 5, 4, 3 and 2.</summary>
    private static decimal[]? Numbers(JsonSection rfm, string name, decimal[] standard, bool rising, Func<decimal, string, bool> check)
    {
        if (rfm.Any(name, required: false) is not { } list)
        {
            return standard;
        }

        var items = rfm.Items(name, required: false);
        var numbers = new List<decimal>();
        foreach (var (path, value) in items)
        {
            if (value.ValueKind != JsonValueKind.Number || !JsonSection.TryExact(value.GetRawText(), out var number))
            {
                rfm.Fault(path, $"expected a number, found {JsonSection.Shown(value)}");
            }
            else if (check(number, path))
            {
                if (numbers.Count > 0 && numbers.Count < 4 && (rising ? number <= numbers[^1] : number >= numbers[^1]))
                {
                    rfm.Fault(path, string.Create(
                        CultureInfo.InvariantCulture,
                        $"{number} must be {(rising ? "above" : "below")} {numbers[^1]}: the list stands from score 5 to score 2"));
                }

                numbers.Add(number);
            }
        }

        if (items.Count != 4 && list.ValueKind == JsonValueKind.Array)
        {
            rfm.FaultAt(name, $"expected four numbers, for the scores 5, 4, 3 and 2, found {items.Count}");
            return null;
        }

        var isOrdered = numbers.Count == 4;
        for (var i = 1; i < numbers.Count; i++)
        {
            isOrdered &= rising ? numbers[i] > numbers[i - 1] : numbers[i] < numbers[i - 1];
        }

        return isOrdered ? [.. numbers] : null;
    }

    private static SegmentPlan? ReadSegments(JsonSection rfm, ScoreWeights weights, bool allowGaps, bool allowOverlaps)
    {
        if (rfm.Any("segments", required: false) is not { } value)
        {
            return Bands(rfm, SegmentPlan.LeadBands, weights, allowGaps);
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return rfm.Choice("segments", required: true, ("lead", 0), ("grid", 1), ("r", 2)) switch
            {
                0 => Bands(rfm, SegmentPlan.LeadBands, weights, allowGaps),
                1 => SegmentPlan.Grid,
                2 => SegmentPlan.RPackage,
                _ => null,
            };
        }

        var sections = rfm.Sections("segments", required: true);
        if (sections.Count == 0)
        {
            if (value.ValueKind == JsonValueKind.Array)
            {
                rfm.FaultAt("segments", "lists no segment; name some, or leave it out for Hot, Warm, Cool and Cold");
            }

            return null;
        }

        if (sections.Count > 200)
        {
            rfm.FaultAt("segments", $"lists {sections.Count} segments; at most 200 are read");
            return null;
        }

        return sections.Exists(static s => s.Has("from")) ? ReadBands(rfm, sections, weights, allowGaps) : ReadBoxes(rfm, sections, allowGaps, allowOverlaps);
    }

    private static SegmentPlan? ReadBands(JsonSection rfm, List<JsonSection> sections, ScoreWeights weights, bool allowGaps)
    {
        var bands = new List<SegmentBand>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in sections)
        {
            var name = section.Text("name", required: true);
            var from = section.Integer("from", required: true, 0, weights.Highest);
            foreach (var axis in (ReadOnlySpan<string>)["r", "f", "m"])
            {
                if (section.Any(axis, required: false) is not null)
                {
                    section.FaultAt(axis, "the segments are bands of the lead score (\"from\"); a list has bands or boxes, not both");
                }
            }

            section.Close();
            if (name is not null && !names.Add(name))
            {
                section.FaultAt("name", $"a band has the name '{name}' already");
            }

            if (name is not null && from is not null)
            {
                bands.Add(new SegmentBand(name, from.Value));
            }
        }

        return bands.Count == sections.Count && names.Count == sections.Count ? Bands(rfm, bands, weights, allowGaps) : null;
    }

    private static SegmentPlan? Bands(JsonSection rfm, IReadOnlyList<SegmentBand> bands, ScoreWeights weights, bool allowGaps)
    {
        var faults = SegmentPlan.Check(bands, weights);
        var gaps = faults.Where(static f => f.IsGap).ToList();
        if (gaps.Count > 0 && !allowGaps)
        {
            rfm.FaultAt("segments", string.Create(
                CultureInfo.InvariantCulture,
                $"the lowest band starts at {bands.Min(static b => b.From)}, but lead scores start at {weights.Lowest}, so that no segment covers {Cells(gaps)}; "
                + $"let the lowest band start at {weights.Lowest}, or say \"allowGaps\": true"));
        }

        foreach (var fault in faults.Where(static f => !f.IsGap))
        {
            rfm.Fault(string.Create(CultureInfo.InvariantCulture, $"{rfm.PathOf("segments")}[{fault.Second}].from"), string.Create(
                CultureInfo.InvariantCulture,
                $"'{bands[fault.Second].Name}' starts at {bands[fault.Second].From} as '{bands[fault.First].Name}' does, so that both cover {fault.Cell}"));
        }

        return faults.All(f => f.IsGap && allowGaps) ? SegmentPlan.FromBands(bands, weights, allowGaps) : null;
    }

    private static SegmentPlan? ReadBoxes(JsonSection rfm, List<JsonSection> sections, bool allowGaps, bool allowOverlaps)
    {
        var boxes = new List<SegmentBox>();
        foreach (var section in sections)
        {
            var name = section.Text("name", required: true);
            var r = Range(section, "r");
            var f = Range(section, "f");
            var m = Range(section, "m");
            section.Close();
            if (name is not null && r is not null && f is not null && m is not null)
            {
                boxes.Add(new SegmentBox(name, r.Value, f.Value, m.Value));
            }
        }

        if (boxes.Count < sections.Count)
        {
            return null;
        }

        var faults = SegmentPlan.Check(boxes);
        var gaps = faults.Where(static f => f.IsGap).ToList();
        if (gaps.Count > 0 && !allowGaps)
        {
            rfm.FaultAt("segments", $"no segment covers {Cells(gaps)}; cover them, or say \"allowGaps\": true");
        }

        var overlaps = faults.Where(static f => !f.IsGap).ToList();
        foreach (var fault in allowOverlaps ? [] : overlaps)
        {
            rfm.Fault(sections[fault.Second].Path, string.Create(
                CultureInfo.InvariantCulture,
                $"'{boxes[fault.Second].Name}' and '{boxes[fault.First].Name}' ({sections[fault.First].Path}) both cover {fault.Cell}; "
                + $"part them, or say \"allowOverlaps\": true for the first match"));
        }

        return (gaps.Count > 0 && !allowGaps) || (overlaps.Count > 0 && !allowOverlaps) ? null : SegmentPlan.FromBoxes(boxes, allowGaps, allowOverlaps);
    }

    /// <summary>A range of scores as <c>[1, 5]</c> or one score as <c>5</c>; left out, all scores.</summary>
    private static ScoreRange? Range(JsonSection section, string name)
    {
        if (section.Any(name, required: false) is not { } value)
        {
            return ScoreRange.All;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var one) && one is >= 1 and <= 5)
        {
            return new ScoreRange(one, one);
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2
            && value[0].ValueKind == JsonValueKind.Number && value[0].TryGetInt32(out var from)
            && value[1].ValueKind == JsonValueKind.Number && value[1].TryGetInt32(out var to)
            && from >= 1 && from <= to && to <= 5)
        {
            return new ScoreRange(from, to);
        }

        section.FaultAt(name, $"expected the lowest and the highest score, such as [1, 3], from 1 to 5, found {JsonSection.Shown(value)}");
        return null;
    }

    private static string Cells(List<SegmentFault> gaps)
    {
        var shown = string.Join(", ", gaps.Take(ShownCells).Select(static f => $"the cell {f.Cell}"));
        return gaps.Count <= ShownCells ? shown : string.Create(CultureInfo.InvariantCulture, $"{shown} and {gaps.Count - ShownCells} more");
    }
}
