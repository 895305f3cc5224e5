using System.Data;
using Loyalty.Creators;
using Loyalty.Money;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Creators;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Creators;

/// <summary>A tenant's creators in PostgreSQL 15 to 18, or in the same schema distributed by tenant.</summary>
/// <remarks>
/// Thread-safe. Connections come from the caller's data source and are given back after each call; a run holds one. A run loads what its files touch, decides
/// in the client by the same rules as every store, and writes what changed.
/// </remarks>
public sealed partial class PostgresCreatorStore : ICreatorStore
{
    private readonly NpgsqlDataSource _dataSource;

    /// <summary>Creates the store of a tenant; nothing is asked of the server yet.</summary>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="tenant">The tenant, as the program names it.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is blank.</exception>
    public PostgresCreatorStore(NpgsqlDataSource dataSource, string tenant, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        Tenant = tenant;
        TenantId = TenantId.FromName(tenant);
        Options = options ?? PostgresStoreOptions.Default;
        Attempts = new RunAttempts(
            dataSource, TenantId, Options, Options.LoggerFactory.CreateLogger<PostgresCreatorStore>(),
            new RunLookup(CreatorSql.LockPatiently, CreatorSql.CreateBook, command => command.With(Tenant).With("USD"), CreatorSql.FindRun));
    }

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>The currency of the tenant's store; none where this part stands alone: then the first run says it.</summary>
    internal Currency? Currency { get; init; }

    /// <summary>The number of the tenant in the database.</summary>
    public TenantId TenantId { get; }

    internal PostgresStoreOptions Options { get; }

    internal RunAttempts Attempts { get; }

