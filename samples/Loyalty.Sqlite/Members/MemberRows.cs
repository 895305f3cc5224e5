using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Sqlite.Members;

/// <summary>What the file holds about members, as values of the domain and back.</summary>
/// <param name="lease">Where to read and write.</param>
internal sealed class MemberRows(SqliteConnectionLease lease)
{
    private const string Columns =
        "handle, level, joined, achieved_on, window_start, window_end, in_grace, "
        + "lifetime_sales, lifetime_units, lifetime_videos, lifetime_views, lifetime_likes, lifetime_comments, "
        + "window_sales, window_units, window_videos, window_views, window_likes, window_comments, "
        + "lifetime_adjusted_sales, lifetime_adjusted_units, window_adjusted_sales, window_adjusted_units";

    private const string PutSql =
        $"INSERT OR REPLACE INTO member ({Columns}, next_due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private const string DecisionColumns =
        "decided_on, kind, level_before, level_after, threshold_before, threshold_after, measured_start, measured_end, value_activity, value_adjustments, "
        + "next_start, next_end, metric, is_lifetime, program_version, has_later_data";

    private const string MissionColumns = "mission, metric, target, window_start, window_end, status, current, completed_on";

    /// <summary>The program and the date of the last run; <see langword="null"/> while there was none.</summary>
    public (LoyaltyProgram Program, DateOnly AsOf)? Run()
    {
        var run = lease["SELECT program, as_of FROM member_run"];
        if (!run.Step())
        {
            return null;
        }

        var result = (LoyaltyProgram.Parse(run.Bytes(0).ToArray()), run.Date(1));
        run.Reset();
        return result;
    }

    public void PutRun(LoyaltyProgram program, DateOnly asOf) => lease["INSERT OR REPLACE INTO member_run (one, tenant, currency, program, as_of) VALUES (1, ?, ?, ?, ?)"]
        .With(program.Tenant).With(program.Currency.Code).WithText(program.Json.Span).With(asOf).Run();

    public long Count(string table)
    {
        var count = lease[$"SELECT count(*) FROM {table}"];
        count.Step();
        var result = count.Long(0);
        count.Reset();
        return result;
    }

    /// <summary>One member; <see langword="null"/> when the file has none of that handle.</summary>
    public MemberRow? Find(string handle, TierLadder ladder, DateOnly through)
    {
        var rows = lease[$"SELECT {Columns} FROM member WHERE handle = ?"].With(handle);
        if (!rows.Step())
        {
            return null;
        }

        var row = Read(rows, ladder, through);
        rows.Reset();
        return row;
    }

