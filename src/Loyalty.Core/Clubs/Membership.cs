using System.Runtime.InteropServices;
using Loyalty.Memory;

namespace Loyalty.Clubs;

/// <summary>What an order did to a membership.</summary>
public enum ClubChange
{
    /// <summary>Nothing: the order is below the lowest minimum.</summary>
    None,

    /// <summary>The member joined the club, for the first time or again.</summary>
    Enrolled,

    /// <summary>The member went on to a higher stage.</summary>
    Upgraded,

    /// <summary>The enrollment lasts longer.</summary>
    Extended,
}

/// <summary>What to do in the shop system.</summary>
public enum DiscountOperationKind
{
    /// <summary>Give the member the discount of the stage.</summary>
    Add,

    /// <summary>Take it away.</summary>
    Remove,
}

/// <summary>A change of a member's discount in the shop system.</summary>
/// <param name="Sequence">The number within the member, from 1, without gaps.</param>
/// <param name="On">The day of the change.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Stage">The name of the stage.</param>
/// <param name="DiscountPercent">The discount of the stage when it was computed.</param>
/// <param name="EnrollmentOrder">The order that began the enrollment.</param>
/// <param name="CauseOrder">The order that caused the change, or <see langword="null"/> when the enrollment ran out.</param>
public sealed record DiscountOperation(
    int Sequence, DateOnly On, DiscountOperationKind Kind, string Stage, decimal DiscountPercent, string EnrollmentOrder, string? CauseOrder)
{
    /// <summary>The key for doing it once: <c>enrollment:ORDER:add</c> or <c>…:remove</c>.</summary>
    public string Key => string.Concat("enrollment:", EnrollmentOrder, Kind == DiscountOperationKind.Add ? ":add" : ":remove");

    /// <summary>What caused it: <c>order:ID</c> or <c>expiry</c>.</summary>
    public string Cause => CauseOrder is null ? "expiry" : string.Concat("order:", CauseOrder);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(DiscountOperation), PrintMembers);
}

/// <summary>One member's enrollments, in the order in which they began, and the operations they caused.</summary>
/// <remarks>Days are given in order: each call on the day of the one before or later. Not thread-safe.</remarks>
public sealed class Membership
{
    private readonly List<Enrollment> _enrollments = [];
    private readonly List<DiscountOperation> _operations = [];

    /// <summary>Creates the membership of a member who never enrolled.</summary>
    public Membership()
    {
    }

    /// <summary>Creates a membership from what a store kept of it.</summary>
    /// <param name="enrollments">The enrollments, in the order in which they began; only the last one may be active.</param>
    /// <param name="operations">The discount operations, by sequence, without gaps.</param>
    /// <exception cref="ArgumentException">They are not in order.</exception>
    public Membership(IEnumerable<Enrollment> enrollments, IEnumerable<DiscountOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(enrollments);
        ArgumentNullException.ThrowIfNull(operations);
        foreach (var enrollment in enrollments)
        {
            if (_enrollments is [.., var before] && (before.Status == EnrollmentStatus.Active || before.StartedOn > enrollment.StartedOn))
            {
                throw new ArgumentException("The enrollments are not in the order in which they began, or one before the last is active.", nameof(enrollments));
            }

            _enrollments.Add(enrollment);
        }

        foreach (var operation in operations)
        {
            if (operation.Sequence != _operations.Count + 1)
            {
                throw new ArgumentException($"Expected the discount operation {_operations.Count + 1}, found {operation.Sequence}.", nameof(operations));
            }

            _operations.Add(operation);
        }
    }

    /// <summary>The enrollments, in the order in which they began.</summary>
    public IReadOnlyList<Enrollment> Enrollments => _enrollments;

    /// <summary>The discount operations, in the order in which they were caused.</summary>
    public IReadOnlyList<DiscountOperation> Operations => _operations;

    /// <summary>The active enrollment, or <see langword="null"/>.</summary>
    public Enrollment? Active => _enrollments is [.., { Status: EnrollmentStatus.Active } last] ? last : null;

    /// <summary>The active enrollment, else the last one, else <see langword="null"/>.</summary>
    public Enrollment? Last => _enrollments is [.., var last] ? last : null;

