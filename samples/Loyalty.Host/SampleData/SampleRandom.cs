namespace Loyalty.Host.SampleData;

/// <summary>Numbers that look random and are the same for the same seed on every machine and version (SplitMix64).</summary>
internal struct SampleRandom(long seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>A stream of its own for one thing, whatever was drawn for others.</summary>
    public static SampleRandom For(int seed, string what, long index)
    {
        ulong hash = 14_695_981_039_346_656_037;
        foreach (var c in what)
        {
            hash = (hash ^ c) * 1_099_511_628_211;
        }

        return new SampleRandom((long)(hash ^ ((ulong)(uint)seed << 40)) + (index * 0x632B_E59B));
    }

    public ulong Next()
    {
        var z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>A whole number from 0 to below <paramref name="limit"/>.</summary>
    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool OneIn(int times) => Below(times) == 0;

    /// <summary>A long-tailed number: mostly small, seldom up to <paramref name="most"/>.</summary>
    public long Tail(long most)
    {
        var shift = Below(12);
        return (long)(Next() % (ulong)Math.Max(1, most >> shift));
    }
}
