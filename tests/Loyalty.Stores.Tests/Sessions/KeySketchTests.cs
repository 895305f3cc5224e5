using FsCheck.Xunit;
using Loyalty.Postgres.Members;
using Xunit;

namespace Loyalty.Tests.Stores.Sessions;

/// <summary>What a run remembers of the keys that came.</summary>
public sealed class KeySketchTests
{
    [Property]
    public bool A_key_that_came_before_was_seen_however_many_were_expected(ushort expected, ulong[] keys)
    {
        using var sketch = new KeySketch(expected);
        foreach (var key in keys)
        {
            sketch.Mark(key * 0x9E37_79B9_7F4A_7C15);
        }

        return keys.All(k => sketch.Mark(k * 0x9E37_79B9_7F4A_7C15));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void Of_a_hundred_thousand_keys_that_are_new_hardly_any_was_seen_and_of_the_same_again_all(long expected)
    {
        using var sketch = new KeySketch(expected);
        var seen = 0;
        for (ulong i = 1; i <= 100_000; i++)
        {
            seen += sketch.Mark(Mixed(i)) ? 1 : 0;
        }

        Assert.InRange(seen, 0, 5);
        for (ulong i = 1; i <= 100_000; i++)
        {
            Assert.True(sketch.Mark(Mixed(i)));
        }
    }

    private static ulong Mixed(ulong i)
    {
        i = (i ^ (i >> 30)) * 0xBF58_476D_1CE4_E5B9;
        i = (i ^ (i >> 27)) * 0x94D0_49BB_1331_11EB;
        return i ^ (i >> 31);
    }
}