    /// <summary>All members in order of their handles.</summary>
    public IEnumerable<MemberRow> All(TierLadder ladder, DateOnly through)
    {
        var rows = lease[$"SELECT {Columns} FROM member ORDER BY handle"];
        try
        {
            while (rows.Step())
            {
                yield return Read(rows, ladder, through);
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    public void Put(string handle, string level, MemberReview review)
    {
        var (standing, totals) = (review.Standing, review.Totals);
        lease[PutSql]
            .With(handle).With(level).With(standing.Joined).With(standing.AchievedOn).With(standing.Window.Start).With(standing.Window.End).With(standing.InGrace)
            .With(totals.Lifetime.Sales).With(totals.Lifetime.Units).With(totals.Lifetime.Videos).With(totals.Lifetime.Views)
            .With(totals.Lifetime.Likes).With(totals.Lifetime.Comments)
            .With(totals.Window.Sales).With(totals.Window.Units).With(totals.Window.Videos).With(totals.Window.Views)
            .With(totals.Window.Likes).With(totals.Window.Comments)
            .With(totals.LifetimeAdjustments.Sales).With(totals.LifetimeAdjustments.Units)
            .With(totals.WindowAdjustments.Sales).With(totals.WindowAdjustments.Units)
            .With(review.NextDue)
            .Run();
    }

    /// <summary>Fills a history with all that is stored about a member.</summary>
    public void Gather(string handle, MemberHistory history)
    {
        history.Clear();
        var activity = lease["SELECT posted_on, sales, units, views, likes, comments FROM activity WHERE handle = ?"].With(handle);
        while (activity.Step())
        {
            history.Add(
                activity.Date(0), new ActivityTotals(activity.Long(1), activity.Long(2), 1, activity.Long(3), activity.Long(4), activity.Long(5)));
        }

        var adjustments = lease["SELECT day, sales, units FROM adjustment WHERE handle = ?"].With(handle);
        while (adjustments.Step())
        {
            history.Add(adjustments.Date(0), new AdjustmentTotals(adjustments.Long(1), adjustments.Long(2)));
        }
    }

    /// <summary>A member's decisions in the order in which they were made.</summary>
    public List<Decision> Decisions(string handle)
    {
        var decisions = new List<Decision>();
        var rows = lease[$"SELECT {DecisionColumns} FROM decision WHERE handle = ? ORDER BY number"].With(handle);
        while (rows.Step())
        {
            decisions.Add(new Decision(
                rows.Date(0), EnumText<DecisionKind>.Parse(rows.Text(1)), rows.Text(2), rows.Text(3), rows.Long(4), rows.Long(5),
                new Window(rows.Date(6), rows.Date(7)), rows.Long(8), rows.Long(9), new Window(rows.Date(10), rows.MaybeDate(11)),
                EnumText<Metric>.Parse(rows.Text(12)), rows.Bool(13), rows.Text(14), rows.Bool(15)));
        }

        return decisions;
    }

    /// <summary>Appends a decision.</summary>
    public void Add(string handle, int number, Decision decision) => lease[
        $"INSERT INTO decision (handle, number, {DecisionColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(handle).With(number).With(decision.Date).With(EnumText<DecisionKind>.Of(decision.Kind)).With(decision.LevelBefore).With(decision.LevelAfter)
        .With(decision.ThresholdBefore).With(decision.ThresholdAfter).With(decision.Measured.Start).With(decision.Measured.End)
        .With(decision.ValueFromActivity).With(decision.ValueFromAdjustments).With(decision.NextWindow.Start).With(decision.NextWindow.End)
        .With(EnumText<Metric>.Of(decision.Metric)).With(decision.IsLifetime).With(decision.ProgramVersion).With(decision.HasLaterData)
        .Run();

    /// <summary>How many decisions a member has.</summary>
    public int CountDecisions(string handle)
    {
        var rows = lease["SELECT max(number) FROM decision WHERE handle = ?"].With(handle);
        rows.Step();
        var count = rows.Int(0);
        rows.Reset();
        return count;
    }

    /// <summary>Notes that data changed which a decision had measured.</summary>
    public void MarkLaterData(string handle, int number) => lease["UPDATE decision SET has_later_data = 1 WHERE handle = ? AND number = ?"].With(handle).With(number).Run();

    /// <summary>A member's mission instances in the order in which they were made.</summary>
    public List<MissionInstance> Missions(string handle)
    {
        var missions = new List<MissionInstance>();
        var rows = lease[$"SELECT {MissionColumns} FROM mission_instance WHERE handle = ? ORDER BY number"].With(handle);
        while (rows.Step())
        {
            missions.Add(ReadMission(rows, 0));
        }

        return missions;
    }

    /// <summary>All mission instances in order of handle, mission, window start.</summary>
    public IEnumerable<MemberMission> Missions()
    {
        var rows = lease[$"SELECT handle, {MissionColumns} FROM mission_instance ORDER BY handle, mission, window_start"];
        try
        {
            while (rows.Step())
            {
                yield return new MemberMission(rows.Text(0), ReadMission(rows, 1));
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    public void Put(string handle, int number, in MissionInstance mission) => lease[
        $"INSERT OR REPLACE INTO mission_instance (handle, number, {MissionColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"]
        .With(handle).With(number).With(mission.MissionId).With(EnumText<Metric>.Of(mission.Metric)).With(mission.Target)
        .With(mission.Window.Start).With(mission.Window.End).With(EnumText<MissionStatus>.Of(mission.Status)).With(mission.Current).With(mission.CompletedOn)
        .Run();

    private static MissionInstance ReadMission(SqliteStatement rows, int first) => new(
        new MissionGoal(rows.Text(first), EnumText<Metric>.Parse(rows.Text(first + 1)), rows.Long(first + 2)),
        new Window(rows.Date(first + 3), rows.MaybeDate(first + 4)),
        EnumText<MissionStatus>.Parse(rows.Text(first + 5)), rows.Long(first + 6), rows.MaybeDate(first + 7));

    private static MemberRow Read(SqliteStatement row, TierLadder ladder, DateOnly through)
    {
        var (handle, level) = (row.Text(0), row.Text(1));
        var rank = ladder.IndexOf(level);
        if (rank < 0)
        {
            throw new InvalidDataException($"member '{handle}' stands on level '{level}', which the program does not have");
        }

        // Every run reviews everybody through its date; who joins later has nothing reviewed yet.
        var joined = row.Date(2);
        var standing = new MemberStanding(
            joined, rank, row.Date(3), new Window(row.Date(4), row.MaybeDate(5)), row.Bool(6), through < joined ? null : through);
        return new(handle, standing, new MemberTotals(
            new ActivityTotals(row.Long(7), row.Long(8), row.Long(9), row.Long(10), row.Long(11), row.Long(12)),
            new ActivityTotals(row.Long(13), row.Long(14), row.Long(15), row.Long(16), row.Long(17), row.Long(18)),
            new AdjustmentTotals(row.Long(19), row.Long(20)),
            new AdjustmentTotals(row.Long(21), row.Long(22))));
    }
}

/// <summary>A row of the member table.</summary>
internal readonly record struct MemberRow(string Handle, MemberStanding Standing, MemberTotals Totals)
{
    public MemberProgress Progress(TierProgram tiers) => new(Handle, Standing, Totals, tiers);
}
