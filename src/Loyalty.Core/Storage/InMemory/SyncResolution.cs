using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Loyalty.Activities;
using Loyalty.Programs;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory;

/// <summary>
/// What a session's rows mean for the store: which are new, changed or the same, whose totals they touch, and the members that result.
/// </summary>
internal sealed class SyncResolution
{
    private const int Insert = -1;
    private const int Unchanged = -2;
#if DEBUG
    private const int ChunkSize = 3;
#else
    private const int ChunkSize = 1_024;
#endif

    private readonly InMemoryStore _store;
    private readonly ActivityTable _staged;
    private readonly bool _storeIsEmpty;
    private readonly bool _programChanged;

    /// <summary>For each staged row: <see cref="Insert"/>, <see cref="Unchanged"/>, or the stored row that it replaces.</summary>
    private readonly int[] _target;
    private readonly int _storedMembers;
    private readonly bool[] _touched;
    private readonly bool[] _replaced;
    private readonly List<(int Member, int Day)> _changes = [];
    private readonly int[] _firstOfMember;
    private readonly int[] _rowsByMember;
    private readonly Dictionary<string, Adjustment> _changedAdjustments = new(StringComparer.Ordinal);
    private long _inserted;
    private long _updated;
    private long _unchanged;

    public SyncResolution(InMemoryStore store, LoyaltyProgram program, HandleTable stagedHandles, ActivityTable staged)
    {
        _store = store;
        _staged = staged;
        _storeIsEmpty = store.Activities.Count == 0 && store.Handles.Count == 0;
        _storedMembers = store.Members.Count;
        _programChanged = store.Program is null || !store.Program.Json.Span.SequenceEqual(program.Json.Span);
        (Handles, Members) = CreateMembers(stagedHandles);
        if (_programChanged && store.Program is { } before)
        {
            RankLevels(before.Tiers!.Ladder, program.Tiers!.Ladder);
        }

        _touched = new bool[Members.Count];
        _replaced = _storeIsEmpty ? [] : new bool[store.Activities.Count];
        _target = new int[staged.Count];
        Classify();
        (_firstOfMember, _rowsByMember) = GroupByMember();
    }

    public HandleTable Handles { get; }

    /// <summary>All members in ordinal order of their handles.</summary>
    public int[] Order => field ??= MemberOrder.ByHandle(Handles, Members.Count);

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

