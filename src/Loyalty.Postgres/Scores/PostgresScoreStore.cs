using System.Data;
using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Sessions;
using Loyalty.Scoring;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Scores;

/// <summary>A tenant's orders, customers and scores in PostgreSQL 15 to 18, or in the same schema distributed by tenant.</summary>
/// <remarks>Thread-safe. Connections come from the caller's data source and are given back after each call; a run holds one. See <see cref="PostgresLoyaltyStore"/>.</remarks>
public sealed class PostgresScoreStore : IScoreStore
{
    private const string StateSql =
        "SELECT orders, orders_linked, customers, as_of, all_scored_on, is_given, name, currency, program_digest, has_credits "
        + "FROM loyalty.scoring WHERE tenant_id = $1";

    private const string ScoresSql = $"SELECT s.customer, {ScoreRow.Columns} FROM loyalty.score s WHERE s.tenant_id = $1";

    private const string SegmentSql = $"SELECT s.customer, {ScoreRow.Columns} FROM loyalty.score s WHERE s.tenant_id = $1 AND s.segment = $2";

    private const string FindScoreSql =
        $"SELECT t.all_scored_on, {ScoreRow.Columns} FROM loyalty.scoring t JOIN loyalty.score s ON s.tenant_id = t.tenant_id "
        + "WHERE t.tenant_id = $1 AND s.tenant_id = $1 AND s.customer = $2";

    private const string TotalsSql =
        "SELECT orders, dead_orders, gross, fees, refunded, net, first_order_on, last_order_on FROM loyalty.customer WHERE tenant_id = $1 AND customer = $2";

    // As in memory, an order that credits undid is shown as refunded.
    private const string EntryColumns =
        "placed_at, platform, id, net, CASE WHEN is_undone THEN 2::smallint ELSE standing END, status, item, purchaser";

    private const string NewestSql =
        $"SELECT {EntryColumns} FROM loyalty.customer_order WHERE tenant_id = $1 AND customer = $2 ORDER BY placed_at DESC, platform, id LIMIT $3";

    // The first comparison is a bound of the index; the others cut off what stands at the same time.
    private const string AfterSql =
        $"SELECT {EntryColumns} FROM loyalty.customer_order WHERE tenant_id = $1 AND customer = $2 AND placed_at <= $4 "
        + "AND (placed_at < $4 OR platform > $5 OR (platform = $5 AND id > $6)) ORDER BY placed_at DESC, platform, id LIMIT $3";

    private readonly NpgsqlDataSource _dataSource;

    /// <summary>Creates the store of a tenant; nothing is asked of the server yet.</summary>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="tenant">The tenant, as the program names it.</param>
    /// <param name="currency">The currency of all amounts.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is blank.</exception>
    public PostgresScoreStore(NpgsqlDataSource dataSource, string tenant, Currency currency, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(currency);
        _dataSource = dataSource;
        Tenant = tenant;
        Currency = currency;
        TenantId = TenantId.FromName(tenant);
        Options = options ?? PostgresStoreOptions.Default;
        Log = Options.LoggerFactory.CreateLogger<PostgresScoreStore>();
        Attempts = new RunAttempts(
            dataSource, TenantId, Options, Log,
            new RunLookup(ScoreSql.LockPatiently, ScoreSql.Create, command => command.With(DateOnly.MinValue).With(Tenant).With(Currency.Code), ScoreSql.FindRun));
    }

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>The currency of all amounts.</summary>
    public Currency Currency { get; }

    /// <summary>The number of the tenant in the database.</summary>
    public TenantId TenantId { get; }

    internal PostgresStoreOptions Options { get; }

    internal ILogger Log { get; }

    internal RunAttempts Attempts { get; }

