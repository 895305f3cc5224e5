using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Loyalty.Tests.Host.Sqlite;

/// <summary>All rows of a SQLite file as text.</summary>
internal static class SqliteDump
{
    public static string Of(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using (var check = connection.CreateCommand())
        {
            check.CommandText = "PRAGMA integrity_check";
            Assert.Equal("ok", check.ExecuteScalar());
        }

        var text = new StringBuilder();
        foreach (var table in Texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"))
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM \"{table}\"";
            using var reader = command.ExecuteReader();
            var rows = new List<string>();
            while (reader.Read())
            {
                rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) switch
                {
                    // The instant at which a run was made is that of the run, and hashes are made over it.
                    byte[] => "hash",
                    _ when reader.GetName(i) == "recorded_at" => "instant",
                    var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
                })));
            }

            rows.Sort(StringComparer.Ordinal);
            text.Append(table).Append('\n').AppendJoin('\n', rows).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Changes rows, as a hand that knows SQL would.</summary>
    public static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of what is asked for.</summary>
    public static List<string> Texts(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return Texts(connection, sql);
    }

    private static List<string> Texts(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }
}
