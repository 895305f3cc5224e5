using Loyalty.Programs;
using Loyalty.Storage.Members;

namespace Loyalty.Telemetry;

/// <summary>Members, traced.</summary>
internal sealed class TracedMembers(IMemberStore store, TracedCalls calls) : IMemberStore
{
    public ValueTask<IMemberRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.BeginRunAsync(program, asOf, cancellationToken));

    public ValueTask<T> RunAsync<T>(
        LoyaltyProgram program, DateOnly asOf, Func<IMemberRun, CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.RunAsync(program, asOf, run, cancellationToken));

    public ValueTask<StoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => calls.CallAsync(() => store.GetStatusAsync(cancellationToken));

    public IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        calls.EachAsync(store.ReadMembersAsync, cancellationToken);

    public ValueTask<MemberProgress?> FindProgressAsync(string handle, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindProgressAsync(handle, cancellationToken));

    public IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default) =>
        calls.EachAsync(store.ReadMissionsAsync, cancellationToken);

    public ValueTask<MemberDetail?> FindMemberAsync(string handle, DateOnly? asOf = null, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindMemberAsync(handle, asOf, cancellationToken));

    public IAsyncEnumerable<MemberSimulation> SimulateAsync(LoyaltyProgram program, DateOnly? since = null, CancellationToken cancellationToken = default) =>
        calls.EachAsync(token => store.SimulateAsync(program, since, token), cancellationToken);

    public ValueTask<Verification> VerifyAsync(CancellationToken cancellationToken = default) => calls.CallAsync(() => store.VerifyAsync(cancellationToken));
}
