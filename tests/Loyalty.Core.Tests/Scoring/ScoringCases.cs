using FsCheck;
using FsCheck.Fluent;
using Loyalty.Scoring;

namespace Loyalty.Tests.Scoring;

internal static class ScoringCases
{
    public static readonly DateOnly AsOf = new(2025, 10, 15);

    /// <summary>Ten thousand cases, where one test checks several programs; FsCheck prints the seed of a failure.</summary>
    public static Config Config { get; } = Config.QuickThrowOnFailure.WithMaxTest(10_000);

    public static CustomerPopulation Population(IReadOnlyList<RfmInput> inputs)
    {
        var population = new CustomerPopulation();
        for (var i = 0; i < inputs.Count; i++)
        {
            population.TryAdd($"c{i:D6}", inputs[i]);
        }

        return population;
    }

    public static RfmCell[] Cells(ScoringProgram program, IReadOnlyList<RfmInput> inputs)
    {
        var run = program.Score(Population(inputs), AsOf);
        return [.. Enumerable.Range(0, run.Count).Select(i => run[i].Cell)];
    }
}

/// <summary>Generated customers: many ties, values around the limits, amounts with up to four decimals.</summary>
internal static class ScoringInputs
{
    public static Gen<RfmInput> Customer { get; } =
        from age in Gen.Frequency(
            (2, Gen.Elements(0, 1, 29, 30, 31, 59, 60, 61, 89, 90, 91, 179, 180, 181)), (2, Gen.Choose(0, 400)), (1, Gen.Constant(-1)))
        from orders in Gen.Frequency((3, Gen.Choose(1, 12)), (1, Gen.Choose(1, 100_000)))
        from cents in Gen.Frequency((2, Gen.Elements(4999, 5000, 5001, 19_999, 20_000, 49_999, 50_000, 99_999, 100_000)), (3, Gen.Choose(-5_000, 200_000)))
        from fraction in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Choose(0, 99)))
        let net = (cents / 100m) + (fraction / 10_000m)
        select age < 0 ? new RfmInput(null, 0, net) : new RfmInput(ScoringCases.AsOf.AddDays(-age), orders, net);

    public static Arbitrary<RfmInput> One { get; } = Customer.ToArbitrary();

    public static Arbitrary<RfmInput[]> Some { get; } = Customer.ArrayOf().Resize(14).ToArbitrary();
}
