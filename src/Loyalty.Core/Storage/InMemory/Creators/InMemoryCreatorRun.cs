using Loyalty.Creators;
using Loyalty.Memory;
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
    public IAsyncEnumerable<Creator> ReadCreatorsAsync(CancellationToken cancellationToken = default) =>
        Read(store.Records.Creators, Changes.Creators, static c => c.Handle, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorSample> ReadSamplesAsync(CancellationToken cancellationToken = default) =>
        Read(store.Records.Samples, Changes.Samples, static s => string.Concat(s.OrderId, "\0", s.SkuId), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorVideo> ReadVideosAsync(CancellationToken cancellationToken = default) =>
        Read(store.Records.Videos, Changes.Videos, static v => v.Key, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorSnapshot> ReadSnapshotsAsync(CancellationToken cancellationToken = default) =>
        Read(
            store.Records.Snapshots, Changes.Snapshots,
            static s => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{s.Handle}\0{s.Date.DayNumber:D8}{(int)s.Source}"), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BrandLink> ReadBrandLinksAsync(CancellationToken cancellationToken = default) =>
        Read(store.Records.Links, Changes.Links, static l => string.Concat(l.Brand, "\0", l.Handle), cancellationToken, static l => l.IsLink);

    /// <inheritdoc/>
    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        cancellationToken.ThrowIfCancellationRequested();
        _ = Changes;
        store.Commit(program, options, _book.Changes);
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

    private CreatorRecords Changes => _outcome is not null
        ? _book.Changes
        : throw new InvalidOperationException("The run has not decided yet; call DecideAsync first.");

    private static async IAsyncEnumerable<T> Read<TKey, T>(
        Dictionary<TKey, T> stored, Dictionary<TKey, T> changes, Func<T, string> order,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken, Func<T, bool>? filter = null)
        where TKey : notnull
    {
        await Task.CompletedTask.ConfigureAwait(false);
        var records = new List<T>(stored.Count + changes.Count);
        foreach (var (key, record) in stored)
        {
            if (!changes.ContainsKey(key) && filter?.Invoke(record) != false)
            {
                records.Add(record);
            }
        }

        records.AddRange(filter is null ? changes.Values : changes.Values.Where(filter));
        var keys = new string[records.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = order(records[i]);
        }

        var sorted = records.ToArray();
        Array.Sort(keys, sorted, CodePointOrder.Instance);
        foreach (var record in sorted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }
}
