using System.Diagnostics;
using System.Text;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Host.Database;

/// <summary>A desk and a database of its own for <c>--postgres</c>.</summary>
internal sealed class DatabaseDesk : IDisposable
{
    public DatabaseDesk(TestServer server, bool migrated = true) => Database = migrated ? server.CreateDatabase() : server.CreateEmptyDatabase();

    public Desk Desk { get; } = new();

    public TestDatabase Database { get; }

    /// <summary>As the application connects, which is bound by row level security.</summary>
    public string App => Database.AppConnectionString;

    /// <summary>As the owner of the tables connects.</summary>
    public string Owner => Database.OwnerConnectionString;

    public void Dispose()
    {
        Desk.Dispose();
        Database.Dispose();
    }

    public Ended Sync(string asOf, params string[] more) => Desk.Sync(["--as-of", asOf, "--postgres", App, .. more]);

    public Ended Db(string verb, params string[] more) => Desk.Run(["db", verb, "--postgres", Owner, .. more]);

    /// <summary>Every row of every table with the transaction that wrote it, as the owner's superuser sees them.</summary>
    public string Rows()
    {
        var text = new StringBuilder();
        using var connection = Database.Owner.OpenConnection();
        foreach (var table in Read(connection, "SELECT relname FROM pg_class WHERE relnamespace = 'loyalty'::regnamespace AND relkind = 'r' ORDER BY relname"))
        {
            foreach (var row in Read(connection, $"SELECT t.xmin || ' ' || to_jsonb(t)::text AS line FROM loyalty.{table} t ORDER BY line"))
            {
                text.Append(table).Append(' ').AppendLine(row);
            }
        }

        return text.ToString();
    }

    public string[] Read(string sql)
    {
        using var connection = Database.Owner.OpenConnection();
        return Read(connection, sql);
    }

    /// <summary>Locks a table, so that the run that comes next stops there; the lock is let go when the result is disposed.</summary>
    public NpgsqlConnection Lock(string table)
    {
        var connection = Database.Owner.OpenConnection();
        Execute(connection, $"BEGIN; LOCK TABLE loyalty.{table} IN ACCESS EXCLUSIVE MODE");
        return connection;
    }

    /// <summary>Waits until the run stands at a locked table.</summary>
    /// <returns>Whether it does; it may have ended before.</returns>
    public bool WaitUntilStopped(Process run)
    {
        using var connection = Database.Owner.OpenConnection();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(60) && !run.HasExited)
        {
            if (Read(connection, "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'loyalty' AND wait_event_type = 'Lock'").Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Waits until no backend serves the program any more.</summary>
    public void WaitUntilAlone()
    {
        using var connection = Database.Owner.OpenConnection();
        Assert.True(
            SpinWait.SpinUntil(
                () => Read(connection, "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'loyalty'").Length == 0,
                30_000),
            "a backend of a run that has ended is still there after 30 s");
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private static string[] Read(NpgsqlConnection connection, string sql)
    {
        var rows = new List<string>();
        using var command = new NpgsqlCommand(sql, connection);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }

        return [.. rows];
    }
}
