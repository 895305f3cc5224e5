using System.Runtime.InteropServices;

namespace Loyalty.Identity.Phones;

/// <summary>
/// One minimal deterministic automaton over many digit patterns: a walk of one step per digit tells every pattern that a text fits, and every pattern that
/// one of its beginnings fits.
/// </summary>
/// <remarks>All patterns are finite (no <c>*</c>, no <c>+</c>), so the automaton has no cycles and is made minimal as it is built, from the ends.</remarks>
internal sealed class DigitAutomaton
{
    /// <summary>The state of a text that fits nothing, whatever follows.</summary>
    public const int Dead = 0;

    private readonly ushort[] _next;
    private readonly ushort[] _label;

    private DigitAutomaton(ushort[] next, ushort[] label, int start, int[][] labels)
    {
        _next = next;
        _label = label;
        Start = start;
        Labels = labels;
    }

    /// <summary>The state before the first digit.</summary>
    public int Start { get; }

    /// <summary>The sets of patterns, by label; ascending pattern numbers. Label 0 is the empty set.</summary>
    public int[][] Labels { get; }

    /// <summary>How many states there are, the dead one included.</summary>
    public int States => _label.Length;

    /// <summary>The state after one more digit (0 to 9).</summary>
    public int Next(int state, int digit) => _next[state * 10 + digit];

    /// <summary>The label of a state.</summary>
    public int LabelOf(int state) => _label[state];

    /// <summary>The label of a whole text of ASCII digits.</summary>
    public int Walk(ReadOnlySpan<byte> digits)
    {
        var next = _next;
        var state = Start;
        foreach (var digit in digits)
        {
            state = next[state * 10 + (digit - '0')];
            if (state == Dead)
            {
                break;
            }
        }

        return _label[state];
    }

    /// <summary>Builds the automaton of some patterns; their numbers are their positions.</summary>
    public static DigitAutomaton Build(IReadOnlyList<DigitPattern> patterns) => new Builder().Build(patterns);

    private sealed class Builder
    {
        // The nondeterministic automaton: a digit state has a mask and a target, a fork two targets, an accept state a pattern number.
        private readonly List<(Kind Kind, int Value, int Target)> _states = [];
        private readonly Dictionary<(Kind, int, int), int> _known = [];

        private readonly List<ushort> _next = [];
        private readonly List<ushort> _label = [];
        private readonly Dictionary<string, ushort> _bySet = new(StringComparer.Ordinal);
        private readonly Dictionary<string, ushort> _byShape = new(StringComparer.Ordinal);
        private readonly Dictionary<string, ushort> _byLabel = new(StringComparer.Ordinal);
        private readonly List<int[]> _labels = [];
        private int[] _seen = [];
        private int _stamp;

        private enum Kind
        {
            Digit,
            Fork,
            Accept,
        }

        public DigitAutomaton Build(IReadOnlyList<DigitPattern> patterns)
        {
            var starts = new List<int>();
            for (var i = 0; i < patterns.Count; i++)
            {
                starts.Add(Emit(patterns[i], Add(Kind.Accept, i, 0)));
            }

            _seen = new int[_states.Count];
            _labels.Add([]);
            _byLabel[""] = 0;
            AddState(0, new ushort[10]);
            var set = new List<int>();
            _stamp++;
            foreach (var start in starts)
            {
                Close(start, set);
            }

            var first = Determinize(set);
            return new DigitAutomaton([.. _next], [.. _label], first, [.. _labels]);
        }

        private int Add(Kind kind, int value, int target)
        {
            ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, (kind, value, target), out var exists);
            if (!exists)
            {
                state = _states.Count;
                _states.Add((kind, value, target));
            }

            return state;
        }

        /// <summary>Adds the states of a pattern that goes on at <paramref name="next"/>; equal endings are shared.</summary>
        private int Emit(DigitPattern node, int next)
        {
            switch (node.NodeKind)
            {
                case DigitPattern.Kind.Digit:
                    return Add(Kind.Digit, node.Mask, next);
                case DigitPattern.Kind.Sequence:
                    for (var i = node.Parts.Length - 1; i >= 0; i--)
                    {
                        next = Emit(node.Parts[i], next);
                    }

                    return next;
                case DigitPattern.Kind.Choice:
                    var choice = Emit(node.Parts[^1], next);
                    for (var i = node.Parts.Length - 2; i >= 0; i--)
                    {
                        choice = Add(Kind.Fork, Emit(node.Parts[i], next), choice);
                    }

                    return choice;
                case DigitPattern.Kind.Repeat:
                    var end = next;
                    for (var i = node.Least; i < node.Most; i++)
                    {
                        next = Add(Kind.Fork, Emit(node.Parts[0], next), end);
                    }

                    for (var i = 0; i < node.Least; i++)
                    {
                        next = Emit(node.Parts[0], next);
                    }

                    return next;
                default:
                    throw new NotSupportedException("A range of numbers is told without captures and anchors.");
            }
        }

        private void Close(int state, List<int> set)
        {
            while (_seen[state] != _stamp)
            {
                _seen[state] = _stamp;
                var (kind, value, target) = _states[state];
                if (kind != Kind.Fork)
                {
                    set.Add(state);
                    return;
                }

                Close(value, set);
                state = target;
            }
        }

        private ushort Determinize(List<int> set)
        {
            if (set.Count == 0)
            {
                return Dead;
            }

            set.Sort();
            var key = string.Create(set.Count, set, static (chars, states) =>
            {
                for (var i = 0; i < chars.Length; i++)
                {
                    chars[i] = (char)states[i];
                }
            });
            if (_bySet.TryGetValue(key, out var known))
            {
                return known;
            }

            var accepted = new List<int>();
            var digits = 0;
            foreach (var state in set)
            {
                var (kind, value, _) = _states[state];
                if (kind == Kind.Accept)
                {
                    accepted.Add(value);
                }
                else
                {
                    digits |= value;
                }
            }

            Span<ushort> next = stackalloc ushort[10];
            next.Clear();
            var target = new List<int>();
            for (var digit = 0; digit < 10; digit++)
            {
                if ((digits >> digit & 1) == 0)
                {
                    continue;
                }

                _stamp++;
                target.Clear();
                foreach (var state in set)
                {
                    var (kind, value, to) = _states[state];
                    if (kind == Kind.Digit && (value >> digit & 1) != 0)
                    {
                        Close(to, target);
                    }
                }

                next[digit] = Determinize(target);
            }

            return _bySet[key] = AddState(LabelOf(accepted), next);
        }

        private ushort LabelOf(List<int> accepted)
        {
            accepted.Sort();
            var key = string.Concat(accepted.ConvertAll(static pattern => (char)pattern));
            if (!_byLabel.TryGetValue(key, out var label))
            {
                _byLabel[key] = label = checked((ushort)_labels.Count);
                _labels.Add([.. accepted]);
            }

            return label;
        }

        private ushort AddState(ushort label, ReadOnlySpan<ushort> next)
        {
            Span<char> shape = stackalloc char[11];
            shape[0] = (char)label;
            for (var digit = 0; digit < 10; digit++)
            {
                shape[digit + 1] = (char)next[digit];
            }

            var lookup = _byShape.GetAlternateLookup<ReadOnlySpan<char>>();
            if (lookup.TryGetValue(shape, out var state))
            {
                return state;
            }

            state = checked((ushort)_label.Count);
            _byShape[shape.ToString()] = state;
            _label.Add(label);
            foreach (var to in next)
            {
                _next.Add(to);
            }

            return state;
        }
    }
}
