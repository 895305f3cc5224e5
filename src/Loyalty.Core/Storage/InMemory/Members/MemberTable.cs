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
    private readonly MemberRows<DecisionRow> _decisions;
    private readonly MemberRows<MissionRow> _missions;
    private readonly NumberedValues<DecisionRule> _rules;
    private readonly NumberedValues<MissionGoal> _goals;
    private Adjustment[]?[] _adjustments;

    public MemberTable(int capacity = 64)
    {
        _standing = new MemberStanding[capacity];
        _totals = new MemberTotals[capacity];
        _due = new int[capacity];
        _firstActivity = new int[capacity];
        _decisions = new(capacity);
        _missions = new(capacity);
        _rules = new();
        _goals = new();
        _adjustments = new Adjustment[capacity][];
    }

    private MemberTable(MemberTable other, int capacity)
    {
        Count = other.Count;
        _standing = Copy(other._standing, capacity);
        _totals = Copy(other._totals, capacity);
        _due = Copy(other._due, capacity);
        _firstActivity = Copy(other._firstActivity, capacity);
        _decisions = other._decisions.Copy(capacity);
        _missions = other._missions.Copy(capacity);
        _rules = other._rules;
        _goals = other._goals;
        _adjustments = Copy(other._adjustments, capacity);
    }

    public int Count { get; private set; }

    public Span<MemberStanding> Standing => _standing.AsSpan(0, Count);

    public Span<MemberTotals> Totals => _totals.AsSpan(0, Count);

    /// <summary>The day on which the member must be reviewed though nothing comes in.</summary>
    public Span<int> Due => _due.AsSpan(0, Count);

    /// <summary>The first of the member's chain of activities, or -1.</summary>
    public Span<int> FirstActivity => _firstActivity.AsSpan(0, Count);

    /// <summary>Adjustments; the arrays are never changed, only replaced.</summary>
    public Span<Adjustment[]?> Adjustments => _adjustments.AsSpan(0, Count);

    /// <summary>Asks for where a member stands and for the totals.</summary>
    public void Prefetch(int member)
    {
        Cache.Prefetch(in _standing[member]);
        Cache.PrefetchWhole(in _totals[member]);
    }

    /// <summary>Asks for the instances of a member's missions.</summary>
    public void PrefetchMissions(int member)
    {
        if (_missions[member] is { Count: > 0, First: var first })
        {
            Cache.Prefetch(in _missions.Heap[first]);
        }
    }

    public bool HasDecisions(int member) => _decisions[member].Count > 0;

    /// <summary>A member's decisions in order.</summary>
    public Decision[] DecisionsOf(int member)
    {
        var (first, count) = _decisions[member];
        var decisions = count == 0 ? [] : new Decision[count];
        for (var i = 0; i < decisions.Length; i++)
        {
            decisions[i] = _decisions.Heap[first + i].ToDecision(_rules);
        }

        return decisions;
    }

    /// <summary>A member's mission instances in order of making.</summary>
    public MissionInstance[] MissionsOf(int member)
    {
        var instances = _missions[member].Count == 0 ? [] : new MissionInstance[_missions[member].Count];
        ReadMissions(member, ref instances);
        return instances;
    }

    /// <summary>Reads a member's mission instances into an array, which grows.</summary>
    /// <returns>How many there are.</returns>
    public int ReadMissions(int member, ref MissionInstance[] instances)
    {
        var (first, count) = _missions[member];
        if (count > instances.Length)
        {
            instances = new MissionInstance[Math.Max(count, instances.Length * 2)];
        }

        for (var i = 0; i < count; i++)
        {
            instances[i] = _missions.Heap[first + i].ToInstance(_goals);
        }

        return count;
    }

    /// <summary>Gathers decisions that follow those a member has.</summary>
    public void Follow(int member, List<Decision> decisions, RowBatch<DecisionRow> batch)
    {
        var (first, count) = _decisions[member];
        for (var i = 0; i < count; i++)
        {
            batch.Add(_decisions.Heap[first + i]);
        }

        Gather(member, decisions, batch, count);
    }

    /// <summary>Gathers decisions in the place of those a member has.</summary>
    public void Replace(int member, IReadOnlyList<Decision> decisions, RowBatch<DecisionRow> batch) => Gather(member, decisions, batch, 0);

    /// <summary>Gathers mission instances in the place of those a member has.</summary>
    public void Replace(int member, IReadOnlyList<MissionInstance> instances, RowBatch<MissionRow> batch)
    {
        for (var i = 0; i < instances.Count; i++)
        {
            batch.Add(MissionRow.Of(instances[i], _goals));
        }

        batch.End(member, instances.Count);
    }

    /// <summary>Keeps what one thread gathered; several may at once, each about members of its own.</summary>
    public void Keep(RowBatch<DecisionRow> decisions) => _decisions.Append(decisions);

    /// <inheritdoc cref="Keep(RowBatch{DecisionRow})"/>
    public void Keep(RowBatch<MissionRow> missions) => _missions.Append(missions);

    /// <summary>The last of a member's decisions, the new ones of a run.</summary>
    public int FirstOfLast(int member, int count) => _decisions[member].First + _decisions[member].Count - count;

    /// <summary>The decisions of a run.</summary>
    public RunDecisions Decided(HandleTable handles, (int Member, int First, int End)[] deciding) => new(handles, _decisions.Heap, _rules, deciding);

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
            _decisions.EnsureRoom(size);
            _missions.EnsureRoom(size);
            _adjustments = Copy(_adjustments, size);
        }

        var member = Count++;
        _standing[member] = standing;
        _due[member] = standing.JoinedDay;
        _firstActivity[member] = -1;
        return member;
    }

    private void Gather(int member, IReadOnlyList<Decision> decisions, RowBatch<DecisionRow> batch, int before)
    {
        for (var i = 0; i < decisions.Count; i++)
        {
            batch.Add(DecisionRow.Of(decisions[i], _rules));
        }

        batch.End(member, before + decisions.Count);
    }

    private static T[] Copy<T>(T[] source, int capacity)
    {
        var copy = new T[Math.Max(capacity, source.Length)];
        source.CopyTo(copy, 0);
        return copy;
    }
}