    /// <inheritdoc/>
    /// <remarks>As <see cref="PostgresMemberStore.RunAsync"/>.</remarks>
    public ValueTask<T> RunAsync<T>(
        ScoringProgram program,
        DateOnly asOf,
        OrderScope scope,
        Func<IScoreRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default) =>
        Attempts.RunAsync("loyalty.score", (runId, token) => BeginRunAsync(program, asOf, scope, runId, token), run, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IScoreRun> BeginRunAsync(
        ScoringProgram program, DateOnly asOf, OrderScope scope, CancellationToken cancellationToken = default) =>
        BeginRunAsync(program, asOf, scope, Attempts.NewRunId(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ScoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => ReadAsync(
        static async (transaction, store, token) => await store.ReadStateAsync(transaction, StateSql, token).ConfigureAwait(false) is { } state
            ? new ScoreStatus(state.AsOf, state.Orders, state.OrdersLinked, state.Customers)
            : null,
        this,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StoredScores?> ReadScoresAsync(string? segment = null, CancellationToken cancellationToken = default) => ReadAsync(
        static async (transaction, read, token) =>
        {
            if (await read.Store.ReadStateAsync(transaction, StateSql, token).ConfigureAwait(false) is not { } state)
            {
                return null;
            }

            return new StoredScores(state.AsOf, await ReadScoresAsync(transaction, read.Segment, state.AllScoredOn, token).ConfigureAwait(false));
        },
        (Store: this, Segment: segment),
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>One row by primary key.</remarks>
    public ValueTask<Score?> FindScoreAsync(string customer, CancellationToken cancellationToken = default) => ReadOneAsync(
        customer,
        FindScoreSql,
        static reader => ScoreRow.Read(reader, 1, reader.GetFieldValue<DateOnly>(0)).Score,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<EngagementTotals?> FindTotalsAsync(string customer, CancellationToken cancellationToken = default) => ReadOneAsync(
        customer,
        TotalsSql,
        static reader => new EngagementTotals(
            reader.GetInt32(0), reader.GetInt32(1), reader.GetDecimal(2), reader.GetDecimal(3), reader.GetDecimal(4), reader.GetDecimal(5),
            ScoreRow.DateOrNull(reader, 6), ScoreRow.DateOrNull(reader, 7)),
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>One range of an index, however many orders there are.</remarks>
    public async ValueTask<TimelinePage> ReadTimelineAsync(
        string customer, TimelineCursor? after, int size, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(customer);
        ScoreRules.CheckPage(size);
        if (!StorableText.IsStorable(customer))
        {
            return new TimelinePage([], null);
        }

        return (await ReadAsync<TimelinePage, (string Customer, TimelineCursor? After, int Size)>(
            static async (transaction, page, token) =>
            {
                // One more than asked for tells whether there is a next page.
                var command = transaction.Command(page.After is null ? NewestSql : AfterSql).With(page.Customer).With(page.Size + 1);
                if (page.After is { } after)
                {
                    command.With(after.PlacedAt).With((int)after.Key.Platform).With(after.Key.Id);
                }

                var entries = new List<TimelineEntry>();
                var isLast = true;
                await foreach (var reader in RowsAsync(command, token).ConfigureAwait(false))
                {
                    isLast = entries.Count < page.Size;
                    if (isLast)
                    {
                        entries.Add(new TimelineEntry(
                            new OrderKey((OrderPlatform)reader.GetInt16(1), reader.GetString(2)), reader.GetDateTime(0), reader.GetDecimal(3),
                            (OrderStanding)reader.GetInt16(4), reader.GetString(5), reader.GetString(6), reader.GetString(7)));
                    }
                }

                return new TimelinePage(entries, isLast ? null : entries[^1].Cursor);
            },
            (customer, after, size),
            cancellationToken).ConfigureAwait(false))!;
    }

    private async ValueTask<IScoreRun> BeginRunAsync(
        ScoringProgram program, DateOnly asOf, OrderScope scope, Guid runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(program);
        cancellationToken.ThrowIfCancellationRequested();
        ScoringState? stored = null;
        var session = await Attempts.BeginAsync(
            runId,
            asOf,
            IsolationLevel.ReadCommitted,
            SyncSql.Settings(Options.WorkMemoryMegabytes) + ScoreSql.Settings,
            async (transaction, token) =>
            {
                stored = await LockAsync(transaction, asOf, token).ConfigureAwait(false);
                ScoreRules.CheckDate(asOf, stored?.AsOf);
            },
            cancellationToken).ConfigureAwait(false);
        return new PostgresScoreRun(this, session, program, asOf, scope, stored);
    }

    /// <summary>Locks the tenant's row, made when there is none yet; an unfinished run of another connection is not waited for.</summary>
    private async ValueTask<ScoringState?> LockAsync(TenantTransaction transaction, DateOnly asOf, CancellationToken cancellationToken)
    {
        if (await transaction.Command(ScoreSql.CurrencyOfTenant).ScalarAsync(cancellationToken).ConfigureAwait(false) is string synced)
        {
            CheckCurrency(synced);
        }

        while (true)
        {
            if (await ReadStateAsync(transaction, ScoreSql.Lock, cancellationToken).ConfigureAwait(false) is { } stored)
            {
                return stored;
            }

            if (await transaction.Command(ScoreSql.Create).With(asOf).With(Tenant).With(Currency.Code).ExecuteAsync(cancellationToken).ConfigureAwait(false) == 1)
            {
                return null;
            }
        }
    }

    private async ValueTask<ScoringState?> ReadStateAsync(TenantTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await foreach (var reader in RowsAsync(transaction.Command(sql), cancellationToken).ConfigureAwait(false))
        {
            var name = reader.GetString(6);
            if (!string.Equals(name, Tenant, StringComparison.Ordinal))
            {
                throw new StoreException(
                    StoreFault.OtherTenant, $"The number of tenant '{Tenant}' is taken by tenant '{name}'; choose another name for the tenant.");
            }

            CheckCurrency(reader.GetString(7));
            return ScoringState.Read(reader);
        }

        return null;
    }

    private void CheckCurrency(string stored)
    {
        if (!string.Equals(stored, Currency.Code, StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.OtherCurrency, $"The store keeps amounts in {stored}, but the program is in {Currency.Code}; the currency of a store cannot change.");
        }
    }

    /// <summary>The scores of everybody, or of a segment, in no order.</summary>
    internal static async ValueTask<List<StoredScore>> ReadScoresAsync(
        TenantTransaction transaction, string? segment, DateOnly allScoredOn, CancellationToken cancellationToken)
    {
        var scores = new List<StoredScore>();
        var command = segment is null ? transaction.Command(ScoresSql) : transaction.Command(SegmentSql).With(segment);
        await foreach (var reader in RowsAsync(command, cancellationToken).ConfigureAwait(false))
        {
            var score = ScoreRow.Read(reader, 1, allScoredOn).Score;
            scores.Add(new StoredScore(reader.GetString(0), score.Input, score.Cell, score.LeadScore, score.Segment));
        }

        return scores;
    }

    private ValueTask<T?> ReadOneAsync<T>(string customer, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(customer);
        return !StorableText.IsStorable(customer) ? default : ReadAsync<T, (string Customer, string Sql, Func<NpgsqlDataReader, T> Read)>(
            static async (transaction, one, token) =>
            {
                await foreach (var reader in RowsAsync(transaction.Command(one.Sql).With(one.Customer), token).ConfigureAwait(false))
                {
                    return one.Read(reader);
                }

                return null;
            },
            (customer, sql, read),
            cancellationToken);
    }

    private async ValueTask<T?> ReadAsync<T, TArgument>(
        Func<TenantTransaction, TArgument, CancellationToken, ValueTask<T?>> read, TArgument argument, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var transaction = await TenantTransaction
                .OpenAsync(_dataSource, TenantId, IsolationLevel.RepeatableRead, string.Empty, cancellationToken, isLong: true).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                return await read(transaction, argument, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    private static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
        NpgsqlCommand command, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return reader;
                }
            }
        }
    }
}
