using Loyalty.Scoring;

namespace Loyalty.Storage.Scores;

/// <summary>Scores the customers of a run whom orders or the calendar touch, and says what to write: the same for every store.</summary>
/// <remarks>
/// Under the threshold model a store may ask for the customers it knows to be touched, one by one; the quantile model, and a program that differs
/// from that of the last run, need everybody. The result always equals scoring everybody anew. Not safe for use by several threads.
/// </remarks>
public sealed class CustomerScorer
{
    private readonly ScoringProgram _program;
    private readonly SegmentPlan _segments;
    private readonly DateOnly _asOf;
    private readonly bool _isSameProgram;
    private readonly ScoreRule? _rule;
    private readonly SegmentMoveList _moves;
    private readonly List<ChangedScore> _changed = [];

    /// <summary>Creates a scorer for a run.</summary>
    /// <param name="program">How to score.</param>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="isSameProgram">Whether the last run scored everybody as this program does; see <see cref="ScoreRules.Fingerprint"/>.</param>
    /// <param name="moves">Receives who moves between segments.</param>
    public CustomerScorer(ScoringProgram program, DateOnly asOf, bool isSameProgram, SegmentMoveList moves)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(moves);
        _program = program;
        _segments = program.Segments;
        _asOf = asOf;
        _isSameProgram = isSameProgram;
        _rule = program.Model == ScoringModel.Thresholds ? ScoreRule.FromThresholds(program.Thresholds) : null;
        _moves = moves;
    }

    /// <summary>Whether <see cref="Score"/> is not enough: customers that nothing touched may have other scores.</summary>
    public bool NeedsEverybody => _rule is null || !_isSameProgram;

    /// <summary>How many customers were scored anew, or are gone.</summary>
    public long Examined { get; private set; }

    /// <summary>The scores that are new, changed or gone; each customer once.</summary>
    public IReadOnlyList<ChangedScore> Changed => _changed;

    /// <summary>Scores one customer whom something may have touched; whose scores stand is passed over.</summary>
    /// <param name="customer">The customer, asked for once.</param>
    /// <param name="input">What the orders come to now; <see langword="null"/> when there are none any more.</param>
    /// <param name="before">The scores as they are stored; <see langword="null"/> for a new customer.</param>
    /// <exception cref="InvalidOperationException">Everybody must be scored (<see cref="NeedsEverybody"/>).</exception>
    public void Score(string customer, RfmInput? input, Score? before)
    {
        ArgumentNullException.ThrowIfNull(customer);
        if (NeedsEverybody)
        {
            throw new InvalidOperationException("Under this program everybody must be scored.");
        }

        Take(customer, input, before, cell: null);
    }

    /// <summary>Scores everybody.</summary>
    /// <param name="customers">All customers there are now.</param>
    /// <param name="before">All scores as they are stored, in any order.</param>
    public void ScoreAll(CustomerPopulation customers, IEnumerable<(string Customer, Score Score)> before)
    {
        ArgumentNullException.ThrowIfNull(customers);
        ArgumentNullException.ThrowIfNull(before);
        var stored = before.ToDictionary(static s => s.Customer, static s => s.Score, StringComparer.Ordinal);

        // A change of one input may move every cut; the calendar alone moves none, because the cuts grow older with the customers.
        if (_rule is null && _isSameProgram && !IsTouched(customers, stored))
        {
            return;
        }

        var run = _rule is null ? _program.Score(customers, _asOf) : null;
        for (var i = 0; i < customers.Count; i++)
        {
            var customer = customers.NameAt(i);
            stored.Remove(customer, out var old);
            Take(customer, customers.InputAt(i), old, run?[i].Cell);
        }

        foreach (var (customer, old) in stored)
        {
            Take(customer, input: null, old, cell: null);
        }
    }

    private static bool IsTouched(CustomerPopulation customers, Dictionary<string, Score> before)
    {
        for (var i = 0; i < customers.Count; i++)
        {
            if (before.GetValueOrDefault(customers.NameAt(i)) is not { } old || old.Input != customers.InputAt(i))
            {
                return true;
            }
        }

        return customers.Count != before.Count;
    }

    private void Take(string customer, RfmInput? input, Score? before, RfmCell? cell)
    {
        if ((input is null && before is null)
            || (input is { } same && before is not null && _isSameProgram && _rule is { } rule && ScoreRules.Stands(rule, before, same, _asOf)))
        {
            return;
        }

        Examined++;
        var now = input is { } given ? ScoreRules.Make(_program, _segments, _asOf, given, cell ?? _rule!.Score(given, _asOf)) : null;
        _moves.Note(customer, before?.Segment, now?.Segment);
        _changed.Add(new(customer, now, now is null ? null : _rule?.NextChange(now.Input, _asOf)));
    }
}

/// <summary>A customer's scores after a run.</summary>
/// <param name="Customer">The customer.</param>
/// <param name="Score">The scores; <see langword="null"/>: the customer is gone.</param>
/// <param name="NextChange">The day on which time alone will change them; <see langword="null"/>: never, or not known beforehand.</param>
public readonly record struct ChangedScore(string Customer, Score? Score, DateOnly? NextChange)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(ChangedScore), PrintMembers);
}
