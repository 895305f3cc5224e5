using System.Diagnostics;
using System.Text.Json;
using DuckDB.NET.Data;

namespace Loyalty.DuckDb;

/// <summary>
/// DuckDB on the question of the aggregation suite: lifetime and window totals of six metrics for each member. One run to warm up, the median of five; the result is made a
/// table, as the library fills an array.
/// </summary>
internal static class Aggregation
{
    private const int Through = 739_900;

    /// <summary>Prints <c>{"version": …, "medianSeconds": …}</c>.</summary>
    public static int Run(long activities, long members)
    {
        using var connection = Rival.Open("2");
        Execute(connection, $"""
            create table windows as
              select m::integer as member, ({Through} - 120 + (hash(m) % 120))::integer as first_day, ({Through} + (hash(m) % 120))::integer as end_day from range({members}) t(m)
            """);
        Execute(connection, $"""
            create table activities as
              select (random() * {members - 1})::integer as member, ({Through} + 5 - random() * 730)::integer as day, (random() * 50000)::bigint as sales,
                (random() * 40)::integer as units, (random() * 2000000)::bigint as views, (random() * 90000)::integer as likes, (random() * 3000)::integer as comments
              from range({activities})
            """);
        string[] columns = ["sales", "units", "views", "likes", "comments"];
        const string inside = "filter (a.day >= w.first_day and a.day < w.end_day)";
        var query = $"""
            create or replace table totals as
              select a.member, count(*) as videos, {string.Join(", ", columns.Select(static c => $"sum(a.{c}) as {c}"))},
                count(*) {inside} as window_videos, {string.Join(", ", columns.Select(static c => $"sum(a.{c}) {inside} as window_{c}"))}
              from activities a join windows w on w.member = a.member where a.day <= {Through} group by a.member
            """;
        var times = new List<double>();
        for (var round = 0; round < 6; round++)
        {
            var start = Stopwatch.GetTimestamp();
            Execute(connection, query);
            if (round > 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        var found = Convert.ToInt64(Ask(connection, "select count(*) from totals"), Rival.Plain);
        if (found < members * 9 / 10)
        {
            Console.Error.WriteLine(string.Create(Rival.Plain, $"only {found} members have totals"));
            return 1;
        }

        times.Sort();
        Console.WriteLine(JsonSerializer.Serialize(new { version = Ask(connection, "select version()"), medianSeconds = times[2] }));
        return 0;
    }

    private static void Execute(DuckDBConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    private static object? Ask(DuckDBConnection connection, string question)
    {
        using var command = connection.CreateCommand();
        command.CommandText = question;
        return command.ExecuteScalar();
    }
}
