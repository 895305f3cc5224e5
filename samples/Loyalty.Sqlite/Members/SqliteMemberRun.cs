using System.Runtime.CompilerServices;
using Loyalty.Activities;
using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Sqlite.Members;

/// <summary>A run: one transaction on the file. What comes in is staged; the review reads whom it touches, lets the rules decide, and writes.</summary>
internal sealed class SqliteMemberRun : IMemberRun
{
    private readonly SqliteConnectionLease _lease;
    private readonly MemberRows _rows;
    private readonly MemberStage _stage;
    private readonly LoyaltyProgram _program;
    private readonly DateOnly _asOf;
    private readonly (LoyaltyProgram Program, DateOnly AsOf)? _stored;
    private bool _hasAdjustments;
    private bool _reviewBegun;
    private bool _reviewed;
    private bool _completed;
    private bool _disposed;

    public SqliteMemberRun(SqliteConnectionLease lease, LoyaltyProgram program, DateOnly asOf)
    {
        _lease = lease;
        _rows = new MemberRows(lease);
        _program = program;
        _asOf = asOf;
        _stored = _rows.Run();
        MemberRules.Check(program, asOf, _stored?.Program, _stored?.AsOf);
        CheckLevels();
        _stage = new MemberStage(lease);
    }

    /// <remarks>There is no journal to put it in.</remarks>
    public Guid RunId { get; } = Guid.Empty;

    public void AddInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIf(_completed, "Inputs must be noted before the commit.");
    }

    public ValueTask ApplyAsync(ActivityBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIf(_hasAdjustments || _reviewBegun, "Activities must be applied before adjustments and the review.");
        for (var i = 0; i < batch.Count; i++)
        {
            _stage.Put(batch[i]);
        }

        return default;
    }

    public ValueTask<IReadOnlyList<int>> ApplyAsync(IReadOnlyList<Adjustment> adjustments, CancellationToken cancellationToken = default)
    {
        MemberRules.CheckStorable(adjustments);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIf(_reviewBegun, "Adjustments must be applied before the review.");
        _hasAdjustments = true;
        var unknown = new List<int>();
        for (var i = 0; i < adjustments.Count; i++)
        {
            if (!_stage.TryPut(adjustments[i]))
            {
                unknown.Add(i);
            }
        }

        return new(unknown);
    }

    public ValueTask<SyncOutcome> ReviewAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(_reviewBegun, "The review was done already.");
        cancellationToken.ThrowIfCancellationRequested();

        // A review that fails leaves members half reviewed: it can be neither repeated nor completed.
        _reviewBegun = true;
        var activities = _stage.TakeActivities();
        var adjustments = _stage.TakeAdjustments();
        MarkLaterData();
        var before = _rows.Count("member");
        var decisions = new List<MemberDecision>();
        var missionsCompleted = Review(decisions, cancellationToken);
        _reviewed = true;
        var members = _rows.Count("member");
        return new(new SyncOutcome(_asOf, activities, adjustments, members, members - before, decisions, missionsCompleted));
    }

    public async IAsyncEnumerable<MemberProgress> ReadMembersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIf(!_reviewed, "Members can be read after the review.");
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var member in _rows.All(_program.Tiers!.Ladder, _asOf))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return member.Progress(_program.Tiers);
        }
    }

    public async IAsyncEnumerable<MemberMission> ReadMissionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIf(!_reviewed, "Missions can be read after the review.");
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var mission in _rows.Missions())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return mission;
        }
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        ThrowIf(!_reviewed, "A run can be committed after the review.");
        ThrowIf(_completed, "The run was committed already.");
        cancellationToken.ThrowIfCancellationRequested();
        _rows.PutRun(_program, _asOf);
        _stage.End();
        _lease.Commit();
        _completed = true;
        return default;
    }

    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _lease.Dispose();
        }

        return default;
    }

    private long Review(List<MemberDecision> decisions, CancellationToken cancellationToken)
    {
        var ladder = _program.Tiers!.Ladder;
        var reviewer = new MemberReviewer(_program, _asOf);
        var history = new MemberHistory();
        var completed = 0L;
        var isSame = _stored is { } stored && stored.Program.Json.Span.SequenceEqual(_program.Json.Span);
        foreach (var handle in _stage.Due(_asOf, everybody: !isSame))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var member = _stored is { } run ? _rows.Find(handle, ladder, run.AsOf) : null;
            IReadOnlyList<MissionInstance> missions = member is null ? [] : _rows.Missions(handle);
            _rows.Gather(handle, history);
            var review = reviewer.Review(handle, member?.Standing, missions, history);
            _rows.Put(handle, ladder[review.Standing.Level].Name, review);
            foreach (var (number, mission, isCompleted) in review.Missions)
            {
                _rows.Put(handle, number, mission);
                completed += isCompleted ? 1 : 0;
            }

            var last = review.Decisions.Count == 0 ? 0 : _rows.CountDecisions(handle);
            foreach (var decision in review.Decisions)
            {
                _rows.Add(handle, ++last, decision);
                decisions.Add(new MemberDecision(handle, decision));
            }
        }

        return completed;
    }

    /// <summary>Marks the decisions whose windows hold a changed date.</summary>
    private void MarkLaterData()
    {
        var (last, decisions) = (string.Empty, new List<Decision>());
        foreach (var (handle, day) in _stage.ChangedDays())
        {
            if (!string.Equals(handle, last, StringComparison.Ordinal))
            {
                (last, decisions) = (handle, _rows.Decisions(handle));
            }

            for (var i = 0; i < decisions.Count; i++)
            {
                if (!decisions[i].HasLaterData && decisions[i].Covers(day))
                {
                    decisions[i] = decisions[i].WithLaterData();
                    _rows.MarkLaterData(handle, i + 1);
                }
            }
        }
    }

    private void CheckLevels()
    {
        if (_stored is not { } stored)
        {
            return;
        }

        var (before, now) = (stored.Program.Tiers!.Ladder, _program.Tiers!.Ladder);
        for (var rank = 0; rank < before.Count; rank++)
        {
            if (now.IndexOf(before[rank].Name) >= 0)
            {
                continue;
            }

            var rows = _lease["SELECT handle FROM member WHERE level = ? ORDER BY handle LIMIT 1"].With(before[rank].Name);
            if (rows.Step())
            {
                var handle = rows.Text(0);
                rows.Reset();
                throw MemberRules.OffLevels(handle, before[rank].Name);
            }
        }
    }

    private void ThrowIf(bool wrong, string message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (wrong)
        {
            throw new InvalidOperationException(message);
        }
    }
}
