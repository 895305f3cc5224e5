using Loyalty.Tiers;

namespace Loyalty.Storage.Members;

/// <summary>How the rows of one kind were taken in; together they are all rows that were given.</summary>
/// <param name="Inserted">The key was new.</param>
/// <param name="Updated">The key was known with other content.</param>
/// <param name="Unchanged">The key was known with the same content.</param>
/// <param name="Superseded">The same key came again later in the run.</param>
public sealed record RowCounts(long Inserted, long Updated, long Unchanged, long Superseded)
{
    /// <summary>No rows.</summary>
    public static RowCounts None { get; } = new(0, 0, 0, 0);

    /// <summary>The sum of the four.</summary>
    public long Total => Inserted + Updated + Unchanged + Superseded;

    /// <summary>The rows of both.</summary>
    public static RowCounts operator +(RowCounts left, RowCounts right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new(
            left.Inserted + right.Inserted,
            left.Updated + right.Updated,
            left.Unchanged + right.Unchanged,
            left.Superseded + right.Superseded);
    }

    /// <inheritdoc cref="operator +(RowCounts, RowCounts)"/>
    public static RowCounts Add(RowCounts left, RowCounts right) => left + right;
}

/// <summary>A decision and whom it is about.</summary>
/// <param name="Handle">The member's handle.</param>
/// <param name="Decision">The decision.</param>
public sealed record MemberDecision(string Handle, Decision Decision);

/// <summary>What a run did.</summary>
public sealed class SyncOutcome
{
    /// <summary>Creates the outcome of a run; stores do.</summary>
    public SyncOutcome(
        DateOnly asOf,
        RowCounts activities,
        RowCounts adjustments,
        long membersTotal,
        long membersCreated,
        IReadOnlyList<MemberDecision> decisions,
        long missionsCompleted)
        : this(asOf, activities, adjustments, membersTotal, membersCreated, decisions, CountKinds(decisions), missionsCompleted)
    {
    }

    /// <summary>Creates the outcome of a run whose decisions are counted already, by kind.</summary>
    internal SyncOutcome(
        DateOnly asOf,
        RowCounts activities,
        RowCounts adjustments,
        long membersTotal,
        long membersCreated,
        IReadOnlyList<MemberDecision> decisions,
        ReadOnlySpan<long> kinds,
        long missionsCompleted)
    {
        ArgumentNullException.ThrowIfNull(activities);
        ArgumentNullException.ThrowIfNull(adjustments);
        AsOf = asOf;
        Activities = activities;
        Adjustments = adjustments;
        MembersTotal = membersTotal;
        MembersCreated = membersCreated;
        Decisions = decisions;
        MissionsCompleted = missionsCompleted;
        (Promoted, Kept, Demoted, GraceStarted) =
            (kinds[(int)DecisionKind.Promoted], kinds[(int)DecisionKind.Kept], kinds[(int)DecisionKind.Demoted], kinds[(int)DecisionKind.GraceStarted]);
    }

    /// <summary>The date through which members were reviewed.</summary>
    public DateOnly AsOf { get; }

    /// <summary>How the activities were taken in.</summary>
    public RowCounts Activities { get; }

    /// <summary>How the adjustments were taken in.</summary>
    public RowCounts Adjustments { get; }

    /// <summary>Members after the run.</summary>
    public long MembersTotal { get; }

    /// <summary>Members that the run created.</summary>
    public long MembersCreated { get; }

    /// <summary>The decisions of the run in ordinal order of handle, then date, then order of the review.</summary>
    public IReadOnlyList<MemberDecision> Decisions { get; }

    /// <summary>How many of the decisions promoted.</summary>
    public long Promoted { get; }

    /// <summary>How many of the decisions kept.</summary>
    public long Kept { get; }

    /// <summary>How many of the decisions demoted.</summary>
    public long Demoted { get; }

    /// <summary>How many of the decisions started a grace.</summary>
    public long GraceStarted { get; }

    /// <summary>Mission instances that were completed in the run.</summary>
    public long MissionsCompleted { get; }

    private static long[] CountKinds(IReadOnlyList<MemberDecision> decisions)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        var kinds = new long[(int)DecisionKind.GraceStarted + 1];
        foreach (var decision in decisions)
        {
            kinds[(int)decision.Decision.Kind]++;
        }

        return kinds;
    }
}
