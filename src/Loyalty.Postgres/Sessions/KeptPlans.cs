using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Loyalty.Postgres.Sessions;

/// <summary>
/// Lets the connections of a data source keep the plans of short transactions: planning a statement that finds a few rows by their keys costs as much as running it.
/// </summary>
/// <remarks>
/// A plan from when a table was small would go through all of it when it has grown, and until statistics are gathered nothing makes the server think again. So a
/// connection plans anew when the tables may have grown by <see cref="MostRows"/> and after <see cref="MostTime"/>, and a kept plan never reads a table from end to
/// end. On a cluster plans are made for each transaction. Thread-safe.
/// </remarks>
internal sealed class KeptPlans
{
    /// <summary>By so much tables may grow under a plan.</summary>
    private const int MostRows = 1_000;

    /// <summary>So long a plan is kept: what other processes write is not known here.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);

    /// <summary>From so many rows on, a transaction has its plans made for itself: what planning costs is little of it, and how many rows there are matters.</summary>
    private const int ManyRows = 250;

    /// <summary>Server processes remembered; the numbers of those that ended stay behind.</summary>
    private const int MostProcesses = 1_000;

    /// <summary>Has the statements that follow in the transaction planned for the rows that they are given.</summary>
    public const string PlanForRows = "SET LOCAL plan_cache_mode = force_custom_plan";

    private const string Kept = "; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off";

    private static readonly ConditionalWeakTable<NpgsqlDataSource, KeptPlans> All = [];

    private readonly ConcurrentDictionary<int, (long Rows, long Time)> _plannedAt = new();
    private long _rows;

    // A cluster cannot make a plan for whatever tenant: it says so when it has to.
    private readonly bool _isCluster;

    private KeptPlans(NpgsqlDataSource dataSource) => _isCluster = ClusterSetting.IsCluster(dataSource);

    /// <summary>The plans of the connections of a data source.</summary>
    public static KeptPlans Of(NpgsqlDataSource dataSource) => All.GetValue(dataSource, static source => new KeptPlans(source));

    /// <summary>Says that tables have grown otherwise than by those that asked for <see cref="Settings"/>: a run, or another process.</summary>
    public void Grow(long rows) => Interlocked.Add(ref _rows, rows);

    /// <summary>The settings of a transaction that is about so many rows, each with a semicolon in front.</summary>
    /// <param name="connection">Where the transaction is.</param>
    /// <param name="rows">How many rows it reads or writes by their keys.</param>
    public string Settings(NpgsqlConnection connection, int rows)
    {
        var now = Interlocked.Add(ref _rows, rows);
        if (rows >= ManyRows || _isCluster)
        {
            return "; " + PlanForRows;
        }

        var process = connection.ProcessID;
        if (_plannedAt.TryGetValue(process, out var planned) && now - planned.Rows < MostRows && Stopwatch.GetElapsedTime(planned.Time) < MostTime)
        {
            return Kept;
        }

        if (_plannedAt.Count >= MostProcesses)
        {
            _plannedAt.Clear();
        }

        _plannedAt[process] = (now, Stopwatch.GetTimestamp());
        return "; DISCARD PLANS" + Kept;
    }
}
