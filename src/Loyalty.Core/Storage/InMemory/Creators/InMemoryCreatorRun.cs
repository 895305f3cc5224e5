using Loyalty.Creators;
using Loyalty.Programs;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.InMemory.Creators;

/// <summary>A run of imports over the store's records; nothing of the store changes before the commit.</summary>
internal sealed class InMemoryCreatorRun(InMemoryCreatorStore store, LoyaltyProgram program, CreatorImportOptions options) : ICreatorRun
{
    private readonly CreatorBook _book = new(store.Records, program.Tenant, options);
    private CreatorOutcome? _outcome;
    private bool _isOver;

    /// <inheritdoc/>
    public Guid RunId { get; } = Guid.Empty;

    /// <inheritdoc/>
    /// <remarks>The journal of imports is made from what the files say of themselves.</remarks>
    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_isOver, this);
    }

    /// <inheritdoc/>
    public ValueTask TakeAsync(IReadOnlyList<SourceStatements> files, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        return new(_book.TakeAsync(files, cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<CreatorOutcome> DecideAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        cancellationToken.ThrowIfCancellationRequested();
        return new(_outcome ??= _book.Decide());
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Creator> ReadCreatorsAsync(CancellationToken cancellationToken = default) => ReadAsync(Decided.Creators, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorSample> ReadSamplesAsync(CancellationToken cancellationToken = default) => ReadAsync(Decided.Samples, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorVideo> ReadVideosAsync(CancellationToken cancellationToken = default) => ReadAsync(Decided.Videos, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorSnapshot> ReadSnapshotsAsync(CancellationToken cancellationToken = default) => ReadAsync(Decided.Snapshots, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BrandLink> ReadBrandLinksAsync(CancellationToken cancellationToken = default) => ReadAsync(Decided.BrandLinks, cancellationToken);

    /// <inheritdoc/>
    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        cancellationToken.ThrowIfCancellationRequested();
        store.Commit(program, options, Decided.Changes);
        return DisposeAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (!_isOver)
        {
            _isOver = true;
            store.EndRun();
        }

        return default;
    }

    private CreatorBook Decided => _outcome is not null
        ? _book
        : throw new InvalidOperationException("The run has not decided yet; call DecideAsync first.");

    private static async IAsyncEnumerable<T> ReadAsync<T>(
        Func<IReadOnlyList<T>> read, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var record in read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }
}
