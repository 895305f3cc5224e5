using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Activities;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>A store in the memory of the process; <see cref="StateFile"/> keeps it between runs.</summary>
/// <remarks>
/// Reads see the last committed run. Memory: about 130 bytes for each activity with its texts, 70 without, and about 300 for each member.
/// </remarks>
public sealed class InMemoryMemberStore : IMemberStore
{
    private int _sessionOpen;

    /// <summary>Creates an empty store; the first committed run gives it its tenant and currency.</summary>
    public InMemoryMemberStore()
    {
    }

    /// <summary>Whether titles, links and click-through rates of activities are kept; true unless said otherwise.</summary>
    /// <remarks>
    /// No rule reads them. Without them an activity takes about half the memory, for a run of which only members, decisions and missions are
    /// wanted; a row that differs from the stored one in them alone counts as unchanged, and the store cannot be saved in a <see cref="StateFile"/>.
    /// </remarks>
    public bool KeepsTexts
    {
        get => Activities.KeepsTexts;
        init => Activities = new(value);
    }

    /// <summary>Whose store this is a part of; none when it stands alone.</summary>
    internal (string Tenant, Currency Currency)? Owner { get; set; }

    internal LoyaltyProgram? Program { get; private set; }

    internal DateOnly AsOf { get; private set; }

    internal HandleTable Handles { get; private set; } = new();

    internal MemberTable Members { get; private set; } = new();

    internal ActivityTable Activities { get; private set; } = new();

    internal Dictionary<string, Adjustment> Adjustments { get; private set; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<IMemberRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        cancellationToken.ThrowIfCancellationRequested();
        MemberRules.Check(program, asOf, Program, Program is null ? null : AsOf);
        MemberRules.CheckOwner(program, Owner);
        if (Interlocked.Exchange(ref _sessionOpen, 1) != 0)
        {
            throw new StoreException(StoreFault.AlreadyRunning, "Another run is open on this store; commit or dispose it first.");
        }

        try
        {
            return new ValueTask<IMemberRun>(new InMemoryMemberRun(this, program, asOf));
        }
        catch
        {
            CloseSession();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) =>
        new(Program is null ? null : new StoreStatus(Program, AsOf, Members.Count, Activities.Count, Adjustments.Count));

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        Program is null ? AsyncEnumerable.Empty<MemberProgress>() : MemberOrder.Progress(Handles, MemberOrder.ByHandle(Handles, Members.Count), Members, Program.Tiers!, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberProgress?> FindProgressAsync(string handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var member = Handles.Find(Encoding.UTF8.GetBytes(handle));
        return new(member < 0 || Program is null
            ? null
            : new MemberProgress(handle, Members.Standing[member], Members.Totals[member], Program.Tiers!));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default) =>
        MemberOrder.Missions(Handles, MemberOrder.ByHandle(Handles, Members.Count), Members, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberDetail?> FindMemberAsync(string handle, DateOnly? asOf = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var member = Handles.Find(Encoding.UTF8.GetBytes(handle));
        if (member < 0 || Program is null)
        {
            return default;
        }

        var at = asOf ?? AsOf;
        if (at > AsOf)
        {
            throw new ArgumentOutOfRangeException(nameof(asOf), at.ToString("O", CultureInfo.InvariantCulture), $"The store was reviewed through {AsOf:O}.");
        }

        var history = new MemberHistory();
        Gather(member, history);
        var decisions = Members.DecisionsOf(member);
        var missions = Members.MissionsOf(member);
        MemberOrder.Sort(missions);
        return new(MemberAsOf.Show(Program, at, AsOf, handle, Members.Standing[member], decisions, missions, history));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<MemberSimulation> SimulateAsync(
        LoyaltyProgram program, DateOnly? since = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        await Task.CompletedTask.ConfigureAwait(false);
        if (Program is not { } stored)
        {
            yield break;
        }

        foreach (var member in InMemorySimulation.Run(this, stored, program, since, cancellationToken))
        {
            yield return member;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Verification> VerifyAsync(CancellationToken cancellationToken = default) =>
        new(InMemoryVerifier.Verify(this, cancellationToken));

    /// <summary>Fills a history with all that is stored about a member.</summary>
    internal void Gather(int member, MemberHistory history)
    {
        history.Clear();
        var rows = Activities.Rows;
        for (var row = Members.FirstActivity[member]; row >= 0; row = rows[row].Next)
        {
            history.Add(rows[row].Day, rows[row].Totals);
        }

        foreach (var adjustment in Members.Adjustments[member] ?? [])
        {
            history.AddAdjustment(adjustment.Date.DayNumber, adjustment.Totals);
        }
    }

    internal void Replace(
        LoyaltyProgram program,
        DateOnly asOf,
        HandleTable handles,
        MemberTable members,
        ActivityTable activities,
        Dictionary<string, Adjustment> adjustments)
    {
        Program = program;
        AsOf = asOf;
        Handles = handles;
        Members = members;
        Activities = activities;
        Adjustments = adjustments;
    }

    internal void CloseSession() => Volatile.Write(ref _sessionOpen, 0);
}
