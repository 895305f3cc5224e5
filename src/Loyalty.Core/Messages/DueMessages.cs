using System.Globalization;
using Loyalty.Clubs;
using Loyalty.Memory;
using Loyalty.Missions;
using Loyalty.Rewards;

namespace Loyalty.Messages;

/// <summary>A message that is due: computed, not sent.</summary>
/// <param name="Member">To whom.</param>
/// <param name="Kind">About what.</param>
/// <param name="Channel">On which channel.</param>
/// <param name="DueOn">On which day.</param>
/// <param name="Cause">What caused it: the key, with member, kind and channel, for sending it once.</param>
public sealed record DueMessage(string Member, MessageKind Kind, string Channel, DateOnly DueOn, string Cause)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(DueMessage), PrintMembers);
}

/// <summary>Finds the messages that are due on the days after one date through another.</summary>
/// <remarks>
/// Each day is judged by the state at its end, as it was recorded. The same days and state give the same messages, in order of kind (by its
/// word), cause and channel (ordinal).
/// </remarks>
public sealed class DueMessages
{
    private readonly MessageProgram _program;
    private readonly MessagePreferences _preferences;
    private readonly DateOnly _after;
    private readonly DateOnly _through;
    private readonly string[] _channels;

    /// <summary>Creates the search.</summary>
    /// <param name="program">Channels and warnings.</param>
    /// <param name="preferences">What members want to hear.</param>
    /// <param name="after">The day before the first one.</param>
    /// <param name="through">The last day.</param>
    public DueMessages(MessageProgram program, MessagePreferences preferences, DateOnly after, DateOnly through)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(preferences);
        (_program, _preferences, _after, _through) = (program, preferences, after, through);
        _channels = [.. program.Channels.Order(CodePointOrder.Instance)];
    }

    /// <summary>The messages due on one day.</summary>
    public static DueMessages On(DateOnly day, MessageProgram program, MessagePreferences preferences) =>
        new(program, preferences, day == DateOnly.MinValue ? day : day.AddDays(-1), day);

    /// <summary>The messages due to one member.</summary>
    /// <param name="member">The member.</param>
    /// <param name="enrollments">The member's enrollments.</param>
    /// <param name="redemptions">The member's redemptions.</param>
    /// <param name="missions">The member's missions.</param>
    public IReadOnlyList<DueMessage> For(
        string member, IReadOnlyList<Enrollment> enrollments, IEnumerable<Redemption>? redemptions = null, IEnumerable<MissionInstance>? missions = null)
    {
        ArgumentNullException.ThrowIfNull(enrollments);
        var due = new List<(MessageKind Kind, DateOnly On, string Cause)>();
        foreach (var enrollment in enrollments)
        {
            AddEnrollment(due, enrollment);
        }

        AddMonths(due, enrollments);
        foreach (var redemption in redemptions ?? [])
        {
            // What was taken back on the same day is no good news at the end of it.
            if (redemption.FulfilledOn is { } on && IsIn(on) && (redemption.Status != RedemptionStatus.Refunded || redemption.ChangedOn > on))
            {
                due.Add((MessageKind.RewardFulfilled, on, "redemption:" + redemption.Id));
            }
        }

        foreach (var mission in missions ?? [])
        {
            if (mission.CompletedOn is { } on && IsIn(on))
            {
                due.Add((MessageKind.MissionCompleted, on, $"mission:{mission.MissionId}:{Iso(mission.Window.Start)}"));
            }
        }

        due.Sort(static (a, b) =>
            a.Kind.CompareTo(b.Kind) is var kind && kind != 0 ? kind : CodePointOrder.Instance.Compare(a.Cause, b.Cause));
        var messages = new List<DueMessage>(due.Count * _channels.Length);
        foreach (var (kind, on, cause) in due)
        {
            foreach (var channel in _channels)
            {
                if (_preferences.Allows(member, kind, channel))
                {
                    messages.Add(new DueMessage(member, kind, channel, on, cause));
                }
            }
        }

        return messages;
    }

    private static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private bool IsIn(DateOnly date) => date > _after && date <= _through;

    private void AddEnrollment(List<(MessageKind Kind, DateOnly On, string Cause)> due, Enrollment enrollment)
    {
        if (IsIn(enrollment.StartedOn))
        {
            due.Add((MessageKind.TierChange, enrollment.StartedOn, "enrollment:" + enrollment.StartedBy));
        }

        if (enrollment is { Status: EnrollmentStatus.Expired, EndedOn: { } ended } && IsIn(ended))
        {
            due.Add((MessageKind.Expired, ended, "enrollment:" + enrollment.StartedBy));
        }

        IEnumerable<DateOnly> expiries = enrollment.Extensions.Count == 0
            ? [enrollment.InitialExpiresAt]
            : enrollment.Extensions.Select(static e => e.ExpiresAt).Prepend(enrollment.InitialExpiresAt).Distinct();
        foreach (var expires in expiries)
        {
            foreach (var days in _program.ExpiryWarningDays)
            {
                var on = expires.DayNumber - days;
                if (on < 0 || !IsIn(DateOnly.FromDayNumber(on)))
                {
                    continue;
                }

                var day = DateOnly.FromDayNumber(on);
                if (enrollment.WasActiveAsOf(day) && enrollment.ExpiresAtAsOf(day) == expires)
                {
                    due.Add((MessageKind.ExpiryWarning, day, string.Create(
                        CultureInfo.InvariantCulture, $"enrollment:{enrollment.StartedBy}:{Iso(expires)}:{days}")));
                }
            }
        }
    }

    private void AddMonths(List<(MessageKind Kind, DateOnly On, string Cause)> due, IReadOnlyList<Enrollment> enrollments)
    {
        if (enrollments.Count == 0)
        {
            return;
        }

        var from = _after == DateOnly.MaxValue ? _after : _after.AddDays(1);
        from = from > enrollments[0].StartedOn ? from : enrollments[0].StartedOn;
        for (var month = new DateOnly(from.Year, from.Month, 1); month <= _through; month = month.AddMonths(1))
        {
            if (month >= from && enrollments.Any(e => e.WasActiveAsOf(month)))
            {
                due.Add((MessageKind.MonthlyStatus, month, "month:" + month.ToString("yyyy-MM", CultureInfo.InvariantCulture)));
            }

            if (month is { Year: 9999, Month: 12 })
            {
                return;
            }
        }
    }
}
