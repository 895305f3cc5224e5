namespace Loyalty.Programs;

/// <summary>One thing that is wrong with a program file.</summary>
/// <param name="Path">Where, as a JSON path such as <c>$.tiers.levels[2].threshold</c>.</param>
/// <param name="Message">What was found, what is expected, what to do.</param>
public sealed record ProgramFault(string Path, string Message)
{
    /// <summary>The path and the message on one line.</summary>
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>Thrown for a program that cannot be used; carries every fault of it, in the order of the file.</summary>
public sealed class ProgramException : FormatException
{
    /// <summary>Creates the exception from all faults found.</summary>
    /// <param name="faults">At least one fault.</param>
    public ProgramException(IReadOnlyList<ProgramFault> faults)
        : base(Describe(faults)) => Faults = faults;

    /// <summary>Every fault found, at least one.</summary>
    public IReadOnlyList<ProgramFault> Faults { get; }

    private static string Describe(IReadOnlyList<ProgramFault> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        return faults.Count == 1
            ? $"The program has a fault: {faults[0]}"
            : $"The program has {faults.Count} faults: {string.Join("; ", faults)}";
    }
}
