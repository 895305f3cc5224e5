namespace Loyalty.Orders;

/// <summary>Whether an order counts as an order of its customer.</summary>
public enum OrderStanding
{
    /// <summary>It counts. Orders that are refunded in part do.</summary>
    Counts,

    /// <summary>It was cancelled, or never came about: it is listed and its net still adds up, but it is no order.</summary>
    Cancelled,

    /// <summary>It was refunded in full: it is listed and its net still adds up, but it is no order.</summary>
    Refunded,

    /// <summary>It never was an order, such as a credit note: it only changes the net spend.</summary>
    Credit,

    /// <summary>It was not paid: it is listed, but it is no order, and counted apart.</summary>
    Unpaid,
}
