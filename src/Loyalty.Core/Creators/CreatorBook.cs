using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>A run of imports over records at hand: takes what files say, decides what is new and what changed, and leaves the records as they were.</summary>
/// <remarks>
/// A store gives the records that the files touch and keeps <see cref="Changes"/>. Not thread-safe.
/// </remarks>
public sealed partial class CreatorBook
{
    private readonly CreatorRecords _stored;
    private readonly CreatorImportOptions _options;
    private readonly string _brand;
    private readonly List<CreatorSource> _order;
    private readonly List<CreatorImport> _known = [];
    private readonly Dictionary<string, Work> _work = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<(string Id, string Name)>> _shown = new(StringComparer.Ordinal);
    private CreatorOutcome? _outcome;

    /// <summary>Opens a run.</summary>
    /// <param name="stored">The records that the run may touch; not changed by it.</param>
    /// <param name="tenant">The tenant, who is the brand when none is named.</param>
    /// <param name="options">What holds for all files.</param>
    public CreatorBook(CreatorRecords stored, string tenant, CreatorImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        (_stored, _options, _brand) = (stored, options, options.Brand ?? tenant);
        _order = [.. stored.Order];
    }

    /// <summary>Records that are new or have another content; the journal has the new files only. Complete after <see cref="Decide"/>.</summary>
    public CreatorRecords Changes { get; } = new();

    /// <summary>Takes what a file says. Files are taken in the order of merging; of one source the newest last.</summary>
    /// <exception cref="ArgumentException">The file has performance figures and the run has no date.</exception>
    /// <exception cref="InvalidOperationException">The run was decided.</exception>
    public void Take(SourceStatements statements)
    {
        ThrowIfUnfit(statements);
        Take(new FileRecords(statements, Journal(statements), _brand, _options.AsOf));
    }

