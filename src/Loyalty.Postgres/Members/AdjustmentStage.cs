using Loyalty.Activities;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;

namespace Loyalty.Postgres.Members;

/// <summary>Takes the adjustments of a run into a temporary table and tells which are new, changed, unchanged or superseded.</summary>
internal sealed class AdjustmentStage
{
    private readonly TenantTransaction _transaction;
    private readonly CopyBuffer _buffer = new();
    private bool _created;
    private long _staged;

    public AdjustmentStage(TenantTransaction transaction) => _transaction = transaction;

    /// <summary>Whether none came in.</summary>
    public bool IsEmpty => !_created;

    /// <summary>Stages the adjustments of members, and tells which have none.</summary>
    public async ValueTask<IReadOnlyList<int>> AddAsync(IReadOnlyList<Adjustment> adjustments, CancellationToken cancellationToken)
    {
        var known = await FindKnownAsync(adjustments, cancellationToken).ConfigureAwait(false);
        var unknown = new List<int>();
        for (var i = 0; i < adjustments.Count; i++)
        {
            if (known.Contains(adjustments[i].Handle))
            {
                Encode(adjustments[i]);
            }
            else
            {
                unknown.Add(i);
            }
        }

        if (!_created && _buffer.Rows > 0)
        {
            _created = true;
            await _transaction.ExecuteLocalAsync(SyncSql.CreateAdjustments, cancellationToken).ConfigureAwait(false);
        }

        await _buffer.SendAsync(_transaction.Connection, SyncSql.CopyAdjustments, cancellationToken).ConfigureAwait(false);
        return unknown;
    }

    /// <summary>Compares with what is stored and notes whom it changes.</summary>
    public async ValueTask<RowCounts> ResolveAsync(CancellationToken cancellationToken)
    {
        if (!_created)
        {
            return RowCounts.None;
        }

        var superseded = await _transaction.ExecuteLocalAsync(SyncSql.DropSupersededAdjustments, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync(SyncSql.CreateAdjustmentChange, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync(SyncSql.CreateAdjustmentsFound, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteAsync(SyncSql.FindStoredAdjustments, cancellationToken).ConfigureAwait(false);
        var changed = await _transaction.ExecuteLocalAsync(SyncSql.FindAdjustmentChanges, cancellationToken).ConfigureAwait(false);
        await _transaction.ExecuteLocalAsync(SyncSql.TouchAdjusted, cancellationToken).ConfigureAwait(false);
        return new RowCounts(0, changed, _staged - superseded - changed, superseded);
    }

    /// <summary>What the adjustments mean for members; asked after <see cref="ResolveAsync"/> of a first load.</summary>
    public async ValueTask<Dictionary<string, List<MemberChange>>> ReadChangesAsync(CancellationToken cancellationToken)
    {
        var changes = new Dictionary<string, List<MemberChange>>(StringComparer.Ordinal);
        if (_created)
        {
            await _transaction.ExecuteLocalAsync(SyncSql.OpenTouches, cancellationToken).ConfigureAwait(false);
            var reader = new MemberChangeReader(_transaction, "loyalty_touches", StoreLimits.Standard);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var member in reader.Members)
                {
                    changes.Add(member.Handle, reader.Changes[member.First..member.End]);
                }
            }

            await _transaction.ExecuteLocalAsync("CLOSE loyalty_touches", cancellationToken).ConfigureAwait(false);
        }

        return changes;
    }

    /// <summary>Writes what is new and what changed; the members are written before.</summary>
    public async ValueTask<RowCounts> WriteAsync(RowCounts resolved, CancellationToken cancellationToken)
    {
        if (!_created)
        {
            return resolved;
        }

        var inserted = await _transaction.ExecuteAsync(SyncSql.InsertAdjustments, cancellationToken).ConfigureAwait(false);
        var updated = await _transaction.ExecuteAsync(SyncSql.UpdateAdjustments, cancellationToken).ConfigureAwait(false);
        return resolved with { Inserted = inserted, Updated = updated };
    }

    private async ValueTask<HashSet<string>> FindKnownAsync(IReadOnlyList<Adjustment> adjustments, CancellationToken cancellationToken)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var adjustment in adjustments)
        {
            asked.Add(adjustment.Handle);
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        if (asked.Count == 0)
        {
            return known;
        }

        string[] handles = [.. asked];
        await CollectAsync(_transaction.Command(SyncSql.KnownMembers).With(handles), known, cancellationToken).ConfigureAwait(false);
        if (known.Count < asked.Count)
        {
            asked.ExceptWith(known);
            string[] rest = [.. asked];
            var staged = _transaction.LocalCommand(SyncSql.StagedMembers).With(rest);
            await CollectAsync(staged, known, cancellationToken).ConfigureAwait(false);
        }

        return known;
    }

    private static async ValueTask CollectAsync(Npgsql.NpgsqlCommand command, HashSet<string> texts, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    texts.Add(reader.GetString(0));
                }
            }
        }
    }

    private void Encode(Adjustment adjustment)
    {
        _buffer.StartRow(7);
        _buffer.Int64(_staged++);
        _buffer.Int64(adjustment.Sales);
        _buffer.Int64(adjustment.Units);
        _buffer.Date(adjustment.Date.DayNumber);
        _buffer.Text(adjustment.Id);
        _buffer.Text(adjustment.Handle);
        _buffer.Text(adjustment.Reason);
    }
}
