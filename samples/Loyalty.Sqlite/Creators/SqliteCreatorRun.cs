using System.Runtime.CompilerServices;
using Loyalty.Creators;
using Loyalty.Programs;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Sqlite.Creators;

/// <summary>A run of imports in one transaction: loads what the files touch, lets the rules merge, writes what changed.</summary>
internal sealed class SqliteCreatorRun : ICreatorRun
{
    private readonly SqliteConnectionLease _lease;
    private readonly CreatorRows _rows;
    private readonly LoyaltyProgram _program;
    private readonly CreatorImportOptions _options;
    private readonly CreatorRunRow? _stored;
    private CreatorBook? _book;
    private CreatorOutcome? _outcome;
    private bool _isOver;

    public SqliteCreatorRun(SqliteConnectionLease lease, LoyaltyProgram program, CreatorImportOptions options)
    {
        (_lease, _rows, _program, _options) = (lease, new CreatorRows(lease), program, options);
        _stored = _rows.Run();
        CreatorRules.CheckOwner(program, _stored?.Tenant, _stored?.Currency.Code);
    }

    /// <remarks>There is no journal to put it in.</remarks>
    public Guid RunId { get; } = Guid.Empty;

    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_isOver, this);
    }

    public async ValueTask TakeAsync(IReadOnlyList<SourceStatements> files, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ObjectDisposedException.ThrowIf(_isOver, this);
        if (_book is not null)
        {
            throw new InvalidOperationException("The run has its files; what comes later belongs to the next one.");
        }

        var book = new CreatorBook(Load(files, cancellationToken), _program.Tenant, _options);
        await book.TakeAsync(files, cancellationToken).ConfigureAwait(false);
        _book = book;
    }

    public ValueTask<CreatorOutcome> DecideAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_outcome is null)
        {
            var book = _book ?? throw new InvalidOperationException("The run has no files yet; call TakeAsync first.");
            var outcome = book.Decide();
            Write(book.Changes, outcome);
            _outcome = outcome;
        }

        return new(_outcome);
    }

    public IAsyncEnumerable<Creator> ReadCreatorsAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(Decided.Creators(), Decided.Changes.Totals.Creators, _rows.Creators, cancellationToken);

    public IAsyncEnumerable<CreatorSample> ReadSamplesAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(Decided.Samples(), Decided.Changes.Totals.Samples, _rows.Samples, cancellationToken);

    public IAsyncEnumerable<CreatorVideo> ReadVideosAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(Decided.Videos(), Decided.Changes.Totals.Videos, _rows.Videos, cancellationToken);

    public IAsyncEnumerable<CreatorSnapshot> ReadSnapshotsAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(Decided.Snapshots(), Decided.Changes.Totals.Snapshots, _rows.Snapshots, cancellationToken);

    public IAsyncEnumerable<BrandLink> ReadBrandLinksAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(Decided.BrandLinks(), Decided.Changes.Totals.BrandLinks, _rows.Links, cancellationToken);

    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        cancellationToken.ThrowIfCancellationRequested();
        _ = Decided;
        _lease.Commit();
        return DisposeAsync();
    }

    public ValueTask DisposeAsync()
    {
        if (!_isOver)
        {
            _isOver = true;
            _lease.Dispose();
        }

        return default;
    }

    /// <summary>The stored records that the files touch.</summary>
    private CreatorRecords Load(IReadOnlyList<SourceStatements> files, CancellationToken cancellationToken)
    {
        var records = _rows.Earlier();
        if (_stored is null)
        {
            return records;
        }

        records.Totals = _stored.Totals;
        records.Order.AddRange(_rows.Order());
        records.Imports.AddRange(_rows.Imports());
        foreach (var product in _rows.Products())
        {
            records.Products.Add(product.ProductId, product);
        }

        var handles = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            for (var i = 0; i < file.CreatorCount; i++)
            {
                handles.Add(records.Current(file.HandleOf(i)));
            }
        }

        LoadSamples(records, files, handles);
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < file.VideoCount; i++)
            {
                if (_rows.Video(file.VideoKeyAt(i)) is { } video)
                {
                    records.Videos[video.Key] = video;
                    handles.Add(video.Handle);
                }
            }
        }

        foreach (var handle in handles)
        {
            LoadOf(handle, records);
        }

        return records;
    }

    private void LoadSamples(CreatorRecords records, IReadOnlyList<SourceStatements> files, HashSet<string> handles)
    {
        var orders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            for (var i = 0; i < file.SampleCount; i++)
            {
                orders.Add(file.SampleKeyAt(i).OrderId);
            }
        }

        // Other products may be what a sample of any order means.
        var samples = files.Any(static f => f.ProductCount > 0) ? _rows.Samples() : orders.SelectMany(_rows.SamplesOfOrder);
        foreach (var sample in samples)
        {
            records.Samples[(sample.OrderId, sample.SkuId)] = sample;
            if (orders.Contains(sample.OrderId))
            {
                handles.Add(sample.Handle);
            }
        }
    }

    private void LoadOf(string handle, CreatorRecords records)
    {
        if (_rows.Creator(handle) is { } creator)
        {
            records.Creators[handle] = creator;
        }

        foreach (var link in _rows.LinksOf(handle))
        {
            records.Links[(link.Brand, handle)] = link;
        }

        if (_options.AsOf is { } day)
        {
            foreach (var snapshot in _rows.SnapshotsOf(handle, day))
            {
                records.Snapshots[(handle, day, snapshot.Source)] = snapshot;
            }
        }
    }

    private void Write(CreatorRecords changes, CreatorOutcome outcome)
    {
        foreach (var creator in changes.Creators.Values.OrderBy(static c => c.Handle, StringComparer.Ordinal))
        {
            _rows.Put(creator);
        }

        foreach (var sample in changes.Samples.Values)
        {
            _rows.Put(sample);
        }

        foreach (var video in changes.Videos.Values.OrderBy(static v => v.Key, StringComparer.Ordinal))
        {
            _rows.Put(video);
        }

        foreach (var snapshot in changes.Snapshots.Values)
        {
            _rows.Put(snapshot);
        }

        foreach (var link in changes.Links.Values)
        {
            _rows.Put(link);
        }

        foreach (var product in changes.Products.Values)
        {
            _rows.Put(product);
        }

        foreach (var import in changes.Imports)
        {
            _rows.Put(import);
        }

        _rows.Put(outcome.Order);
        _rows.Put(new CreatorRunRow(_program.Tenant, _program.Currency, _options.AsOf ?? _stored?.AsOf, outcome.Totals));
    }

    /// <summary>Records as they are after the run; what the run holds all of is not read from the file.</summary>
    private IAsyncEnumerable<T> ReadAsync<T>(
        IReadOnlyList<T> held, int total, Func<IEnumerable<T>> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        return EnumerateAsync(held.Count == total ? held : read(), cancellationToken);
    }

    private static async IAsyncEnumerable<T> EnumerateAsync<T>(IEnumerable<T> records, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    private CreatorBook Decided => _outcome is not null
        ? _book!
        : throw new InvalidOperationException("The run has not decided yet; call DecideAsync first.");
}
