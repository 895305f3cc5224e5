using System.Data;
using Loyalty.Money;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Points;

public sealed partial class PostgresPointsStore
{
    /// <summary>Whether the ledger of runs has a run, asked after its commit got no answer.</summary>
    /// <exception cref="StoreException">The store could not be asked (<see cref="StoreFault.OutcomeUnknown"/>).</exception>
    internal async ValueTask<bool> WasKeptAsync(Guid runId, Exception cause, CancellationToken cancellationToken)
    {
        var delay = Options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await LookUpAsync(runId, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e))
            {
                if (attempt == Options.MaxAttempts || cancellationToken.IsCancellationRequested)
                {
                    throw UnknownRun(runId, cause);
                }
            }
            catch (OperationCanceledException)
            {
                throw UnknownRun(runId, cause);
            }

            await Task.Delay(delay, Options.TimeProvider, CancellationToken.None).ConfigureAwait(false);
            delay = Longer(delay);
        }
    }

    private static StoreException UnknownRun(Guid runId, Exception cause) => new(
        StoreFault.OutcomeUnknown,
        $"The connection was lost while run {runId} was being kept, and PostgreSQL cannot be asked whether it was; "
        + "run again with the same files and date: what was kept is then unchanged.",
        cause);

    private async ValueTask<bool> LookUpAsync(Guid runId, CancellationToken cancellationToken)
    {
        var transaction = await TenantTransaction
            .OpenAsync(_dataSource, TenantId, IsolationLevel.ReadCommitted, PointsSql.LookUpSettings, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // The lost backend may still be committing; it holds the lock of the book until it is done. A first run makes the book itself:
            // making it, too, waits for the other, and is rolled back here.
            if (await ReadBookAsync(transaction, PointsSql.LockBook, cancellationToken).ConfigureAwait(false) is null)
            {
                await CreateAsync(transaction, string.Empty, string.Empty, DateOnly.MinValue, cancellationToken).ConfigureAwait(false);
            }

            var command = transaction.Command(PointsSql.FindRun).With(runId);
            await using (command.ConfigureAwait(false))
            {
                return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not null;
            }
        }
    }

    private async ValueTask<PostgresPointsRun> BeginRunAsync(
        LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, Guid runId, CancellationToken cancellationToken)
    {
        PointsRules.Check(program, asOf, recordedAt, stored: null, storedAsOf: null);
        cancellationToken.ThrowIfCancellationRequested();
        if (!string.Equals(program.Tenant, Tenant, StringComparison.Ordinal))
        {
            throw new StoreException(
                StoreFault.OtherTenant,
                $"The store belongs to tenant '{Tenant}', but the program is of '{program.Tenant}'; use the tenant's own store.");
        }

        try
        {
            var settings = string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{PointsSql.RunSettings}; SET LOCAL work_mem = '{Options.WorkMemoryMegabytes}MB'");
            var transaction = await TenantTransaction
                .OpenAsync(_dataSource, TenantId, Options.PointsIsolation, settings, cancellationToken).ConfigureAwait(false);
            try
            {
                await new Migrations.Migrator(_dataSource, Options).CheckAsync(transaction.Connection, cancellationToken).ConfigureAwait(false);
                var stored = await LockAsync(transaction, program, asOf, cancellationToken).ConfigureAwait(false);
                if (stored is not null)
                {
                    var before = await ReadProgramAsync(transaction, stored.ProgramDigest, cancellationToken).ConfigureAwait(false);
                    PointsRules.Check(program, asOf, recordedAt, before, stored.AsOf);
                    await CheckStagesAsync(transaction, program, cancellationToken).ConfigureAwait(false);
                }

                return new PostgresPointsRun(this, transaction, program, asOf, recordedAt, stored, runId);
            }
            catch
            {
                await transaction.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception e) when (PostgresErrors.IsOutside(e) && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>Locks the book, made when there is none yet; waits for batches of operations, but not long for another run.</summary>
    private async ValueTask<BookState?> LockAsync(TenantTransaction transaction, LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await ReadBookAsync(transaction, PointsSql.LockBook, cancellationToken).ConfigureAwait(false) is { } stored)
            {
                return stored;
            }

            if (await CreateAsync(transaction, program.Currency.Code, RunJournal.Digest(program), asOf, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    private async ValueTask<bool> CreateAsync(
        TenantTransaction transaction, string currency, string digest, DateOnly asOf, CancellationToken cancellationToken)
    {
        var command = transaction.Command(PointsSql.CreateBook).With(Tenant).With(currency).With(digest).With(asOf);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
        }
    }

    private static async ValueTask CheckStagesAsync(TenantTransaction transaction, LoyaltyProgram program, CancellationToken cancellationToken)
    {
        var command = transaction.Command(PointsSql.MemberOffStages).With([.. program.Club?.Stages.Select(static s => s.Name) ?? []]);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    throw PointsRules.OffStages(reader.GetString(0), reader.GetString(1));
                }
            }
        }
    }
}
