using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Loyalty.Activities;
using Loyalty.Programs;
using Loyalty.Reviews;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>Reviews the members of a session that are due or touched, on all processors; the result does not depend on how many there are.</summary>
internal sealed class SyncReview(SyncResolution resolution, LoyaltyProgram program, DateOnly asOf)
{
#if DEBUG
    private const int ChunkSize = 3;
#else
    private const int ChunkSize = 1_024;
#endif

    private readonly MemberTable _members = resolution.Members;

    public async Task<(RunDecisions Decisions, long MissionsCompleted)> RunAsync(CancellationToken cancellationToken)
    {
        resolution.MarkLaterData();
        var due = resolution.Due(asOf.DayNumber);
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

        foreach (ref var standing in _members.Standing)
        {
            standing = standing.Reviewed(Math.Max(standing.ReviewedThroughDay, asOf.DayNumber));
        }

        var deciding = new (int Member, int First, int End)[chunks.Sum(static c => c.Decided.Count)];
        var (decided, end) = (0, 0);
        foreach (var (member, count) in chunks.SelectMany(static c => c.Decided))
        {
            deciding[decided++] = (member, _members.FirstOfLast(member, count), end = checked(end + count));
        }

        return (_members.Decided(resolution.Handles, deciding), chunks.Sum(static c => c.MissionsCompleted));

        void Work()
        {
            var reviewer = new Reviewer(program.Tiers!, program.Missions);
            var history = new MemberHistory();
            var columns = new AggregationBuffer();
            var scratch = new ReviewScratch();
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
                        resolution.Prefetch(members, m);
                        Review(members[m], reviewer, history, columns, chunk, scratch);
                    }

                    _members.Keep(scratch.Decisions);
                    _members.Keep(scratch.Missions);
                }
                catch (OverflowException e)
                {
                    chunk.Failure = ExceptionDispatchInfo.Capture(e);
                }

                scratch.Clear();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Review(int member, Reviewer reviewer, MemberHistory history, AggregationBuffer columns, ReviewChunk chunk, ReviewScratch scratch)
    {
        try
        {
            resolution.Gather(member, history, columns);
            scratch.New.Clear();
            IReadOnlyList<Missions.MissionInstance> before = _members.MissionsOf(member);
            var result = reviewer.Review(_members.Standing[member], before, history, asOf, scratch.New);
            var window = new DayWindow(result.Standing.Window.StartDay, result.Standing.Window.EndDay);
            var activity = Aggregator.AggregateMember(member, columns.Columns, window, asOf.DayNumber);
            var totals = MemberAsOf.Sum(result.Standing, history, asOf.DayNumber, activity);
            MemberProgress.CheckValue(totals, reviewer.Tiers);
            _members.Standing[member] = result.Standing;
            _members.Due[member] = result.NextDueDay;
            _members.Totals[member] = totals;
            if (!ReferenceEquals(result.Instances, before))
            {
                _members.Replace(member, result.Instances, scratch.Missions);
                chunk.MissionsCompleted += Completed(result.Instances) - Completed(before);
            }

            if (scratch.New.Count > 0)
            {
                _members.Follow(member, scratch.New, scratch.Decisions);
                chunk.Decided.Add((member, scratch.New.Count));
            }
        }
        catch (OverflowException e)
        {
            throw new MemberOverflowException(resolution.Handles.Text(member), e);
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
        public List<(int Member, int Count)> Decided { get; } = [];

        public long MissionsCompleted { get; set; }

        public ExceptionDispatchInfo? Failure { get; set; }
    }

    /// <summary>What one thread gathers and then keeps, chunk by chunk.</summary>
    private sealed class ReviewScratch
    {
        public List<Decision> New { get; } = [];

        public RowBatch<DecisionRow> Decisions { get; } = new();

        public RowBatch<MissionRow> Missions { get; } = new();

        public void Clear()
        {
            Decisions.Clear();
            Missions.Clear();
        }
    }
}
