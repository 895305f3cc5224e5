using Loyalty.Creators;
using Loyalty.Programs;
using Loyalty.Storage.Creators;

namespace Loyalty.Telemetry;

/// <summary>Creators, traced.</summary>
internal sealed class TracedCreators(ICreatorStore store, TracedCalls calls) : ICreatorStore
{
    public ValueTask<ICreatorRun> BeginRunAsync(LoyaltyProgram program, CreatorImportOptions options, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.BeginRunAsync(program, options, cancellationToken));

    public ValueTask<T> RunAsync<T>(
        LoyaltyProgram program, CreatorImportOptions options, Func<ICreatorRun, CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.RunAsync(program, options, run, cancellationToken));

    public ValueTask<CreatorStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => calls.CallAsync(() => store.GetStatusAsync(cancellationToken));

    public ValueTask<CreatorPage> ListAsync(CreatorQuery query, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ListAsync(query, cancellationToken));

    public ValueTask<CreatorDetail?> FindAsync(string handle, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.FindAsync(handle, cancellationToken));

    public ValueTask<IReadOnlyList<string>?> TagAsync(
        string handle, IReadOnlyCollection<string> add, IReadOnlyCollection<string> remove, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.TagAsync(handle, add, remove, cancellationToken));

    public ValueTask<Creator?> RenameAsync(string handle, string current, DateOnly changedOn, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.RenameAsync(handle, current, changedOn, cancellationToken));

    public ValueTask<int> AppendCommunicationsAsync(IReadOnlyCollection<Communication> entries, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.AppendCommunicationsAsync(entries, cancellationToken));

    public ValueTask<IReadOnlyList<Communication>> ReadCommunicationsAsync(string handle, int limit = 100, CancellationToken cancellationToken = default) =>
        calls.CallAsync(() => store.ReadCommunicationsAsync(handle, limit, cancellationToken));
}
