using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Postgres.Copy;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;
using Npgsql;

namespace Loyalty.Postgres.Members;

/// <summary>A row of the member table.</summary>
internal readonly struct MemberRow
{
    /// <summary>The columns in the order in which they are read.</summary>
    public const string Columns =
        "handle, level, joined, achieved_on, window_start, window_end, in_grace, "
        + "lifetime_sales, lifetime_units, lifetime_videos, lifetime_views, lifetime_likes, lifetime_comments, "
        + "window_sales, window_units, window_videos, window_views, window_likes, window_comments, "
        + "lifetime_adjusted_sales, lifetime_adjusted_units, window_adjusted_sales, window_adjusted_units";

    /// <summary><see cref="Columns"/> and those that only reviews need.</summary>
    public const string AllColumns = Columns + ", next_due, decisions, history";

    public const int ColumnCount = 23;

    private MemberRow(string handle, in MemberStanding standing, in MemberTotals totals, int due, int decisions, byte[] history)
    {
        Handle = handle;
        Standing = standing;
        Totals = totals;
        DueDay = due;
        Decisions = decisions;
        History = history;
    }

    public string Handle { get; }

    public MemberStanding Standing { get; }

    public MemberTotals Totals { get; }

    /// <summary>The day on which the member is due, or <see cref="int.MaxValue"/>.</summary>
    public int DueDay { get; }

    public int Decisions { get; }

    public byte[] History { get; }

    /// <summary>Reads the columns without those of reviews, from column <paramref name="first"/> on.</summary>
    /// <param name="reader">On a row.</param>
    /// <param name="ladder">The ladder that has the member's level.</param>
    /// <param name="throughDay">The day through which the store was reviewed.</param>
    /// <param name="first">The number of the first column.</param>
    public static MemberRow Read(NpgsqlDataReader reader, TierLadder ladder, int throughDay, int first = 0) =>
        Read(reader, ladder, throughDay, first, whole: false);

    /// <summary>Reads <see cref="AllColumns"/>.</summary>
    public static MemberRow ReadAll(NpgsqlDataReader reader, TierLadder ladder, int throughDay) => Read(reader, ladder, throughDay, 0, whole: true);

    private static MemberRow Read(NpgsqlDataReader reader, TierLadder ladder, int throughDay, int first, bool whole)
    {
        var handle = reader.GetString(first);
        var level = reader.GetString(first + 1);
        var rank = ladder.IndexOf(level);
        if (rank < 0)
        {
            throw new StoreException(
                StoreFault.Damaged, $"Member '{handle}' stands on level '{level}', which the program does not have; restore the table from a backup.");
        }

        var joined = reader.GetFieldValue<DateOnly>(first + 2);
        var standing = new MemberStanding(
            joined,
            rank,
            reader.GetFieldValue<DateOnly>(first + 3),
            new Window(reader.GetFieldValue<DateOnly>(first + 4), DateOrNone(reader, first + 5)),
            reader.GetBoolean(first + 6),
            // Every completed run reviews every member, so the date need not be kept in each row.
            throughDay < joined.DayNumber ? null : DateOnly.FromDayNumber(throughDay));
        var totals = new MemberTotals(
            Activity(reader, first + 7),
            Activity(reader, first + 13),
            new AdjustmentTotals(reader.GetInt64(first + 19), reader.GetInt64(first + 20)),
            new AdjustmentTotals(reader.GetInt64(first + 21), reader.GetInt64(first + 22)));
        return whole
            ? new MemberRow(
                handle, standing, totals, DayOrNone(reader, first + 23), reader.GetInt32(first + 24), reader.GetFieldValue<byte[]>(first + 25))
            : new MemberRow(handle, standing, totals, int.MaxValue, 0, []);
    }

    /// <summary>Writes the columns of the table of reviewed members, after the mark of a new member.</summary>
    public static void Write(
        CopyBuffer buffer,
        bool isNew,
        string handle,
        string level,
        in MemberStanding standing,
        in MemberTotals totals,
        int due,
        int decisions,
        ReadOnlySpan<byte> history)
    {
        buffer.StartRow(27);
        buffer.Boolean(isNew);
        Write(buffer, totals.Lifetime);
        Write(buffer, totals.Window);
        buffer.Int64(totals.LifetimeAdjustments.Sales);
        buffer.Int64(totals.LifetimeAdjustments.Units);
        buffer.Int64(totals.WindowAdjustments.Sales);
        buffer.Int64(totals.WindowAdjustments.Units);
        buffer.Date(standing.Joined.DayNumber);
        buffer.Date(standing.AchievedOn.DayNumber);
        buffer.Date(standing.Window.Start.DayNumber);
        buffer.DateOrNull(standing.Window.End?.DayNumber ?? int.MaxValue);
        buffer.DateOrNull(due);
        buffer.Int32(decisions);
        buffer.Boolean(standing.InGrace);
        buffer.Text(handle);
        buffer.Text(level);
        buffer.Bytes(history);
    }

    private static void Write(CopyBuffer buffer, in ActivityTotals totals)
    {
        buffer.Int64(totals.Sales);
        buffer.Int64(totals.Units);
        buffer.Int64(totals.Videos);
        buffer.Int64(totals.Views);
        buffer.Int64(totals.Likes);
        buffer.Int64(totals.Comments);
    }

    private static ActivityTotals Activity(NpgsqlDataReader reader, int first) => new(
        reader.GetInt64(first), reader.GetInt64(first + 1), reader.GetInt64(first + 2), reader.GetInt64(first + 3),
        reader.GetInt64(first + 4), reader.GetInt64(first + 5));

    public static DateOnly? DateOrNone(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateOnly>(column);

    public static int Day(NpgsqlDataReader reader, int column) => reader.GetFieldValue<DateOnly>(column).DayNumber;

    public static int DayOrNone(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? int.MaxValue : Day(reader, column);
}
