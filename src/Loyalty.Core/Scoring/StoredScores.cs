using System.Text.Json.Serialization;

namespace Loyalty.Scoring;

/// <summary>One line of a stored run.</summary>
/// <param name="Customer">The customer.</param>
/// <param name="Input">What the scores were made from.</param>
/// <param name="Cell">The three scores.</param>
/// <param name="LeadScore">The lead score.</param>
/// <param name="Segment">The segment.</param>
public sealed record StoredScore(string Customer, RfmInput Input, RfmCell Cell, int LeadScore, string Segment);

/// <summary>What a store keeps of the last run of scoring: enough to tell what moved, and to score again.</summary>
/// <remarks>Immutable. A state file keeps it; so can any other store.</remarks>
public sealed class StoredScores
{
    private readonly Dictionary<string, StoredScore> _byCustomer;

    /// <summary>Creates it from lines.</summary>
    /// <param name="asOf">The date of scoring.</param>
    /// <param name="scores">One line per customer, in any order.</param>
    /// <exception cref="ArgumentException">A customer stands twice.</exception>
    [JsonConstructor]
    public StoredScores(DateOnly asOf, IEnumerable<StoredScore> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        AsOf = asOf;
        _byCustomer = scores.ToDictionary(static s => s.Customer, StringComparer.Ordinal);
    }

    /// <summary>The date of the run.</summary>
    public DateOnly AsOf { get; }

    /// <summary>The number of customers.</summary>
    public int Count => _byCustomer.Count;

    /// <summary>The lines, in order of customer (ordinal).</summary>
    public IEnumerable<StoredScore> Scores => _byCustomer.Values.OrderBy(static s => s.Customer, StringComparer.Ordinal);

    /// <summary>What to keep of a run.</summary>
    public static StoredScores Of(ScoreRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new StoredScores(run.AsOf, Enumerable.Range(0, run.Count).Select(i =>
        {
            var score = run[i];
            return new StoredScore(run.Customers.NameAt(i), score.Input, score.Cell, score.LeadScore, score.Segment);
        }));
    }

    /// <summary>The segment of a customer, or <see langword="null"/> for one who was not scored.</summary>
    public string? SegmentOf(string customer) => _byCustomer.GetValueOrDefault(customer)?.Segment;

    /// <summary>The line of a customer, or <see langword="null"/> for one who was not scored.</summary>
    public StoredScore? Find(string customer) => _byCustomer.GetValueOrDefault(customer);
}
