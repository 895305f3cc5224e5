using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;
using Loyalty.Orders;

namespace Loyalty.Ingest.Orders;

/// <summary>How one platform lays out its CSV export: its columns, and how a row becomes an order or part of one.</summary>
internal abstract class OrderLayout
{
    public abstract OrderPlatform Platform { get; }

    /// <summary>The columns, in the order of the layout's own numbers.</summary>
    public abstract CsvColumn[] Columns { get; }

    /// <summary>How the platform writes dates.</summary>
    public virtual DateOrder Dates => DateOrder.YearFirst;

    /// <summary>Takes the row, or rejects it.</summary>
    public abstract void Take(OrderCells row);

    /// <summary>Called behind the last row of a file.</summary>
    public virtual void End(OrderCells row)
    {
    }

    /// <summary>The layout for a header.</summary>
    public bool Fits(string[] names) =>
        Columns.Where(static c => c.IsRequired).All(column => Array.Exists(names, column.Matches));
}

/// <summary>The layouts of all platforms.</summary>
internal static class OrderLayouts
{
    /// <summary>The layout of a file, declared or told by its header.</summary>
    /// <exception cref="SourceException">The header fits none.</exception>
    public static OrderLayout Find(string file, string[] names, OrderPlatform? platform)
    {
        OrderLayout[] all =
        [
            new Humanitix.HumanitixOrders(),
            new Eventbrite.EventbriteOrders(names),
            new Eventbrite.EventbriteAttendees(names),
            new Shopify.ShopifyOrders(),
            new OnlineRetail.OnlineRetailInvoices(),
            new Generic.GenericOrders(),
        ];
        var candidates = Array.FindAll(all, layout => platform is null || layout.Platform == platform);
        if (Array.Find(candidates, layout => layout.Fits(names)) is { } fitting)
        {
            return fitting;
        }

        if (platform is not null && candidates.Length > 0)
        {
            // The one that lacks least says what is missing.
            return candidates.MinBy(layout => layout.Columns.Count(c => c.IsRequired && !Array.Exists(names, c.Matches)))!;
        }

        if (platform is not null)
        {
            throw new SourceException(
                SourceFault.Header, $"{file}: {platform.Value.ToName()} orders are read from pages of its interface (JSON), not from CSV.");
        }

        throw new SourceException(
            SourceFault.Header,
            $"{file}: the header fits no known export of orders; found are {string.Join(", ", names.Take(60).Select(static n => $"'{n}'"))}. "
            + $"Plain orders have 'customer', 'order_id', 'date', 'net'. If it is one of {string.Join(", ", OrderPlatformName.All)}, name the format "
            + "to see what is missing. The header must be the first line that is not empty.");
    }
}
