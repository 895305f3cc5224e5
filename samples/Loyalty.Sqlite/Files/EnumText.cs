using System.Text;

namespace Loyalty.Sqlite.Files;

/// <summary>The words that stand in tables for the values of an enumeration: its names in lower case, with hyphens.</summary>
internal static class EnumText<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> Words = Enum.GetValues<T>().ToDictionary(static v => v, static v => Word(v.ToString()));
    private static readonly Dictionary<string, T> Values = Words.ToDictionary(static w => w.Value, static w => w.Key, StringComparer.Ordinal);

    public static string Of(T value) => Words[value];

    public static T Parse(string word) => Values.TryGetValue(word, out var value)
        ? value
        : throw new InvalidDataException($"'{word}' is no {typeof(T).Name} that this version knows");

    private static string Word(string name)
    {
        var word = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && word.Length > 0)
            {
                word.Append('-');
            }

            word.Append(char.ToLowerInvariant(c));
        }

        return word.ToString();
    }
}
