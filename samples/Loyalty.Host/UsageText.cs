namespace Loyalty.Host;

/// <summary>What the parser says of a wrong call, in words of the command line.</summary>
internal static class UsageText
{
    private const string TypeOf = " as expected type '";

    /// <summary>The message without names of types of the runtime; the options that the parser reads into types are whole numbers.</summary>
    public static string Of(string message) =>
        message.IndexOf(TypeOf, StringComparison.Ordinal) is >= 0 and var at ? $"{message[..at]}; expected a whole number." : message;
}
