using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>A run of imports over records at hand: takes what files say, decides what is new and what changed, and leaves the records as they were.</summary>
/// <remarks>
/// A store gives the records that the files touch and keeps <see cref="Changes"/>. Not thread-safe.
/// </remarks>
public sealed class CreatorBook
{
    private readonly CreatorRecords _stored;
    private readonly CreatorImportOptions _options;
    private readonly string _brand;
    private readonly List<CreatorSource> _order;
    private readonly List<CreatorImport> _known = [];
    private readonly Dictionary<string, Work> _work = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Id, string Name)>> _shown = new(StringComparer.Ordinal);
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
        ArgumentNullException.ThrowIfNull(statements);
        if (_outcome is not null)
        {
            throw new InvalidOperationException("The run was decided; what comes later belongs to the next one.");
        }

        if (statements.Source == CreatorSource.Refunnel && _options.AsOf is null)
        {
            throw new ArgumentException("Performance figures are of a date: name the date of the run.", nameof(statements));
        }

        var file = Journal(statements);
        if (statements.Source != CreatorSource.Products && !_order.Contains(statements.Source))
        {
            _order.Add(statements.Source);
        }

        TakeProducts(statements);
        TakeEvidence(statements, file);
        TakeSamples(statements);
        TakeVideos(statements);
        TakeFigures(statements);
    }

    /// <summary>Decides: matches products, merges the creators that were touched, and counts.</summary>
    public CreatorOutcome Decide()
    {
        if (_outcome is not null)
        {
            return _outcome;
        }

        MatchProducts();
        var (created, changed) = MergeCreators();
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

    private void TakeProducts(SourceStatements statements)
    {
        for (var i = 0; i < statements.ProductCount; i++)
        {
            var product = statements.ProductAt(i);
            Changes.Products[product.ProductId] = product;
        }
    }

    private void TakeEvidence(SourceStatements statements, int file)
    {
        if (statements.Source == CreatorSource.Products)
        {
            return;
        }

        // Two handles of one creator in one file are as many rows of it.
        Dictionary<string, CreatorEvidence>? renamed = null;
        for (var i = 0; i < statements.CreatorCount; i++)
        {
            var evidence = statements.EvidenceOf(i, file);
            var handle = statements.HandleOf(i);
            if (_stored.EarlierHandles.Count > 0)
            {
                handle = _stored.Current(handle);
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

    private void TakeSamples(SourceStatements statements)
    {
        for (var i = 0; i < statements.SampleCount; i++)
        {
            var sample = statements.SampleAt(i, _brand);
            sample = sample with { Handle = Current(sample.Handle) };
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

    private void TakeVideos(SourceStatements statements)
    {
        for (var i = 0; i < statements.VideoCount; i++)
        {
            var video = statements.VideoAt(i, out var products);
            video = video with { Handle = Current(video.Handle) };
            if (Find(Changes.Videos, _stored.Videos, video.Key) is { } before)
            {
                video = video with { Products = before.Products };
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
                if (!_shown.TryGetValue(video.Key, out var shown))
                {
                    _shown.Add(video.Key, shown = new(products.Count));
                }

                shown.AddRange(products);
            }
        }
    }

    private void TakeFigures(SourceStatements statements)
    {
        if (statements.Source is not (CreatorSource.Refunnel or CreatorSource.Euka))
        {
            return;
        }

        for (var i = 0; i < statements.CreatorCount; i++)
        {
            var handle = Current(statements.HandleOf(i));
            if (_options.AsOf is { } date && statements.SnapshotOf(i, date) is { } snapshot)
            {
                Changes.Snapshots[(handle, date, snapshot.Source)] = snapshot with { Handle = handle };
            }

            if (statements.FiguresOf(i, _brand) is { } figures)
            {
                var samples = Find(Changes.Links, _stored.Links, (_brand, handle))?.Samples ?? 0;
                Changes.Links[(_brand, handle)] = figures with { Handle = handle, Samples = samples };
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
            foreach (var (key, sample) in Changes.Samples.ToArray())
            {
                if (catalogue.Find(sample.SkuId, sample.SellerSku, sample.ProductId, sample.ProductName) is { Length: > 0 } id && !string.Equals(id, sample.ProductId, StringComparison.Ordinal))
                {
                    Changes.Samples[key] = sample with { ProductId = id };
                }
            }
        }

        foreach (var (key, shown) in _shown)
        {
            var video = Changes.Videos[key];
            var products = new SortedSet<string>(video.Products, CodePointOrder.Instance);
            foreach (var (id, name) in shown)
            {
                var product = id.Length > 0 ? id : catalogue.Find("", "", "", name) is { Length: > 0 } found ? found : name;
                products.Add(product);
                if (!string.Equals(product, name, StringComparison.Ordinal))
                {
                    products.Remove(name);
                }
            }

            Changes.Videos[key] = video with { Products = [.. products] };
        }
    }

    private (int Created, int Changed) MergeCreators()
    {
        var (created, changed) = (0, 0);
        foreach (var (handle, work) in _work)
        {
            var merged = CreatorMerge.Merge(
                (work.Stored ?? new Creator { Handle = handle }) with { Evidence = work.Evidence, Samples = work.Samples, Videos = work.Videos }, _order);
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
        foreach (var (key, link) in Changes.Links.ToArray())
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

        foreach (var (key, record) in changes.ToArray())
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
