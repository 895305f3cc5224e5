using Loyalty.Activities;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Members;

namespace Loyalty.Sqlite.Members;

/// <summary>What comes in during a run, staged in temporary tables; then what it means for the file: which rows are new or changed, and whom they touch.</summary>
internal sealed class MemberStage
{
    private const string Create =
        """
        CREATE TEMP TABLE staged_activity (
            key TEXT PRIMARY KEY NOT NULL, handle TEXT NOT NULL, posted_on TEXT NOT NULL, sales INTEGER NOT NULL, units INTEGER NOT NULL, views INTEGER NOT NULL,
            likes INTEGER NOT NULL, comments INTEGER NOT NULL, ctr TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TEMP TABLE staged_adjustment (
            id TEXT PRIMARY KEY NOT NULL, handle TEXT NOT NULL, day TEXT NOT NULL, sales INTEGER NOT NULL, units INTEGER NOT NULL, reason TEXT NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE TEMP TABLE new_member (handle TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TEMP TABLE touched (handle TEXT NOT NULL, day TEXT) STRICT;
        """;

    private const string Drop =
        "DROP TABLE temp.staged_activity; DROP TABLE temp.staged_adjustment; DROP TABLE temp.new_member; DROP TABLE temp.touched";

    private const string PutActivity = "INSERT INTO temp.staged_activity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET handle = excluded.handle, posted_on = excluded.posted_on, sales = excluded.sales, units = excluded.units, views = excluded.views, likes = excluded.likes, comments = excluded.comments, ctr = excluded.ctr, title = excluded.title, url = excluded.url";

    // A row that only spells its URL differently is the same row.
    private const string SameActivity =
        "(a.handle, a.posted_on, a.sales, a.units, a.views, a.likes, a.comments, a.ctr, a.title) = (s.handle, s.posted_on, s.sales, s.units, s.views, s.likes, s.comments, s.ctr, s.title)";

    private const string SameNumbers =
        "(a.handle, a.posted_on, a.sales, a.units, a.views, a.likes, a.comments) = (s.handle, s.posted_on, s.sales, s.units, s.views, s.likes, s.comments)";

    private const string SameCorrection = "(a.handle, a.day, a.sales, a.units) = (s.handle, s.day, s.sales, s.units)";

    private readonly SqliteConnectionLease _lease;
    private long _activities;
    private long _adjustments;
    private bool _hasMembers;

    /// <summary>Makes the temporary tables.</summary>
    public MemberStage(SqliteConnectionLease lease)
    {
        _lease = lease;
        lease.Execute(Create);
    }

    public void Put(in Activity activity)
    {
        _activities++;
        _lease[PutActivity]
            .WithText(activity.Key).WithText(activity.Handle).With(activity.Date).With(activity.Sales).With(activity.Units).With(activity.Views)
            .With(activity.Likes).With(activity.Comments).WithText(activity.ClickThroughRate).WithText(activity.Title).WithText(activity.Url).Run();
    }

    /// <summary>Stages an adjustment, if there is a member of its handle.</summary>
    public bool TryPut(Adjustment adjustment)
    {
        FindMembers();
        var member = _lease["SELECT EXISTS (SELECT 1 FROM member WHERE handle = ?1) OR EXISTS (SELECT 1 FROM temp.new_member WHERE handle = ?1)"].With(adjustment.Handle);
        member.Step();
        var isKnown = member.Bool(0);
        member.Reset();
        if (isKnown)
        {
            _adjustments++;
            _lease["INSERT OR REPLACE INTO temp.staged_adjustment VALUES (?, ?, ?, ?, ?, ?)"]
                .With(adjustment.Id).With(adjustment.Handle).With(adjustment.Date).With(adjustment.Sales).With(adjustment.Units).With(adjustment.Reason).Run();
        }

        return isKnown;
    }

