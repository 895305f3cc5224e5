using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Activities;
using Loyalty.Memory;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>
/// What a session's rows mean for the store: which are new, changed or the same, whose totals they touch, and the members that result.
/// </summary>
internal sealed class SyncResolution
{
    private const int Insert = -1;
    private const int Unchanged = -2;

    private readonly InMemoryMemberStore _store;
    private readonly ActivityTable _staged;
    private readonly bool _storeIsEmpty;
    private readonly bool _programChanged;

    /// <summary>For each staged row: <see cref="Insert"/>, <see cref="Unchanged"/>, or the stored row that it replaces. Nothing where the store is empty and all are inserted.</summary>
    private readonly int[] _target;
    private readonly Lazy<int[]> _order;
    private readonly int _storedMembers;
    private readonly bool[] _touched;
    private readonly bool[] _replaced;
    private readonly List<(int Member, int Day)> _changes = [];
    private readonly RowsByMember _rows;
    private readonly Dictionary<string, Adjustment> _changedAdjustments = new(StringComparer.Ordinal);
    private long _inserted;
    private long _updated;
    private long _unchanged;

    public SyncResolution(InMemoryMemberStore store, LoyaltyProgram program, HandleTable stagedHandles, ActivityTable staged)
    {
        _store = store;
        _staged = staged;
        _storeIsEmpty = store.Activities.Count == 0 && store.Handles.Count == 0;
        _storedMembers = store.Members.Count;
        _programChanged = store.Program is null || !store.Program.Json.Span.SequenceEqual(program.Json.Span);
        (Handles, Members) = CreateMembers(stagedHandles);
        _order = new Lazy<int[]>(() => MemberOrder.ByHandle(Handles, Members.Count));
        if (_storeIsEmpty)
        {
            // All members will be reviewed in order: sort while the rows are grouped.
            ThreadPool.QueueUserWorkItem(static order => _ = order.Value, _order, preferLocal: false);
        }

        if (_programChanged && store.Program is { } before)
        {
            RankLevels(before.Tiers!.Ladder, program.Tiers!.Ladder);
        }

        _touched = new bool[Members.Count];
        _replaced = _storeIsEmpty ? [] : new bool[store.Activities.Count];
        _target = _storeIsEmpty ? [] : new int[staged.Count];
        Classify();
        _rows = new RowsByMember(staged, Members.Count, _storeIsEmpty ? null : row => _target[row] != Unchanged);
    }

    public HandleTable Handles { get; }

    /// <summary>All members in ordinal order of their handles.</summary>
    public int[] Order => _order.Value;

    public MemberTable Members { get; }

    public long MembersCreated => Members.Count - _storedMembers;

    public int FindMember(string handle)
    {
        Span<byte> buffer = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(handle, buffer, out var length) ? Handles.Find(buffer[..length]) : Handles.Find(Encoding.UTF8.GetBytes(handle));
    }

    public RowCounts Counts(long superseded) => new(_inserted, _updated, _unchanged, superseded);

    /// <summary>Compares the adjustments with the stored ones and gives each member their own.</summary>
    public RowCounts ResolveAdjustments(Dictionary<string, Adjustment> staged, long superseded)
    {
        long inserted = 0;
        long updated = 0;
        long unchanged = 0;
        foreach (var (id, adjustment) in staged)
        {
            var known = _store.Adjustments.GetValueOrDefault(id);
            if (adjustment.Equals(known))
            {
                unchanged++;
                continue;
            }

            _changedAdjustments[id] = adjustment;
            var sameNumbers = known is not null && adjustment.Equals(known with { Reason = adjustment.Reason });
            if (known is null)
            {
                inserted++;
            }
            else
            {
                updated++;
                var from = FindMember(known.Handle);
                Members.Adjustments[from] = [.. Members.Adjustments[from]!.Where(a => !string.Equals(a.Id, id, StringComparison.Ordinal))];
                TouchUnless(sameNumbers, from, known.Date.DayNumber);
            }

            var to = FindMember(adjustment.Handle);
            Members.Adjustments[to] = [.. Members.Adjustments[to] ?? [], adjustment];
            TouchUnless(sameNumbers, to, adjustment.Date.DayNumber);
        }

        return new RowCounts(inserted, updated, unchanged, superseded);
    }

