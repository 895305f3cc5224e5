namespace Loyalty.Clean;

/// <summary>What a payment record says of money.</summary>
public enum PaymentKind
{
    /// <summary>Money came in.</summary>
    Payment,

    /// <summary>Money went back: a refund or a chargeback.</summary>
    Refund,
}

/// <summary>One payment record of a payment provider.</summary>
/// <param name="Id">The provider's own id of the record; the same id is the same record.</param>
/// <param name="ExternalId">The seller's id of what was paid.</param>
/// <param name="Kind">Whether money came in or went back.</param>
/// <param name="Status">The status as the provider says it.</param>
/// <param name="Amount">The amount in minor units; never below 0 for a payment.</param>
/// <param name="Description">What was paid for, in words.</param>
/// <param name="Email">The buyer's address as given; empty when there is none.</param>
/// <param name="PaidAt">When it was paid, in the catalogue's time zone; <see langword="null"/> while unpaid.</param>
public sealed record PaymentRecord(string Id, string ExternalId, PaymentKind Kind, string Status, long Amount, string Description, string Email, DateTime? PaidAt)
{
    /// <summary>The date of payment; <see langword="null"/> while unpaid.</summary>
    public DateOnly? PaidOn => PaidAt is { } at ? DateOnly.FromDateTime(at) : null;

    /// <summary>Whether the money came, or went back: PAID, SETTLED or SUCCESS, in any case.</summary>
    public bool IsPaid => Status.ToUpperInvariant() is "PAID" or "SETTLED" or "SUCCESS";

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(PaymentRecord), PrintMembers);
}

/// <summary>One contact of a mailing system.</summary>
/// <param name="Id">The system's own id; the address where there is none.</param>
/// <param name="Email">The address as given.</param>
/// <param name="FirstName">The first name as given.</param>
/// <param name="LastName">The last name as given.</param>
/// <param name="Tags">The tags in order.</param>
/// <param name="RegisteredAt">When the contact registered, in the catalogue's time zone.</param>
public sealed record ContactRecord(string Id, string Email, string FirstName, string LastName, IReadOnlyList<string> Tags, DateTime RegisteredAt)
{
    /// <summary>The date of the registration.</summary>
    public DateOnly RegisteredOn => DateOnly.FromDateTime(RegisteredAt);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(ContactRecord), PrintMembers);
}
