namespace Loyalty.Orders;

/// <summary>Where an order comes from.</summary>
public enum OrderPlatform
{
    /// <summary>A plain list of orders.</summary>
    Generic,

    /// <summary>Humanitix, ticketing.</summary>
    Humanitix,

    /// <summary>Eventbrite, ticketing.</summary>
    Eventbrite,

    /// <summary>Shopify, online shops.</summary>
    Shopify,

    /// <summary>Commerce7, wineries.</summary>
    Commerce7,

    /// <summary>Invoices in the layout of the UCI Online Retail data.</summary>
    OnlineRetail,
}

/// <summary>The words for platforms in files and on the command line.</summary>
public static class OrderPlatformName
{
    private static readonly string[] Names = ["generic", "humanitix", "eventbrite", "shopify", "commerce7", "online-retail"];

    /// <summary>All words, in the order of <see cref="OrderPlatform"/>.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The word for a platform, such as <c>online-retail</c>.</summary>
    public static string ToName(this OrderPlatform platform) => Names[(int)platform];

    /// <summary>The platform of a word; case counts.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out OrderPlatform platform)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                platform = (OrderPlatform)i;
                return true;
            }
        }

        platform = default;
        return false;
    }
}
