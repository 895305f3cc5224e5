namespace Loyalty.Identity.Phones;

/// <summary>Matches a prefix pattern at the start of a number, the first alternative that fits winning, and remembers its captures.</summary>
/// <remarks>An automaton would answer for the longest prefix; national prefixes mean the first that fits, so this one tries and steps back.</remarks>
internal sealed class PrefixMatcher
{
    private readonly (Op Op, int Argument)[] _program;
    private readonly int _first;

    public PrefixMatcher(ReadOnlySpan<byte> pattern)
    {
        var program = new List<(Op, int)>();
        Emit(DigitPattern.Parse(pattern), program);
        program.Add((Op.Accept, 0));
        _program = [.. program];
        _first = FirstDigits(0);
    }

    private enum Op
    {
        /// <summary>One digit out of the mask.</summary>
        Digit,

        /// <summary>Goes on here, or else at the argument.</summary>
        Try,

        /// <summary>Goes on at the argument.</summary>
        Go,

        /// <summary>Remembers the position in the slot.</summary>
        Save,

        /// <summary>Only at the end of the text.</summary>
        End,

        /// <summary>Done.</summary>
        Accept,
    }

    /// <summary>How many captures the pattern has.</summary>
    public int Captures { get; private set; }

    /// <summary>Matches at the start of <paramref name="digits"/>.</summary>
    /// <param name="digits">ASCII digits.</param>
    /// <param name="captures">Start and end of up to four captures, 8 bits each, from the lowest byte; 0xFF is unset.</param>
    /// <returns>The length of the match, or -1.</returns>
    public int Match(ReadOnlySpan<byte> digits, out ulong captures)
    {
        captures = ulong.MaxValue;
        return digits.IsEmpty || (_first >> (digits[0] - '0') & 1) == 0 ? -1 : Run(digits, 0, 0, ref captures);
    }

    private int Run(ReadOnlySpan<byte> digits, int instruction, int position, ref ulong captures)
    {
        while (true)
        {
            var (op, argument) = _program[instruction++];
            switch (op)
            {
                case Op.Digit:
                    if (position == digits.Length || (argument >> (digits[position] - '0') & 1) == 0)
                    {
                        return -1;
                    }

                    position++;
                    break;
                case Op.Try:
                    var kept = captures;
                    if (Run(digits, instruction, position, ref captures) is >= 0 and var length)
                    {
                        return length;
                    }

                    captures = kept;
                    instruction = argument;
                    break;
                case Op.Go:
                    instruction = argument;
                    break;
                case Op.Save:
                    captures = (captures & ~(0xFFUL << (argument * 8))) | (ulong)position << (argument * 8);
                    break;
                case Op.End:
                    if (position != digits.Length)
                    {
                        return -1;
                    }

                    break;
                default:
                    return position;
            }
        }
    }

    /// <summary>Digits that a match can begin with; all when a match can be empty.</summary>
    private int FirstDigits(int instruction)
    {
        while (true)
        {
            var (op, argument) = _program[instruction++];
            switch (op)
            {
                case Op.Digit:
                    return argument;
                case Op.Try:
                    return FirstDigits(instruction) | FirstDigits(argument);
                case Op.Go:
                    instruction = argument;
                    break;
                case Op.Save:
                    break;
                default:
                    return 0x3FF;
            }
        }
    }

    private void Emit(DigitPattern node, List<(Op, int)> program)
    {
        switch (node.NodeKind)
        {
            case DigitPattern.Kind.Digit:
                program.Add((Op.Digit, node.Mask));
                break;
            case DigitPattern.Kind.End:
                program.Add((Op.End, 0));
                break;
            case DigitPattern.Kind.Sequence:
                foreach (var part in node.Parts)
                {
                    Emit(part, program);
                }

                break;
            case DigitPattern.Kind.Capture:
                var slot = Captures++ * 2;
                program.Add((Op.Save, slot));
                Emit(node.Parts[0], program);
                program.Add((Op.Save, slot + 1));
                break;
            case DigitPattern.Kind.Choice:
                EmitChoice(node.Parts, program);
                break;
            default:
                for (var i = 0; i < node.Least; i++)
                {
                    Emit(node.Parts[0], program);
                }

                var tries = new List<int>();
                for (var i = node.Least; i < node.Most; i++)
                {
                    tries.Add(program.Count);
                    program.Add(default);
                    Emit(node.Parts[0], program);
                }

                foreach (var at in tries)
                {
                    program[at] = (Op.Try, program.Count);
                }

                break;
        }
    }

    private void EmitChoice(DigitPattern[] parts, List<(Op, int)> program)
    {
        var ends = new List<int>();
        for (var i = 0; i < parts.Length - 1; i++)
        {
            var at = program.Count;
            program.Add(default);
            Emit(parts[i], program);
            ends.Add(program.Count);
            program.Add(default);
            program[at] = (Op.Try, program.Count);
        }

        Emit(parts[^1], program);
        foreach (var at in ends)
        {
            program[at] = (Op.Go, program.Count);
        }
    }
}
