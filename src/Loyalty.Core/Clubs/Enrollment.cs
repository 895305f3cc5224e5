using System.Text.Json.Serialization;

namespace Loyalty.Clubs;

/// <summary>Where an enrollment stands.</summary>
public enum EnrollmentStatus
{
    /// <summary>The member is on the stage.</summary>
    Active,

    /// <summary>The member went on to a higher stage.</summary>
    Upgraded,

    /// <summary>It ran out.</summary>
    Expired,
}

/// <summary>An order that made an enrollment last longer.</summary>
/// <param name="Order">The id of the order.</param>
/// <param name="On">The day on which it was taken.</param>
/// <param name="ExpiresAt">The expiry from then on.</param>
public readonly record struct EnrollmentExtension(string Order, DateOnly On, DateOnly ExpiresAt)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(EnrollmentExtension), PrintMembers);
}

/// <summary>One member's time on one stage of the club.</summary>
/// <remarks>
/// Covers <c>[EnrolledAt, EndedOn or ExpiresAt)</c>. An upgrade ends one enrollment and begins another that keeps <see cref="EnrolledAt"/>.
/// </remarks>
public sealed class Enrollment
{
    private List<EnrollmentExtension>? _extensions;

    /// <summary>Creates an enrollment from what a store kept of it.</summary>
    /// <param name="stage">The name of the stage.</param>
    /// <param name="enrolledAt">When the member joined the club.</param>
    /// <param name="startedOn">When this stage began, not before <paramref name="enrolledAt"/>.</param>
    /// <param name="startedBy">The order that began it.</param>
    /// <param name="initialExpiresAt">The expiry it began with.</param>
    /// <param name="extensions">The orders that made it last longer, in the order in which they were taken.</param>
    /// <param name="status">Where it stands.</param>
    /// <param name="endedOn">When it ended; given if, and only if, it is not active.</param>
    /// <exception cref="ArgumentException">The values are no enrollment; the message says which does not fit.</exception>
    [JsonConstructor]
    public Enrollment(
        string stage, DateOnly enrolledAt, DateOnly startedOn, string startedBy, DateOnly initialExpiresAt, IReadOnlyList<EnrollmentExtension> extensions,
        EnrollmentStatus status, DateOnly? endedOn)
        : this(stage, enrolledAt, startedOn, startedBy, initialExpiresAt)
    {
        ArgumentException.ThrowIfNullOrEmpty(stage);
        ArgumentException.ThrowIfNullOrEmpty(startedBy);
        ArgumentNullException.ThrowIfNull(extensions);
        if (!Enum.IsDefined(status) || (status == EnrollmentStatus.Active) != (endedOn is null) || startedOn < enrolledAt)
        {
            throw new ArgumentException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"An enrollment on '{stage}' from {enrolledAt:O}, begun on {startedOn:O}, cannot be {status} with the end '{endedOn:O}'."),
                nameof(status));
        }

        foreach (var extension in extensions)
        {
            ArgumentException.ThrowIfNullOrEmpty(extension.Order, nameof(extensions));
            Extend(extension.Order, extension.On, extension.ExpiresAt);
        }

        (Status, EndedOn) = (status, endedOn);
    }

    internal Enrollment(string stage, DateOnly enrolledAt, DateOnly startedOn, string startedBy, DateOnly expiresAt)
    {
        Stage = stage;
        EnrolledAt = enrolledAt;
        StartedOn = startedOn;
        StartedBy = startedBy;
        InitialExpiresAt = expiresAt;
        ExpiresAt = expiresAt;
    }

    /// <summary>The name of the stage.</summary>
    public string Stage { get; }

    /// <summary>When the member joined the club; kept over upgrades.</summary>
    public DateOnly EnrolledAt { get; }

    /// <summary>When this stage began: enrolling or upgrade.</summary>
    public DateOnly StartedOn { get; }

    /// <summary>The order that began it.</summary>
    public string StartedBy { get; }

    /// <summary>The first day that is not covered.</summary>
    public DateOnly ExpiresAt { get; private set; }

    /// <summary>Where it stands.</summary>
    public EnrollmentStatus Status { get; private set; }

    /// <summary>The date of the upgrade, the expiry when expired, <see langword="null"/> while active.</summary>
    public DateOnly? EndedOn { get; private set; }

    /// <summary>The orders that made it last longer, in the order in which they were taken.</summary>
    public IReadOnlyList<EnrollmentExtension> Extensions => _extensions ?? [];

    /// <summary>The first day after the time it covers.</summary>
    public DateOnly CoveredUntil => EndedOn ?? ExpiresAt;

    /// <summary>The day on which it began or was last extended.</summary>
    internal DateOnly LastChange => _extensions is [.., var last] ? last.On : StartedOn;

    /// <summary>The expiry it began with.</summary>
    public DateOnly InitialExpiresAt { get; private init; }

    /// <summary>The expiry as it was at the end of a day.</summary>
    public DateOnly ExpiresAtAsOf(DateOnly day)
    {
        var expires = InitialExpiresAt;
        foreach (var extension in Extensions)
        {
            expires = extension.On <= day ? extension.ExpiresAt : expires;
        }

        return expires;
    }

    /// <summary>Whether it was active at the end of a day.</summary>
    public bool WasActiveAsOf(DateOnly day) => StartedOn <= day && (EndedOn is not { } ended || ended > day) && ExpiresAtAsOf(day) > day;

    /// <summary>The enrollment as it is now; what comes later does not change it.</summary>
    internal Enrollment Copy()
    {
        var copy = (Enrollment)MemberwiseClone();
        copy._extensions = _extensions is null ? null : [.. _extensions];
        return copy;
    }

    internal void Extend(string order, DateOnly on, DateOnly expiresAt)
    {
        ExpiresAt = expiresAt;
        (_extensions ??= []).Add(new(order, on, expiresAt));
    }

    internal void End(EnrollmentStatus status, DateOnly on)
    {
        Status = status;
        EndedOn = on;
    }
}