    /// <inheritdoc/>
    public ValueTask<ICreatorRun> BeginRunAsync(LoyaltyProgram program, CreatorImportOptions options, CancellationToken cancellationToken = default) =>
        BeginRunAsync(program, options, Attempts.NewRunId(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<T> RunAsync<T>(
        LoyaltyProgram program, CreatorImportOptions options, Func<ICreatorRun, CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken = default) =>
        Attempts.RunAsync("loyalty.import", (runId, token) => BeginRunAsync(program, options, runId, token), run, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CreatorStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => ReadAsync<CreatorStatus?>(
        async (transaction, book, reader, token) => new CreatorStatus(
            book.Name, book.Currency, book.Counts, book.Order,
            await CreatorReader.ListAsync(transaction.Command(CreatorSql.Imports), CreatorReader.Import, token).ConfigureAwait(false), book.BadgesOn),
        null,
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>
    /// Parts of handles, names and e-mails are found by an inverted index over grams of three bytes; brands, badges and tags are ranges of an index each.
    /// </remarks>
    public ValueTask<CreatorPage> ListAsync(CreatorQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var term = CreatorSearch.Normalize(query.Search) is { } text ? CreatorSearch.IsAnywhere(text) ? text : CreatorSearch.Start + text : null;
        var none = new CreatorPage([], null);
        if (CannotBeKept(term) || CannotBeKept(query.Brand) || CannotBeKept(query.Tag) || CannotBeKept(query.After))
        {
            return new(none);
        }

        var settings = term is null ? "" : $"; SET LOCAL jit = off; SET LOCAL app.search = '{{{string.Join(',', SearchRows.Grams(TenantId, term))}}}'";
        return ReadAsync(
            async (transaction, book, reader, token) =>
            {
                var badge = query.Badge is null ? -1 : Array.FindIndex(book.BadgeNames, name => string.Equals(name, query.Badge, StringComparison.OrdinalIgnoreCase));
                if (query.Badge is not null && badge < 0)
                {
                    return none;
                }

                var rows = new List<ListedRow>();
                if (term is not null)
                {
                    // What many creators have fills the page from the next ones.
                    await transaction.ExecuteLocalAsync(CreatorSql.SeeAll[2..], token).ConfigureAwait(false);
                    rows = await ReadPageAsync(transaction, reader, query, term, badge, isNear: true, token).ConfigureAwait(false);
                    await transaction.ExecuteLocalAsync(settings[2..], token).ConfigureAwait(false);
                }

                if (rows.Count <= query.Limit)
                {
                    rows = await ReadPageAsync(transaction, reader, query, term, badge, isNear: false, token).ConfigureAwait(false);
                }

                var hasMore = rows.Count > query.Limit;
                rows = hasMore ? rows[..query.Limit] : rows;
                var creators = await reader.WithTagsAsync([.. rows.Select(static r => r.Creator)], token).ConfigureAwait(false);
                return new CreatorPage(
                    [.. creators.Select((c, i) => new ListedCreator(c, book.BadgeNames[rows[i].Badge]))], hasMore ? creators[^1].Handle : null);
            },
            none,
            cancellationToken,
            settings);
    }

    /// <inheritdoc/>
    public ValueTask<CreatorDetail?> FindAsync(string handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return CannotBeKept(handle) ? default : ReadAsync<CreatorDetail?>(
            async (transaction, book, reader, token) =>
            {
                var earlier = await EarlierAsync(transaction, reader, token).ConfigureAwait(false);
                string[] key = [earlier.Current(handle)];
                var found = await reader.ByKeysAsync(CreatorSql.CreatorsByHandle, key, reader.Creator, token).ConfigureAwait(false);
                if (found.Count == 0)
                {
                    return null;
                }

                var creator = (await reader.WithTagsAsync(found, token).ConfigureAwait(false))[0];
                string[] all = [key[0], .. earlier.EarlierHandles.Values.Where(e => string.Equals(earlier.Current(e.Current), key[0], StringComparison.Ordinal)).Select(static e => e.Handle)];
                return CreatorDetails.Make(
                    creator, Currency.Get(book.Currency), book.Badges, book.BadgesOn, book.Order,
                    await CreatorReader.ListAsync(transaction.Command(CreatorSql.Imports), CreatorReader.Import, token).ConfigureAwait(false),
                    [.. all.Skip(1).Select(h => earlier.EarlierHandles[h])],
                    await reader.ByKeysAsync(CreatorSql.SamplesByHandle, key, CreatorReader.Sample, token).ConfigureAwait(false),
                    await reader.ByKeysAsync(CreatorSql.VideosByHandle, key, reader.Video, token).ConfigureAwait(false),
                    await reader.ByKeysAsync(CreatorSql.SnapshotsByHandle, key, reader.Snapshot, token).ConfigureAwait(false),
                    await reader.ByKeysAsync(CreatorSql.LinksByHandle, key, reader.Link, token).ConfigureAwait(false),
                    await CreatorReader.ListAsync(
                        transaction.Command(CreatorSql.Communications).With(all).With(CreatorDetails.CommunicationLimit), CreatorReader.Communication, token).ConfigureAwait(false));
            },
            null,
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Communication>> ReadCommunicationsAsync(string handle, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return CannotBeKept(handle) ? new((IReadOnlyList<Communication>)[]) : GuardAsync<IReadOnlyList<Communication>>(
            async token =>
            {
                var transaction = await OpenAsync(IsolationLevel.RepeatableRead, "", token).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var reader = new CreatorReader(transaction, Currency.Get("USD"));
                    var earlier = await EarlierAsync(transaction, reader, token).ConfigureAwait(false);
                    var current = earlier.Current(handle);
                    string[] all = [current, .. earlier.EarlierHandles.Values.Where(e => string.Equals(earlier.Current(e.Current), current, StringComparison.Ordinal)).Select(static e => e.Handle)];
                    return await CreatorReader.ListAsync(transaction.Command(CreatorSql.Communications).With(all).With(limit), CreatorReader.Communication, token).ConfigureAwait(false);
                }
            },
            cancellationToken);
    }

    internal static async ValueTask GuardAsync(Func<CancellationToken, ValueTask> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    internal static async ValueTask<T> GuardAsync<T>(Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>Rows whose reading turns what the server answers into the family of store errors.</summary>
    internal static async IAsyncEnumerable<T> GuardAsync<T>(
        IAsyncEnumerable<T> rows, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var row = rows.GetAsyncEnumerator(cancellationToken);
        await using (row.ConfigureAwait(false))
        {
            while (await GuardAsync(_ => row.MoveNextAsync(), cancellationToken).ConfigureAwait(false))
            {
                yield return row.Current;
            }
        }
    }

    private async ValueTask<ICreatorRun> BeginRunAsync(LoyaltyProgram program, CreatorImportOptions options, Guid runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        CreatorRules.CheckOwner(program, Tenant, Currency?.Code);
        CreatorBookRow? book = null;
        var session = await Attempts.BeginAsync(
            runId,
            options.AsOf ?? DateOnly.MinValue,
            IsolationLevel.ReadCommitted,
            Members.SyncSql.Settings(Options.WorkMemoryMegabytes) + CreatorSql.SeeAll,
            async (transaction, token) =>
            {
                book = await LockAsync(transaction, program.Currency, token).ConfigureAwait(false);
                CreatorRules.CheckOwner(program, book.Name, book.Currency);
            },
            cancellationToken).ConfigureAwait(false);
        return new PostgresCreatorRun(this, session, program, options, book!);
    }

    /// <summary>Locks the tenant's row, made when there is none yet; an unfinished run of another connection is not waited for.</summary>
    private async ValueTask<CreatorBookRow> LockAsync(TenantTransaction transaction, Currency currency, CancellationToken cancellationToken)
    {
        var reader = new CreatorReader(transaction, currency);
        while (true)
        {
            if (await CreatorReader.ListAsync(transaction.Command(CreatorSql.LockBook), CreatorBookRow.Read, cancellationToken).ConfigureAwait(false) is [var book])
            {
                return book;
            }

            await transaction.Command(CreatorSql.CreateBook).With(Tenant).With(currency.Code).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<T> ReadAsync<T>(
        Func<TenantTransaction, CreatorBookRow, CreatorReader, CancellationToken, ValueTask<T>> read, T empty, CancellationToken cancellationToken, string settings = "") => GuardAsync(
            async token =>
            {
                var transaction = await OpenAsync(IsolationLevel.RepeatableRead, settings, token).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var books = await CreatorReader.ListAsync(transaction.Command(CreatorSql.ReadBook), CreatorBookRow.Read, token).ConfigureAwait(false);
                    return books is [var book] && book.BadgeNames.Length > 0
                        ? await read(transaction, book, new CreatorReader(transaction, Currency.Get(book.Currency)), token).ConfigureAwait(false)
                        : empty;
                }
            },
            cancellationToken);

    private static async ValueTask<CreatorRecords> EarlierAsync(TenantTransaction transaction, CreatorReader reader, CancellationToken cancellationToken)
    {
        var records = new CreatorRecords();
        foreach (var earlier in await CreatorReader.ListAsync(transaction.Command(CreatorSql.EarlierHandles), CreatorReader.Earlier, cancellationToken).ConfigureAwait(false))
        {
            records.EarlierHandles.Add(earlier.Handle, earlier);
        }

        return records;
    }

    private static ValueTask<List<ListedRow>> ReadPageAsync(
        TenantTransaction transaction, CreatorReader reader, CreatorQuery query, string? term, int badge, bool isNear, CancellationToken cancellationToken)
    {
        // One more than asked for tells whether there is a next page.
        var command = transaction.Command(CreatorSql.Page(term is not null, isNear, query.Brand is not null, badge >= 0, query.Tag is not null))
            .With(query.After ?? "").With(query.Limit + 1);
        command = term is null ? command : command.With(term);
        command = query.Brand is null ? command : command.With(query.Brand);
        command = badge < 0 ? command : command.With(badge);
        command = query.Tag is null ? command : command.With(query.Tag);
        return CreatorReader.ListAsync(command, reader.Listed, cancellationToken);
    }

    private ValueTask<TenantTransaction> OpenAsync(IsolationLevel isolation, string settings, CancellationToken cancellationToken) =>
        TenantTransaction.OpenAsync(_dataSource, TenantId, isolation, settings, cancellationToken, isLong: true);

    private static bool CannotBeKept(string? text) => text is not null && !StorableText.IsStorable(text);
}
