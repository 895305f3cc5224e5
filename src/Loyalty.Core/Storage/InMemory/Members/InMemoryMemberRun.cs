using System.Runtime.CompilerServices;
using Loyalty.Activities;
using Loyalty.Memory;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>
/// A run on the in-memory store. What comes in is staged beside the store; the review works on a copy of the member table; completion
/// puts both in place by steps that cannot fail half way.
/// </summary>
internal sealed class InMemoryMemberRun : IMemberRun
{
    /// <summary>How many activities are staged together: enough for memory to answer meanwhile, few enough to stay in the cache.</summary>
    private const int AtOnce = 16;

    private readonly InMemoryMemberStore _store;
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly HandleTable _stagedHandles = new();
    private readonly ActivityTable _staged;
    private readonly Dictionary<string, Adjustment> _stagedAdjustments = new(StringComparer.Ordinal);
    private long _superseded;
    private long _adjustmentsSuperseded;
    private SyncResolution? _resolution;
    private bool _reviewBegun;
    private bool _reviewed;
    private bool _completed;
    private bool _disposed;

    public InMemoryMemberRun(InMemoryMemberStore store, LoyaltyProgram program, DateOnly asOf)
    {
        _store = store;
        _program = program;
        _asOf = asOf;
        _staged = new(store.KeepsTexts);
        if (store.Program is { } stored)
        {
            CheckLevels(store, stored.Tiers!.Ladder, program.Tiers!.Ladder);
        }
    }

    /// <remarks>There is no journal to put it in.</remarks>
    public Guid RunId { get; } = Guid.Empty;

    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIf(_completed, "Inputs must be noted before the commit.");
    }

    public ValueTask ApplyAsync(ActivityBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIf(_resolution is not null, "Activities must be applied before adjustments and the review.");
        if (batch.ExpectedRest > 0 && _staged.Count == 0)
        {
            _staged.EnsureRoom((int)Math.Min(100_000_000, batch.Count + batch.ExpectedRest));
        }

        for (var first = 0; first < batch.Count; first += AtOnce)
        {
            Stage(batch, first, Math.Min(AtOnce, batch.Count - first));
        }

        return default;
    }

    /// <summary>Stages some activities: their places in the tables are asked for together before the first is looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Stage(ActivityBatch batch, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            ref readonly var lookup = ref batch.LookupOf(i);
            _stagedHandles.Prefetch(lookup.Handle);
            _staged.Prefetch(lookup.Key);
        }

        for (var i = first; i < first + count; i++)
        {
            _stagedHandles.PrefetchLikely(batch.LookupOf(i).Handle);
        }

        for (var i = first; i < first + count; i++)
        {
            _superseded += _staged.Put(batch, i, _stagedHandles.GetOrAdd(batch.Handle(i), batch.LookupOf(i).Handle)) ? 1 : 0;
        }
    }

    public ValueTask<IReadOnlyList<int>> ApplyAsync(IReadOnlyList<Adjustment> adjustments, CancellationToken cancellationToken = default)
    {
        MemberRules.CheckStorable(adjustments);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIf(_reviewBegun, "Adjustments must be applied before the review.");
        var resolution = Resolve();
        var unknown = new List<int>();
        for (var i = 0; i < adjustments.Count; i++)
        {
            var adjustment = adjustments[i];
            if (resolution.FindMember(adjustment.Handle) < 0)
            {
                unknown.Add(i);
                continue;
            }

            _adjustmentsSuperseded += _stagedAdjustments.TryAdd(adjustment.Id, adjustment) ? 0 : 1;
            _stagedAdjustments[adjustment.Id] = adjustment;
        }

        return new(unknown);
    }

    public async ValueTask<SyncOutcome> ReviewAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_reviewBegun, "The review was done already.");
        var resolution = Resolve();

        // A review that fails leaves members half reviewed: it can be neither repeated nor completed.
        _reviewBegun = true;
        var adjustments = resolution.ResolveAdjustments(_stagedAdjustments, _adjustmentsSuperseded);
        var review = await new SyncReview(resolution, _program, _asOf).RunAsync(cancellationToken).ConfigureAwait(false);
        _reviewed = true;
        return new SyncOutcome(
            _asOf, resolution.Counts(_superseded), adjustments, resolution.Members.Count, resolution.MembersCreated, review.Decisions,
            review.Decisions.CountKinds(), review.MissionsCompleted);
    }

    public IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(!_reviewed, "Members can be read after the review.");
        return MemberOrder.Progress(_resolution!.Handles, _resolution.Order, _resolution.Members, _program.Tiers!, cancellationToken);
    }

    public IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(!_reviewed, "Missions can be read after the review.");
        return MemberOrder.Missions(_resolution!.Handles, _resolution.Order, _resolution.Members, cancellationToken);
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(!_reviewed, "A run can be committed after the review.");
        ThrowIf(_completed, "The run was committed already.");
        cancellationToken.ThrowIfCancellationRequested();
        _resolution!.Complete(_program, _asOf);
        _completed = true;
        return default;
    }

    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _store.CloseSession();
        }

        return default;
    }

    private SyncResolution Resolve() => _resolution ??= new SyncResolution(_store, _program, _stagedHandles, _staged);

    private void ThrowIf(bool wrong, string message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (wrong)
        {
            throw new InvalidOperationException(message);
        }
    }

    private static void CheckLevels(InMemoryMemberStore store, TierLadder stored, TierLadder wanted)
    {
        for (var level = 0; level < stored.Count; level++)
        {
            if (wanted.IndexOf(stored[level].Name) >= 0)
            {
                continue;
            }

            for (var member = 0; member < store.Members.Count; member++)
            {
                if (store.Members.Standing[member].Level == level)
                {
                    throw MemberRules.OffLevels(store.Handles.Text(member), stored[level].Name);
                }
            }
        }
    }
}
