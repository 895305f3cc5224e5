using System.Runtime.CompilerServices;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Tiers;
using Npgsql;

namespace Loyalty.Postgres.Members;

/// <summary>The state of a tenant as its row and its last program tell it.</summary>
internal sealed record TenantState(LoyaltyProgram Program, DateOnly AsOf, long Members, long Activities, long Adjustments);

/// <summary>Reads what is stored about a tenant, in the transaction that it is given.</summary>
/// <remarks>Everything long is read in pages by key, so that memory stays bounded and other statements fit between.</remarks>
internal sealed class TenantReader
{
    private const string MembersSql =
        $"SELECT {MemberRow.AllColumns} FROM loyalty.member WHERE tenant_id = $1 AND handle > $2 ORDER BY handle LIMIT $3";

    private const string ProgressSql =
        $"SELECT {MemberRow.Columns} FROM loyalty.member WHERE tenant_id = $1 AND handle > $2 ORDER BY handle LIMIT $3";

    // By each handle itself: a planner that never saw the table analyzed would else read all of a tenant.
    private const string Each = "SELECT f.* FROM unnest($2::text[]) AS k (handle) CROSS JOIN LATERAL (SELECT ";

    private const string MembersByHandleSql = Each + MemberRow.AllColumns + " FROM loyalty.member WHERE tenant_id = $1 AND handle = k.handle LIMIT 1) AS f";

    private const string DecisionColumns =
        "handle, number, decided_on, kind, level_before, level_after, threshold_before, threshold_after, measured_start, measured_end, "
        + "value_activity, value_adjustments, next_start, next_end, metric, is_lifetime, program_version, has_later_data";

    private const string DecisionsSql =
        $"SELECT {DecisionColumns} FROM loyalty.decision WHERE tenant_id = $1 AND handle >= $2 AND handle <= $3 ORDER BY handle, number";

    private const string MissionColumns = "handle, mission, metric, target, window_start, window_end, status, current, completed_on";

    private const string MissionsSql =
        $"SELECT {MissionColumns} FROM loyalty.mission_instance WHERE tenant_id = $1 AND handle >= $2 AND handle <= $3 ORDER BY handle";

    private const string MissionsByHandleSql = Each + MissionColumns + " FROM loyalty.mission_instance WHERE tenant_id = $1 AND handle = k.handle OFFSET 0) AS f";

    private const string HandlesWithMissionsSql =
        "SELECT DISTINCT handle FROM loyalty.mission_instance WHERE tenant_id = $1 AND handle > $2 ORDER BY handle LIMIT $3";

    private readonly TenantTransaction _transaction;
    private readonly int _pageSize;

    public TenantReader(TenantTransaction transaction, StoreLimits limits)
    {
        _transaction = transaction;
        _pageSize = limits.PageMembers;
    }

    public async ValueTask<List<MemberRow>> MembersAfterAsync(
        string handle, TierLadder ladder, DateOnly through, CancellationToken cancellationToken)
    {
        var command = _transaction.Command(MembersSql).With(handle).With(_pageSize);
        await using (command.ConfigureAwait(false))
        {
            return await ReadMembersAsync(command, ladder, through, whole: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The rows of some members, each named once.</summary>
    public async ValueTask<List<MemberRow>> MembersAsync(
        string[] handles, TierLadder ladder, DateOnly through, CancellationToken cancellationToken)
    {
        var command = _transaction.Command(MembersByHandleSql).With(handles);
        await using (command.ConfigureAwait(false))
        {
            return await ReadMembersAsync(command, ladder, through, whole: true, cancellationToken).ConfigureAwait(false);
        }
    }

    public async IAsyncEnumerable<MemberProgress> ProgressAsync(
        TierProgram tiers, DateOnly through, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = string.Empty;
        while (true)
        {
            var page = await ProgressAfterAsync(last, tiers.Ladder, through, cancellationToken).ConfigureAwait(false);
            foreach (var member in page)
            {
                yield return new MemberProgress(member.Handle, member.Standing, member.Totals, tiers);
            }

            if (page.Count < _pageSize)
            {
                yield break;
            }

            last = page[^1].Handle;
        }
    }

    public async IAsyncEnumerable<MemberMission> MissionsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = string.Empty;
        while (true)
        {
            var handles = await HandlesWithMissionsAsync(last, cancellationToken).ConfigureAwait(false);
            if (handles.Count > 0)
            {
                last = handles[^1];
                var missions = await MissionsBetweenAsync(handles[0], last, cancellationToken).ConfigureAwait(false);
                foreach (var handle in handles)
                {
                    foreach (var instance in missions[handle])
                    {
                        yield return new MemberMission(handle, instance);
                    }
                }
            }

            if (handles.Count < _pageSize)
            {
                yield break;
            }
        }
    }

    /// <summary>The decisions of members in a range of handles, both ends included, in order.</summary>
    public async ValueTask<Dictionary<string, List<Decision>>> DecisionsBetweenAsync(
        string first, string last, CancellationToken cancellationToken)
    {
        var decisions = new Dictionary<string, List<Decision>>(StringComparer.Ordinal);
        var command = _transaction.Command(DecisionsSql).With(first).With(last);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    Listed(decisions, reader.GetString(0)).Add(ReadDecision(reader));
                }
            }
        }

