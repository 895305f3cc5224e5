using System.Collections.Concurrent;
using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Money;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Loyalty.Postgres.Members;

/// <summary>A tenant's store in PostgreSQL 15 to 18, or the same schema distributed by tenant.</summary>
/// <remarks>
/// <para>Thread-safe. Connections come from the caller's data source and are given back after each call; a session holds one.</para>
/// <para>The schema is made by <see cref="Migrations.Migrator"/>. The connecting role should be a member of <c>loyalty_app</c> and neither
/// owner, superuser nor BYPASSRLS: then row level security keeps tenants apart even where a statement forgot to.</para>
/// </remarks>
public sealed partial class PostgresMemberStore : IMemberStore
{
    private const string StateSql =
        "SELECT t.name, t.currency, t.program_digest, t.as_of, t.members, t.activities, t.adjustments FROM loyalty.tenant t WHERE t.tenant_id = $1";

    private const string ProgramSql = "SELECT json FROM loyalty.program WHERE tenant_id = $1 AND digest = $2";

    private readonly NpgsqlDataSource _dataSource;
    private readonly ConcurrentDictionary<string, LoyaltyProgram> _programs = new(StringComparer.Ordinal);

    /// <summary>Creates the store of a tenant; nothing is asked of the server yet.</summary>
    /// <param name="dataSource">Gives connections; stays the caller's.</param>
    /// <param name="tenant">The tenant, as the program names it.</param>
    /// <param name="options">How to work; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is blank.</exception>
    public PostgresMemberStore(NpgsqlDataSource dataSource, string tenant, PostgresStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _dataSource = dataSource;
        Tenant = tenant;
        TenantId = TenantId.FromName(tenant);
        Options = options ?? PostgresStoreOptions.Default;
        Time = Options.TimeProvider;
        Log = Options.LoggerFactory.CreateLogger<PostgresMemberStore>();
        Attempts = new RunAttempts(dataSource, TenantId, Options, Log, Lookup);
    }

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>The currency of the tenant's store; none where this part stands alone: then the first run says it.</summary>
    internal Currency? Currency { get; init; }

    /// <summary>The number of the tenant in the database.</summary>
    public TenantId TenantId { get; }

    internal PostgresStoreOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    internal RunAttempts Attempts { get; }

