using System.Globalization;
using System.Runtime.InteropServices;
using Loyalty.Clubs;
using Loyalty.Messages;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage.Points;

namespace Loyalty.Queue.Plans;

/// <summary>Makes deliveries of what a run of points caused: discount operations, and messages that are due.</summary>
/// <remarks>
/// Values are those of the member as the run leaves it. Of one member the order is that of dates; within a date operations come first, by sequence,
/// then messages in the order of <c>messages.csv</c>. Immutable; pure.
/// </remarks>
public sealed class DeliveryPlan
{
    private readonly LoyaltyProgram _program;

    /// <summary>Creates the plan of a program.</summary>
    public DeliveryPlan(LoyaltyProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        _program = program;
    }

    /// <summary>The deliveries of one member.</summary>
    /// <param name="member">The member as the run leaves it.</param>
    /// <param name="recorded">How many of the member's operations stood before: those that follow are new.</param>
    /// <param name="due">The messages that are due, as <see cref="DueMessages"/> found them.</param>
    public IReadOnlyList<NewDelivery> For(MemberPoints member, int recorded, IReadOnlyList<DueMessage> due)
    {
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(due);
        if (member.Operations.Count == recorded && due.Count == 0)
        {
            return [];
        }

        var deliveries = new List<NewDelivery>(member.Operations.Count - recorded + due.Count);
        var dates = new List<DateOnly>(deliveries.Capacity);
        for (var i = recorded; i < member.Operations.Count; i++)
        {
            dates.Add(member.Operations[i].On);
            deliveries.Add(Of(member.Member, member.Operations[i]));
        }

        foreach (var message in due)
        {
            dates.Add(message.DueOn);
            deliveries.Add(Of(message, member));
        }

        for (var i = 1; i < dates.Count; i++)
        {
            if (dates[i] < dates[i - 1])
            {
                // The sort is stable: operations stand first.
                return [.. deliveries.Zip(dates).OrderBy(static d => d.Second).Select(static d => d.First)];
            }
        }

        return deliveries;
    }

    /// <summary>The delivery of a discount operation.</summary>
    /// <param name="member">Whose discount.</param>
    /// <param name="operation">The operation.</param>
    public NewDelivery Of(string member, DiscountOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var payload = Json(
            ("stage", operation.Stage), ("discount_percent", Plain(operation.DiscountPercent)), ("cause", operation.Cause), ("date", Iso(operation.On)));
        return new NewDelivery(
            operation.Key, DeliveryKind.Operation, QueueRules.Operations, member, operation.Kind == DiscountOperationKind.Add ? "add" : "remove", string.Empty, payload,
            DayStart.Of(operation.On, _program.TimeZone));
    }

    /// <summary>The delivery of a message that is due.</summary>
    /// <param name="message">The message.</param>
    /// <param name="member">The member, for the values of the message.</param>
    public NewDelivery Of(DueMessage message, MemberPoints member)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(member);
        return new NewDelivery(
            DeliveryKey.OfMessage(message.Member, message.Kind, message.Channel, message.Cause), DeliveryKind.Message, message.Channel, message.Member,
            message.Kind.Word(), message.Channel, Json(CollectionsMarshal.AsSpan(Values(message, member))), DayStart.Of(message.DueOn, _program.TimeZone));
    }

    private static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A percentage without needless zeros.</summary>
    private static string Plain(decimal number) => (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    private static string Json(params ReadOnlySpan<(string Name, string Value)> values) => JsonText.Of(
        static (writer, all) =>
        {
            writer.WriteStartObject();
            foreach (var (name, value) in all)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        },
        values);

    /// <summary>The variables that the kind has a value for.</summary>
    private List<(string Name, string Value)> Values(DueMessage message, MemberPoints member)
    {
        var values = new List<(string, string)>(9)
        {
            ("cause", message.Cause),
            ("points", member.Balance.ToString(CultureInfo.InvariantCulture)),
            ("cumulative_days", member.CumulativeDays.ToString(CultureInfo.InvariantCulture)),
        };
        if (_program.Points is { } points)
        {
            values.Add(("points_value", _program.Currency.Format(points.ValueOf(member.Balance))));
        }

        if (message.Kind == MessageKind.RewardFulfilled)
        {
            var reward = member.Redemptions.FirstOrDefault(r => string.Equals("redemption:" + r.Id, message.Cause, StringComparison.Ordinal))?.Reward;
            values.Add(("reward", reward ?? string.Empty));
        }

        if (Enrollment(message, member) is not { } enrollment)
        {
            return values;
        }

        values.Add(("stage", enrollment.Stage));
        if (_program.Club?.Find(enrollment.Stage) is { } stage)
        {
            values.Add(("discount_percent", Plain(stage.DiscountPercent)));
        }

        var expires = message.Kind switch
        {
            MessageKind.Expired => enrollment.EndedOn ?? enrollment.ExpiresAt,
            MessageKind.RewardFulfilled => enrollment.ExpiresAt,
            _ => enrollment.ExpiresAtAsOf(message.DueOn),
        };
        values.Add(("expires_on", Iso(expires)));
        if (message.Kind != MessageKind.Expired)
        {
            values.Add(("days_left", Math.Max(0, expires.DayNumber - message.DueOn.DayNumber).ToString(CultureInfo.InvariantCulture)));
        }

        return values;
    }

    /// <summary>The enrollment that a message is about: the one its cause names, else the one that was active on its day.</summary>
    private static Enrollment? Enrollment(DueMessage message, MemberPoints member)
    {
        const string Prefix = "enrollment:";
        if (!message.Cause.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return member.Enrollments.LastOrDefault(e => e.WasActiveAsOf(message.DueOn));
        }

        var name = message.Cause.AsSpan(Prefix.Length);
        if (message.Kind == MessageKind.ExpiryWarning)
        {
            // ENROLLMENT:EXPIRY:DAYS; the id of an order may hold colons, the last two parts cannot.
            name = name[..name.LastIndexOf(':')];
            name = name[..name.LastIndexOf(':')];
        }

        foreach (var enrollment in member.Enrollments)
        {
            if (name.SequenceEqual(enrollment.StartedBy))
            {
                return enrollment;
            }
        }

        return null;
    }
}
