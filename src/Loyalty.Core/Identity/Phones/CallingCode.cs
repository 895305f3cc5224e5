namespace Loyalty.Identity.Phones;

/// <summary>A calling code: its regions and one automaton over all their ranges.</summary>
internal sealed class CallingCode
{
    private const int General = 15;

    private readonly DigitAutomaton? _leading;
    private readonly uint[]? _leadingRegions;
    private readonly uint _led;
    private readonly uint[] _generals;
    private readonly RangeUse[][] _uses;

    public CallingCode(int code, PlanRegion[] regions)
    {
        Code = code;
        Regions = regions;

        // A user of a pattern is region and place of the type.
        var users = new Users(regions.Length);
        foreach (var region in regions)
        {
            users.Add(region.General, region.Order * 16 + General);
            for (var type = 0; type < region.Types.Length; type++)
            {
                users.Add(region.Types[type], region.Order * 16 + type);
            }
        }

        Ranges = DigitAutomaton.Build(users.Patterns, users.Count);
        _generals = new uint[Ranges.Labels.Length];
        _uses = new RangeUse[Ranges.Labels.Length][];
        for (var label = 0; label < _uses.Length; label++)
        {
            _uses[label] = Describe(users.Of(Ranges.Labels[label]), out _generals[label]);
        }

        var leaders = new PlanRegion[regions.Length];
        var leading = 0;
        foreach (var region in regions)
        {
            if (region.Leading.Length > 0)
            {
                users.Patterns[leading] = DigitPattern.Parse(region.Leading);
                leaders[leading++] = region;
                _led |= 1U << region.Order;
            }
        }

        if (leading == 0)
        {
            return;
        }

        _leading = DigitAutomaton.Build(users.Patterns, leading);
        _leadingRegions = new uint[_leading.Labels.Length];
        for (var label = 0; label < _leadingRegions.Length; label++)
        {
            foreach (var leader in _leading.Labels[label])
            {
                _leadingRegions[label] |= 1U << leaders[leader].Order;
            }
        }
    }

    /// <summary>The code.</summary>
    public int Code { get; }

    /// <summary>The regions in order of priority; the first is the main one.</summary>
    public PlanRegion[] Regions { get; }

    /// <summary>The automaton over every range of every region.</summary>
    public DigitAutomaton Ranges { get; }

    /// <summary>Whether a national number fits the general pattern of one of the regions.</summary>
    public bool FitsGeneral(ReadOnlySpan<byte> national, int region) => (_generals[Ranges.Walk(national)] >> region & 1) != 0;

    /// <summary>The region and type of a national number.</summary>
    /// <returns>The region's place among those of the code, or -1 when no region claims the number.</returns>
    public int Classify(ReadOnlySpan<byte> national, out PhoneNumberType type) =>
        Classify(Ranges.Walk(national), national.Length, _leading is null ? 0 : LeadingRegions(national), out type);

    /// <summary>The same for a state of the automata, as a walk over many numbers at once needs it.</summary>
    public int Classify(int label, int length, uint leading, out PhoneNumberType type)
    {
        type = PhoneNumberType.Unknown;
        if (length >= 32)
        {
            return Regions.Length == 1 ? 0 : leading == 0 ? -1 : System.Numerics.BitOperations.TrailingZeroCount(leading);
        }

        // Regions are asked in order. Leading digits decide alone where a region has them; elsewhere a region takes the number if it has a type for it.
        var leader = leading == 0 ? 32 : System.Numerics.BitOperations.TrailingZeroCount(leading);
        var uses = _uses[label];
        for (var i = 0; i < uses.Length; i++)
        {
            var use = uses[i];
            if (use.Region > leader)
            {
                break;
            }

            if ((use.Lengths >> length & 1) == 0 || ((_led >> use.Region & 1) != 0 && use.Region != leader && Regions.Length > 1))
            {
                continue;
            }

            type = use.Type;
            if (type == PhoneNumberType.FixedLine)
            {
                var mobile = i + 1 < uses.Length && uses[i + 1].Region == use.Region && (uses[i + 1].Lengths >> length & 1) != 0;
                type = mobile || Regions[use.Region].MobileIsFixed ? PhoneNumberType.FixedLineOrMobile : type;
            }

            return use.Region;
        }

        return leader < 32 ? leader : Regions.Length == 1 ? 0 : -1;
    }

