using System.Threading.Channels;
using Loyalty.Host.Output;
using Loyalty.Missions;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Host.Sync;

/// <summary>Writes members, decisions and missions of a run.</summary>
internal sealed class SyncFiles(LoyaltyProgram program, bool safe, CancellationToken cancellation)
{
    private const int ChunkSize = 256;

    private readonly long[] _levels = new long[program.Tiers!.Ladder.Count];

    /// <summary>How many members stand on each level, by its rank.</summary>
    public IReadOnlyList<long> Levels => _levels;

    /// <summary>Reads members, then missions, one after the other as a session allows, while others write what was read.</summary>
    /// <param name="session">The session after its review.</param>
    /// <param name="outcome">What it did.</param>
    /// <param name="create">Makes the file of a name.</param>
    /// <param name="progress">Told how many members were written, and of how many.</param>
    public async Task WriteAsync(IMemberRun session, SyncOutcome outcome, Func<string, Stream> create, Action<long, long>? progress)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var members = Channel.CreateBounded<List<MemberProgress>>(8);
        var missions = Channel.CreateBounded<List<MemberMission>>(8);
        var (membersFile, missionsFile, decisionsFile) = (create("members.csv"), create("missions.csv"), create("decisions.csv"));
        Task[] all =
        [
            Guard(() => WriteMembersAsync(members.Reader, outcome.MembersTotal, membersFile, progress, stop.Token)),
            Guard(() => WriteMissionsAsync(missions.Reader, missionsFile, stop.Token)),
            Guard(() => WriteDecisionsAsync(outcome.Decisions, decisionsFile, stop.Token)),
            Guard(async () =>
            {
                await ReadAsync(session.ReadMembersAsync(stop.Token), members.Writer, stop.Token);
                await ReadAsync(session.ReadMissionsAsync(stop.Token), missions.Writer, stop.Token);
            }),
        ];
        await Task.WhenAll(all);

        // Whoever fails stops the others, who would wait for ever.
        Task Guard(Func<Task> work) => Task.Run(
            async () =>
            {
                try
                {
                    await work();
                }
                catch
                {
                    await stop.CancelAsync();
                    throw;
                }
            },
            CancellationToken.None);
    }

    private static async Task ReadAsync<T>(IAsyncEnumerable<T> items, ChannelWriter<List<T>> chunks, CancellationToken stop)
    {
        var chunk = new List<T>(ChunkSize);
        await foreach (var item in items)
        {
            chunk.Add(item);
            if (chunk.Count == ChunkSize)
            {
                await chunks.WriteAsync(chunk, stop);
                chunk = new List<T>(ChunkSize);
            }
        }

        await chunks.WriteAsync(chunk, stop);
        chunks.Complete();
    }

    private async Task WriteMembersAsync(
        ChannelReader<List<MemberProgress>> chunks, long total, Stream stream, Action<long, long>? progress, CancellationToken stop)
    {
        using var table = new CsvTable(
            stream, safe,
            "handle", "level", "achieved_on", "window_start", "window_end", "value", "lifetime_sales", "lifetime_units", "lifetime_videos",
            "lifetime_views", "lifetime_likes", "lifetime_comments", "window_sales", "window_units", "window_videos", "window_views",
            "window_likes", "window_comments", "window_adjustments", "next_level", "to_next_level", "to_stay", "level_if_closed_now",
            "lifetime_adjustments");
        long written = 0;
        await foreach (var chunk in chunks.ReadAllAsync(stop))
        {
            foreach (var member in chunk)
            {
                _levels[member.Standing.Level]++;
                Write(table, member);
            }

            written += chunk.Count;
            progress?.Invoke(written, total);
        }
    }

    private void Write(CsvTable table, MemberProgress member)
    {
        var standing = member.Standing;
        table.Text(member.Handle).Text(member.Level.Name).Date(standing.AchievedOn).Date(standing.Window.Start).Date(standing.Window.End);
        Value(table, member.Value);
        Totals(table, member.Totals.Lifetime);
        Totals(table, member.Totals.Window);
        Value(table, member.MetricWindowAdjustments);
        if (member.NextLevel is { } next)
        {
            Value(table.Text(next.Name), member.ToNextLevel!.Value);
        }
        else
        {
            table.Empty().Empty();
        }

        Value(table, member.ToStay);
        Value(table.Text(member.LevelIfClosedNow.Name), member.MetricLifetimeAdjustments).EndRow();
    }

    private Task WriteDecisionsAsync(IReadOnlyList<MemberDecision> decisions, Stream stream, CancellationToken stop)
    {
        using var table = new CsvTable(
            stream, safe,
            "handle", "date", "kind", "level_before", "level_after", "window_start", "window_end", "value", "threshold_before", "threshold_after",
            "value_activity", "value_adjustments", "program_version");
        foreach (var (handle, decision) in decisions)
        {
            stop.ThrowIfCancellationRequested();
            table.Text(handle).Date(decision.Date).Text(Word(decision.Kind)).Text(decision.LevelBefore).Text(decision.LevelAfter)
                .Date(decision.Measured.Start).Date(decision.Measured.End);
            Value(table, decision.Value);
            Value(table, decision.ThresholdBefore);
            Value(table, decision.ThresholdAfter);
            Value(table, decision.ValueFromActivity);
            Value(table, decision.ValueFromAdjustments).Text(decision.ProgramVersion).EndRow();
        }

        return Task.CompletedTask;
    }

    private async Task WriteMissionsAsync(ChannelReader<List<MemberMission>> chunks, Stream stream, CancellationToken stop)
    {
        using var table = new CsvTable(
            stream, safe, "handle", "mission", "window_start", "window_end", "current", "target", "status", "completed_on");
        await foreach (var chunk in chunks.ReadAllAsync(stop))
        {
            foreach (var (handle, mission) in chunk)
            {
                table.Text(handle).Text(mission.MissionId).Date(mission.Window.Start).Date(mission.Window.End);
                Measure(table, mission.Metric, mission.Current);
                Measure(table, mission.Metric, mission.Target).Text(Word(mission.Status)).Date(mission.CompletedOn).EndRow();
            }
        }
    }

    public static string Word(DecisionKind kind) => kind switch
    {
        DecisionKind.Promoted => "promoted",
        DecisionKind.Kept => "kept",
        DecisionKind.Demoted => "demoted",
        _ => "grace-started",
    };

    public static string Word(MissionStatus status) => status switch
    {
        MissionStatus.Active => "active",
        MissionStatus.Completed => "completed",
        _ => "expired",
    };

    private CsvTable Value(CsvTable table, long value) => Measure(table, program.Tiers!.Metric, value);

    private CsvTable Measure(CsvTable table, Activities.Metric metric, long value) =>
        metric == Activities.Metric.Sales ? table.Amount(value, program.Currency) : table.Number(value);

    private void Totals(CsvTable table, in Activities.ActivityTotals totals) =>
        table.Amount(totals.Sales, program.Currency).Number(totals.Units).Number(totals.Videos).Number(totals.Views).Number(totals.Likes)
            .Number(totals.Comments);
}
