namespace Loyalty.Connectors.Configuration;

/// <summary>What is wrong with a connectors file, and where. It never holds a secret.</summary>
/// <param name="Path">The JSON path, such as <c>$.targets.mail.key</c>.</param>
/// <param name="Message">What was found and what was expected.</param>
public readonly record struct ConnectorFault(string Path, string Message)
{
    /// <summary>Path and message.</summary>
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>Thrown when a connectors file has faults; carries all of them.</summary>
public sealed class ConnectorsFileException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="faults">At least one fault.</param>
    public ConnectorsFileException(IReadOnlyList<ConnectorFault> faults)
        : base(string.Join("; ", faults)) => Faults = faults;

    /// <summary>Every fault, in the order found.</summary>
    public IReadOnlyList<ConnectorFault> Faults { get; }
}
