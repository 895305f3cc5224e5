using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Cutover;

/// <summary>
/// Foreign keys from a generation to large tables outside the set, added and checked before the swap in transactions of their own: a check of many rows under the locks of the swap
/// would hold others up, and one after it could fail.
/// </summary>
internal sealed class EarlyKeys
{
    private readonly NpgsqlDataSource _source;
    private readonly CutoverSet _set;
    private readonly CutoverOptions _options;
    private readonly List<string> _undo = [];

    private EarlyKeys(NpgsqlDataSource source, CutoverSet set, CutoverOptions options) => (_source, _set, _options) = (source, set, options);

    public static async ValueTask<EarlyKeys> AddAsync(
        NpgsqlDataSource source, CutoverSet set, CutoverOptions options, bool isRollback, long? to, CancellationToken cancellationToken)
    {
        var keys = new EarlyKeys(source, set, options);
        List<(string Add, string Check)> work = [];
        var session = await CutoverSession.BeginAsync(source, set, options, readOnly: true, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var plan = await CutoverPlan.ReadAsync(session, cancellationToken).ConfigureAwait(false);
            var outside = plan.Objects.Where(static o => o.Order == CarriedObjects.ForeignKeyOutside).ToList();
            if (outside.Count == 0)
            {
                return keys;
            }

            var target = await SwapTarget.ChooseAsync(session, options, isRollback, to, cancellationToken).ConfigureAwait(false);
            var tables = await TableShape.ReadAsync(session, target.Schema, set.Tables, cancellationToken).ConfigureAwait(false);
            await session.UseSchemasAsync(cancellationToken, [target.Schema, .. plan.SearchPath]).ConfigureAwait(false);
            uint[] oids = [.. tables.Select(static t => t.Oid)];
            var have = (await CarriedObjects.ReadAsync(session, oids, oids, cancellationToken).ConfigureAwait(false)).Select(static o => o.Make).ToHashSet(StringComparer.Ordinal);
            foreach (var key in outside.Where(k => !have.Contains(k.Make) && !CarriedObjects.IsUnchecked(k.Make)))
            {
                var table = tables.Find(t => string.Equals(t.Name, key.Table, StringComparison.Ordinal));
                if (table is not null && table.Pages + plan.Neighbours[key.Size].Pages > options.PagesCheckedUnderLock)
                {
                    var path = Sql.SearchPath([target.Schema, .. plan.SearchPath]);
                    work.Add(($"{path}; {key.Make} NOT VALID", $"{path}; ALTER TABLE {table.Sql} VALIDATE CONSTRAINT {Sql.Name(key.Name)}"));
                    keys._undo.Add($"ALTER TABLE {table.Sql} DROP CONSTRAINT IF EXISTS {Sql.Name(key.Name)}");
                }
            }
        }

        try
        {
            foreach (var (add, check) in work)
            {
                await keys.RunAsync(add, cancellationToken).ConfigureAwait(false);
                await keys.RunAsync(check, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            await keys.RemoveAsync().ConfigureAwait(false);
            throw;
        }

        return keys;
    }

    /// <summary>Takes the keys away again: there was no swap.</summary>
    public async ValueTask RemoveAsync()
    {
        foreach (var statement in _undo)
        {
            try
            {
                await RunAsync(statement, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresErrors.IsOutside(e) || e is CutoverException)
            {
                // The next swap uses the key that is left.
            }
        }
    }

    private async ValueTask RunAsync(string statement, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var session = await CutoverSession.BeginAsync(_source, _set, _options, readOnly: false, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                try
                {
                    await session.ExecuteAsync($"SET LOCAL lock_timeout = {Sql.Milliseconds(_options.LockWait)}", cancellationToken).ConfigureAwait(false);
                    await session.ExecuteAsync(statement, cancellationToken).ConfigureAwait(false);
                    await session.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (PostgresException e) when (CutoverErrors.IsContention(e) && attempt < _options.Attempts && !cancellationToken.IsCancellationRequested)
                {
                    // Another attempt, in a new transaction.
                }
            }

            await Task.Delay(_options.Pause * (0.5 + Random.Shared.NextDouble()), cancellationToken).ConfigureAwait(false);
        }
    }
}
