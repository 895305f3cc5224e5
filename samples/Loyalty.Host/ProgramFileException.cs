using Loyalty.Programs;

namespace Loyalty.Host;

/// <summary>A program file that cannot be used, with all its faults.</summary>
internal sealed class ProgramFileException(string path, IReadOnlyList<ProgramFault> faults) : Exception($"The program file '{path}' cannot be used.")
{
    public string Path => path;

    public IReadOnlyList<ProgramFault> Faults => faults;
}
