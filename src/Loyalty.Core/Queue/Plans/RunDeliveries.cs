using Loyalty.Clubs;
using Loyalty.Messages;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.Points;

namespace Loyalty.Queue.Plans;

/// <summary>What a run of points has to tell: its operations, the messages due in its range, and events for the targets that the program lists.</summary>
/// <remarks>To be stored through the run itself, so that it stands or falls with it. Immutable; pure but for <see cref="EnqueueAsync"/>.</remarks>
public sealed class RunDeliveries
{
    private readonly LoyaltyProgram _program;
    private readonly DeliveryPlan _plan;
    private readonly DateOnly _after;
    private readonly DateOnly _asOf;
    private readonly Func<MessageKind, bool>? _wanted;

    /// <summary>Creates what a run has to tell.</summary>
    /// <param name="program">The program.</param>
    /// <param name="after">The day before the first one whose messages are due.</param>
    /// <param name="asOf">The last day.</param>
    /// <param name="wanted">Which kinds of messages; <see langword="null"/>: all.</param>
    public RunDeliveries(LoyaltyProgram program, DateOnly after, DateOnly asOf, Func<MessageKind, bool>? wanted = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        (_program, _plan, _after, _asOf, _wanted) = (program, new DeliveryPlan(program), after, asOf, wanted);
    }

    /// <summary>The deliveries of one member.</summary>
    /// <param name="member">The member as the run leaves it.</param>
    /// <param name="result">What the run did.</param>
    /// <param name="due">The member's messages that are due.</param>
    public IReadOnlyList<NewDelivery> For(MemberPoints member, PointsRunResult result, IReadOnlyList<DueMessage> due)
    {
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(result);
        var before = result.Before.TryGetValue(member.Member, out var mark) ? mark : new PointsMark(member.Operations.Count, member.Entries.Count, member.Redemptions.Count);
        var deliveries = _plan.For(member, before.Operations, due);
        return _program.Events.Count == 0 ? deliveries : [.. deliveries, .. Events(member, before)];
    }

    /// <summary>Stores what the run has to tell about all members, in the transaction of the run.</summary>
    /// <param name="run">The run, whose days are closed.</param>
    /// <param name="result">What it did.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many deliveries there were.</returns>
    public async ValueTask<int> EnqueueAsync(IPointsRun run, PointsRunResult result, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var consent = new List<ConsentEntry>();
        await foreach (var entry in run.Outbox.ReadConsentAsync(cancellationToken).ConfigureAwait(false))
        {
            consent.Add(entry);
        }

        var messages = new DueMessages(_program.Messages, MessagePreferences.Of(consent), _after, _asOf);
        var deliveries = new List<NewDelivery>();
        await foreach (var member in run.ReadMembersAsync(cancellationToken).ConfigureAwait(false))
        {
            var due = messages.For(member.Member, member.Enrollments, member.Redemptions);
            deliveries.AddRange(For(member, result, _wanted is null ? due : [.. due.Where(m => _wanted(m.Kind))]));
        }

        await run.Outbox.EnqueueAsync(deliveries, cancellationToken).ConfigureAwait(false);
        return deliveries.Count;
    }

    private IEnumerable<NewDelivery> Events(MemberPoints member, PointsMark before)
    {
        foreach (var target in _program.Events)
        {
            for (var i = before.Operations; i < member.Operations.Count; i++)
            {
                var operation = member.Operations[i];
                yield return Event(
                    target, "loyalty.enrollment.changed.v1", member.Member, operation.On, ("operation", operation.Kind == DiscountOperationKind.Add ? "add" : "remove"),
                    ("stage", operation.Stage), ("discountPercent", operation.DiscountPercent), ("on", operation.On), ("key", operation.Key), ("cause", operation.Cause));
            }

            for (var i = before.Entries; i < member.Entries.Count; i++)
            {
                var entry = member.Entries[i];
                yield return Event(
                    target, TypeOf(entry.Kind), member.Member, entry.EffectiveOn, ("points", entry.Points), ("balance", entry.Balance), ("sequence", entry.Sequence),
                    ("on", entry.EffectiveOn), ("key", entry.Key.ToString()), ("cause", entry.Cause));
                if (entry.Kind == EntryKind.Reversed && entry.Cause.StartsWith("redemption:", StringComparison.Ordinal))
                {
                    yield return Event(target, "loyalty.reward.returned.v1", member.Member, entry.EffectiveOn, ("points", entry.Points), ("redemption", entry.Cause["redemption:".Length..]));
                }
            }

            for (var i = before.Redemptions; i < member.Redemptions.Count; i++)
            {
                var redemption = member.Redemptions[i];
                if (redemption.Status != RedemptionStatus.Refused)
                {
                    yield return Event(
                        target, "loyalty.reward.claimed.v1", member.Member, redemption.ClaimedOn, ("redemption", redemption.Id), ("reward", redemption.Reward),
                        ("points", redemption.Points), ("level", redemption.Level), ("on", redemption.ClaimedOn));
                }
            }
        }
    }

    private static string TypeOf(EntryKind kind) => kind switch
    {
        EntryKind.Earned or EntryKind.Bonus => "loyalty.points.earned.v1",
        EntryKind.Redeemed => "loyalty.points.redeemed.v1",
        EntryKind.Expired => "loyalty.points.expired.v1",
        EntryKind.Reversed => "loyalty.points.reversed.v1",
        _ => "loyalty.points.adjusted.v1",
    };

    private NewDelivery Event(string target, string type, string member, DateOnly on, params ReadOnlySpan<(string Name, object? Value)> data) =>
        DomainEvents.Create(_program.Tenant, target, type, member, DayStart.Of(on, _program.TimeZone), data);
}
