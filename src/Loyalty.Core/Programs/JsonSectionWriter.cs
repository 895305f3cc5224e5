using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Loyalty.Programs;

/// <summary>Writes one object of a program file member by member: what <see cref="JsonSection"/> reads.</summary>
/// <remarks>What no JSON can hold is a fault with its JSON path, as the reader's faults are.</remarks>
internal sealed class JsonSectionWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _json;
    private readonly List<ProgramFault> _faults = [];
    private string _path = "$";

    public JsonSectionWriter()
    {
        _json = new Utf8JsonWriter(_bytes);
        _json.WriteStartObject();
    }

    public IReadOnlyList<ProgramFault> Faults => _faults;

    /// <summary>Ends the outermost object.</summary>
    public ReadOnlyMemory<byte> Written()
    {
        _json.WriteEndObject();
        _json.Flush();
        return _bytes.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    public void Object(string name, Action write)
    {
        _json.WriteStartObject(name);
        Within($"{_path}.{name}", write);
        _json.WriteEndObject();
    }

    public void Section<T>(string name, T? section, Action<T> write)
        where T : class
    {
        if (section is not null)
        {
            Object(name, () => write(section));
        }
    }

    /// <summary>A list of objects, unless it is empty.</summary>
    public void List<T>(string name, IReadOnlyList<T>? items, Action<T> write)
    {
        if (items is not { Count: > 0 })
        {
            return;
        }

        _json.WriteStartArray(name);
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is not { } item)
            {
                _json.WriteNullValue();
                continue;
            }

            _json.WriteStartObject();
            Within(string.Create(CultureInfo.InvariantCulture, $"{_path}.{name}[{i}]"), () => write(item));
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    public void Text(string name, string? text)
    {
        Check($"{_path}.{name}", text);
        _json.WriteString(name, text);
    }

    public void Texts(string name, IEnumerable<string?>? texts)
    {
        if (texts is null)
        {
            return;
        }

        _json.WriteStartArray(name);
        var count = 0;
        foreach (var text in texts)
        {
            Check(string.Create(CultureInfo.InvariantCulture, $"{_path}.{name}[{count++}]"), text);
            _json.WriteStringValue(text);
        }

        _json.WriteEndArray();
    }

    public void Flag(string name, bool value)
    {
        if (value)
        {
            _json.WriteBoolean(name, value);
        }
    }

    public void Number(string name, decimal number) => _json.WriteNumber(name, number);

    /// <summary>A number, unless it has its default.</summary>
    public void Number(string name, decimal? number, decimal? standard)
    {
        if (number is { } known && number != standard)
        {
            Number(name, known);
        }
    }

    public void Numbers<T>(string name, ReadOnlySpan<T> numbers, ReadOnlySpan<T> standard, Func<T, decimal> numberOf)
        where T : IEquatable<T>
    {
        if (numbers.SequenceEqual(standard))
        {
            return;
        }

        _json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            _json.WriteNumberValue(numberOf(number));
        }

        _json.WriteEndArray();
    }

    public void Date(string name, DateOnly? date)
    {
        if (date is { } known)
        {
            _json.WriteString(name, known.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The word of a choice; a value that has none is written as its number, which the reader refuses.</summary>
    public void Choice<T>(string name, T value, (string Word, T Value)[] choices)
        where T : struct, Enum
    {
        foreach (var (word, choice) in choices)
        {
            if (choice.Equals(value))
            {
                _json.WriteString(name, word);
                return;
            }
        }

        _json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
    }

    /// <summary>The word of a choice, unless it is the default.</summary>
    public void Choice<T>(string name, T value, T standard, (string Word, T Value)[] choices)
        where T : struct, Enum
    {
        if (!value.Equals(standard))
        {
            Choice(name, value, choices);
        }
    }

    private void Within(string path, Action write)
    {
        var outer = _path;
        _path = path;
        write();
        _path = outer;
    }

    private void Check(string path, string? text)
    {
        for (var i = 0; i < text?.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                var half = string.Create(CultureInfo.InvariantCulture, $"contains half a character (U+{(int)text[i]:X4} at {i}), which no file can hold; remove it");
                _faults.Add(new ProgramFault(path, half));
                return;
            }
        }
    }
}
