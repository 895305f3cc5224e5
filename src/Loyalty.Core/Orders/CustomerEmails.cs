using System.Runtime.InteropServices;

namespace Loyalty.Orders;

/// <summary>Which customer owns which e-mail: a customer may own several, an e-mail belongs to one.</summary>
/// <remarks>An e-mail that nobody claimed belongs to the customer who is named as it. Not safe for use by several threads.</remarks>
internal sealed class CustomerEmails
{
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);

    public string OwnerOf(string email) => _owners.GetValueOrDefault(email, email);

    public bool TryLink(string email, string customer)
    {
        ref var owner = ref CollectionsMarshal.GetValueRefOrAddDefault(_owners, email, out var known);
        if (known)
        {
            return string.Equals(owner, customer, StringComparison.Ordinal);
        }

        owner = customer;
        return true;
    }

    public bool Unlink(string email) => _owners.Remove(email);
}
