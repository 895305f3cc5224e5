namespace Loyalty.Clean;

/// <summary>Somebody who has a profile.</summary>
/// <param name="Email">The normalised address.</param>
/// <param name="FirstName">The first name, repaired; empty when no contact matches.</param>
/// <param name="LastName">The last name, repaired.</param>
/// <param name="Tags">The contact's tags.</param>
/// <param name="FirstSource">The first tag.</param>
public sealed record CleanProfile(string Email, string FirstName, string LastName, IReadOnlyList<string> Tags, string FirstSource);

/// <summary>A paid transaction.</summary>
/// <param name="ExternalId">The seller's id; one that stands twice gets the provider's id behind it; <c>manual:</c> and the address for one made by hand.</param>
/// <param name="Email">The buyer's normalised address; empty when there is none.</param>
/// <param name="Product">The product.</param>
/// <param name="Status">PAID, SETTLED, SUCCESS or MANUAL.</param>
/// <param name="Amount">The amount in minor units; below 0 for money that went back.</param>
/// <param name="PaidOn">The date in the catalogue's time zone.</param>
/// <param name="IsManual">Whether it was made because of a tag.</param>
public sealed record CleanTransaction(string ExternalId, string Email, string Product, string Status, long Amount, DateOnly PaidOn, bool IsManual)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CleanTransaction), PrintMembers);
}

/// <summary>Access to a product.</summary>
/// <param name="Email">The buyer's normalised address.</param>
/// <param name="Product">The product.</param>
/// <param name="ExternalId">The first paid transaction of the buyer and product.</param>
/// <param name="EnrolledOn">Its date.</param>
public sealed record CleanEnrollment(string Email, string Product, string ExternalId, DateOnly EnrolledOn)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CleanEnrollment), PrintMembers);
}

/// <summary>A contact that bought nothing.</summary>
/// <param name="Email">The normalised address.</param>
/// <param name="FirstName">The first name, repaired.</param>
/// <param name="LastName">The last name, repaired.</param>
/// <param name="FirstSource">The first tag; empty when there is none.</param>
/// <param name="RegisteredOn">When the contact registered.</param>
public sealed record CleanLead(string Email, string FirstName, string LastName, string FirstSource, DateOnly RegisteredOn)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CleanLead), PrintMembers);
}

/// <summary>A record that was left out, and why.</summary>
/// <param name="Source"><c>contacts</c> or <c>payments</c>.</param>
/// <param name="Id">The record's id.</param>
/// <param name="Email">The address, normalised where it is one.</param>
/// <param name="Reason">Why.</param>
public sealed record CleanExclusion(string Source, string Id, string Email, string Reason);

/// <summary>Revenue of a product, a status and a fiscal quarter; what went back is subtracted.</summary>
public sealed record CleanRevenue(string Product, string Status, string FiscalQuarter, long Transactions, long Amount);

/// <summary>One step from contact to buyer.</summary>
/// <param name="Step">What the contacts of the step have done.</param>
/// <param name="Contacts">How many they are.</param>
public sealed record CleanFunnelStep(string Step, long Contacts);

/// <summary>What a preparation made of the records; each list in order of its first column, by UTF-16 code units.</summary>
public sealed class CleanResult
{
    /// <summary>Profiles by address.</summary>
    public required IReadOnlyList<CleanProfile> Profiles { get; init; }

    /// <summary>Transactions by external id.</summary>
    public required IReadOnlyList<CleanTransaction> Transactions { get; init; }

    /// <summary>Enrollments by address and product.</summary>
    public required IReadOnlyList<CleanEnrollment> Enrollments { get; init; }

    /// <summary>Leads by address.</summary>
    public required IReadOnlyList<CleanLead> Leads { get; init; }

    /// <summary>What was left out, by source and id.</summary>
    public required IReadOnlyList<CleanExclusion> Excluded { get; init; }

    /// <summary>Revenue by product, status and quarter.</summary>
    public required IReadOnlyList<CleanRevenue> Revenue { get; init; }

    /// <summary>From contact to buyer.</summary>
    public required IReadOnlyList<CleanFunnelStep> Funnel { get; init; }

    /// <summary>Distinct payment records.</summary>
    public required long Payments { get; init; }

    /// <summary>Payment records that are not paid.</summary>
    public required long Unpaid { get; init; }

    /// <summary>Distinct contacts, by id.</summary>
    public required long Contacts { get; init; }

    /// <summary>Contacts that have the address of an earlier one and were united with it.</summary>
    public required long ContactsUnited { get; init; }
}
