using System.Runtime.InteropServices;

namespace Loyalty.Scoring;

/// <summary>Scores that are kept up to date by differences: when a customer's orders change, and when the calendar moves one.</summary>
/// <remarks>
/// <para>Under the threshold model <see cref="Rescore"/> looks only at customers whose input was set and at those whose last order has grown
/// older than a limit since, found by an index of due dates. Under the quantile model a changed input may move every cut, so all customers are
/// scored again; the calendar alone changes nothing, because the cuts grow older with the customers.</para>
/// <para>The result always equals scoring everybody anew. Not safe for use by several threads.</para>
/// </remarks>
public sealed class ScoreBook
{
    private readonly ScoringProgram _program;
    private readonly SegmentPlan _segments;
    private readonly ScoreRule? _fixedRule;
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly List<RfmInput> _inputs = [];
    private readonly List<Score?> _scores = [];
    private readonly List<bool> _present = [];
    private readonly HashSet<int> _touched = [];
    private readonly DueDates _due = new();
    private readonly int[] _perSegment;

    /// <summary>Creates an empty book.</summary>
    /// <param name="program">How to score.</param>
    /// <param name="asOf">The first date of scoring.</param>
    public ScoreBook(ScoringProgram program, DateOnly asOf)
    {
        ArgumentNullException.ThrowIfNull(program);
        _program = program;
        _segments = program.Segments;
        _fixedRule = program.Model == ScoringModel.Thresholds ? ScoreRule.FromThresholds(program.Thresholds) : null;
        _perSegment = new int[_segments.Names.Count];
        AsOf = asOf;
    }

    /// <summary>The date of scoring.</summary>
    public DateOnly AsOf { get; private set; }

    /// <summary>The number of customers.</summary>
    public int Count { get; private set; }

    /// <summary>How many customers the last <see cref="Rescore"/> looked at.</summary>
    public int LastExamined { get; private set; }

    /// <summary>Sets the input of a customer, who is added if new; it counts from the next <see cref="Rescore"/> on.</summary>
    /// <exception cref="ArgumentException">The name is blank, or the last order is after <see cref="AsOf"/>.</exception>
    public void Set(string customer, RfmInput input)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(customer);
        if (input.LastOrderOn > AsOf)
        {
            throw new ArgumentException($"The last order, {input.LastOrderOn:O}, is after the date of scoring, {AsOf:O}.", nameof(input));
        }

        ref var position = ref CollectionsMarshal.GetValueRefOrAddDefault(_positions, customer, out var known);
        if (!known)
        {
            position = _names.Count;
            _names.Add(customer);
            _inputs.Add(input);
            _scores.Add(null);
            _present.Add(false);
        }

        if (!_present[position])
        {
            _present[position] = true;
            Count++;
        }
        else if (_inputs[position] == input)
        {
            return;
        }

        _inputs[position] = input;
        _touched.Add(position);
    }

    /// <summary>Removes a customer; it counts from the next <see cref="Rescore"/> on.</summary>
    /// <returns>Whether there was one of that name.</returns>
    public bool Remove(string customer)
    {
        if (!_positions.TryGetValue(customer, out var position) || !_present[position])
        {
            return false;
        }

        _present[position] = false;
        Count--;
        _touched.Add(position);
        return true;
    }

    /// <summary>Moves the date of scoring on; it counts from the next <see cref="Rescore"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="asOf"/> is before <see cref="AsOf"/>.</exception>
    public void AdvanceTo(DateOnly asOf)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(asOf, AsOf);
        AsOf = asOf;
    }

    /// <summary>The scores of a customer as of the last <see cref="Rescore"/>, or <see langword="null"/>.</summary>
    public Score? Find(string customer) => _positions.TryGetValue(customer, out var position) ? _scores[position] : null;

    /// <summary>How many customers are in a segment, as of the last <see cref="Rescore"/>.</summary>
    public int CustomersIn(string segment) => _perSegment.Where((_, i) => string.Equals(_segments.Names[i], segment, StringComparison.Ordinal)).Sum();

    /// <summary>Brings all scores up to date.</summary>
    /// <returns>The customers whose cell changed, who are new, or who are gone, in order of name (ordinal).</returns>
    public IReadOnlyList<ScoreChange> Rescore()
    {
        var changes = new List<ScoreChange>();
        LastExamined = 0;
        if (_fixedRule is { } rule)
        {
            while (_due.TryTake(AsOf, out var due))
            {
                _touched.Add(due);
            }

            foreach (var position in _touched)
            {
                Put(position, _present[position] ? rule.Score(_inputs[position], AsOf) : null, changes);
                _due.Set(position, _present[position] ? rule.NextChange(_inputs[position], AsOf) : null);
            }
        }
        else if (_touched.Count > 0)
        {
            RescoreAll(changes);
        }

        _touched.Clear();
        changes.Sort(static (a, b) => string.CompareOrdinal(a.Customer, b.Customer));
        return changes;
    }

    private void RescoreAll(List<ScoreChange> changes)
    {
        var present = new List<int>(Count);
        var inputs = new List<RfmInput>(Count);
        for (var position = 0; position < _names.Count; position++)
        {
            if (_present[position])
            {
                present.Add(position);
                inputs.Add(_inputs[position]);
            }
            else
            {
                Put(position, null, changes);
            }
        }

        var (_, cells) = CustomerPopulation.Score(_program, CollectionsMarshal.AsSpan(inputs), AsOf);
        for (var i = 0; i < cells.Length; i++)
        {
            Put(present[i], RfmCell.FromIndex(cells[i]), changes);
        }
    }

    private void Put(int position, RfmCell? cell, List<ScoreChange> changes)
    {
        LastExamined++;
        var before = _scores[position];
        var after = cell is { } now ? new Score(AsOf, _inputs[position], now, _program.Weights.LeadScore(now), _segments.Of(now)) : null;
        if (before?.Cell != cell)
        {
            changes.Add(new ScoreChange(_names[position], before, after));
        }

        _perSegment[before is null ? 0 : _segments.IndexOf(before.Cell)] -= before is null ? 0 : 1;
        _perSegment[after is null ? 0 : _segments.IndexOf(after.Cell)] += after is null ? 0 : 1;
        _scores[position] = after;
    }
}