    /// <inheritdoc/>
    public async ValueTask<IMemberRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken = default) =>
        await BeginRunAsync(program, asOf, Attempts.NewRunId(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<StoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) =>
        ReadAsync<StoreStatus?>(
            static (_, state, _) => new(new StoreStatus(state.Program, state.AsOf, state.Members, state.Activities, state.Adjustments)),
            cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        Mapped(ReadAllAsync(
            static (reader, state, token) => reader.ProgressAsync(state.Program.Tiers!, state.AsOf, token), cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default) =>
        Mapped(ReadAllAsync(static (reader, _, token) => reader.MissionsAsync(token), cancellationToken));

    /// <inheritdoc/>
    public ValueTask<MemberDetail?> FindMemberAsync(string handle, DateOnly? asOf = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return ReadAsync<MemberDetail?>((transaction, state, token) => MemberFinder.FindAsync(transaction, state, handle, asOf, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<Verification> VerifyAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync<Verification?>((transaction, state, token) => PostgresVerifier.VerifyAsync(transaction, state, Options.Limits, token), cancellationToken)
            .ConfigureAwait(false)
        ?? new Verification(default, 0, 0, 0, [], []);

    private async ValueTask<IMemberRun> BeginRunAsync(
        LoyaltyProgram program, DateOnly asOf, Guid runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(program);
        cancellationToken.ThrowIfCancellationRequested();
        MemberRules.Check(program, asOf, stored: null, storedAsOf: null);
        MemberRules.CheckOwner(program, Tenant, Currency ?? program.Currency);

        TenantState? stored = null;
        var session = await Attempts.BeginAsync(
            runId,
            asOf,
            IsolationLevel.ReadCommitted,
            SyncSql.Settings(Options.WorkMemoryMegabytes),
            async (transaction, token) =>
            {
                stored = await LockAsync(transaction, program, asOf, token).ConfigureAwait(false);
                MemberRules.Check(program, asOf, stored?.Program, stored?.AsOf);
                await CheckLevelsAsync(transaction, stored, program, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return new PostgresMemberRun(this, session, program, asOf, stored);
    }

    /// <summary>Passes items on, and turns what the outside world throws into store errors.</summary>
    internal static async IAsyncEnumerable<T> Mapped<T>(IAsyncEnumerable<T> items)
    {
        var enumerator = items.GetAsyncEnumerator();
        await using (enumerator.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await enumerator.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (Exception e) when (PostgresErrors.IsOutside(e))
                {
                    throw PostgresErrors.Map(e);
                }

                yield return enumerator.Current;
            }
        }
    }

    /// <summary>Locks the tenant's row, made when there is none yet; an unfinished run of another connection is not waited for.</summary>
    private async ValueTask<TenantState?> LockAsync(
        TenantTransaction transaction, LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await ReadStateAsync(transaction, SyncSql.LockTenant, cancellationToken).ConfigureAwait(false);
            if (stored is not null)
            {
                return stored;
            }

            var command = transaction.Command(SyncSql.CreateTenant)
                .With(Tenant).With(program.Currency.Code).With(RunJournal.Digest(program)).With(asOf);
            await using (command.ConfigureAwait(false))
            {
                if (await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1)
                {
                    return null;
                }
            }
        }
    }

    private static async ValueTask CheckLevelsAsync(
        TenantTransaction transaction, TenantState? stored, LoyaltyProgram program, CancellationToken cancellationToken)
    {
        if (stored is null)
        {
            return;
        }

        var before = stored.Program.Tiers!.Ladder;
        var now = program.Tiers!.Ladder;
        var lost = false;
        for (var level = 0; level < before.Count; level++)
        {
            lost |= now.IndexOf(before[level].Name) < 0;
        }

        if (!lost)
        {
            return;
        }

        var names = new string[now.Count];
        for (var level = 0; level < names.Length; level++)
        {
            names[level] = now[level].Name;
        }

        var command = transaction.Command(SyncSql.MemberOffLadder).With(names);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    throw new StoreException(
                        StoreFault.UnknownLevel,
                        $"Member '{reader.GetString(0)}' stands on level '{reader.GetString(1)}', which the program does not have; "
                        + "keep the level in the program until nobody stands on it.");
                }
            }
        }
    }

    private async ValueTask<TenantState?> ReadStateAsync(TenantTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        string digest;
        DateOnly asOf;
        long members;
        long activities;
        long adjustments;
        var command = transaction.Command(sql);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    return null;
                }

                var name = reader.GetString(0);
                if (!string.Equals(name, Tenant, StringComparison.Ordinal))
                {
                    throw new StoreException(
                        StoreFault.OtherTenant, $"The number of tenant '{Tenant}' is taken by tenant '{name}'; choose another name for the tenant.");
                }

                digest = reader.GetString(2);
                asOf = reader.GetFieldValue<DateOnly>(3);
                members = reader.GetInt64(4);
                activities = reader.GetInt64(5);
                adjustments = reader.GetInt64(6);
            }
        }

        return new TenantState(
            await ReadProgramAsync(transaction, digest, cancellationToken).ConfigureAwait(false), asOf, members, activities, adjustments);
    }

    private async ValueTask<LoyaltyProgram> ReadProgramAsync(TenantTransaction transaction, string digest, CancellationToken cancellationToken)
    {
        if (_programs.TryGetValue(digest, out var known))
        {
            return known;
        }

        var command = transaction.Command(ProgramSql).With(digest);
        await using (command.ConfigureAwait(false))
        {
            var json = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string
                ?? throw new StoreException(StoreFault.Damaged, "The program of the tenant's last run is missing; restore the tables from a backup.");
            if (!LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(json), out var program, out var faults))
            {
                throw new StoreException(StoreFault.Newer, $"The stored program cannot be read by this version of the library: {faults[0]}");
            }

            _programs[digest] = program;
            return program;
        }
    }

    /// <summary>Reads in one snapshot; nothing while the store is empty.</summary>
    private async ValueTask<T?> ReadAsync<T>(
        Func<TenantTransaction, TenantState, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            var transaction = await OpenSnapshotAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var state = await ReadStateAsync(transaction, StateSql, cancellationToken).ConfigureAwait(false);
                return state is null ? default : await read(transaction, state, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    private async IAsyncEnumerable<T> ReadAllAsync<T>(
        Func<TenantReader, TenantState, CancellationToken, IAsyncEnumerable<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var transaction = await OpenSnapshotAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (await ReadStateAsync(transaction, StateSql, cancellationToken).ConfigureAwait(false) is not { } state)
            {
                yield break;
            }

            await foreach (var item in read(new TenantReader(transaction, Options.Limits), state, cancellationToken).ConfigureAwait(false))
            {
                yield return item;
            }
        }
    }

    private ValueTask<TenantTransaction> OpenSnapshotAsync(CancellationToken cancellationToken) =>
        TenantTransaction.OpenAsync(_dataSource, TenantId, IsolationLevel.RepeatableRead, string.Empty, cancellationToken, isLong: true);
}
