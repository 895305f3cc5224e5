using System.Data;
using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Money;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points.Batches;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Points;

/// <summary>A tenant's clubs, points and rewards in PostgreSQL 15 to 18, or the same schema distributed by tenant.</summary>
/// <remarks>
/// <para>
/// Thread-safe; one object for each tenant and process is best, because callers of <see cref="ApplyAsync"/> that wait at the same time share a
/// transaction, with those of <see cref="TakeOrdersAsync"/>, <see cref="TakeRefundsAsync"/> and <see cref="TakeRedemptionsAsync"/>. Whoever writes
/// holds the lock of the tenant's book, so that no operation meets another half done, also from other processes.
/// </para>
/// <para>
/// Transactions are READ COMMITTED, whatever the default of the connection is. What PostgreSQL ends in favour of another transaction, and what
/// a lost connection interrupts, is done again as a whole, at most <see cref="PostgresStoreOptions.MaxAttempts"/> times; an operation that was
/// kept though the answer was lost is found by its key.
/// </para>
/// </remarks>
public sealed partial class PostgresPointsStore : IPointsStore
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly BookContext _context;
    private readonly BatchQueue<BatchItem, BatchAnswer> _queue;
    private readonly MemberCache _cache;

    /// <summary>Creates the store of a tenant; nothing is asked of the server yet.</summary>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="tenant">The tenant, as the program names it.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults. The gate does not apply to points.</param>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is blank.</exception>
    public PostgresPointsStore(NpgsqlDataSource dataSource, string tenant, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        Tenant = tenant;
        TenantId = TenantId.FromName(tenant);
        Options = options ?? PostgresStoreOptions.Default;
        _context = new BookContext(tenant, Options.Limits);
        Log = Options.LoggerFactory.CreateLogger<PostgresPointsStore>();
        Attempts = new RunAttempts(dataSource, TenantId, Options, Log, Lookup);
        _queue = new(RunBatchAsync, Options.Limits.MostInBatch);
        _cache = new MemberCache(Options.Limits.MostEntriesKept);
    }

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>The currency of the tenant's store; none where this part stands alone: then the first run says it.</summary>
    internal Currency? Currency { get; init; }

    /// <summary>The number of the tenant in the database.</summary>
    public TenantId TenantId { get; }

    internal PostgresStoreOptions Options { get; }

    internal ILogger Log { get; }

    internal RunAttempts Attempts { get; }

    /// <inheritdoc/>
    /// <remarks>The run holds a connection and the lock of the book until it is committed or disposed.</remarks>
    public async ValueTask<IPointsRun> BeginRunAsync(
        LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, CancellationToken cancellationToken = default) =>
        await BeginRunAsync(program, asOf, recordedAt, Attempts.NewRunId(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<T> RunAsync<T>(
        LoyaltyProgram program,
        DateOnly asOf,
        DateTime recordedAt,
        Func<IPointsRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default) =>
        Attempts.RunAsync("loyalty.points", (runId, token) => BeginRunAsync(program, asOf, recordedAt, runId, token), run, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerResult>> ApplyAsync(
        IReadOnlyList<LedgerOperation> operations, DateOnly bookedOn, DateTime recordedAt, CancellationToken cancellationToken = default) => PointsRules.ApplyAsync(
        operations,
        recordedAt,
        async kept =>
        {
            var answers = await _queue.RunAsync([.. kept.Select(o => new BatchItem(o, null, bookedOn, recordedAt))], cancellationToken).ConfigureAwait(false);
            return Array.ConvertAll(answers, static a => a.Result);
        });

    /// <inheritdoc/>
    public ValueTask<PointsStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => ReadAsync<PointsStatus?>(
        static async (transaction, book, program, token) =>
        {
            var command = transaction.Command(PointsSql.Totals);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await reader.ReadAsync(token).ConfigureAwait(false);
                    return new PointsStatus(program, book.AsOf, (int)reader.GetInt64(0), reader.GetInt64(1));
                }
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberPoints> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        PostgresMemberStore.Mapped(ReadAllAsync(Show, cancellationToken));

    /// <inheritdoc/>
    public ValueTask<MemberPoints?> FindMemberAsync(string member, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return !StorableText.IsKey(member)
            ? new((MemberPoints?)null)
            : ReadAsync<MemberPoints?>(
                async (transaction, book, program, token) =>
                {
                    var read = await new MemberReader(transaction, isWhole: true).ReadAsync([member], known: null, token).ConfigureAwait(false);
                    if (!read.TryGetValue(member, out var found))
                    {
                        return null;
                    }

                    var ledger = new PointsLedger(program.Points!);
                    ledger.Restore(found.Ledger);
                    return MemberPoints.Of(found.Book!, ledger, book.AsOf, program.Club is not null);
                },
                cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LedgerFault>> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var faults = new List<LedgerFault>();
        await foreach (var fault in PostgresMemberStore.Mapped(ReadAllAsync((member, _, _, _) => PointsVerifier.Verify(Tenant, member), cancellationToken, isLenient: true)).ConfigureAwait(false))
        {
            if (fault is not null)
            {
                faults.Add(fault);
            }
        }

        return faults;
    }

    /// <inheritdoc/>
    /// <remarks>Reads the member's row.</remarks>
    public ValueTask<PointsBalance?> FindBalanceAsync(string member, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return StorableText.IsKey(member)
            ? ReadAsync<PointsBalance?>(
                async (transaction, book, program, token) =>
                {
                    var command = transaction.Command(PointsSql.Balance).With(member);
                    await using (command.ConfigureAwait(false))
                    {
                        var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                        await using (reader.ConfigureAwait(false))
                        {
                            return await reader.ReadAsync(token).ConfigureAwait(false)
                                ? PointsBalance.Of(member, book.AsOf, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), program.Points!)
                                : null;
                        }
                    }
                },
                cancellationToken)
            : new((PointsBalance?)null);
    }

    /// <inheritdoc/>
    public ValueTask<PointsAsOf?> FindAsOfAsync(string member, DateOnly asOf, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(member);
        return StorableText.IsKey(member)
            ? ReadAsync<PointsAsOf?>(
                async (transaction, _, program, token) =>
                {
                    var read = await new MemberReader(transaction, isWhole: false).ReadAsync([member], known: null, token).ConfigureAwait(false);
                    if (!read.TryGetValue(member, out var found))
                    {
                        return null;
                    }

                    var ledger = new PointsLedger(program.Points!);
                    ledger.Restore(found.Ledger);
                    return new PointsAsOf(member, asOf, ledger.BalanceAsOf(member, asOf), ledger.LotsAsOf(member, asOf));
                },
                cancellationToken)
            : new((PointsAsOf?)null);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LedgerEntry>> ReadEntriesAsync(string member, int after, int limit, CancellationToken cancellationToken = default)
    {
        PointsRules.CheckPage(member, after, limit);
        return StorableText.IsKey(member)
            ? await ReadAsync<IReadOnlyList<LedgerEntry>>(
                async (transaction, _, _, token) =>
                {
                    var entries = new List<LedgerEntry>();
                    var command = transaction.Command(PointsSql.PageOfEntries).With(member).With(after).With(limit);
                    await using (command.ConfigureAwait(false))
                    {
                        var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                        await using (reader.ConfigureAwait(false))
                        {
                            while (await reader.ReadAsync(token).ConfigureAwait(false))
                            {
                                entries.Add(MemberReader.Entry(reader));
                            }
                        }
                    }

                    return entries;
                },
                cancellationToken).ConfigureAwait(false) ?? []
            : [];
    }

    /// <inheritdoc/>
    public ValueTask<PointsLiability?> FindLiabilityAsync(CancellationToken cancellationToken = default) => ReadAsync<PointsLiability?>(
        static async (transaction, book, program, token) => PointsLiability.Of(
            book.AsOf, new System.Numerics.BigInteger((decimal)(await transaction.Command(PointsSql.Outstanding).ScalarAsync(token).ConfigureAwait(false))!), program.Points!),
        cancellationToken);

    internal static MemberPoints Show(StoredMember member, PointsLedger ledger, LoyaltyProgram program, DateOnly asOf) =>
        MemberPoints.Of(member.Book!, ledger, asOf, program.Club is not null);

    /// <summary>Reads in one snapshot; nothing while the store is empty.</summary>
    private async ValueTask<T?> ReadAsync<T>(
        Func<TenantTransaction, BookState, LoyaltyProgram, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            var transaction = await OpenSnapshotAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                if (await ReadBookAsync(transaction, PointsSql.ReadBook, cancellationToken).ConfigureAwait(false) is not { } book)
                {
                    return default;
                }

                var program = await _context.ReadProgramAsync(transaction, book.ProgramDigest, cancellationToken).ConfigureAwait(false);
                return await read(transaction, book, program, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>Reads all members in pages, in one snapshot.</summary>
    private async IAsyncEnumerable<T> ReadAllAsync<T>(
        Func<StoredMember, PointsLedger, LoyaltyProgram, DateOnly, T> show, [EnumeratorCancellation] CancellationToken cancellationToken, bool isLenient = false)
    {
        var transaction = await OpenSnapshotAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (await ReadBookAsync(transaction, PointsSql.ReadBook, cancellationToken).ConfigureAwait(false) is not { } book)
            {
                yield break;
            }

            var program = await _context.ReadProgramAsync(transaction, book.ProgramDigest, cancellationToken).ConfigureAwait(false);
            await foreach (var item in PagesAsync(transaction, Options.Limits, program, book.AsOf, show, isLenient, cancellationToken).ConfigureAwait(false))
            {
                yield return item;
            }
        }
    }

    /// <summary>Reads all members in pages, in a transaction that is open.</summary>
    internal static async IAsyncEnumerable<T> PagesAsync<T>(
        TenantTransaction transaction,
        StoreLimits limits,
        LoyaltyProgram program,
        DateOnly asOf,
        Func<StoredMember, PointsLedger, LoyaltyProgram, DateOnly, T> show,
        bool isLenient,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = new MemberReader(transaction, isWhole: true, isLenient);
        var (last, page) = (string.Empty, limits.PageMembers);
        while (page == limits.PageMembers)
        {
            var names = await transaction.Command(PointsSql.MembersAfter).With(last).With(page).ListAsync(cancellationToken).ConfigureAwait(false);
            var members = await reader.ReadAsync([.. names], known: null, cancellationToken).ConfigureAwait(false);
            var ledger = new PointsLedger(program.Points!);
            foreach (var name in names)
            {
                ledger.Restore(members[name].Ledger);
                yield return show(members[name], ledger, program, asOf);
            }

            (last, page) = (names.Count == 0 ? last : names[^1], names.Count);
        }
    }

    private async ValueTask<BookState?> ReadBookAsync(TenantTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        var command = transaction.Command(sql);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? BookState.Read(reader, Tenant) : null;
            }
        }
    }

    private ValueTask<TenantTransaction> OpenSnapshotAsync(CancellationToken cancellationToken) =>
        TenantTransaction.OpenAsync(_dataSource, TenantId, IsolationLevel.RepeatableRead, string.Empty, cancellationToken, isLong: true);
}
