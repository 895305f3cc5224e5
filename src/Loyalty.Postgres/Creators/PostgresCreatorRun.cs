using System.Runtime.CompilerServices;
using Loyalty.Creators;
using Loyalty.Memory;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Creators;

/// <summary>
/// A run of imports in one transaction: loads what the files touch, decides in the client, writes what changed. Given what the last run was given, it knows that
/// nothing changes, and loads nothing.
/// </summary>
internal sealed class PostgresCreatorRun(
    PostgresCreatorStore store, RunSession session, LoyaltyProgram program, CreatorImportOptions options, CreatorBookRow stored) : ICreatorRun, ISessionRun
{
    private readonly CreatorReader _reader = new(session.Transaction, program.Currency);
    private readonly CreatorRecords _records = new();
    private readonly BadgeLadder _badges = BadgeLadder.Default(program.Currency);
    private bool _isTaken;
    private string? _digest;
    private CreatorBook? _book;
    private CreatorOutcome? _unchanged;
    private CreatorOutcome? _outcome;

    /// <inheritdoc/>
    public Guid RunId => session.RunId;

    /// <inheritdoc/>
    public RunSession Session => session;

    private TenantTransaction Transaction => session.Transaction;

    /// <inheritdoc/>
    /// <remarks>The journal of imports is made from what the files say of themselves.</remarks>
    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        session.ThrowIf(false, "");
    }

    /// <inheritdoc/>
    public ValueTask TakeAsync(IReadOnlyList<SourceStatements> files, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        return PostgresCreatorStore.GuardAsync(
            async token =>
            {
                if (_isTaken)
                {
                    throw new InvalidOperationException("The run has its files; what comes later belongs to the next one.");
                }

                _isTaken = true;
                _digest = await ImportDigest.OfAsync(files, program.Tenant, options, token).ConfigureAwait(false);
                _records.Imports.AddRange(await ListAsync(CreatorSql.Imports, CreatorReader.Import, token).ConfigureAwait(false));
                _unchanged = Unchanged(files);
                if (_unchanged is not null)
                {
                    return;
                }

                await LoadAsync(files, token).ConfigureAwait(false);
                _book = new CreatorBook(_records, program.Tenant, options);
                await _book.TakeAsync(files, token).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<CreatorOutcome> DecideAsync(CancellationToken cancellationToken = default)
    {
        if (_outcome is null)
        {
            if (_unchanged is { } unchanged)
            {
                await PostgresCreatorStore.GuardAsync(
                    token => WriteRunAsync([], unchanged, options.AsOf ?? stored.AsOf, stored.BadgesOn, token), cancellationToken).ConfigureAwait(false);
                return _outcome = unchanged;
            }

            var outcome = (_book ?? throw new InvalidOperationException("The run has no files yet; call TakeAsync first.")).Decide();
            await PostgresCreatorStore.GuardAsync(token => WriteAsync(_book.Changes, outcome, token), cancellationToken).ConfigureAwait(false);
            _outcome = outcome;
        }

        return _outcome;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Creator> ReadCreatorsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Few have tags, and one connection reads one thing at a time.
        var tags = new List<(string Handle, string Tag)>();
        await foreach (var tag in ReadAsync(CreatorSql.AllTags, static row => (row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false))
        {
            tags.Add(tag);
        }

        var byHandle = tags.ToLookup(static t => t.Handle, static t => t.Tag, StringComparer.Ordinal);
        var creators = ReadAsync(static book => book.Creators(), Decided.Creators, CreatorSql.Creators, _reader.Creator, cancellationToken);
        await foreach (var creator in creators.ConfigureAwait(false))
        {
            yield return byHandle.Contains(creator.Handle) ? creator with { Tags = [.. byHandle[creator.Handle]] } : creator;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorSample> ReadSamplesAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(static book => book.Samples(), Decided.Samples, CreatorSql.Samples, CreatorReader.Sample, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorVideo> ReadVideosAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(static book => book.Videos(), Decided.Videos, CreatorSql.Videos, _reader.Video, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CreatorSnapshot> ReadSnapshotsAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(static book => book.Snapshots(), Decided.Snapshots, CreatorSql.Snapshots, _reader.Snapshot, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BrandLink> ReadBrandLinksAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(static book => book.BrandLinks(), Decided.BrandLinks, CreatorSql.Links, _reader.Link, cancellationToken);

    /// <inheritdoc/>
    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        _ = Decided;
        return session.CommitAsync(static _ => default, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => session.DisposeAsync();

    /// <summary>The outcome, when the run was given what the last one was given.</summary>
    private CreatorOutcome? Unchanged(IReadOnlyList<SourceStatements> files)
    {
        if (_digest is null || !string.Equals(_digest, stored.InputDigest, StringComparison.Ordinal) || !_badges.Thresholds.SequenceEqual(stored.BadgeThresholds))
        {
            return null;
        }

        var known = new List<CreatorImport>(files.Count);
        foreach (var file in files)
        {
            if (_records.Imports.Find(i => i.Source == file.Source && string.Equals(i.Fingerprint, file.Fingerprint, StringComparison.Ordinal)) is not { } import)
            {
                return null;
            }

            known.Add(import);
        }

        return new CreatorOutcome(stored.Counts, default, default, known, stored.Order);
    }

    /// <summary>Loads the stored records that the files touch; of an empty store there are none.</summary>
    private async ValueTask LoadAsync(IReadOnlyList<SourceStatements> files, CancellationToken cancellationToken)
    {
        _records.Totals = stored.Counts;
        _records.Order.AddRange(stored.Order);
        foreach (var earlier in await ListAsync(CreatorSql.EarlierHandles, CreatorReader.Earlier, cancellationToken).ConfigureAwait(false))
        {
            _records.EarlierHandles.Add(earlier.Handle, earlier);
        }

        if (stored.Counts.AreZero)
        {
            return;
        }

        foreach (var product in await ListAsync(CreatorSql.Products, _reader.Product, cancellationToken).ConfigureAwait(false))
        {
            _records.Products.Add(product.ProductId, product);
        }

        var handles = new HashSet<string>(StringComparer.Ordinal);
        var orders = new HashSet<string>(StringComparer.Ordinal);
        var videos = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            for (var i = 0; i < file.CreatorCount; i++)
            {
                handles.Add(_records.Current(file.HandleOf(i)));
            }

            for (var i = 0; i < file.SampleCount; i++)
            {
                orders.Add(file.SampleKeyAt(i).OrderId);
            }

            for (var i = 0; i < file.VideoCount; i++)
            {
                videos.Add(file.VideoKeyAt(i));
            }
        }

        // Other products may be what a sample of any order means.
        var samples = files.Any(static f => f.ProductCount > 0)
            ? await ListAsync(CreatorSql.Samples, CreatorReader.Sample, cancellationToken).ConfigureAwait(false)
            : await _reader.ByKeysAsync(CreatorSql.SamplesByOrder, orders, CreatorReader.Sample, cancellationToken).ConfigureAwait(false);
        foreach (var sample in samples)
        {
            _records.Samples[(sample.OrderId, sample.SkuId)] = sample;
            if (orders.Contains(sample.OrderId))
            {
                handles.Add(sample.Handle);
            }
        }

        foreach (var video in await TouchedAsync(CreatorSql.VideosByKey, videos, CreatorSql.Videos, stored.Counts.Videos, _reader.Video, cancellationToken).ConfigureAwait(false))
        {
            _records.Videos[video.Key] = video;
            handles.Add(video.Handle);
        }

        await LoadOfHandlesAsync(handles, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask LoadOfHandlesAsync(HashSet<string> handles, CancellationToken cancellationToken)
    {
        foreach (var creator in await TouchedAsync(CreatorSql.CreatorsByHandle, handles, CreatorSql.Creators, stored.Counts.Creators, _reader.Creator, cancellationToken).ConfigureAwait(false))
        {
            _records.Creators[creator.Handle] = creator;
        }

        foreach (var link in await _reader.ByKeysAsync(CreatorSql.LinksByHandle, handles, _reader.Link, cancellationToken).ConfigureAwait(false))
        {
            _records.Links[(link.Brand, link.Handle)] = link;
        }

        if (options.AsOf is { } date)
        {
            foreach (var snapshot in await _reader.ByKeysAsync(CreatorSql.SnapshotsOfDay, handles, _reader.Snapshot, cancellationToken, date).ConfigureAwait(false))
            {
                _records.Snapshots[(snapshot.Handle, snapshot.Date, snapshot.Source)] = snapshot;
            }
        }
    }

    /// <summary>The rows that are asked for, or all of them when that is not many more.</summary>
    private ValueTask<List<T>> TouchedAsync<T>(string byKeys, HashSet<string> keys, string all, int count, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        count < 2L * keys.Count ? ListAsync(all, read, cancellationToken) : _reader.ByKeysAsync(byKeys, keys, read, cancellationToken);

    private async ValueTask WriteAsync(CreatorRecords changes, CreatorOutcome outcome, CancellationToken cancellationToken)
    {
        var currency = program.Currency;
        await WriteAsync(changes.Creators, new CreatorRows(currency), static (rows, creator) => rows.Add(creator), cancellationToken).ConfigureAwait(false);
        await WriteAsync(changes.Creators, new SearchRows(store.TenantId), static (rows, creator) => rows.Add(creator), cancellationToken).ConfigureAwait(false);
        await WriteAsync(changes.Samples, new SampleRows(), static (rows, sample) => rows.Add(sample), cancellationToken).ConfigureAwait(false);
        await WriteAsync(changes.Videos, new VideoRows(currency), static (rows, video) => rows.Add(video), cancellationToken).ConfigureAwait(false);
        await WriteAsync(changes.Snapshots, new SnapshotRows(currency), static (rows, snapshot) => rows.Add(snapshot), cancellationToken).ConfigureAwait(false);
        await WriteAsync(changes.Links, new LinkRows(currency), static (rows, link) => rows.Add(link), cancellationToken).ConfigureAwait(false);
        await WriteAsync(changes.Products, new ProductRows(currency), static (rows, product) => rows.Add(product), cancellationToken).ConfigureAwait(false);
        var asOf = options.AsOf ?? stored.AsOf;
        var badgesOn = asOf ?? await LastPostedAsync(cancellationToken).ConfigureAwait(false);
        if (changes.Videos.Count > 0 || badgesOn != stored.BadgesOn || !_badges.Thresholds.SequenceEqual(stored.BadgeThresholds))
        {
            await CreatorBadgeWriter.WriteAsync(Transaction, _badges, badgesOn ?? DateOnly.MinValue, cancellationToken).ConfigureAwait(false);
        }

        await WriteRunAsync(changes.Imports, outcome, asOf, badgesOn, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<DateOnly?> LastPostedAsync(CancellationToken cancellationToken) =>
        await Transaction.Command(CreatorSql.LastPosted).ScalarAsync(cancellationToken).ConfigureAwait(false) switch
        {
            DateOnly date => date,
            DateTime time => DateOnly.FromDateTime(time),
            _ => null,
        };

    private async ValueTask WriteRunAsync(List<CreatorImport> imports, CreatorOutcome outcome, DateOnly? asOf, DateOnly? badgesOn, CancellationToken cancellationToken)
    {
        var (created, changed) = (outcome.Created, outcome.Changed);
        await Transaction.Command(CreatorSql.InsertRun)
            .With(session.Now).With(created.Creators).With(changed.Creators).With(created.Samples).With(changed.Samples).With(created.Videos)
            .With(changed.Videos).With(session.RunId).WithDate(options.AsOf).With(options.Brand ?? program.Tenant).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        foreach (var import in imports)
        {
            await Transaction.Command(CreatorSql.InsertImport)
                .With(import.RowsRead).With(import.RowsSkipped).With(import.RowsRejected).With(import.Id).With(session.RunId).With(CreatorSourceName.Of(import.Source)).With(import.File)
                .With(import.Fingerprint).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        var totals = outcome.Totals;
        await Transaction.Command(CreatorSql.UpdateBook)
            .With(imports.Count > 0 ? imports[^1].Id : stored.LastImport).With(totals.Creators).With(totals.Samples).With(totals.Videos).With(totals.Snapshots)
            .With(totals.BrandLinks).With(totals.Products).WithDate(asOf).WithDate(badgesOn).With([.. outcome.Order.Select(CreatorSourceName.Of)])
            .With([.. Enumerable.Range(0, _badges.Count).Select(i => _badges[i])]).With([.. _badges.Thresholds]).WithText(_digest)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes records in the order of their keys, so that the indexes of an empty table grow at their ends.</summary>
    private ValueTask WriteAsync<TKey, T, TRows>(Dictionary<TKey, T> records, TRows rows, Action<TRows, T> add, CancellationToken cancellationToken)
        where TKey : notnull
        where TRows : RowBlock
    {
        var keys = records.Keys.ToArray();
        if (keys is string[] texts)
        {
            Array.Sort(texts, CodePointOrder.Instance);
        }
        else if (keys is (string, string)[] pairs)
        {
            Array.Sort(pairs, static (a, b) => CodePointOrder.Instance.Compare(a.Item1, b.Item1) is var order && order != 0 ? order : CodePointOrder.Instance.Compare(a.Item2, b.Item2));
        }

        return rows.WriteAsync(keys, key => add(rows, records[key]), Transaction, store.Options.Limits, cancellationToken);
    }

    private ValueTask<List<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        CreatorReader.ListAsync(Transaction.Command(sql), read, cancellationToken);

    /// <summary>Records as they are after the run; what the run holds all of is not asked of the server.</summary>
    private IAsyncEnumerable<T> ReadAsync<T>(
        Func<CreatorBook, IReadOnlyList<T>> held, int total, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        _book is { } book && held(book) is { } records && records.Count == total ? records.ToAsyncEnumerable() : ReadAsync(sql, read, cancellationToken);

    private IAsyncEnumerable<T> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        _ = Decided;
        return PostgresCreatorStore.GuardAsync(CreatorReader.ReadAsync(Transaction.Command(sql), read, cancellationToken), cancellationToken);
    }

    /// <summary>How many of each kind there are after the run.</summary>
    private CreatorCounts Decided => _outcome is { } outcome ? outcome.Totals : throw new InvalidOperationException("The run has not decided yet; call DecideAsync first.");
}
