using System.Globalization;
using System.Text.Json;

namespace Loyalty.Connectors.Configuration;

/// <summary>Reads one object of a connectors file member by member and notes every fault with its JSON path.</summary>
internal sealed class ConnectorSection
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<ConnectorFault> _faults;
    private readonly Func<string, string?> _environment;

    public ConnectorSection(JsonElement element, string path, List<ConnectorFault> faults, Func<string, string?> environment)
    {
        (Path, _faults, _environment) = (path, faults, environment);
        if (element.ValueKind != JsonValueKind.Object)
        {
            Fault(path, $"expected an object, found {Name(element)}");
            return;
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!_members.TryAdd(member.Name, member.Value))
            {
                Fault(PathOf(member.Name), "stands twice; remove one");
            }
        }
    }

    public string Path { get; }

    public IEnumerable<string> Names => _members.Keys;

    public bool Has(string name) => _members.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public string PathOf(string name) => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$') ? $"{Path}.{name}" : $"{Path}['{name}']";

    public void Fault(string path, string message) => _faults.Add(new(path, message));

    public void FaultAt(string name, string message) => Fault(PathOf(name), message);

    /// <summary>Reports the members that nobody asked for.</summary>
    public void Close()
    {
        foreach (var name in _members.Keys.Where(n => !_known.Contains(n)))
        {
            FaultAt(name, $"is not known here; known are {string.Join(", ", _known)}");
        }
    }

    public JsonElement? Any(string name, bool required = false)
    {
        _known.Add(name);
        if (Has(name))
        {
            return _members[name];
        }

        if (required)
        {
            FaultAt(name, "is missing");
        }

        return null;
    }

    public string? Text(string name, bool required = false, bool inHeader = false)
    {
        if (Any(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && !string.IsNullOrWhiteSpace(text))
        {
            return !inHeader || IsHeaderValue(text) ? text : Refused(name, "has a character that no header can carry; expected one line of printable ASCII");
        }

        FaultAt(name, value.ValueKind == JsonValueKind.Object ? "expected a text, found an object" : "expected a text that is not blank");
        return null;
    }

    public string? Word(string name, params ReadOnlySpan<string> words)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (words.Contains(text))
        {
            return text;
        }

        FaultAt(name, $"expected one of {string.Join(", ", words.ToArray().Select(static w => $"\"{w}\""))}, found \"{text}\"");
        return null;
    }

    /// <summary>A secret: the name of a variable of the environment, never the secret itself.</summary>
    /// <param name="name">The member.</param>
    /// <param name="required">Whether it must be there.</param>
    /// <param name="mayBePlain">Whether it may stand in the file.</param>
    /// <param name="inHeader">Whether it goes into a header as it is.</param>
    public string? Secret(string name, bool required = false, bool mayBePlain = false, bool inHeader = false)
    {
        if (Any(name, required) is not { } value)
        {
            return null;
        }

        if (mayBePlain && value.ValueKind == JsonValueKind.String)
        {
            return Text(name, inHeader: inHeader);
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            FaultAt(name, "is a secret: write { \"env\": \"NAME\" } and put it into that variable of the environment, not into the file");
            return null;
        }

        var section = new ConnectorSection(value, PathOf(name), _faults, _environment);
        var variable = section.Text("env", required: true);
        section.Close();
        if (variable is null)
        {
            return null;
        }

        if (_environment(variable) is { Length: > 0 } secret)
        {
            // A secret that was read from a file often ends with its line break.
            return secret.Any(char.IsControl) ? Refused(name, $"the variable '{variable}' of the environment has a line break or another control character, maybe at its end; remove it")
                : inHeader && !IsHeaderValue(secret) ? Refused(name, $"the variable '{variable}' of the environment has a character that no header can carry; expected printable ASCII")
                : secret;
        }

        FaultAt(name, $"the variable '{variable}' of the environment is not set");
        return null;
    }

    public Uri? Url(string name, bool required = false)
    {
        if (Text(name, required) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "smtp" or "smtps" && url.UserInfo.Length == 0)
        {
            return url;
        }

        FaultAt(name, "expected an absolute URL without credentials, such as \"https://api.example.com/v1\"");
        return null;
    }

    public int? Integer(string name, int min, int max)
    {
        if (Any(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
        {
            return number;
        }

        FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a whole number from {min} to {max}"));
        return null;
    }

    public double? Number(string name, double min, double max, bool maxIncluded)
    {
        if (Any(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && (number < max || (maxIncluded && number <= max)))
        {
            return number;
        }

        FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a number from {min} to {(maxIncluded ? "" : "below ")}{max}"));
        return null;
    }

    public TimeSpan? Duration(string name, TimeSpan min, TimeSpan max)
    {
        if (Any(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && TryDuration(value.GetString()!, out var duration) && duration >= min && duration <= max)
        {
            return duration;
        }

        FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a duration \"hh:mm:ss\" from {min:c} to {max:c}"));
        return null;
    }

    public ConnectorSection? Section(string name) => Any(name) is { } value ? new ConnectorSection(value, PathOf(name), _faults, _environment) : null;

    /// <summary>An object whose members are all texts, or variables of the environment where that is allowed.</summary>
    public Dictionary<string, string> Texts(string name, bool orVariables = false)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Section(name) is { } section)
        {
            foreach (var member in section.Names)
            {
                if ((orVariables ? section.Secret(member, mayBePlain: true, inHeader: true) : section.Text(member)) is { } text)
                {
                    texts[member] = text;
                }
            }
        }

        return texts;
    }

    internal static bool TryDuration(string text, out TimeSpan duration) =>
        TimeSpan.TryParseExact(text, [@"hh\:mm\:ss", @"d\.hh\:mm\:ss", @"hh\:mm\:ss\.FFFFFFF", @"d\.hh\:mm\:ss\.FFFFFFF"], CultureInfo.InvariantCulture, out duration);

    private static bool IsHeaderValue(string text) => text.All(static c => c is >= ' ' and <= '~') && text.Trim().Length == text.Length;

    private string? Refused(string name, string message)
    {
        FaultAt(name, message);
        return null;
    }

    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        _ => value.ValueKind.ToString().ToLowerInvariant(),
    };
}
