using Loyalty.Activities;
using Loyalty.Memory;
using Loyalty.Missions;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>What is kept about each member, by the number of the handle. A session works on a copy and leaves it behind when completed.</summary>
internal sealed class MemberTable
{
    public const int NeverDue = int.MaxValue;

    private MemberStanding[] _standing;
    private MemberTotals[] _totals;
    private int[] _due;
    private int[] _firstActivity;
    private Decision[]?[] _decisions;
    private MissionInstance[]?[] _missions;
    private Adjustment[]?[] _adjustments;

    public MemberTable(int capacity = 64)
    {
        _standing = new MemberStanding[capacity];
        _totals = new MemberTotals[capacity];
        _due = new int[capacity];
        _firstActivity = new int[capacity];
        _decisions = new Decision[capacity][];
        _missions = new MissionInstance[capacity][];
        _adjustments = new Adjustment[capacity][];
    }

    private MemberTable(MemberTable other, int capacity)
    {
        Count = other.Count;
        _standing = Copy(other._standing, capacity);
        _totals = Copy(other._totals, capacity);
        _due = Copy(other._due, capacity);
        _firstActivity = Copy(other._firstActivity, capacity);
        _decisions = Copy(other._decisions, capacity);
        _missions = Copy(other._missions, capacity);
        _adjustments = Copy(other._adjustments, capacity);
    }

    public int Count { get; private set; }

    public Span<MemberStanding> Standing => _standing.AsSpan(0, Count);

    public Span<MemberTotals> Totals => _totals.AsSpan(0, Count);

    /// <summary>The day on which the member must be reviewed though nothing comes in.</summary>
    public Span<int> Due => _due.AsSpan(0, Count);

    /// <summary>The first of the member's chain of activities, or -1.</summary>
    public Span<int> FirstActivity => _firstActivity.AsSpan(0, Count);

    /// <summary>Decisions in order; the arrays are never changed, only replaced.</summary>
    public Span<Decision[]?> Decisions => _decisions.AsSpan(0, Count);

    /// <summary>Mission instances in order of making; the arrays are never changed, only replaced.</summary>
    public Span<MissionInstance[]?> Missions => _missions.AsSpan(0, Count);

    /// <summary>Adjustments; the arrays are never changed, only replaced.</summary>
    public Span<Adjustment[]?> Adjustments => _adjustments.AsSpan(0, Count);

    /// <summary>Asks for where a member stands and for the totals.</summary>
    public void Prefetch(int member)
    {
        Cache.Prefetch(in _standing[member]);
        Cache.PrefetchWhole(in _totals[member]);
    }

    /// <summary>Asks for the instances of a member's missions.</summary>
    public void PrefetchMissions(int member) => Cache.PrefetchObject(_missions[member]);

    public MemberTable CopyWithRoom(int more) => new(this, Count + more);

    public int Add(in MemberStanding standing)
    {
        if (Count == _standing.Length)
        {
            var size = Math.Max(64, Count * 2);
            _standing = Copy(_standing, size);
            _totals = Copy(_totals, size);
            _due = Copy(_due, size);
            _firstActivity = Copy(_firstActivity, size);
            _decisions = Copy(_decisions, size);
            _missions = Copy(_missions, size);
            _adjustments = Copy(_adjustments, size);
        }

        var member = Count++;
        _standing[member] = standing;
        _due[member] = standing.JoinedDay;
        _firstActivity[member] = -1;
        return member;
    }

    private static T[] Copy<T>(T[] source, int capacity)
    {
        var copy = new T[Math.Max(capacity, source.Length)];
        source.CopyTo(copy, 0);
        return copy;
    }
}
