using System.Data;
using Loyalty.Money;
using Loyalty.Postgres.Members;
using Loyalty.Postgres.Points.Books;
using Loyalty.Postgres.Points.Rows;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Points;

public sealed partial class PostgresPointsStore
{
    private RunLookup Lookup => new(
        PointsSql.LockBook,
        PointsSql.CreateBook,
        command => command.With(Tenant).With(string.Empty).With(string.Empty).With(DateOnly.MinValue),
        PointsSql.FindRun);

    private async ValueTask<IPointsRun> BeginRunAsync(
        LoyaltyProgram program, DateOnly asOf, DateTime recordedAt, Guid runId, CancellationToken cancellationToken)
    {
        PointsRules.Check(program, asOf, recordedAt, stored: null, storedAsOf: null);
        cancellationToken.ThrowIfCancellationRequested();
        MemberRules.CheckOwner(program, Tenant, Currency ?? program.Currency);

        BookState? stored = null;
        var settings = string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{PointsSql.RunSettings}; SET LOCAL work_mem = '{Options.WorkMemoryMegabytes}MB'");
        var session = await Attempts.BeginAsync(
            runId,
            asOf,
            Options.PointsIsolation,
            settings,
            async (transaction, token) =>
            {
                stored = await LockAsync(transaction, program, asOf, token).ConfigureAwait(false);
                if (stored is not null)
                {
                    var before = await _context.ReadProgramAsync(transaction, stored.ProgramDigest, token).ConfigureAwait(false);
                    PointsRules.Check(program, asOf, recordedAt, before, stored.AsOf);
                    // Under the program of before nobody can have come off its stages.
                    if (!string.Equals(RunJournal.Digest(program), stored.ProgramDigest, StringComparison.Ordinal))
                    {
                        await CheckStagesAsync(transaction, program, token).ConfigureAwait(false);
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);
        return new PostgresPointsRun(this, session, program, asOf, recordedAt, stored);
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