        return decisions;
    }

    /// <summary>The mission instances of members in a range of handles, both ends included, each member's in order of mission and start.</summary>
    public async ValueTask<Dictionary<string, List<MissionInstance>>> MissionsBetweenAsync(
        string first, string last, CancellationToken cancellationToken)
    {
        var command = _transaction.Command(MissionsSql).With(first).With(last);
        await using (command.ConfigureAwait(false))
        {
            return await ReadMissionsAsync(command, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The mission instances of some members, each member's in order of mission and start.</summary>
    public async ValueTask<Dictionary<string, List<MissionInstance>>> MissionsAsync(string[] handles, CancellationToken cancellationToken)
    {
        var command = _transaction.Command(MissionsByHandleSql).With(handles);
        await using (command.ConfigureAwait(false))
        {
            return await ReadMissionsAsync(command, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether any member ever had a mission.</summary>
    public async ValueTask<bool> HasMissionsAsync(CancellationToken cancellationToken)
    {
        var command = _transaction.Command("SELECT 1 FROM loyalty.mission_instance WHERE tenant_id = $1 LIMIT 1");
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not null;
        }
    }

    private async ValueTask<List<MemberRow>> ProgressAfterAsync(
        string handle, TierLadder ladder, DateOnly through, CancellationToken cancellationToken)
    {
        var command = _transaction.Command(ProgressSql).With(handle).With(_pageSize);
        await using (command.ConfigureAwait(false))
        {
            return await ReadMembersAsync(command, ladder, through, whole: false, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<List<string>> HandlesWithMissionsAsync(string after, CancellationToken cancellationToken)
    {
        var handles = new List<string>();
        var command = _transaction.Command(HandlesWithMissionsSql).With(after).With(_pageSize);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    handles.Add(reader.GetString(0));
                }
            }
        }

        return handles;
    }

    private static async ValueTask<List<MemberRow>> ReadMembersAsync(
        NpgsqlCommand command, TierLadder ladder, DateOnly through, bool whole, CancellationToken cancellationToken)
    {
        var rows = new List<MemberRow>();
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(whole ? MemberRow.ReadAll(reader, ladder, through.DayNumber) : MemberRow.Read(reader, ladder, through.DayNumber));
            }
        }

        return rows;
    }

    private static async ValueTask<Dictionary<string, List<MissionInstance>>> ReadMissionsAsync(
        NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var missions = new Dictionary<string, List<MissionInstance>>(StringComparer.Ordinal);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                Listed(missions, reader.GetString(0)).Add(ReadMission(reader));
            }
        }

        // Ids of missions sort as the in-memory store sorts them, by UTF-16 units, which differs from the database's order of bytes.
        foreach (var instances in missions.Values)
        {
            instances.Sort(static (a, b) =>
                string.CompareOrdinal(a.MissionId, b.MissionId) is var c && c != 0 ? c : a.Window.Start.CompareTo(b.Window.Start));
        }

        return missions;
    }

    private static List<T> Listed<T>(Dictionary<string, List<T>> lists, string handle)
    {
        if (!lists.TryGetValue(handle, out var list))
        {
            lists.Add(handle, list = []);
        }

        return list;
    }

    private static Decision ReadDecision(NpgsqlDataReader reader) => new(
        reader.GetFieldValue<DateOnly>(2),
        EnumText.Decision.Parse(reader.GetString(3)),
        reader.GetString(4),
        reader.GetString(5),
        reader.GetInt64(6),
        reader.GetInt64(7),
        new Window(reader.GetFieldValue<DateOnly>(8), reader.GetFieldValue<DateOnly>(9)),
        reader.GetInt64(10),
        reader.GetInt64(11),
        new Window(reader.GetFieldValue<DateOnly>(12), MemberRow.DateOrNone(reader, 13)),
        EnumText.Metric.Parse(reader.GetString(14)),
        reader.GetBoolean(15),
        reader.GetString(16),
        reader.GetBoolean(17));

    private static MissionInstance ReadMission(NpgsqlDataReader reader) => new(
        new MissionGoal(reader.GetString(1), EnumText.Metric.Parse(reader.GetString(2)), reader.GetInt64(3)),
        new Window(reader.GetFieldValue<DateOnly>(4), MemberRow.DateOrNone(reader, 5)),
        EnumText.Mission.Parse(reader.GetString(6)),
        reader.GetInt64(7),
        MemberRow.DateOrNone(reader, 8));
}