    public async Task<(IReadOnlyList<MemberDecision> Decisions, long MissionsCompleted)> ReviewAsync(
        LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken)
    {
        MarkLaterData();
        var due = Due(asOf.DayNumber);
        var chunks = new ReviewChunk[(due.Length + ChunkSize - 1) / ChunkSize];
        var next = -1;
        var workers = new Task[Math.Min(Environment.ProcessorCount, chunks.Length)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = Task.Run(Work, cancellationToken);
        }

        await Task.WhenAll(workers).ConfigureAwait(false);

        // The first failure in order of handles, whichever thread met it first.
        foreach (var chunk in chunks)
        {
            chunk.Failure?.Throw();
        }

        foreach (ref var standing in Members.Standing)
        {
            standing = standing.Reviewed(Math.Max(standing.ReviewedThroughDay, asOf.DayNumber));
        }

        var decisions = new List<MemberDecision>(chunks.Sum(static c => c.Decisions.Count));
        foreach (var chunk in chunks)
        {
            decisions.AddRange(chunk.Decisions);
        }

        return (decisions, chunks.Sum(static c => c.MissionsCompleted));

        void Work()
        {
            var reviewer = new Reviewer(program.Tiers!, program.Missions);
            var history = new MemberHistory();
            for (var i = Interlocked.Increment(ref next); i < chunks.Length; i = Interlocked.Increment(ref next))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var chunk = new ReviewChunk();
                chunks[i] = chunk;
                var from = i * ChunkSize;
                try
                {
                    var members = due.AsSpan(from, Math.Min(ChunkSize, due.Length - from));
                    for (var m = 0; m < members.Length; m++)
                    {
                        if (m + 1 < members.Length)
                        {
                            Prefetch(members[m + 1]);
                        }

                        Review(members[m], reviewer, history, asOf, chunk);
                    }
                }
                catch (OverflowException e)
                {
                    chunk.Failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
                }
            }
        }
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
            _target.AsSpan().Fill(Insert);
            _touched.AsSpan().Fill(true);
            _inserted = _target.Length;
            return;
        }

        var activities = _store.Activities;
        for (var row = 0; row < _target.Length; row++)
        {
            ref readonly var staged = ref _staged.Rows[row];
            var stored = activities.Find(_staged.Key(row));
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
        if (Members.Decisions[member] is not null)
        {
            _changes.Add((member, day));
        }
    }

    private (int[] First, int[] Rows) GroupByMember()
    {
        var first = new int[Members.Count + 1];
        for (var row = 0; row < _target.Length; row++)
        {
            if (_target[row] != Unchanged)
            {
                first[_staged.Rows[row].Member + 1]++;
            }
        }

        for (var member = 0; member < Members.Count; member++)
        {
            first[member + 1] += first[member];
        }

        var rows = new int[first[^1]];
        var at = first.AsSpan(0, Members.Count).ToArray();
        for (var row = 0; row < _target.Length; row++)
        {
            if (_target[row] != Unchanged)
            {
                rows[at[_staged.Rows[row].Member]++] = row;
            }
        }

        return (first, rows);
    }

    private void MarkLaterData()
    {
        foreach (var (member, day) in _changes)
        {
            var decisions = Members.Decisions[member]!;
            if (Array.Exists(decisions, d => !d.HasLaterData && d.Covers(day)))
            {
                Members.Decisions[member] = Array.ConvertAll(decisions, d => d.Covers(day) ? d.WithLaterData() : d);
            }
        }
    }

    private int[] Due(int asOfDay)
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

    private void Review(int member, Reviewer reviewer, MemberHistory history, DateOnly asOf, ReviewChunk chunk)
    {
        try
        {
            Gather(member, history);
            chunk.Scratch.Clear();
            IReadOnlyList<Missions.MissionInstance> before = Members.Missions[member] ?? [];
            var result = reviewer.Review(Members.Standing[member], before, history, asOf, chunk.Scratch);
            Members.Standing[member] = result.Standing;
            Members.Due[member] = result.NextDueDay;
            Members.Totals[member] = MemberAsOf.Sum(result.Standing, history, asOf.DayNumber);
            if (!ReferenceEquals(result.Instances, before))
            {
                Members.Missions[member] = (Missions.MissionInstance[])result.Instances;
                chunk.MissionsCompleted += Completed(result.Instances) - Completed(before);
            }

            if (chunk.Scratch.Count > 0)
            {
                Members.Decisions[member] = [.. Members.Decisions[member] ?? [], .. chunk.Scratch];
                var handle = Handles.Text(member);
                foreach (var decision in chunk.Scratch)
                {
                    chunk.Decisions.Add(new MemberDecision(handle, decision));
                }
            }
        }
        catch (OverflowException e)
        {
            throw new OverflowException(
                $"The totals of member '{Handles.Text(member)}' leave the range of 64-bit integers (±9,223,372,036,854,775,807 minor units or counts); "
                + "check the amounts in the input.",
                e);
        }
    }

    private void Gather(int member, MemberHistory history)
    {
        history.Clear();
        if (member < _storedMembers)
        {
            var stored = _store.Activities.Rows;
            for (var row = Members.FirstActivity[member]; row >= 0; row = stored[row].Next)
            {
                if (!_replaced[row])
                {
                    history.Add(stored[row].Day, stored[row].Totals);
                }
            }
        }

        var staged = _staged.Rows;
        foreach (var row in _rowsByMember.AsSpan(_firstOfMember[member].._firstOfMember[member + 1]))
        {
            history.Add(staged[row].Day, staged[row].Totals);
        }

        foreach (var adjustment in Members.Adjustments[member] ?? [])
        {
            history.AddAdjustment(adjustment.Date.DayNumber, adjustment.Totals);
        }
    }

    /// <summary>Asks for the staged rows of the member who comes next: they stand far apart, and memory is slow to answer.</summary>
    private unsafe void Prefetch(int member)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        var staged = _staged.Rows;
        foreach (var row in _rowsByMember.AsSpan(_firstOfMember[member].._firstOfMember[member + 1]))
        {
            // The row may straddle two lines of the cache.
            ref var first = ref staged[row].Sales;
            Sse.Prefetch0(Unsafe.AsPointer(ref first));
            Sse.Prefetch0(Unsafe.AsPointer(ref staged[row].Next));
        }
    }

    private static int Completed(IReadOnlyList<Missions.MissionInstance> instances)
    {
        var count = 0;
        for (var i = 0; i < instances.Count; i++)
        {
            count += instances[i].Status == Loyalty.Missions.MissionStatus.Completed ? 1 : 0;
        }

        return count;
    }

    /// <summary>What the review of a run of members in order of handles gave.</summary>
    private sealed class ReviewChunk
    {
        public List<Decision> Scratch { get; } = [];

        public List<MemberDecision> Decisions { get; } = [];

        public long MissionsCompleted { get; set; }

        public System.Runtime.ExceptionServices.ExceptionDispatchInfo? Failure { get; set; }
    }
}
