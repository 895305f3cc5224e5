using Loyalty.Missions;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Reviews;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Postgres.Members;

/// <summary>
/// Reviews the members that a run touched or that are due, by Core's rules, and writes those whose rows changed. Members come and go in
/// chunks in order of handles; the rows of the results are staged and then written by one statement for each table.
/// </summary>
internal sealed class MemberReview
{
    private const int MostBuffered = 64 << 20;

    private readonly TenantTransaction _transaction;
    private readonly StoreLimits _limits;
    private readonly TenantReader _reader;
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly DateOnly? _before;
    private bool? _hasMissions;
    private readonly Reviewer _reviewer;
    private readonly DailySums _days = new();
    private readonly MemberHistory _history = new();
    private readonly List<Decision> _scratch = [];
    private readonly CopyBuffer _memberRows = new();
    private readonly CopyBuffer _decisionRows = new();
    private readonly CopyBuffer _missionRows = new();
    private readonly List<MemberDecision> _decisions = [];

    /// <summary>Prepares a review.</summary>
    /// <param name="transaction">The run's transaction.</param>
    /// <param name="program">The program that applies.</param>
    /// <param name="asOf">The date to review through.</param>
    /// <param name="stored">What was stored before, or <see langword="null"/> when nothing was.</param>
    /// <param name="limits">Sizes.</param>
    public MemberReview(TenantTransaction transaction, LoyaltyProgram program, DateOnly asOf, TenantState? stored, StoreLimits limits)
    {
        _limits = limits;
        _transaction = transaction;
        _reader = new TenantReader(transaction, limits);
        _program = program;
        _asOf = asOf;
        _before = stored?.AsOf;
        _reviewer = new Reviewer(program.Tiers!, program.Missions);
    }

    public long Reviewed { get; private set; }

    public long Created { get; private set; }

    public long MissionsCompleted { get; private set; }

    public IReadOnlyList<MemberDecision> Decisions => _decisions;

