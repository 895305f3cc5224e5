using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Tests;

[assembly: Properties(Arbitrary = [typeof(WholeSize), typeof(Seeds)])]

namespace Loyalty.Tests;

/// <summary>Each parameter of a property is made at the whole size of the case: FsCheck by itself shares the size out among them.</summary>
internal static class WholeSize
{
    public static Arbitrary<Tuple<T1, T2>> Two<T1, T2>(Arbitrary<T1> first, Arbitrary<T2> second) =>
        first.Zip(second).Convert(static p => p.ToTuple(), static t => t.ToValueTuple());

    public static Arbitrary<Tuple<T1, T2, T3>> Three<T1, T2, T3>(Arbitrary<T1> first, Arbitrary<T2> second, Arbitrary<T3> third) =>
        first.Zip(second).Zip(third).Convert(static p => Tuple.Create(p.Item1.Item1, p.Item1.Item2, p.Item2), static t => ((t.Item1, t.Item2), t.Item3));
}

/// <summary>Where what a property itself leaves to chance begins: any number from 0, whatever the size of the case.</summary>
public readonly record struct Seed(int Value);

internal static class Seeds
{
    public static Arbitrary<Seed> Any { get; } = Gen.Choose(0, int.MaxValue).Select(static i => new Seed(i)).ToArbitrary();
}
