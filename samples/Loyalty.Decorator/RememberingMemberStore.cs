using System.Collections.Concurrent;
using Loyalty.Activities;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Decorator;

/// <summary>Remembers the progress of members that was asked for, until a run of this process is kept. Everything else goes to the store inside.</summary>
/// <remarks>Thread-safe as far as the store inside is. Runs of other processes are not seen until one of this process is kept: use it where one process writes.</remarks>
public sealed class RememberingMemberStore(IMemberStore inner) : IMemberStore
{
    private ConcurrentDictionary<string, MemberProgress?> _known = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<MemberProgress?> FindProgressAsync(string handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        cancellationToken.ThrowIfCancellationRequested();

        // What is read while a run is kept goes where nobody looks any more.
        var known = Volatile.Read(ref _known);
        if (!known.TryGetValue(handle, out var progress))
        {
            progress = await inner.FindProgressAsync(handle, cancellationToken).ConfigureAwait(false);
            known[handle] = progress;
        }

        return progress;
    }

    /// <inheritdoc/>
    public async ValueTask<IMemberRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken = default) =>
        new Run(await inner.BeginRunAsync(program, asOf, cancellationToken).ConfigureAwait(false), this);

    /// <inheritdoc/>
    public async ValueTask<T> RunAsync<T>(
        LoyaltyProgram program, DateOnly asOf, Func<IMemberRun, CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken = default)
    {
        // Not the port's own way: the store inside knows which runs are worth another attempt.
        try
        {
            return await inner.RunAsync(program, asOf, run, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also when the answer was lost: the run may be kept.
            Forget();
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => inner.GetStatusAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default) => inner.ReadMembersAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default) => inner.ReadMissionsAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberDetail?> FindMemberAsync(string handle, DateOnly? asOf = null, CancellationToken cancellationToken = default) =>
        inner.FindMemberAsync(handle, asOf, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberSimulation> SimulateAsync(LoyaltyProgram program, DateOnly? since = null, CancellationToken cancellationToken = default) =>
        inner.SimulateAsync(program, since, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Verification> VerifyAsync(CancellationToken cancellationToken = default) => inner.VerifyAsync(cancellationToken);

    private void Forget() => Volatile.Write(ref _known, new(StringComparer.Ordinal));

    private sealed class Run(IMemberRun inner, RememberingMemberStore store) : IMemberRun
    {
        public Guid RunId => inner.RunId;

        public void AddInput(RunInput input) => inner.AddInput(input);

        public ValueTask ApplyAsync(ActivityBatch batch, CancellationToken cancellationToken = default) => inner.ApplyAsync(batch, cancellationToken);

        public ValueTask<IReadOnlyList<int>> ApplyAsync(IReadOnlyList<Adjustment> adjustments, CancellationToken cancellationToken = default) =>
            inner.ApplyAsync(adjustments, cancellationToken);

        public ValueTask<SyncOutcome> ReviewAsync(CancellationToken cancellationToken = default) => inner.ReviewAsync(cancellationToken);

        public IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default) => inner.ReadMembersAsync(cancellationToken);

        public IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default) => inner.ReadMissionsAsync(cancellationToken);

        public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                await inner.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                store.Forget();
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
