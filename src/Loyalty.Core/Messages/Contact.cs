using Loyalty.Orders;

namespace Loyalty.Messages;

/// <summary>How a customer can be reached.</summary>
/// <param name="Customer">The customer.</param>
/// <param name="Email">The e-mail address; empty when there is none.</param>
/// <param name="Phone">The telephone number; empty when there is none.</param>
/// <param name="FirstName">The first name; empty when unknown.</param>
/// <param name="LastName">The last name; empty when unknown.</param>
/// <param name="Locale">The locale of templates, such as <c>fr</c>; empty for the default.</param>
public sealed record Contact(string Customer, string Email, string Phone, string FirstName, string LastName, string Locale)
{
    /// <summary>A customer of whom nothing is known but the name.</summary>
    public static Contact Unknown(string customer) => new(customer, string.Empty, string.Empty, string.Empty, string.Empty, string.Empty);

    /// <summary>The address to write to: the contact's own, else the customer when that is a usable address; else <see langword="null"/>.</summary>
    public string? Address => Email.Length > 0 ? Email : CustomerEmail.TryNormalize(Customer, out _) ? Customer.Trim() : null;
}
