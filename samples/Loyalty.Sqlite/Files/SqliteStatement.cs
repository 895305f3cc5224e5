using System.Globalization;
using System.Text;
using SQLitePCL;

namespace Loyalty.Sqlite.Files;

/// <summary>A prepared statement: values are bound by position, rows are stepped through, then it is reset and bound anew.</summary>
/// <remarks>Thin on purpose: a run steps millions of times, and parameters with names and boxes would cost more than SQLite does.</remarks>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        SqliteErrors.Check(connection, raw.sqlite3_prepare_v2(connection, sql, out _statement));
    }

    /// <summary>Binds the next value and returns the statement.</summary>
    public SqliteStatement With(long? value)
    {
        SqliteErrors.Check(
            _connection, value is { } number ? raw.sqlite3_bind_int64(_statement, ++_bound, number) : raw.sqlite3_bind_null(_statement, ++_bound));
        return this;
    }

    /// <inheritdoc cref="With(long?)"/>
    public SqliteStatement With(bool value) => With(value ? 1L : 0L);

    /// <inheritdoc cref="With(long?)"/>
    public SqliteStatement With(string? value)
    {
        SqliteErrors.Check(_connection, value is null ? raw.sqlite3_bind_null(_statement, ++_bound) : raw.sqlite3_bind_text(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Binds a text that is UTF-8 already.</summary>
    public SqliteStatement WithText(ReadOnlySpan<byte> value)
    {
        SqliteErrors.Check(_connection, raw.sqlite3_bind_text(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Binds bytes.</summary>
    public SqliteStatement WithBytes(ReadOnlySpan<byte> value)
    {
        SqliteErrors.Check(_connection, raw.sqlite3_bind_blob(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Binds a date as the text that sorts like it.</summary>
    public SqliteStatement With(DateOnly? value)
    {
        if (value is not { } date)
        {
            return With((string?)null);
        }

        Span<byte> text = stackalloc byte[10];
        date.TryFormat(text, out _, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        return WithText(text);
    }

    /// <summary>Goes to the next row; after the last one the statement is reset.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        Reset();
        if (code != raw.SQLITE_DONE)
        {
            SqliteErrors.Check(_connection, code);
        }

        return false;
    }

    /// <summary>Runs the statement to its end.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(_connection);
    }

    /// <summary>Makes the statement ready for other values.</summary>
    public void Reset()
    {
        // The code is that of the last step, which was told already.
        _ = raw.sqlite3_reset(_statement);
        _bound = 0;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(_statement, column);

    public int Int(int column) => checked((int)raw.sqlite3_column_int64(_statement, column));

    public bool Bool(int column) => raw.sqlite3_column_int64(_statement, column) != 0;

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? string.Empty;

    public string? MaybeText(int column) => IsNull(column) ? null : Text(column);

    /// <summary>The bytes of a text or a blob; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    public DateOnly Date(int column)
    {
        Span<char> text = stackalloc char[10];
        var bytes = Bytes(column);
        return bytes.Length == 10 && Encoding.ASCII.TryGetChars(bytes, text, out _)
            && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : throw new InvalidDataException($"'{Text(column)}' is no date");
    }

    public DateOnly? MaybeDate(int column) => IsNull(column) ? null : Date(column);

    public void Dispose() => _statement.Dispose();
}
