using System.Globalization;
using System.Text.Json;

namespace Loyalty.Programs;

/// <summary>
/// Reads one object of a program file member by member and notes every fault with its JSON path instead of stopping at the first.
/// </summary>
internal sealed class JsonSection
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<ProgramFault> _faults;

    public JsonSection(JsonElement element, string path, List<ProgramFault> faults)
    {
        Element = element;
        Path = path;
        _faults = faults;
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

    public JsonElement Element { get; }

    /// <summary>Whether there is a member of this name that is not <see langword="null"/>.</summary>
    public bool Has(string name) => _members.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public string PathOf(string name) => IsPlain(name) ? $"{Path}.{name}" : $"{Path}['{name}']";

    public void Fault(string path, string message) => _faults.Add(new ProgramFault(path, message));

    public void FaultAt(string name, string message) => Fault(PathOf(name), message);

    /// <summary>Reports the members that nobody asked for.</summary>
    public void Close()
    {
        foreach (var name in _members.Keys)
        {
            if (!_known.Contains(name))
            {
                FaultAt(name, $"is not known here; known are {string.Join(", ", _known)}");
            }
        }
    }

    public JsonElement? Any(string name, bool required)
    {
        _known.Add(name);
        if (_members.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            return value;
        }

        // What is no object has one fault, and not one more for each member it cannot have.
        if (required && Element.ValueKind == JsonValueKind.Object)
        {
            FaultAt(name, value.ValueKind == JsonValueKind.Null ? "is null, but a value is required" : "is missing");
        }

        return null;
    }

    public string? Text(string name, bool required)
    {
        if (Any(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            FaultAt(name, $"expected a text, found {Name(value)}");
            return null;
        }

        var text = value.GetString()!;
        if (string.IsNullOrWhiteSpace(text) || text.AsSpan().Trim().Length != text.Length)
        {
            FaultAt(name, "expected a text that is not blank and has no space around it");
            return null;
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            FaultAt(name, "contains a NUL character, which no store can keep; remove it");
            return null;
        }

        return text;
    }

    public bool? Flag(string name)
    {
        if (Any(name, required: false) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        FaultAt(name, $"expected true or false, found {Name(value)}");
        return null;
    }

    public int? Integer(string name, bool required, int min, int max)
    {
        if (Any(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
        {
            return number;
        }

        FaultAt(name, string.Create(CultureInfo.InvariantCulture, $"expected a whole number from {min} to {max}, found {Shown(value)}"));
        return null;
    }

    public decimal? Decimal(string name, bool required)
    {
        if (Any(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && TryExact(value.GetRawText(), out var number))
        {
            return number;
        }

        FaultAt(name, $"expected a number of at most 28 digits, found {Shown(value)}");
        return null;
    }

    /// <summary>The number of a member that was read already; <see langword="null"/> when it is none. Notes no fault.</summary>
    public decimal? Number(string name) =>
        _members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Number && TryExact(value.GetRawText(), out var number) ? number : null;

    public DateOnly? Date(string name, bool required)
    {
        if (Any(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String
            && DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            return date;
        }

        FaultAt(name, $"expected a date as \"YYYY-MM-DD\", found {Shown(value)}");
        return null;
    }

    public T? Choice<T>(string name, bool required, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        if (Any(name, required) is not { } value)
        {
            return null;
        }

        var words = new List<string>();
        foreach (var (word, result) in choices)
        {
            if (value.ValueKind == JsonValueKind.String && value.ValueEquals(word))
            {
                return result;
            }

            words.Add($"\"{word}\"");
        }

        FaultAt(name, $"expected one of {string.Join(", ", words)}, found {Shown(value)}");
        return null;
    }

    public JsonSection? Section(string name, bool required) =>
        Any(name, required) is { } value ? new JsonSection(value, PathOf(name), _faults) : null;

    public List<JsonSection> Sections(string name, bool required) =>
        Items(name, required).ConvertAll(item => new JsonSection(item.Value, item.Path, _faults));

    public List<(string Path, JsonElement Value)> Items(string name, bool required)
    {
        var items = new List<(string, JsonElement)>();
        if (Any(name, required) is not { } value)
        {
            return items;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            FaultAt(name, $"expected a list, found {Name(value)}");
            return items;
        }

        foreach (var item in value.EnumerateArray())
        {
            items.Add((string.Create(CultureInfo.InvariantCulture, $"{PathOf(name)}[{items.Count}]"), item));
        }

        return items;
    }

    public static string Shown(JsonElement value)
    {
        var raw = value.GetRawText();
        return raw.Length <= 60 ? raw : string.Concat(raw.AsSpan(0, 57), "...");
    }

    /// <summary>A JSON number as a decimal, unless it has more digits than a decimal keeps.</summary>
    internal static bool TryExact(string raw, out decimal number)
    {
        var digits = 0;
        foreach (var c in raw)
        {
            digits += char.IsAsciiDigit(c) ? 1 : 0;
        }

        number = 0;
        if (digits > 28 || !decimal.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        if (number == 0)
        {
            // Not the negative zero that -0 would be.
            number = 0;
        }

        // 1e-30 becomes zero without an error; a zero must have been written as one.
        return number != 0 || raw.AsSpan().IndexOfAnyInRange('1', '9') < 0 || raw.AsSpan().IndexOfAny('e', 'E') is var e and >= 0
            && raw.AsSpan(0, e).IndexOfAnyInRange('1', '9') < 0;
    }

    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => Shown(value),
    };

    private static bool IsPlain(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '$'))
            {
                return false;
            }
        }

        return name.Length > 0;
    }
}