    /// <summary>Takes the activities over into the file.</summary>
    public RowCounts TakeActivities()
    {
        FindMembers();
        var counts = Count("activity", "key", SameActivity, _activities);
        if (counts.Inserted + counts.Updated > 0)
        {
            _lease.Execute(
                $"""
                INSERT INTO temp.touched SELECT s.handle, iif(a.key IS NOT NULL AND {SameNumbers}, NULL, s.posted_on)
                    FROM temp.staged_activity AS s LEFT JOIN activity AS a USING (key) WHERE a.key IS NULL OR NOT ({SameActivity});
                INSERT INTO temp.touched SELECT a.handle, a.posted_on FROM temp.staged_activity AS s JOIN activity AS a USING (key) WHERE NOT ({SameNumbers});
                INSERT OR REPLACE INTO activity
                    SELECT s.* FROM temp.staged_activity AS s LEFT JOIN activity AS a USING (key) WHERE a.key IS NULL OR NOT ({SameActivity}) ORDER BY s.key;
                """);
        }

        return counts;
    }

    /// <summary>Takes the adjustments over into the file.</summary>
    public RowCounts TakeAdjustments()
    {
        const string Same = $"({SameCorrection} AND a.reason = s.reason)";
        var counts = Count("adjustment", "id", Same, _adjustments);
        if (counts.Inserted + counts.Updated > 0)
        {
            _lease.Execute(
                $"""
                INSERT INTO temp.touched SELECT s.handle, iif(a.id IS NOT NULL AND {SameCorrection}, NULL, s.day)
                    FROM temp.staged_adjustment AS s LEFT JOIN adjustment AS a USING (id) WHERE a.id IS NULL OR NOT {Same};
                INSERT INTO temp.touched SELECT a.handle, a.day FROM temp.staged_adjustment AS s JOIN adjustment AS a USING (id) WHERE NOT ({SameCorrection});
                INSERT OR REPLACE INTO adjustment
                    SELECT s.* FROM temp.staged_adjustment AS s LEFT JOIN adjustment AS a USING (id) WHERE a.id IS NULL OR NOT {Same} ORDER BY s.id;
                """);
        }

        return counts;
    }

    /// <summary>The members whose numbers changed on some day, each with these days.</summary>
    public IEnumerable<(string Handle, DateOnly Day)> ChangedDays()
    {
        var rows = _lease["SELECT DISTINCT handle, day FROM temp.touched WHERE day IS NOT NULL AND handle IN (SELECT handle FROM decision) ORDER BY handle, day"];
        while (rows.Step())
        {
            yield return (rows.Text(0), rows.Date(1));
        }
    }

    /// <summary>The members to be reviewed, in order of their handles.</summary>
    /// <param name="asOf">The date to review through.</param>
    /// <param name="everybody">Whether the program changed, so that everybody is looked at.</param>
    public List<string> Due(DateOnly asOf, bool everybody)
    {
        var due = new List<string>();
        var rows = everybody
            ? _lease["SELECT handle FROM member UNION SELECT handle FROM temp.new_member ORDER BY 1"]
            : _lease["SELECT handle FROM member WHERE next_due <= ? UNION SELECT handle FROM temp.touched ORDER BY 1"].With(asOf);
        while (rows.Step())
        {
            due.Add(rows.Text(0));
        }

        return due;
    }

    public void End() => _lease.Execute(Drop);

    private void FindMembers()
    {
        if (!_hasMembers)
        {
            _hasMembers = true;
            _lease.Execute("INSERT INTO temp.new_member SELECT DISTINCT handle FROM temp.staged_activity WHERE handle NOT IN (SELECT handle FROM member)");
        }
    }

    private RowCounts Count(string table, string key, string same, long given)
    {
        var rows = _lease[
            $"SELECT count(*), count(a.{key}), count(iif({same}, 1, NULL)) FROM temp.staged_{table} AS s LEFT JOIN {table} AS a USING ({key})"];
        rows.Step();
        var (staged, known, unchanged) = (rows.Long(0), rows.Long(1), rows.Long(2));
        rows.Reset();
        return new RowCounts(staged - known, known - unchanged, unchanged, given - staged);
    }
}