    /// <summary>Puts everything in place in the store.</summary>
    public void Complete(LoyaltyProgram program, DateOnly asOf)
    {
        var members = Members;
        _store.Adjustments.EnsureCapacity(_store.Adjustments.Count + _changedAdjustments.Count);
        var activities = _storeIsEmpty ? _staged : _store.Activities;
        if (_storeIsEmpty)
        {
            for (var row = 0; row < activities.Count; row++)
            {
                Link(row, activities.Rows[row].Member);
            }
        }
        else
        {
            activities.EnsureRoom((int)_inserted);
            for (var row = 0; row < _target.Length; row++)
            {
                var target = _target[row];
                if (target == Unchanged)
                {
                    continue;
                }

                var member = _staged.Rows[row].Member;
                if (target == Insert)
                {
                    Link(activities.Copy(_staged, row, Insert, member), member);
                    continue;
                }

                var before = activities.Rows[target].Member;
                activities.Copy(_staged, row, target, member);
                if (before != member)
                {
                    Unlink(target, before);
                    Link(target, member);
                }
            }
        }

        foreach (var (id, adjustment) in _changedAdjustments)
        {
            _store.Adjustments[id] = adjustment;
        }

        _store.Replace(program, asOf, Handles, members, activities, _store.Adjustments);

        void Link(int row, int member)
        {
            activities.Rows[row].Next = members.FirstActivity[member];
            members.FirstActivity[member] = row;
        }

        void Unlink(int row, int member)
        {
            ref var link = ref members.FirstActivity[member];
            while (link != row)
            {
                link = ref activities.Rows[link].Next;
            }

            link = activities.Rows[row].Next;
        }
    }

    /// <summary>Finds or creates the member of each staged handle that still has a row, and renumbers the staged rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (HandleTable Handles, MemberTable Members) CreateMembers(HandleTable stagedHandles)
    {
        var joined = new int[stagedHandles.Count];
        joined.AsSpan().Fill(int.MaxValue);
        foreach (ref readonly var row in _staged.Rows)
        {
            ref var day = ref joined[row.Member];
            day = Math.Min(day, row.Day);
        }

        var handles = _store.Handles;
        var numbers = new int[stagedHandles.Count];
        var created = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = _storeIsEmpty ? -1 : handles.Find(stagedHandles[i]);
            created += numbers[i] < 0 && joined[i] < int.MaxValue ? 1 : 0;
        }

        var members = _store.Members.CopyWithRoom(created);
        if (created == 0)
        {
            Renumber(numbers);
            return (handles, members);
        }