    /// <summary>Where the leading digits of a number have come to.</summary>
    /// <param name="State">The state of the automaton of leading digits.</param>
    /// <param name="Regions">The regions whose leading digits were met; bit n is region n.</param>
    public readonly record struct LeadingDigits(int State, uint Regions);

    /// <summary>The leading digits before the first one.</summary>
    public LeadingDigits LeadingStart => new(_leading?.Start ?? DigitAutomaton.Dead, 0);

    /// <summary>The leading digits after one more digit (0 to 9).</summary>
    public LeadingDigits LeadingNext(LeadingDigits at, int digit)
    {
        if (_leading is null || at.State == DigitAutomaton.Dead)
        {
            return at;
        }

        var state = _leading.Next(at.State, digit);
        return new LeadingDigits(state, at.Regions | _leadingRegions![_leading.LabelOf(state)]);
    }

    private uint LeadingRegions(ReadOnlySpan<byte> national)
    {
        var at = LeadingStart;
        foreach (var digit in national)
        {
            at = LeadingNext(at, digit - '0');
            if (at.State == DigitAutomaton.Dead)
            {
                break;
            }
        }

        return at.Regions;
    }

    /// <summary>What it means that a number fits the patterns of some users: the regions whose general pattern it fits, and the uses in the order they are asked.</summary>
    private RangeUse[] Describe(ReadOnlySpan<int> users, out uint generals)
    {
        generals = 0;
        var described = 0;
        foreach (var user in users)
        {
            generals |= user % 16 == General ? 1U << user / 16 : 0;
        }

        foreach (var user in users)
        {
            described += IsUse(user, generals) ? 1 : 0;
        }

        var uses = new RangeUse[described];
        foreach (var user in users)
        {
            if (IsUse(user, generals))
            {
                int region = user / 16, type = user % 16;
                uses[^described--] = new RangeUse(region, PlanRegion.TypeOrder[type], Regions[region].TypeLengths[type]);
            }
        }

        return uses;

        static bool IsUse(int user, uint generals) => user % 16 != General && (generals >> user / 16 & 1) != 0;
    }

    /// <summary>A region uses a range for a type of number, at some lengths.</summary>
    private sealed class RangeUse(int region, PhoneNumberType type, uint lengths)
    {
        public readonly int Region = region;
        public readonly PhoneNumberType Type = type;
        public readonly uint Lengths = lengths;
    }

    /// <summary>The different patterns of a calling code and who uses each; one that several regions share is one pattern of the automaton.</summary>
    /// <remarks>Plain arrays, because the first number of a process waits for this.</remarks>
    private sealed class Users(int regions)
    {
        public readonly DigitPattern[] Patterns = new DigitPattern[regions * 11];
        private readonly byte[][] _texts = new byte[regions * 11][];

        // The users of a pattern are chained; numbers count from one.
        private readonly int[] _first = new int[regions * 11];
        private readonly int[] _next = new int[regions * 16];
        private readonly int[] _found = new int[regions * 16];

        public int Count { get; private set; }

        public void Add(byte[] text, int user)
        {
            if (text.Length == 0)
            {
                return;
            }

            var pattern = 0;
            while (pattern < Count && !_texts[pattern].AsSpan().SequenceEqual(text))
            {
                pattern++;
            }

            if (pattern == Count)
            {
                _texts[pattern] = text;
                Patterns[pattern] = DigitPattern.Parse(text);
                Count++;
            }

            _next[user] = _first[pattern];
            _first[pattern] = user + 1;
        }

        /// <summary>The users of some patterns, ascending; good until the next call.</summary>
        public ReadOnlySpan<int> Of(int[] patterns)
        {
            var count = 0;
            foreach (var pattern in patterns)
            {
                for (var user = _first[pattern]; user > 0; user = _next[user - 1])
                {
                    var at = count++;
                    for (; at > 0 && _found[at - 1] >= user; at--)
                    {
                        _found[at] = _found[at - 1];
                    }

                    _found[at] = user - 1;
                }
            }

            return _found.AsSpan(0, count);
        }
    }
}
