using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Loyalty.Tests;

public sealed class WholeSizeTests
{
    [Property(StartSize = 37, EndSize = 37, Arbitrary = [typeof(Sizes)])]
    public bool Two_parameters_of_a_property_have_the_size_of_the_case(CaseSize one, CaseSize other) => (one.Value, other.Value) == (37, 37);

    [Property(StartSize = 37, EndSize = 37, Arbitrary = [typeof(Sizes)])]
    public bool Three_parameters_of_a_property_have_the_size_of_the_case(CaseSize one, CaseSize other, CaseSize third) =>
        (one.Value, other.Value, third.Value) == (37, 37, 37);

    private static class Sizes
    {
        public static Arbitrary<CaseSize> Any { get; } = Gen.Sized(static size => Gen.Constant(new CaseSize(size))).ToArbitrary();
    }
}

/// <summary>The size at which a value was made.</summary>
public readonly record struct CaseSize(int Value);
