using System.Runtime.CompilerServices;

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
    public readonly int Start;

    /// <summary>The sets of patterns, by label; ascending pattern numbers. Label 0 is the empty set.</summary>
    public readonly int[][] Labels;

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

    /// <summary>Builds the automaton of the first patterns of an array; their numbers are their positions.</summary>
    public static DigitAutomaton Build(DigitPattern[] patterns, int count) => new Builder().Build(patterns, count);

    /// <summary>
    /// Builds in two steps: a nondeterministic automaton whose equal endings are shared; then its sets of states, depth first, each made minimal as soon as
    /// its endings are known.
    /// </summary>
    /// <remarks>
    /// Plain arrays and linear probing on purpose: the first number of a process waits until this code is compiled, and generic collections over new
    /// types cost most there.
    /// </remarks>
    private sealed class Builder
    {
        private const int Fork = 0;
        private const int Accept = -1;

        // State i has three numbers: a digit mask and a target; or Fork and two targets; or Accept and a pattern number.
        private int[] _states = new int[3 * 4096];
        private int[] _stateTable = new int[16384];
        private int _stateCount;

        // Sets in the making lie on a stack; finished ones in a pool, each with its length and its state of the result in front.
        private int[] _stack = new int[4096];
        private int _stackEnd;
        private int[] _sets = new int[32768];
        private int[] _setTable = new int[8192];
        private int _setsEnd;
        private int _setCount;
        private int[] _seen = [];
        private int _stamp;

        private ushort[] _next = new ushort[10 * 2048];
        private ushort[] _label = new ushort[2048];
        private int[] _shapeTable = new int[8192];
        private int _count;
        private readonly ushort[] _nextByDepth = new ushort[10 * 32];
        private int[][] _labels = new int[512][];
        private int _labelCount = 1;

        public DigitAutomaton Build(DigitPattern[] patterns, int count)
        {
            var starts = new int[count];
            for (var i = 0; i < starts.Length; i++)
            {
                starts[i] = Emit(patterns[i], Add(Accept, i, 0));
            }

            _seen = new int[_stateCount];
            AddState(0, 0);
            _labels[0] = [];
            _stamp++;
            foreach (var start in starts)
            {
                Close(start, 0);
            }

            var first = Determinize(0, _stackEnd, 0);
            var next = new ushort[_count * 10];
            var label = new ushort[_count];
            Array.Copy(_next, next, next.Length);
            Array.Copy(_label, label, label.Length);
            var labels = new int[_labelCount][];
            Array.Copy(_labels, labels, labels.Length);
            return new DigitAutomaton(next, label, first, labels);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Hash(int hash, int value) => (hash ^ value) * 16777619;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Slot(int hash, int[] table) => ((hash ^ hash >>> 15) & int.MaxValue) % table.Length;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int NextSlot(int slot, int[] table) => slot + 1 == table.Length ? 0 : slot + 1;

        private int Add(int mask, int first, int second)
        {
            if (_stateCount * 2 > _stateTable.Length)
            {
                GrowStates();
            }

            var slot = Slot(Hash(Hash(Hash(17, mask), first), second), _stateTable);
            for (; _stateTable[slot] != 0; slot = NextSlot(slot, _stateTable))
            {
                var known = (_stateTable[slot] - 1) * 3;
                if (_states[known] == mask && _states[known + 1] == first && _states[known + 2] == second)
                {
                    return known / 3;
                }
            }

            var at = _stateCount * 3;
            if (at == _states.Length)
            {
                Array.Resize(ref _states, at * 2);
            }

            _states[at] = mask;
            _states[at + 1] = first;
            _states[at + 2] = second;
            _stateTable[slot] = ++_stateCount;
            return _stateCount - 1;
        }

        private void GrowStates()
        {
            _stateTable = new int[_stateTable.Length * 2];
            for (var i = 0; i < _stateCount; i++)
            {
                var slot = Slot(Hash(Hash(Hash(17, _states[i * 3]), _states[i * 3 + 1]), _states[i * 3 + 2]), _stateTable);
                while (_stateTable[slot] != 0)
                {
                    slot = NextSlot(slot, _stateTable);
                }

                _stateTable[slot] = i + 1;
            }
        }

        /// <summary>Adds the states of a pattern that goes on at <paramref name="next"/>; equal endings are shared.</summary>
        private int Emit(DigitPattern node, int next)
        {
            switch (node.NodeKind)
            {
                case DigitPattern.Kind.Digit:
                    return Add(node.Mask, next, 0);
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
                        choice = Add(Fork, Emit(node.Parts[i], next), choice);
                    }

                    return choice;
                case DigitPattern.Kind.Repeat:
                    var end = next;
                    for (var i = node.Least; i < node.Most; i++)
                    {
                        next = Add(Fork, Emit(node.Parts[0], next), end);
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

        /// <summary>Adds a state, or those that a fork leads to, to the set on top of the stack; ascending, each once.</summary>
        private void Close(int state, int bottom)
        {
            while (_seen[state] != _stamp)
            {
                _seen[state] = _stamp;
                if (_states[state * 3] != Fork)
                {
                    if (_stackEnd == _stack.Length)
                    {
                        Array.Resize(ref _stack, _stackEnd * 2);
                    }

                    var at = _stackEnd++;
                    for (; at > bottom && _stack[at - 1] > state; at--)
                    {
                        _stack[at] = _stack[at - 1];
                    }

                    _stack[at] = state;
                    return;
                }

                Close(_states[state * 3 + 1], bottom);
                state = _states[state * 3 + 2];
            }
        }

        /// <summary>The state of the result for the set between two places of the stack, after so many digits.</summary>
        private ushort Determinize(int bottom, int top, int depth)
        {
            var hash = 17;
            for (var i = bottom; i < top; i++)
            {
                hash = Hash(hash, _stack[i]);
            }

            if (FindSet(hash, bottom, top) is >= 0 and var known)
            {
                return (ushort)known;
            }

            // Where no state tells a digit from the one before it, both lead to the same.
            var digits = 0;
            var changes = 0;
            var accepted = 0;
            for (var i = bottom; i < top; i++)
            {
                var mask = _states[_stack[i] * 3];
                if (mask == Accept)
                {
                    accepted++;
                    continue;
                }

                digits |= mask;
                changes |= mask ^ mask << 1;
            }

            ushort next = Dead;
            for (var digit = 0; digit < 10; digit++)
            {
                if ((digits >> digit & 1) == 0)
                {
                    next = Dead;
                }
                else if ((changes >> digit & 1) != 0)
                {
                    Step(bottom, top, digit);
                    next = Determinize(top, _stackEnd, depth + 1);
                    _stackEnd = top;
                }

                _nextByDepth[depth * 10 + digit] = next;
            }

            var result = AddState(accepted == 0 ? 0 : LabelOf(bottom, top, accepted), depth);
            KeepSet(hash, bottom, top, result);
            return result;
        }

        /// <summary>Puts the set after one more digit on top of the stack.</summary>
        private void Step(int bottom, int top, int digit)
        {
            _stamp++;
            for (var i = bottom; i < top; i++)
            {
                var state = _stack[i] * 3;
                if (_states[state] != Accept && (_states[state] >> digit & 1) != 0)
                {
                    Close(_states[state + 1], top);
                }
            }
        }

        private int FindSet(int hash, int bottom, int top)
        {
            for (var slot = Slot(hash, _setTable); _setTable[slot] != 0; slot = NextSlot(slot, _setTable))
            {
                var at = _setTable[slot] - 1;
                if (_sets[at] != top - bottom)
                {
                    continue;
                }

                var i = bottom;
                while (i < top && _sets[at + 2 + i - bottom] == _stack[i])
                {
                    i++;
                }

                if (i == top)
                {
                    return _sets[at + 1];
                }
            }

            return -1;
        }

        private void KeepSet(int hash, int bottom, int top, int result)
        {
            if (++_setCount * 2 > _setTable.Length)
            {
                throw new InvalidOperationException("The ranges of a calling code make more sets of states than the automaton has room for.");
            }

            var length = top - bottom;
            if (_setsEnd + length + 2 > _sets.Length)
            {
                Array.Resize(ref _sets, (_setsEnd + length + 2) * 2);
            }

            _sets[_setsEnd] = length;
            _sets[_setsEnd + 1] = result;
            Array.Copy(_stack, bottom, _sets, _setsEnd + 2, length);
            var slot = Slot(hash, _setTable);
            while (_setTable[slot] != 0)
            {
                slot = NextSlot(slot, _setTable);
            }

            _setTable[slot] = _setsEnd + 1;
            _setsEnd += length + 2;
        }

        private int LabelOf(int bottom, int top, int accepted)
        {
            // Accept states were added in the order of the patterns.
            var patterns = new int[accepted];
            for (int i = bottom, n = 0; i < top; i++)
            {
                if (_states[_stack[i] * 3] == Accept)
                {
                    patterns[n++] = _states[_stack[i] * 3 + 1];
                }
            }

            for (var label = 1; label < _labelCount; label++)
            {
                var known = _labels[label];
                var same = known.Length == accepted ? 0 : -1;
                while ((uint)same < (uint)accepted && known[same] == patterns[same])
                {
                    same++;
                }

                if (same == accepted)
                {
                    return label;
                }
            }

            if (_labelCount == _labels.Length)
            {
                Array.Resize(ref _labels, _labelCount * 2);
            }

            _labels[_labelCount] = patterns;
            return _labelCount++;
        }

        /// <summary>The state of the result with a label and the next states that were found at a depth.</summary>
        private ushort AddState(int label, int depth)
        {
            var found = depth * 10;
            var hash = Hash(17, label);
            for (var digit = 0; digit < 10; digit++)
            {
                hash = Hash(hash, _nextByDepth[found + digit]);
            }

            if ((_count + 1) * 2 > _shapeTable.Length || _count == ushort.MaxValue)
            {
                throw new InvalidOperationException("The ranges of a calling code have more states than the automaton has room for.");
            }

            var slot = Slot(hash, _shapeTable);
            for (; _shapeTable[slot] != 0; slot = NextSlot(slot, _shapeTable))
            {
                var known = _shapeTable[slot] - 1;
                var same = _label[known] == label ? 0 : -1;
                while ((uint)same < 10 && _next[known * 10 + same] == _nextByDepth[found + same])
                {
                    same++;
                }

                if (same == 10)
                {
                    return (ushort)known;
                }
            }

            if (_count == _label.Length)
            {
                Array.Resize(ref _label, _count * 2);
                Array.Resize(ref _next, _count * 20);
            }

            Array.Copy(_nextByDepth, found, _next, _count * 10, 10);
            _label[_count] = (ushort)label;
            _shapeTable[slot] = ++_count;
            return (ushort)(_count - 1);
        }
    }
}
