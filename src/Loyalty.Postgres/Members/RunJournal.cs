using System.Security.Cryptography;
using System.Text;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Members;

/// <summary>Writes what a run did, in its transaction: the program, the tenant's row, the line of the run and its files.</summary>
internal sealed class RunJournal
{
    private readonly TenantTransaction _transaction;
    private readonly Guid _runId;

    public RunJournal(TenantTransaction transaction, Guid runId)
    {
        _transaction = transaction;
        _runId = runId;
    }

    /// <summary>The name under which a program is kept: the SHA-256 of its canonical JSON.</summary>
    public static string Digest(LoyaltyProgram program) => Convert.ToHexStringLower(SHA256.HashData(program.Json.Span));

    public async ValueTask WriteAsync(
        TenantState state,
        SyncOutcome outcome,
        decimal sales,
        DateTimeOffset startedAt,
        DateTimeOffset completedAt,
        IReadOnlyList<RunInput> inputs,
        CancellationToken cancellationToken)
    {
        var digest = Digest(state.Program);
        await RunAsync(_transaction.Command(SyncSql.PutProgram).With(digest).With(Encoding.UTF8.GetString(state.Program.Json.Span)))
            .ConfigureAwait(false);
        await RunAsync(_transaction.Command(SyncSql.UpdateTenant)
            .With(digest).With(state.AsOf).With(state.Members).With(state.Activities).With(state.Adjustments)).ConfigureAwait(false);
        var rows = outcome.Activities + outcome.Adjustments;
        await RunAsync(_transaction.Command(SyncSql.InsertRun)
            .With(_runId).With(outcome.AsOf).With(digest).With(startedAt).With(completedAt)
            .With(rows.Inserted).With(rows.Updated).With(rows.Unchanged).With(rows.Superseded).With(sales)
            .With(outcome.MembersTotal).With(outcome.MembersCreated).With(outcome.Promoted).With(outcome.Kept).With(outcome.Demoted)
            .With(outcome.GraceStarted).With(outcome.MissionsCompleted)).ConfigureAwait(false);
        for (var i = 0; i < inputs.Count; i++)
        {
            var input = inputs[i];
            await RunAsync(_transaction.Command(SyncSql.InsertRunInput)
                .With(_runId).With(i + 1).With(input.Name).With(input.Length).With(input.Records).With(input.Sha256.ToArray())).ConfigureAwait(false);
        }

        async ValueTask RunAsync(Npgsql.NpgsqlCommand command)
        {
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
