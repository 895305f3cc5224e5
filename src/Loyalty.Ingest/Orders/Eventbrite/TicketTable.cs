using Loyalty.Orders;

namespace Loyalty.Ingest.Orders.Eventbrite;

/// <summary>A ticket of an order, as an attendee report tells it.</summary>
/// <param name="PlacedAt">When the order was placed.</param>
/// <param name="Paid">What was paid for it.</param>
/// <param name="Fees">What Eventbrite keeps of that.</param>
/// <param name="Standing">Whether it is live.</param>
/// <param name="Status">The words for that.</param>
/// <param name="Item">The event.</param>
/// <param name="Buyer">The buyer of the order; empty where the report does not name one.</param>
/// <param name="Attendee">The attendee.</param>
internal readonly record struct Ticket(
    DateTime PlacedAt, decimal Paid, decimal Fees, OrderStanding Standing, string Status, string Item, TicketPerson Buyer, TicketPerson Attendee);

/// <summary>A person that a ticket names.</summary>
/// <param name="Contact">The e-mail as given.</param>
/// <param name="Name">The name.</param>
internal readonly record struct TicketPerson(string Contact, string Name);

/// <summary>Tickets by order and attendee id, and the orders they make: the sum over live tickets, bought by the buyer or the first attendee.</summary>
internal sealed class TicketTable
{
    private readonly Dictionary<string, Tickets> _orders = new(StringComparer.Ordinal);

    public bool IsEmpty => _orders.Count == 0;

    public bool TryPut(string order, string id, in Ticket ticket, out bool isReplaced)
    {
        isReplaced = false;
        if (!_orders.TryGetValue(order, out var tickets))
        {
            tickets = new Tickets();
        }

        // What a replaced ticket had stays in the bound: it is far away.
        var (paid, fees) = (tickets.Paid + Math.Abs(ticket.Paid), tickets.Fees + Math.Abs(ticket.Fees));
        if (!OrderAmount.IsWithin(paid) || !OrderAmount.IsWithin(fees) || !OrderAmount.IsWithin(paid + fees))
        {
            return false;
        }

        _orders.TryAdd(order, tickets);
        (tickets.Paid, tickets.Fees) = (paid, fees);
        if (tickets.Positions.TryGetValue(id, out var position))
        {
            isReplaced = true;
            tickets.All[position] = ticket;
        }
        else
        {
            tickets.Positions.Add(id, tickets.All.Count);
            tickets.All.Add(ticket);
        }

        return true;
    }

    public IEnumerable<Order> Orders() => _orders.Select(static o => OrderOf(o.Key, o.Value.All));

    private static Order OrderOf(string id, List<Ticket> tickets)
    {
        decimal gross = 0, refunded = 0, fees = 0;
        foreach (var ticket in tickets)
        {
            if (ticket.Standing == OrderStanding.Counts)
            {
                (gross, fees) = (gross + ticket.Paid, fees + ticket.Fees);
            }
            else if (ticket.Standing != OrderStanding.Unpaid)
            {
                (gross, refunded) = (gross + ticket.Paid, refunded + ticket.Paid);
            }
        }

        var (person, customer) = BuyerOf(tickets);
        return new Order
        {
            Key = new OrderKey(OrderPlatform.Eventbrite, id),
            PlacedAt = tickets.Min(static t => t.PlacedAt),
            CustomerKey = customer,
            Contact = person.Contact,
            Gross = gross,
            Fees = fees,
            Refunded = refunded,
            Net = gross - refunded - fees,
            Standing = tickets.Exists(static t => t.Standing == OrderStanding.Counts) ? OrderStanding.Counts
                : tickets.Exists(static t => t.Standing == OrderStanding.Refunded) ? OrderStanding.Refunded
                : tickets.Exists(static t => t.Standing == OrderStanding.Cancelled) ? OrderStanding.Cancelled
                : OrderStanding.Unpaid,
            Status = tickets.Find(static t => t.Status.Length > 0).Status ?? string.Empty,
            Item = tickets.Find(static t => t.Item.Length > 0).Item ?? string.Empty,
            Purchaser = person.Name,
        };
    }

    /// <summary>The buyer whom a ticket names, else the first attendee with a usable e-mail.</summary>
    private static (TicketPerson Person, string? Customer) BuyerOf(List<Ticket> tickets)
    {
        foreach (var person in tickets.Select(static t => t.Buyer).Concat(tickets.Select(static t => t.Attendee)))
        {
            if (CustomerEmail.TryNormalize(person.Contact, out var email))
            {
                return (person, email);
            }
        }

        return (tickets[0].Buyer.Contact.Length > 0 ? tickets[0].Buyer : tickets[0].Attendee, null);
    }

    private sealed class Tickets
    {
        public Dictionary<string, int> Positions { get; } = new(StringComparer.Ordinal);

        public List<Ticket> All { get; } = [];

        public decimal Paid { get; set; }

        public decimal Fees { get; set; }
    }
}
