namespace Loyalty.Activities;

/// <summary>
/// Activities as parallel columns, row by row: whose it is, when it was, and its numbers. A view over the caller's memory.
/// </summary>
/// <remarks>
/// 36 bytes for each activity. All columns have the same length; row <c>i</c> of each belongs to one activity. Members are dense
/// indexes from 0: the place of the member's window and totals. The member column may be left out where all rows belong
/// to one member. Any value of <see cref="int"/> and <see cref="long"/> is allowed in the number columns.
/// <see langword="default"/> has no rows.
/// </remarks>
public readonly ref struct AggregationColumns
{
    /// <summary>Creates a view of activities of several members.</summary>
    /// <param name="members">Member indexes.</param>
    /// <param name="days">Dates as day numbers (<see cref="DateOnly.DayNumber"/>).</param>
    /// <param name="sales">Sales in minor units of the currency.</param>
    /// <param name="units">Units sold.</param>
    /// <param name="views">Views.</param>
    /// <param name="likes">Likes.</param>
    /// <param name="comments">Comments.</param>
    /// <exception cref="ArgumentException">The columns differ in length.</exception>
    public AggregationColumns(
        ReadOnlySpan<int> members,
        ReadOnlySpan<int> days,
        ReadOnlySpan<long> sales,
        ReadOnlySpan<int> units,
        ReadOnlySpan<long> views,
        ReadOnlySpan<int> likes,
        ReadOnlySpan<int> comments)
        : this(days, sales, units, views, likes, comments)
    {
        RequireLength(members.Length, days.Length, nameof(members));
        Members = members;
    }

    /// <summary>Creates a view of activities of one member, without a member column.</summary>
    /// <inheritdoc cref="AggregationColumns(ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{long}, ReadOnlySpan{int}, ReadOnlySpan{long}, ReadOnlySpan{int}, ReadOnlySpan{int})"/>
    public AggregationColumns(
        ReadOnlySpan<int> days,
        ReadOnlySpan<long> sales,
        ReadOnlySpan<int> units,
        ReadOnlySpan<long> views,
        ReadOnlySpan<int> likes,
        ReadOnlySpan<int> comments)
    {
        RequireLength(sales.Length, days.Length, nameof(sales));
        RequireLength(units.Length, days.Length, nameof(units));
        RequireLength(views.Length, days.Length, nameof(views));
        RequireLength(likes.Length, days.Length, nameof(likes));
        RequireLength(comments.Length, days.Length, nameof(comments));
        Days = days;
        Sales = sales;
        Units = units;
        Views = views;
        Likes = likes;
        Comments = comments;
    }

    /// <summary>The number of activities.</summary>
    public int Count => Days.Length;

    /// <summary>Member indexes; empty when all rows belong to one member.</summary>
    public ReadOnlySpan<int> Members { get; }

    /// <summary>Dates as day numbers.</summary>
    public ReadOnlySpan<int> Days { get; }

    /// <summary>Sales in minor units of the currency.</summary>
    public ReadOnlySpan<long> Sales { get; }

    /// <summary>Units sold.</summary>
    public ReadOnlySpan<int> Units { get; }

    /// <summary>Views.</summary>
    public ReadOnlySpan<long> Views { get; }

    /// <summary>Likes.</summary>
    public ReadOnlySpan<int> Likes { get; }

    /// <summary>Comments.</summary>
    public ReadOnlySpan<int> Comments { get; }

    /// <summary>A view of <paramref name="length"/> rows from <paramref name="start"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all inside this view.</exception>
    public AggregationColumns Slice(int start, int length) => Members.IsEmpty
        ? new(
            Days.Slice(start, length), Sales.Slice(start, length), Units.Slice(start, length),
            Views.Slice(start, length), Likes.Slice(start, length), Comments.Slice(start, length))
        : new(
            Members.Slice(start, length), Days.Slice(start, length), Sales.Slice(start, length), Units.Slice(start, length),
            Views.Slice(start, length), Likes.Slice(start, length), Comments.Slice(start, length));

    /// <summary>Throws unless there is a member for each row.</summary>
    internal void RequireMembers(string parameter)
    {
        if (Members.Length != Days.Length)
        {
            throw new ArgumentException($"The {Days.Length} activities have no member column; give one member index for each.", parameter);
        }
    }

    private static void RequireLength(int found, int expected, string column)
    {
        if (found != expected)
        {
            throw new ArgumentException($"The column has {found} rows and the day column {expected}; all columns of a batch have the same length.", column);
        }
    }
}
