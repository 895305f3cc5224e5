using System.Runtime.InteropServices;

namespace Loyalty.Scoring;

/// <summary>The customers that are scored together, each with a name and an input, in the order they were added.</summary>
/// <remarks>Not safe for use by several threads while customers are added.</remarks>
public sealed class CustomerPopulation
{
    private readonly List<string> _names;
    private readonly List<RfmInput> _inputs;
    private readonly Dictionary<string, int> _positions;

    /// <summary>Creates an empty population.</summary>
    public CustomerPopulation()
        : this(0)
    {
    }

    internal CustomerPopulation(int capacity)
    {
        _names = new List<string>(capacity);
        _inputs = new List<RfmInput>(capacity);
        _positions = new Dictionary<string, int>(capacity, StringComparer.Ordinal);
    }

    /// <summary>The number of customers.</summary>
    public int Count => _names.Count;

    /// <summary>Adds a customer.</summary>
    /// <returns>Whether it was added; <see langword="false"/> when a customer of that name is in already, which stays as it is.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public bool TryAdd(string customer, RfmInput input)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(customer);
        if (!_positions.TryAdd(customer, _names.Count))
        {
            return false;
        }

        _names.Add(customer);
        _inputs.Add(input);
        return true;
    }

    /// <summary>The name of the customer at a position.</summary>
    public string NameAt(int position) => _names[position];

    /// <summary>The input of the customer at a position.</summary>
    public RfmInput InputAt(int position) => _inputs[position];

    /// <summary>Where a customer stands.</summary>
    public bool TryFind(string customer, out int position) => _positions.TryGetValue(customer, out position);

    internal ReadOnlySpan<RfmInput> Inputs => CollectionsMarshal.AsSpan(_inputs);

    /// <summary>Scores inputs together, in their order.</summary>
    /// <param name="program">How to score.</param>
    /// <param name="inputs">The inputs of all customers that are scored together.</param>
    /// <param name="asOf">The date of scoring.</param>
    /// <returns>The <see cref="RfmCell.Index"/> of each.</returns>
    /// <exception cref="ArgumentException">A last order is after the date.</exception>
    public static byte[] CellsOf(ScoringProgram program, ReadOnlySpan<RfmInput> inputs, DateOnly asOf)
    {
        ArgumentNullException.ThrowIfNull(program);
        return Score(program, inputs, asOf).Cells;
    }

    /// <summary>The rule of a program for these customers, and the cell of each.</summary>
    internal static (ScoreRule Rule, byte[] Cells) Score(ScoringProgram program, ReadOnlySpan<RfmInput> inputs, DateOnly asOf)
    {
        var cells = new byte[inputs.Length];
        foreach (ref readonly var input in inputs)
        {
            if (input.LastOrderOn > asOf)
            {
                throw new ArgumentException($"A last order, {input.LastOrderOn:O}, is after the date of scoring, {asOf:O}.", nameof(inputs));
            }
        }

        if (!TryColumns(inputs, out var columns))
        {
            var plain = RuleOf(program, inputs, asOf);
            for (var i = 0; i < inputs.Length; i++)
            {
                cells[i] = (byte)plain.Score(inputs[i], asOf).Index;
            }

            return (plain, cells);
        }

        var rule = RuleOf(program, columns, asOf);
        rule.Score(columns, asOf, cells);
        return (rule, cells);
    }

    /// <summary>The rule of a program for these customers.</summary>
    internal static ScoreRule RuleOf(ScoringProgram program, ReadOnlySpan<RfmInput> inputs, DateOnly asOf) =>
        program.Model == ScoringModel.Thresholds ? ScoreRule.FromThresholds(program.Thresholds)
        : TryColumns(inputs, out var columns) ? RuleOf(program, columns, asOf)
        : ScoreRule.FromQuantiles(inputs, asOf, program.Cuts);

    private static ScoreRule RuleOf(ScoringProgram program, in RfmColumns columns, DateOnly asOf) => program.Model == ScoringModel.Thresholds
        ? ScoreRule.FromThresholds(program.Thresholds)
        : ScoreRule.FromQuantiles(columns, asOf, program.Cuts);

    /// <summary>The inputs in columns, unless the amounts do not fit 64 bits with common decimals.</summary>
    private static bool TryColumns(ReadOnlySpan<RfmInput> inputs, out RfmColumns columns)
    {
        columns = default;
        var digits = CommonDigits(inputs);
        if (digits < 0)
        {
            return false;
        }

        var (days, orders, net) = (new int[inputs.Length], new int[inputs.Length], new long[inputs.Length]);
        var unit = ScoreBoundaries.PowerOfTen(digits);
        for (var i = 0; i < inputs.Length; i++)
        {
            days[i] = inputs[i].LastOrderOn?.DayNumber ?? RfmColumns.Never;
            orders[i] = inputs[i].Orders;
            net[i] = (long)(inputs[i].Net * unit);
        }

        columns = new RfmColumns(days, orders, net, digits);
        return true;
    }

    /// <summary>The fewest decimals that hold all amounts exactly, or −1 when they do not fit 64 bits then.</summary>
    private static int CommonDigits(ReadOnlySpan<RfmInput> inputs)
    {
        var digits = 0;
        var largest = 0m;
        foreach (ref readonly var input in inputs)
        {
            largest = Math.Max(largest, Math.Abs(input.Net));
            while (digits < input.Net.Scale && input.Net * ScoreBoundaries.PowerOfTen(digits) % 1 != 0)
            {
                digits++;
            }
        }

        return largest * ScoreBoundaries.PowerOfTen(digits) < long.MaxValue ? digits : -1;
    }
}