    /// <summary>Takes an order: enrolls, upgrades, extends, or does nothing.</summary>
    /// <param name="club">The stages. The stage of the active enrollment must be among them.</param>
    /// <param name="order">The id of the order.</param>
    /// <param name="day">The day on which it is taken.</param>
    /// <param name="amount">Its amount in minor units.</param>
    /// <exception cref="InvalidOperationException">The club has no stage of the name of the active enrollment.</exception>
    public ClubChange Take(ClubProgram club, string order, DateOnly day, long amount)
    {
        ArgumentNullException.ThrowIfNull(club);
        Advance(club, day);
        if (club.Qualify(amount) is not { } stage)
        {
            return ClubChange.None;
        }

        if (Active is not { } active)
        {
            Begin(stage, day, day, order, stage.After(day));
            return ClubChange.Enrolled;
        }

        var current = club.Find(active.Stage)
            ?? throw new InvalidOperationException($"A member is on the stage '{active.Stage}', which the club does not have.");
        if (stage.MinimumPurchase > current.MinimumPurchase)
        {
            active.End(EnrollmentStatus.Upgraded, day);
            Operate(day, DiscountOperationKind.Remove, current, active.StartedBy, order);
            var expires = stage.After(active.EnrolledAt);
            Begin(stage, active.EnrolledAt, day, order, expires > active.ExpiresAt ? expires : active.ExpiresAt);
            return ClubChange.Upgraded;
        }

        active.Extend(order, day, current.After(active.ExpiresAt));
        return ClubChange.Extended;
    }

    /// <summary>Ends the active enrollment when its expiry has come.</summary>
    /// <param name="club">The stages, for the discount of the operation.</param>
    /// <param name="day">The day, included.</param>
    /// <returns>Whether an enrollment expired.</returns>
    public bool Advance(ClubProgram club, DateOnly day)
    {
        ArgumentNullException.ThrowIfNull(club);
        if (Active is not { } active || active.ExpiresAt > day)
        {
            return false;
        }

        active.End(EnrollmentStatus.Expired, active.ExpiresAt);
        Operate(active.ExpiresAt, DiscountOperationKind.Remove, club.Find(active.Stage), active.StartedBy, null, active.Stage);
        return true;
    }

    /// <summary>Whether a recorded enrollment covers a date.</summary>
    public bool Covers(DateOnly date)
    {
        foreach (var enrollment in _enrollments)
        {
            if (enrollment.EnrolledAt <= date && date < enrollment.CoveredUntil)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How many days before a date are covered by enrollments; gaps do not count, overlaps count once.</summary>
    public int CumulativeDays(DateOnly date)
    {
        // Enrollments that follow each other by upgrade share the day of joining, and those of different joinings do not overlap.
        var days = 0;
        for (var i = 0; i < _enrollments.Count; i++)
        {
            if (i + 1 < _enrollments.Count && _enrollments[i].Status == EnrollmentStatus.Upgraded)
            {
                continue;
            }

            var until = _enrollments[i].CoveredUntil < date ? _enrollments[i].CoveredUntil : date;
            days += Math.Max(0, until.DayNumber - _enrollments[i].EnrolledAt.DayNumber);
        }

        return days;
    }

    /// <summary>The day of the last change that is recorded; the first day of the calendar when there is none.</summary>
    internal DateOnly LastChange => Last is not { } last ? DateOnly.MinValue
        : last.EndedOn is { } ended && ended > last.LastChange ? ended
        : last.LastChange;

    /// <summary>The active enrollment, unless it has run out by a day, recorded or not.</summary>
    internal Enrollment? ActiveOn(DateOnly day) => Active is { } active && active.ExpiresAt > day ? active : null;

    /// <summary>Asks for the memory of a membership that is needed soon: its lists were made with it.</summary>
    internal void Prefetch()
    {
        Cache.PrefetchObject(this);
        Cache.PrefetchObject(this, 64);
    }

    /// <summary>Asks for the enrollments, when the membership is there.</summary>
    internal void PrefetchEnrollments() => Cache.Prefetch(in MemoryMarshal.GetReference(CollectionsMarshal.AsSpan(_enrollments)));

    /// <summary>Asks for the last enrollment, when the enrollments are there.</summary>
    internal void PrefetchLast() => Cache.PrefetchObject(Last);

    internal void Restore(IEnumerable<Enrollment> enrollments, IEnumerable<DiscountOperation> operations)
    {
        _enrollments.AddRange(enrollments);
        _operations.AddRange(operations);
    }

    private void Begin(ClubStage stage, DateOnly enrolledAt, DateOnly day, string order, DateOnly expires)
    {
        _enrollments.Add(new Enrollment(stage.Name, enrolledAt, day, order, expires));
        Operate(day, DiscountOperationKind.Add, stage, order, order);
    }

    private void Operate(DateOnly day, DiscountOperationKind kind, ClubStage? stage, string enrollmentOrder, string? causeOrder, string? name = null) =>
        _operations.Add(new DiscountOperation(
            _operations.Count + 1, day, kind, name ?? stage!.Name, stage?.DiscountPercent ?? 0, enrollmentOrder, causeOrder));
}