    /// <summary>Takes what files say, as <see cref="Take(SourceStatements)"/> does one after the other; their records are made side by side.</summary>
    /// <param name="files">The files, in the order of merging; as many tasks as files.</param>
    /// <param name="cancellationToken">Gives up between files; the run is of no use then.</param>
    /// <exception cref="ArgumentNullException"><paramref name="files"/> or one of them is <see langword="null"/>; nothing was taken.</exception>
    /// <exception cref="ArgumentException">A file has performance figures and the run has no date; nothing was taken.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    /// <exception cref="InvalidOperationException">The run was decided.</exception>
    public async Task TakeAsync(IReadOnlyList<SourceStatements> files, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (var statements in files)
        {
            ThrowIfUnfit(statements);
        }

        var making = new Task<FileRecords>[files.Count];
        for (var i = 0; i < making.Length; i++)
        {
            var (statements, file) = (files[i], Journal(files[i]));
            making[i] = Task.Run(() => new FileRecords(statements, file, _brand, _options.AsOf), cancellationToken);
        }

        try
        {
            foreach (var made in making)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Take(await made.ConfigureAwait(false));
            }
        }
        finally
        {
            await ((Task)Task.WhenAll(making)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Decides: matches products, merges the creators that were touched, and counts.</summary>
    public CreatorOutcome Decide()
    {
        if (_outcome is not null)
        {
            return _outcome;
        }

        // Neither looks at what the other changes.
        var (created, changed) = (0, 0);
        try
        {
            Parallel.Invoke(MatchProducts, () => (created, changed) = MergeCreators());
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        Prune(Changes.Samples, _stored.Samples, out var newSamples, out var otherSamples);
        Prune(Changes.Videos, _stored.Videos, out var newVideos, out var otherVideos);
        Prune(Changes.Snapshots, _stored.Snapshots, out var newSnapshots, out var otherSnapshots);
        Prune(Changes.Products, _stored.Products, out var newProducts, out var otherProducts);
        var (links, otherLinks) = PruneLinks();
        Changes.Order.AddRange(_order);
        var creation = new CreatorCounts(created, newSamples, newVideos, newSnapshots, links, newProducts);
        var totals = _stored.Totals;
        Changes.Totals = new CreatorCounts(
            totals.Creators + created, totals.Samples + newSamples, totals.Videos + newVideos, totals.Snapshots + newSnapshots,
            totals.BrandLinks + links, totals.Products + newProducts);
        return _outcome = new CreatorOutcome(
            Changes.Totals, creation, new CreatorCounts(changed, otherSamples, otherVideos, otherSnapshots, otherLinks, otherProducts), _known, _order);
    }

    private void ThrowIfUnfit(SourceStatements statements)
    {
        ArgumentNullException.ThrowIfNull(statements);
        if (_outcome is not null)
        {
            throw new InvalidOperationException("The run was decided; what comes later belongs to the next one.");
        }

        if (statements.Source == CreatorSource.Refunnel && _options.AsOf is null)
        {
            throw new ArgumentException("Performance figures are of a date: name the date of the run.", nameof(statements));
        }
    }

    private void Take(FileRecords file)
    {
        if (file.Source != CreatorSource.Products && !_order.Contains(file.Source))
        {
            _order.Add(file.Source);
        }

        foreach (var product in file.Products)
        {
            Changes.Products[product.ProductId] = product;
        }

        TakeEvidence(file);
        TakeSamples(file);
        TakeVideos(file);
        TakeFigures(file);
    }

    private int Journal(SourceStatements statements)
    {
        var known = _stored.Imports.Concat(Changes.Imports).FirstOrDefault(
            i => i.Source == statements.Source && statements.Fingerprint.Length > 0 && string.Equals(i.Fingerprint, statements.Fingerprint, StringComparison.Ordinal));
        if (known is not null)
        {
            if (_stored.Imports.Contains(known))
            {
                _known.Add(known);
            }

            return known.Id;
        }

        var last = Changes.Imports.Count > 0 ? Changes.Imports[^1].Id : _stored.Imports.Count > 0 ? _stored.Imports[^1].Id : 0;
        Changes.Imports.Add(new CreatorImport(
            last + 1, statements.Source, statements.File, statements.Fingerprint, statements.RowsRead, statements.RowsSkipped, statements.RowsRejected));
        return last + 1;
    }

    private void TakeEvidence(FileRecords file)
    {
        // Two handles of one creator in one file are as many rows of it.
        Dictionary<string, CreatorEvidence>? renamed = null;
        foreach (var (given, evidence) in file.Creators)
        {
            var handle = given;
            if (_stored.EarlierHandles.Count > 0)
            {
                handle = _stored.Current(given);
                renamed ??= new(StringComparer.Ordinal);
                var said = new CreatorEvidence([evidence]);
                renamed[handle] = renamed.TryGetValue(handle, out var before) ? before.Union(said) : said;
                continue;
            }

            var work = WorkOn(handle);
            work.Evidence = work.Evidence.With(evidence);
        }

        foreach (var (handle, said) in renamed ?? [])
        {
            var work = WorkOn(handle);
            work.Evidence = work.Evidence.With(said.Sources[0]);
        }
    }

    private void TakeSamples(FileRecords file)
    {
        Changes.Samples.EnsureCapacity(Changes.Samples.Count + file.Samples.Length);
        foreach (var given in file.Samples)
        {
            var sample = Current(given.Handle) is var handle && ReferenceEquals(handle, given.Handle) ? given : given with { Handle = handle };
            var key = (sample.OrderId, sample.SkuId);
            if (Find(Changes.Samples, _stored.Samples, key) is { } before)
            {
                if (string.Equals(before.Handle, sample.Handle, StringComparison.Ordinal) && string.Equals(before.Brand, sample.Brand, StringComparison.Ordinal))
                {
                    Changes.Samples[key] = sample;
                    continue;
                }

                WorkOn(before.Handle).Samples--;
                Count(before.Brand, before.Handle, -1);
            }

            WorkOn(sample.Handle).Samples++;
            Count(sample.Brand, sample.Handle, 1);
            Changes.Samples[key] = sample;
        }
    }

    private void TakeVideos(FileRecords file)
    {
        Changes.Videos.EnsureCapacity(Changes.Videos.Count + file.Videos.Length);
        _shown.EnsureCapacity(_shown.Count + file.Videos.Length);
        foreach (var (given, products) in file.Videos)
        {
            var video = Current(given.Handle) is var handle && ReferenceEquals(handle, given.Handle) ? given : given with { Handle = handle };
            if (Find(Changes.Videos, _stored.Videos, video.Key) is { } before)
            {
                video.Show(before.Products);
                if (!string.Equals(before.Handle, video.Handle, StringComparison.Ordinal))
                {
                    WorkOn(before.Handle).Videos--;
                    WorkOn(video.Handle).Videos++;
                }
            }
            else
            {
                WorkOn(video.Handle).Videos++;
            }

            Changes.Videos[video.Key] = video;
            if (products.Count > 0)
            {
                _shown[video.Key] = _shown.TryGetValue(video.Key, out var shown) ? [.. shown, .. products] : products;
            }
        }
    }

    private void TakeFigures(FileRecords file)
    {
        foreach (var (given, snapshot, figures) in file.Figures)
        {
            var handle = Current(given);
            if (snapshot is not null)
            {
                Changes.Snapshots[(handle, snapshot.Date, snapshot.Source)] = ReferenceEquals(handle, given) ? snapshot : snapshot with { Handle = handle };
            }

            if (figures is not null)
            {
                var samples = Find(Changes.Links, _stored.Links, (_brand, handle))?.Samples ?? 0;
                Changes.Links[(_brand, handle)] = samples == 0 && ReferenceEquals(handle, given) ? figures : figures with { Handle = handle, Samples = samples };
            }
        }
    }

    /// <summary>Finds the products of samples and videos in the catalogue as it is after the run.</summary>
    private void MatchProducts()
    {
        var catalogue = new ProductCatalogue(_stored.Products.Values.Where(p => !Changes.Products.ContainsKey(p.ProductId)).Concat(Changes.Products.Values));
        if (Changes.Products.Count > 0)
        {
            foreach (var (key, sample) in _stored.Samples)
            {
                Changes.Samples.TryAdd(key, sample);
            }
        }

        if (catalogue.Count > 0)
        {
            foreach (var key in Changes.Samples.Keys)
            {
                ref var sample = ref CollectionsMarshal.GetValueRefOrNullRef(Changes.Samples, key);
                if (catalogue.Find(sample.SkuId, sample.SellerSku, sample.ProductId, sample.ProductName) is { Length: > 0 } id && !string.Equals(id, sample.ProductId, StringComparison.Ordinal))
                {
                    sample = sample with { ProductId = id };
                }
            }
        }

        var products = new List<string>();
        foreach (var (key, shown) in _shown)
        {
            ref var video = ref CollectionsMarshal.GetValueRefOrNullRef(Changes.Videos, key);
            products.Clear();
            products.AddRange(video.Products);
            foreach (var (id, name) in shown)
            {
                var product = id.Length > 0 ? id : catalogue.Find("", "", "", name) is { Length: > 0 } found ? found : name;
                if (!products.Contains(product))
                {
                    products.Add(product);
                }

                if (!string.Equals(product, name, StringComparison.Ordinal))
                {
                    products.Remove(name);
                }
            }

            products.Sort(CodePointOrder.Instance);
            video.Show([.. products]);
        }
    }

    private (int Created, int Changed) MergeCreators()
    {
        var (created, changed) = (0, 0);
        Changes.Creators.EnsureCapacity(_work.Count);
        foreach (var (handle, work) in _work)
        {
            var merged = CreatorMerge.Merge(handle, work.Stored?.Tags ?? [], work.Evidence, work.Samples, work.Videos, _order);
            if (work.Stored is null)
            {
                created++;
            }
            else if (!merged.HasSameFields(work.Stored))
            {
                changed++;
            }
            else if (merged.Equals(work.Stored))
            {
                continue;
            }

            Changes.Creators.Add(handle, merged);
        }

        return (created, changed);
    }

    private (int Created, int Changed) PruneLinks()
    {
        var (created, changed) = (0, 0);
        foreach (var (key, link) in Changes.Links)
        {
            var before = _stored.Links.GetValueOrDefault(key);
            if (link.Equals(before))
            {
                Changes.Links.Remove(key);
                continue;
            }

            var was = before is { IsLink: true };
            created += (link.IsLink ? 1 : 0) - (was ? 1 : 0);
            changed += link.IsLink && was ? 1 : 0;
        }

        return (created, changed);
    }

    /// <summary>Forgets records that are as they were.</summary>
    private static void Prune<TKey, T>(Dictionary<TKey, T> changes, Dictionary<TKey, T> stored, out int created, out int changed)
        where TKey : notnull
        where T : class, IEquatable<T>
    {
        (created, changed) = (0, 0);
        if (stored.Count == 0)
        {
            created = changes.Count;
            return;
        }

        foreach (var (key, record) in changes)
        {
            if (!stored.TryGetValue(key, out var before))
            {
                created++;
            }
            else if (record.Equals(before))
            {
                changes.Remove(key);
            }
            else
            {
                changed++;
            }
        }
    }

    private static T? Find<TKey, T>(Dictionary<TKey, T> changes, Dictionary<TKey, T> stored, TKey key)
        where TKey : notnull
        where T : class =>
        changes.TryGetValue(key, out var record) || stored.TryGetValue(key, out record) ? record : null;

    private string Current(string handle) => _stored.EarlierHandles.Count == 0 ? handle : _stored.Current(handle);

    private void Count(string brand, string handle, int samples)
    {
        var link = Find(Changes.Links, _stored.Links, (brand, handle)) ?? new BrandLink { Brand = brand, Handle = handle };
        Changes.Links[(brand, handle)] = link with { Samples = link.Samples + samples };
    }

    private Work WorkOn(string handle)
    {
        if (!_work.TryGetValue(handle, out var work))
        {
            _work.Add(handle, work = new Work(_stored.Creators.GetValueOrDefault(handle)));
        }

        return work;
    }

    /// <summary>A creator that the run touches.</summary>
    private sealed class Work(Creator? stored)
    {
        public Creator? Stored { get; } = stored;

        public CreatorEvidence Evidence { get; set; } = stored?.Evidence ?? CreatorEvidence.None;

        public int Samples { get; set; } = stored?.Samples ?? 0;

        public int Videos { get; set; } = stored?.Videos ?? 0;
    }
}
