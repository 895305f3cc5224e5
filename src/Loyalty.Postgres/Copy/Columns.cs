using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Postgres.Copy;

/// <summary>The values of one column of rows to be written, which go to the server as an array or by COPY.</summary>
internal abstract class Column(string name, string type)
{
    public string Name { get; } = name;

    public string Type { get; } = type;

    /// <summary>The type of one value within the array that goes as a parameter.</summary>
    public virtual string ParameterType => Type;

    /// <summary>The value as an expression over the one that goes as a parameter, which has the same name.</summary>
    public virtual string FromParameter => Name;

    public abstract int Count { get; }

    public abstract NpgsqlParameter ToParameter();

    public abstract void Write(CopyBuffer buffer, int row);

    public abstract void Clear();
}

/// <summary>Whole numbers of 64 bits.</summary>
internal sealed class LongColumn(string name) : Column(name, "bigint")
{
    private readonly List<long?> _values = [];

    public override int Count => _values.Count;

    public override void Clear() => _values.Clear();

    public void Add(long? value) => _values.Add(value);

    public override NpgsqlParameter ToParameter() =>
        new NpgsqlParameter<long?[]> { TypedValue = [.. _values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    public override void Write(CopyBuffer buffer, int row)
    {
        if (_values[row] is { } value)
        {
            buffer.Int64(value);
        }
        else
        {
            buffer.Null();
        }
    }
}

/// <summary>Whole numbers of 32 bits.</summary>
internal sealed class IntColumn(string name) : Column(name, "integer")
{
    private readonly List<int?> _values = [];

    public override int Count => _values.Count;

    public override void Clear() => _values.Clear();

    public void Add(int? value) => _values.Add(value);

    public override NpgsqlParameter ToParameter() =>
        new NpgsqlParameter<int?[]> { TypedValue = [.. _values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    public override void Write(CopyBuffer buffer, int row)
    {
        if (_values[row] is { } value)
        {
            buffer.Int32(value);
        }
        else
        {
            buffer.Null();
        }
    }
}

/// <summary>Dates, as day numbers.</summary>
internal sealed class DayColumn(string name) : Column(name, "date")
{
    private readonly List<int?> _values = [];

    public override int Count => _values.Count;

    public override void Clear() => _values.Clear();

    public void Add(int? day) => _values.Add(day);

    public void Add(DateOnly? day) => _values.Add(day?.DayNumber);

    public override NpgsqlParameter ToParameter() => new NpgsqlParameter<DateOnly?[]>
    {
        TypedValue = [.. _values.Select(static day => day is { } d ? DateOnly.FromDayNumber(d) : (DateOnly?)null)],
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date,
    };

    public override void Write(CopyBuffer buffer, int row)
    {
        if (_values[row] is { } day)
        {
            buffer.Date(day);
        }
        else
        {
            buffer.Null();
        }
    }
}

/// <summary>Yes or no.</summary>
internal sealed class BooleanColumn(string name) : Column(name, "boolean")
{
    private readonly List<bool> _values = [];

    public override int Count => _values.Count;

    public override void Clear() => _values.Clear();

    public void Add(bool value) => _values.Add(value);

    public override NpgsqlParameter ToParameter() =>
        new NpgsqlParameter<bool[]> { TypedValue = [.. _values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean };

    public override void Write(CopyBuffer buffer, int row) => buffer.Boolean(_values[row]);
}

/// <summary>Texts that are known to be storable.</summary>
internal sealed class TextColumn(string name) : Column(name, "text")
{
    private readonly List<string?> _values = [];

    public override int Count => _values.Count;

    public override void Clear() => _values.Clear();

    public void Add(string? value) => _values.Add(value);

    public override NpgsqlParameter ToParameter() =>
        new NpgsqlParameter<string?[]> { TypedValue = [.. _values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    public override void Write(CopyBuffer buffer, int row)
    {
        if (_values[row] is { } value)
        {
            buffer.Text(value);
        }
        else
        {
            buffer.Null();
        }
    }
}

/// <summary>Bytes.</summary>
internal sealed class BytesColumn(string name) : Column(name, "bytea")
{
    private readonly List<byte[]> _values = [];

    public override int Count => _values.Count;

    public override void Clear() => _values.Clear();

    public void Add(byte[] value) => _values.Add(value);

    public override NpgsqlParameter ToParameter() =>
        new NpgsqlParameter<byte[][]> { TypedValue = [.. _values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    public override void Write(CopyBuffer buffer, int row) => buffer.Bytes(_values[row]);
}

/// <summary>
/// Arrays within rows, null where there is nothing. As parameters they are texts in the server's notation, which are taken apart there: arrays of
/// arrays would be taken apart as one.
/// </summary>
internal sealed class ArrayColumn<T>(string name, string itemType, int itemTypeNumber, Action<CopyBuffer, T> write, Func<T, string> show)
    : Column(name, itemType + "[]")
{
    private readonly List<T[]?> _values = [];

    public override string ParameterType => "text";

    // Not by a cast of the whole, which depends on settings of the session: no column of an UPDATE on a cluster may.
    public override string FromParameter => itemType is "text" ? $"{Name}::text[]" : $"string_to_array(btrim({Name}, '{{}}'), ',')::{Type}";

    public override int Count => _values.Count;

    public override void Clear() => _values.Clear();

    public void Add(T[]? values) => _values.Add(values is [] ? null : values);

    public override NpgsqlParameter ToParameter() => new NpgsqlParameter<string?[]>
    {
        TypedValue = [.. _values.Select(values => values is null ? null : $"{{{string.Join(',', values.Select(show))}}}")],
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
    };

    public override void Write(CopyBuffer buffer, int row)
    {
        if (_values[row] is not { } values)
        {
            buffer.Null();
            return;
        }

        var begin = buffer.BeginArray(itemTypeNumber, values.Length);
        foreach (var value in values)
        {
            write(buffer, value);
        }

        buffer.EndArray(begin);
    }
}