        var adopt = _storeIsEmpty && created == numbers.Length;
        handles = adopt ? stagedHandles : handles.Copy();
        handles.EnsureRoom(adopt ? 0 : created);
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] < 0 && joined[i] < int.MaxValue)
            {
                numbers[i] = adopt ? i : handles.GetOrAdd(stagedHandles[i]);
                members.Add(MemberStanding.New(joined[i]));
            }
        }

        if (!adopt)
        {
            Renumber(numbers);
        }

        return (handles, members);
    }

    private void Renumber(int[] numbers)
    {
        foreach (ref var row in _staged.Rows)
        {
            row.Member = numbers[row.Member];
        }
    }

    private void RankLevels(TierLadder before, TierLadder now)
    {
        var ranks = new int[before.Count];
        for (var level = 0; level < ranks.Length; level++)
        {
            ranks[level] = now.IndexOf(before[level].Name);
        }

        foreach (ref var standing in Members.Standing[.._storedMembers])
        {
            standing = standing.Ranked(ranks[standing.Level]);
        }
    }

    private void Classify()
    {
        if (_storeIsEmpty)
        {
            _touched.AsSpan().Fill(true);
            _inserted = _staged.Count;
            return;
        }

        var activities = _store.Activities;
        for (var row = 0; row < _target.Length; row++)
        {
            ref readonly var staged = ref _staged.Rows[row];
            var stored = activities.FindKeyOf(_staged, row);
            if (stored < 0)
            {
                _target[row] = Insert;
                _inserted++;
                Touch(staged.Member, staged.Day);
                continue;
            }

            ref readonly var before = ref activities.Rows[stored];
            var sameMember = before.Member == staged.Member;
            if (sameMember && activities.HasSameContent(stored, _staged, row))
            {
                _target[row] = Unchanged;
                _unchanged++;
                continue;
            }

            _target[row] = stored;
            _replaced[stored] = true;
            _updated++;
            var sameNumbers = sameMember && before.HasNumbersOf(staged);
            TouchUnless(sameNumbers, before.Member, before.Day);
            TouchUnless(sameNumbers, staged.Member, staged.Day);
        }
    }

    /// <summary>Touches a member; where only texts changed, no total and no value did.</summary>
    private void TouchUnless(bool sameNumbers, int member, int day)
    {
        if (sameNumbers)
        {
            _touched[member] = true;
        }
        else
        {
            Touch(member, day);
        }
    }

    private void Touch(int member, int day)
    {
        _touched[member] = true;
        if (Members.HasDecisions(member))
        {
            _changes.Add((member, day));
        }
    }

    /// <summary>Marks the decisions whose windows hold a changed date; to be called once, before the review.</summary>
    public void MarkLaterData()
    {
        var marked = new RowBatch<DecisionRow>();
        foreach (var (member, day) in _changes)
        {
            var decisions = Members.DecisionsOf(member);
            if (Array.Exists(decisions, d => !d.HasLaterData && d.Covers(day)))
            {
                // One by one: a member can have several changes.
                Members.Replace(member, Array.ConvertAll(decisions, d => d.Covers(day) ? d.WithLaterData() : d), marked);
                Members.Keep(marked);
                marked.Clear();
            }
        }
    }

    /// <summary>The members to be reviewed, in ordinal order of their handles: touched ones, those whose date has come, all when the program changed.</summary>
    public int[] Due(int asOfDay)
    {
        var count = 0;
        var due = new int[Members.Count];
        var dates = Members.Due;
        for (var member = 0; member < due.Length; member++)
        {
            if (_touched[member] || _programChanged || dates[member] <= asOfDay)
            {
                due[count++] = member;
            }
        }

        if (count == due.Length)
        {
            return Order;
        }

        Array.Resize(ref due, count);
        Handles.Sort(due);
        return due;
    }

    /// <summary>Fills a history, and columns for the engine, with all that is known about a member after the run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int member, MemberHistory history, AggregationBuffer columns)
    {
        history.Clear();
        columns.Clear();
        if (member < _storedMembers)
        {
            var stored = _store.Activities.Rows;
            for (var row = Members.FirstActivity[member]; row >= 0; row = stored[row].Next)
            {
                if (!_replaced[row])
                {
                    Add(stored[row]);
                }
            }
        }

        var staged = _staged.Rows;
        foreach (var row in _rows[member])
        {
            Add(staged[row]);
        }

        foreach (var adjustment in Members.Adjustments[member] ?? [])
        {
            history.AddAdjustment(adjustment.Date.DayNumber, adjustment.Totals);
        }

        void Add(in ActivityRow row)
        {
            history.Add(row.Day, row.Totals);
            columns.Add(row.Day, row.Sales, row.Units, row.Views, row.Likes, row.Comments);
        }
    }

    /// <summary>Asks for what the members who come next have: it stands far apart, memory is slow to answer, and each answer says where the next thing stands.</summary>
    public void Prefetch(ReadOnlySpan<int> members, int at)
    {
        if (at + 3 < members.Length)
        {
            Members.Prefetch(members[at + 3]);
        }

        _rows.Prefetch(members, at);
    }
}
