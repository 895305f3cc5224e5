namespace Loyalty.Host;

/// <summary>What the parser says of a wrong call, in words of the command line.</summary>
internal static class UsageText
{
    private const string TypeOf = " as expected type '";

    /// <summary>The message without names of types of the runtime.</summary>
    public static string Of(string message) => message.IndexOf(TypeOf, StringComparison.Ordinal) is >= 0 and var at
        ? $"{message[..at]}; expected {(message.AsSpan(at).Contains("Boolean", StringComparison.Ordinal) ? "true or false" : "a whole number")}."
        : message;
}
