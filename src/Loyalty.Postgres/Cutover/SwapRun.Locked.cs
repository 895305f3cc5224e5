using System.Diagnostics;

namespace Loyalty.Postgres.Cutover;

internal sealed partial class SwapRun
{
    // A process that was stopped while it holds the locks loses them, and its swap.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private IEnumerable<uint> LockedTables =>
        Plan.Tables.Select(static t => t.Oid)
            .Concat(Plan.Objects.Where(o => o.Order == CarriedObjects.ForeignKeyOutside && Plan.Neighbours[o.Size].IsOwn).Select(static o => o.Size))
            .Concat(Plan.Dependants.Where(static d => d.Kind is DependantKind.ForeignKey or DependantKind.Policy or DependantKind.Rule).Select(static d => d.Relation))
            .Distinct()
            .Order();

    private IEnumerable<(uint Relation, string Name, string Owner)> LockedViews =>
        Plan.Dependants.Where(static d => d.Kind == DependantKind.View).Select(d => (d.Relation, Plan.Neighbours[d.Relation].Name, d.Owner))
            .Concat(Plan.Materialized.Select(static m => (m.View.Relation, Sql.Name(m.Schema, m.Name), m.View.Owner)))
            .OrderBy(static v => v.Item1);

    /// <summary>Sessions whose snapshot is older than the rows of the generation: they would read the new tables as empty, without an error.</summary>
    public ValueTask<List<string>> FindOldSnapshotsAsync(CancellationToken cancellationToken) => _session.QueryAsync(
        """
        SELECT format('session %s (%s) reads an older snapshot than the rows of the generation, since %s', a.pid, coalesce(nullif(a.application_name, ''), a.usename::text, ''), a.xact_start)
        FROM (SELECT pg_stat_clear_snapshot()) c, pg_stat_activity a, loyalty_cutover.generation g
        WHERE g.set_id = $1 AND g.id = $2 AND a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend' AND a.backend_xmin IS NOT NULL
        AND ((pg_snapshot_xmax(pg_current_snapshot())::text::numeric - g.content_xid::text::numeric < 1000000000 AND age(a.backend_xmin) >= age(g.content_xid::xid))
            OR ($3 AND a.state LIKE 'idle in transaction%'))
        ORDER BY a.pid
        """,
        static r => r.GetString(0),
        cancellationToken,
        _session.SetId,
        To.Id,
        _laterWrites == LaterWrites.Keep && _early > 0);

    /// <summary>Who holds locks on what the swap needs.</summary>
    public ValueTask<List<string>> FindBlockersAsync(CancellationToken cancellationToken) =>
        TableLocks.FindHoldersAsync(_session, [.. LockedTables, .. LockedViews.Select(static v => v.Relation)], cancellationToken);

    /// <summary>Takes all locks: views first, as those who read them do, then all tables in one fixed order. From the first one on others may wait.</summary>
    public async ValueTask LockAsync(CancellationToken cancellationToken)
    {
        await _session.ExecuteAsync(
            $"SET LOCAL lock_timeout = {Sql.Milliseconds(_options.LockWait)}; SET LOCAL statement_timeout = {Sql.Milliseconds(_options.LockWait)}; "
            + $"SET LOCAL idle_in_transaction_session_timeout = {Sql.Milliseconds(LongestSilence)}",
            cancellationToken).ConfigureAwait(false);

        // LOCK TABLE on a view takes the tables below it at once; a change of the owner to the same one takes the view alone.
        List<string> statements = [.. LockedViews.Select(static v => $"ALTER TABLE {v.Name} OWNER TO {Sql.Name(v.Owner)}")];
        var tables = LockedTables.Select(o => Plan.Tables.Find(t => t.Oid == o)?.Sql ?? Plan.Neighbours[o].Name).ToList();
        if (tables.Count > 0)
        {
            statements.Add($"LOCK TABLE {string.Join(", ", tables)} IN ACCESS EXCLUSIVE MODE");
        }

        await _session.RunAsync(statements, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the catalog is still as it was when the swap was prepared.</summary>
    public async ValueTask<bool> IsStillRightAsync(CancellationToken cancellationToken)
    {
        await _session.ExecuteAsync($"SET LOCAL statement_timeout = {Sql.Milliseconds(CutoverOptions.LongestWait - _options.LockWait)}", cancellationToken).ConfigureAwait(false);
        return string.Equals(await Plan.ReadVersionAsync(_session, cancellationToken).ConfigureAwait(false), Plan.Version, StringComparison.Ordinal);
    }

    /// <summary>The swap itself, and its row in the journal; the caller commits.</summary>
    public async ValueTask<(long Kept, long Discarded)> SwapAsync(Stopwatch clock, CancellationToken cancellationToken)
    {
        await LimitAsync("; SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off").ConfigureAwait(false);
        var written = _early;
        if (From is not null)
        {
            var more = await _session.ScalarAsync<bool>(
                $"SELECT EXISTS (SELECT FROM loyalty_cutover.write_log WHERE set_id = $1 AND generation = $2 AND id > $3 AND NOT pg_visible_in_snapshot(xid, {Sql.Text(_since)}::pg_snapshot))",
                cancellationToken,
                _session.SetId,
                From.Id,
                _settled).ConfigureAwait(false);
            written += more ? await TakeLaterWritesAsync(new WrittenRows(_settled, _since), cancellationToken).ConfigureAwait(false) : 0;
            await _dropped!.RefuseAsync(cancellationToken).ConfigureAwait(false);
        }

        var (kept, discarded) = _laterWrites == LaterWrites.Discard ? (0L, written) : (written, 0L);
        await LimitAsync(string.Empty).ConfigureAwait(false);
        var statements = new SwapStatements
        {
            Session = _session,
            Plan = Plan,
            From = From,
            To = To,
            Tables = Tables,
            Made = _made,
            LaterWrites = _laterWrites,
            IsRollback = _isRollback,
            IsStagedAgain = _isRollback && To.State == GenerationState.Previous && !_anotherIsStaged,
            PagesCheckedUnderLock = _options.PagesCheckedUnderLock,
            JournalNumber = JournalNumber,
        };
        await _session.RunAsync(statements.All(kept, discarded), cancellationToken).ConfigureAwait(false);
        return (kept, discarded);

        // What is left of the half second is the limit of the next statement.
        async ValueTask LimitAsync(string more)
        {
            var left = CutoverOptions.LongestWait - clock.Elapsed;
            await _session.ExecuteAsync($"SET LOCAL statement_timeout = {Sql.Milliseconds(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1))}{more}", cancellationToken).ConfigureAwait(false);
        }
    }
}
