using System.Globalization;
using DuckDB.NET.Data;

namespace Loyalty.DuckDb;

/// <summary>DuckDB with its tables in memory.</summary>
internal static class Rival
{
    public static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static DuckDBConnection Open(string threads)
    {
        var connection = new DuckDBConnection($"DataSource=:memory:;threads={int.Parse(threads, Plain)}");
        connection.Open();
        return connection;
    }

    /// <summary>Answers a question that has one row, which is printed.</summary>
    public static int Print(string threads, string question)
    {
        using var connection = Open(threads);
        using var command = connection.CreateCommand();
        command.CommandText = question;
        using var reader = command.ExecuteReader();
        reader.Read();
        Console.WriteLine(string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i => $"{reader.GetName(i)}={Convert.ToString(reader.GetValue(i), Plain)}")));
        return 0;
    }

    public static int Usage()
    {
        Console.Error.WriteLine("sync EXPORT.csv AS_OF THREADS | import FOLDER THREADS | aggregation ACTIVITIES MEMBERS | version");
        return 2;
    }
}
