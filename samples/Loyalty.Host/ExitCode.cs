namespace Loyalty.Host;

/// <summary>What the program's exit codes mean.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Failed; nothing changed.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage.</summary>
    public const int Usage = 2;

    /// <summary>Done, but rows were rejected and <c>--strict</c> was given.</summary>
    public const int Rejected = 3;

    /// <summary>Cancelled; nothing changed.</summary>
    public const int Cancelled = 130;
}

/// <summary>Ends a command with exit code 1 and one clear message.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