    /// <summary>Reviews everyone whom the source names, and writes the results.</summary>
    /// <param name="changes">What happened to members.</param>
    /// <param name="runId">The run that decides.</param>
    /// <param name="busy">What the connection is doing; members of a first load are reviewed meanwhile.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OverflowException">A member's totals leave the range of <see cref="long"/>.</exception>
    public async ValueTask RunAsync(IMemberChangeSource changes, Guid runId, Task busy, CancellationToken cancellationToken)
    {
        var created = false;
        long members = 0;
        long missions = 0;
        while (await changes.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var (stored, instances) = await LoadAsync(changes.Members, cancellationToken).ConfigureAwait(false);
            foreach (var member in changes.Members)
            {
                Review(member, changes.Changes, stored, instances);
            }

            if (busy.IsCompleted || _memberRows.Length + _decisionRows.Length + _missionRows.Length > MostBuffered)
            {
                await SendAsync().ConfigureAwait(false);
            }
        }

        await SendAsync().ConfigureAwait(false);
        await WriteAsync(members, missions, runId, cancellationToken).ConfigureAwait(false);

        async ValueTask SendAsync()
        {
            await busy.ConfigureAwait(false);
            if (!created)
            {
                created = true;
                await _transaction.ExecuteLocalAsync($"{SyncSql.CreateReviewed}; {SyncSql.CreateDecisions}; {SyncSql.CreateMissions}", cancellationToken)
                    .ConfigureAwait(false);
            }

            members += _memberRows.Rows;
            missions += _missionRows.Rows;
            await _memberRows.SendAsync(_transaction.Connection, SyncSql.CopyReviewed, cancellationToken).ConfigureAwait(false);
            await _decisionRows.SendAsync(_transaction.Connection, SyncSql.CopyDecisions, cancellationToken).ConfigureAwait(false);
            await _missionRows.SendAsync(_transaction.Connection, SyncSql.CopyMissions, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WriteAsync(long members, long missions, Guid runId, CancellationToken cancellationToken)
    {
        if (Created > 0)
        {
            await _transaction.ExecuteAsync(SyncSql.InsertMembers, cancellationToken).ConfigureAwait(false);
        }

        if (members > Created)
        {
            await _transaction.ExecuteAsync(SyncSql.UpdateMembers, cancellationToken).ConfigureAwait(false);
        }

        if (_decisions.Count > 0)
        {
            var command = _transaction.Command(SyncSql.InsertDecisions).With(runId);
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        if (missions > 0)
        {
            await _transaction.ExecuteAsync(SyncSql.PutMissions, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<(Dictionary<string, MemberRow> Members, Dictionary<string, List<MissionInstance>> Missions)> LoadAsync(
        List<ChangedMember> members, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, MemberRow>(StringComparer.Ordinal);
        if (_before is not { } before)
        {
            return (rows, []);
        }

        var handles = members.ConvertAll(static m => m.Handle).ToArray();
        foreach (var row in await _reader.MembersAsync(handles, _program.Tiers!.Ladder, before, cancellationToken).ConfigureAwait(false))
        {
            rows.Add(row.Handle, row);
        }

        // Instances of missions that the program no longer has are counted on, so it is the table that tells.
        _hasMissions ??= await _reader.HasMissionsAsync(cancellationToken).ConfigureAwait(false);
        return (rows, _hasMissions.Value && rows.Count > 0
            ? await _reader.MissionsAsync(handles, cancellationToken).ConfigureAwait(false)
            : []);
    }

    private void Review(
        ChangedMember member, List<MemberChange> changes, Dictionary<string, MemberRow> stored, Dictionary<string, List<MissionInstance>> missions)
    {
        try
        {
            var isKnown = stored.TryGetValue(member.Handle, out var row);
            _days.Clear();
            if (isKnown)
            {
                _days.Unpack(row.History);
            }

            for (var i = member.First; i < member.End; i++)
            {
                Take(changes[i]);
            }

            _days.Sum();
            _days.CopyTo(_history);
            var standing = isKnown ? row.Standing : MemberStanding.New(DateOnly.FromDayNumber(_days.FirstActivityDay));
            IReadOnlyList<MissionInstance> before = missions.TryGetValue(member.Handle, out var instances) ? instances : [];
            _scratch.Clear();
            var result = _reviewer.Review(standing, before, _history, _asOf, _scratch);
            var totals = MemberAsOf.Sum(result.Standing, _history, _asOf);
            Keep(member.Handle, isKnown, row, result, totals);
            KeepDecisions(member.Handle, row.Decisions);
            KeepMissions(member.Handle, before, result.Instances);
            Reviewed++;
        }
        catch (OverflowException e)
        {
            throw new MemberOverflowException(member.Handle, e);
        }
        catch (InvalidDataException e)
        {
            throw new StoreException(StoreFault.Damaged, $"The row of member '{member.Handle}' is damaged: {e.Message}", e);
        }
    }

    private void Take(in MemberChange change)
    {
        switch (change.Kind)
        {
            case 1 or -1:
                _days.Add(change.Day, change.Kind, change.Sales, change.Units, 1, change.Views, change.Likes, change.Comments);
                break;
            case 2 or -2:
                _days.AddAdjustment(change.Day, change.Kind / 2, 1, change.Sales, change.Units);
                break;
        }
    }

    private void Keep(string handle, bool isKnown, in MemberRow row, in ReviewResult result, in MemberTotals totals)
    {
        var packed = _days.Pack();
        var decisions = row.Decisions + _scratch.Count;
        var (standing, due) = (result.Standing, result.NextDue?.DayNumber ?? int.MaxValue);
        if (isKnown && row.DueDay == due && row.Decisions == decisions && row.Totals == totals
            && row.Standing.Reviewed(standing.ReviewedThrough) == standing && packed.SequenceEqual(row.History))
        {
            return;
        }

        Created += isKnown ? 0 : 1;
        MemberRow.Write(
            _memberRows, !isKnown, handle, _program.Tiers!.Ladder[standing.Level].Name, standing, totals, due, decisions, packed);
    }

    private void KeepDecisions(string handle, int number)
    {
        foreach (var decision in _scratch)
        {
            _decisions.Add(new MemberDecision(handle, decision));
            _decisionRows.StartRow(17);
            _decisionRows.Int64(decision.ThresholdBefore);
            _decisionRows.Int64(decision.ThresholdAfter);
            _decisionRows.Int64(decision.ValueFromActivity);
            _decisionRows.Int64(decision.ValueFromAdjustments);
            _decisionRows.Int32(++number);
            _decisionRows.Date(decision.Date.DayNumber);
            _decisionRows.Date(decision.Measured.Start.DayNumber);
            _decisionRows.Date(decision.Measured.End!.Value.DayNumber);
            _decisionRows.Date(decision.NextWindow.Start.DayNumber);
            _decisionRows.DateOrNull(decision.NextWindow.End?.DayNumber ?? int.MaxValue);
            _decisionRows.Boolean(decision.IsLifetime);
            _decisionRows.Text(handle);
            _decisionRows.Text(EnumText.Decision[decision.Kind]);
            _decisionRows.Text(EnumText.Metric[decision.Metric]);
            _decisionRows.Text(decision.LevelBefore);
            _decisionRows.Text(decision.LevelAfter);
            _decisionRows.Text(decision.ProgramVersion);
        }
    }

    private void KeepMissions(string handle, IReadOnlyList<MissionInstance> before, IReadOnlyList<MissionInstance> after)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        // Instances are never taken away, and a review keeps their order: those beyond the old ones are new.
        for (var i = 0; i < after.Count; i++)
        {
            var instance = after[i];
            if (i < before.Count && before[i].Status == instance.Status && before[i].Current == instance.Current)
            {
                continue;
            }

            if (instance.Status == MissionStatus.Completed && (i >= before.Count || before[i].Status != MissionStatus.Completed))
            {
                MissionsCompleted++;
            }

            _missionRows.StartRow(9);
            _missionRows.Int64(instance.Target);
            _missionRows.Int64(instance.Current);
            _missionRows.Date(instance.Window.Start.DayNumber);
            _missionRows.DateOrNull(instance.Window.End?.DayNumber ?? int.MaxValue);
            if (instance.CompletedOn is { } on)
            {
                _missionRows.Date(on.DayNumber);
            }
            else
            {
                _missionRows.Null();
            }

            _missionRows.Text(handle);
            _missionRows.Text(instance.MissionId);
            _missionRows.Text(EnumText.Metric[instance.Metric]);
            _missionRows.Text(EnumText.Mission[instance.Status]);
        }
    }
}
