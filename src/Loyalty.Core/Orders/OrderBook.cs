using System.Runtime.InteropServices;
using Loyalty.Scoring;

namespace Loyalty.Orders;

/// <summary>What happened to an order that was put into a book.</summary>
public enum OrderOutcome
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It replaced an earlier order of its key.</summary>
    Replaced,

    /// <summary>It equals the order that is stored.</summary>
    Unchanged,
}

/// <summary>Orders in memory: linked to customers, with totals per customer that are kept by differences, and a timeline.</summary>
/// <remarks>
/// <para>Orders dated after <see cref="AsOf"/> are kept but left out until the date has come. Orders without a usable e-mail are kept,
/// unlinked.</para>
/// <para>An order costs the same however many there are: the totals of its customer are corrected by what it changed. Customers whose totals
/// changed are named by <see cref="TakeTouched"/>, so that scores can follow. Not safe for use by several threads.</para>
/// </remarks>
public sealed class OrderBook
{
    private readonly Dictionary<OrderKey, Order> _orders = [];
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<OrderKey>> _byEmail = new(StringComparer.Ordinal);
    private readonly CustomerEmails _emails = new();
    private readonly PriorityQueue<OrderKey, int> _later = new();
    private readonly HashSet<OrderKey> _unlinked = [];
    private readonly HashSet<OrderKey> _waiting = [];
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);

    // What the credits that are not left out gave back of each order, whether it is known or not.
    private readonly Dictionary<OrderKey, decimal> _givenBack = [];

    /// <summary>Creates an empty book.</summary>
    /// <param name="asOf">The last date whose orders count.</param>
    public OrderBook(DateOnly asOf) => AsOf = asOf;

    /// <summary>The last date whose orders count.</summary>
    public DateOnly AsOf { get; private set; }

    /// <summary>All orders, those that are left out included.</summary>
    public int Count => _orders.Count;

    /// <summary>Orders that have no customer, of those that are not left out.</summary>
    public int UnlinkedCount => _unlinked.Count;

    /// <summary>Orders dated after <see cref="AsOf"/>.</summary>
    public int LaterCount => _waiting.Count;

    /// <summary>Orders that belong to a customer, of those that are not left out.</summary>
    public int LinkedCount => Count - UnlinkedCount - LaterCount;

    /// <summary>Customers with at least one order that is not left out; it may be a dead one.</summary>
    public int CustomerCount => _accounts.Count;

    /// <summary>The orders that have no customer, in no particular order.</summary>
    public IEnumerable<Order> Unlinked => _unlinked.Select(key => _orders[key]);

    /// <summary>The names of all customers, in no particular order.</summary>
    public IReadOnlyCollection<string> Customers => _accounts.Keys;

    /// <summary>Puts an order in; one of the same key is replaced.</summary>
    /// <exception cref="OverflowException">A sum of the customer's amounts reached 10^12; nothing was changed.</exception>
    public OrderOutcome Put(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (_orders.TryGetValue(order.Key, out var old))
        {
            if (old == order)
            {
                return OrderOutcome.Unchanged;
            }

            Leave(old);
            try
            {
                Enter(order);
            }
            catch (OverflowException)
            {
                Enter(old);
                throw;
            }

            return OrderOutcome.Replaced;
        }

        Enter(order);
        return OrderOutcome.Added;
    }

    /// <summary>Takes an order out.</summary>
    /// <returns>Whether there was one of that key.</returns>
    public bool Remove(OrderKey key)
    {
        if (!_orders.TryGetValue(key, out var order))
        {
            return false;
        }

        Leave(order);
        return true;
    }

    /// <summary>Gives an e-mail to a customer; its orders, known and to come, belong to that customer.</summary>
    /// <param name="email">A normalised e-mail.</param>
    /// <param name="customer">The customer's name; new or known.</param>
    /// <returns><see langword="false"/> when the e-mail belongs to another customer; nothing was changed. Unlink it first.</returns>
    /// <exception cref="OverflowException">A sum of the customer's amounts would reach 10^12; the e-mail was not linked.</exception>
    public bool TryLink(string email, string customer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        ArgumentException.ThrowIfNullOrWhiteSpace(customer);
        var before = _emails.OwnerOf(email);
        if (!_emails.TryLink(email, customer))
        {
            return false;
        }

        try
        {
            Move(email, before, customer);
        }
        catch (OverflowException)
        {
            _emails.Unlink(email);
            throw;
        }

        return true;
    }

    /// <summary>Takes an e-mail from its customer; its orders belong to the customer named as the e-mail again.</summary>
    /// <returns>Whether the e-mail belonged to anybody else.</returns>
    public bool Unlink(string email)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(email);
        var before = _emails.OwnerOf(email);
        if (!_emails.Unlink(email))
        {
            return false;
        }

        Move(email, before, email);
        return true;
    }

    /// <summary>Moves on to a later date; the orders that were left out until then count.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="asOf"/> is before <see cref="AsOf"/>.</exception>
    /// <exception cref="OverflowException">A sum of a customer's amounts would reach 10^12; that order stays left out.</exception>
    public void AdvanceTo(DateOnly asOf)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(asOf, AsOf);
        AsOf = asOf;
        while (_later.TryPeek(out var key, out var day) && day <= asOf.DayNumber)
        {
            // An entry of an order that was replaced or removed since is dropped on the way.
            if (_waiting.Contains(key) && _orders[key].Date.DayNumber == day)
            {
                Admit(_orders[key]);
                _waiting.Remove(key);
            }

            _later.Dequeue();
        }
    }

    /// <summary>What a customer's orders come to, or <see langword="null"/> for an unknown customer.</summary>
    public EngagementTotals? Find(string customer) => _accounts.GetValueOrDefault(customer)?.Totals;

    /// <summary>The order of a key.</summary>
    public Order? Find(OrderKey key) => _orders.GetValueOrDefault(key);

    /// <summary>The customers whose totals changed since the last call, gone ones included, in order of name (ordinal).</summary>
    public IReadOnlyList<string> TakeTouched()
    {
        var touched = _touched.ToList();
        touched.Sort(StringComparer.Ordinal);
        _touched.Clear();
        return touched;
    }

    /// <summary>Brings scores up to date with this book: its date, and the customers that <see cref="TakeTouched"/> names.</summary>
    /// <param name="scores">The scores of this book's customers, and of nobody else.</param>
    /// <returns>The customers whose cell changed, who are new, or who are gone, in order of name (ordinal).</returns>
    /// <exception cref="ArgumentOutOfRangeException">The scores are of a later date than <see cref="AsOf"/>.</exception>
    public IReadOnlyList<ScoreChange> Rescore(ScoreBook scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        scores.AdvanceTo(AsOf);
        foreach (var customer in TakeTouched())
        {
            if (Find(customer) is { } totals)
            {
                scores.Set(customer, totals.ToRfmInput());
            }
            else
            {
                scores.Remove(customer);
            }
        }

        return scores.Rescore();
    }

    /// <summary>All customers with what they are scored from, in order of name (ordinal).</summary>
    public CustomerPopulation ToPopulation()
    {
        var population = new CustomerPopulation();
        foreach (var (customer, account) in _accounts.OrderBy(static a => a.Key, StringComparer.Ordinal))
        {
            population.TryAdd(customer, account.Totals.ToRfmInput());
        }

        return population;
    }

    /// <summary>A page of a customer's timeline, newest first.</summary>
    /// <param name="customer">The customer; an unknown one has an empty timeline.</param>
    /// <param name="after">Where the page starts, exclusive; <see langword="null"/> for the newest.</param>
    /// <param name="size">The most entries, at least 1.</param>
    public TimelinePage Timeline(string customer, TimelineCursor? after, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (!_accounts.TryGetValue(customer, out var account))
        {
            return new TimelinePage([], null);
        }

        var start = 0;
        if (after is { } place)
        {
            start = account.Places.BinarySearch(place);
            start = start < 0 ? ~start : start + 1;
        }

        var entries = account.Places.GetRange(start, Math.Min(size, account.Places.Count - start)).ConvertAll(p => Entry(_orders[p.Key]));
        return new TimelinePage(entries, start + entries.Count < account.Places.Count ? entries[^1].Cursor : null);
    }

    /// <summary>The standing of an order on <see cref="AsOf"/>: one of which the credits up to then gave everything back is refunded.</summary>
    public OrderStanding StandingOf(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return _givenBack.TryGetValue(order.Key, out var sum) ? order.StandingAfter(sum) : order.Standing;
    }

    private TimelineEntry Entry(Order order) =>
        new(order.Key, order.PlacedAt, order.Net, StandingOf(order), order.Status, order.Item, order.Purchaser);

    private void Enter(Order order)
    {
        if (order.Date > AsOf)
        {
            _later.Enqueue(order.Key, order.Date.DayNumber);
            _waiting.Add(order.Key);
            _orders[order.Key] = order;
        }
        else
        {
            _orders[order.Key] = order;
            try
            {
                Admit(order);
            }
            catch (OverflowException)
            {
                _orders.Remove(order.Key);
                throw;
            }
        }

        if (order.CustomerKey is { } email)
        {
            ref var keys = ref CollectionsMarshal.GetValueRefOrAddDefault(_byEmail, email, out _);
            (keys ??= []).Add(order.Key);
        }
    }

    private void Leave(Order order)
    {
        var waited = _waiting.Remove(order.Key);
        if (!waited && !_unlinked.Remove(order.Key))
        {
            Discount(_emails.OwnerOf(order.CustomerKey!), order, StandingOf(order));
        }

        _orders.Remove(order.Key);
        if (!waited)
        {
            GiveBack(order, -order.Refunded);
        }

        if (order.CustomerKey is { } email && _byEmail[email].Remove(order.Key) && _byEmail[email].Count == 0)
        {
            _byEmail.Remove(email);
        }
    }

    /// <summary>Lets an order count that is not left out.</summary>
    private void Admit(Order order)
    {
        if (order.CustomerKey is { } email)
        {
            Credit(_emails.OwnerOf(email), order, StandingOf(order));
        }
        else
        {
            _unlinked.Add(order.Key);
        }

        GiveBack(order, order.Refunded);
    }

    /// <summary>Notes what a credit gives back of the order it names, which may then stand otherwise.</summary>
    private void GiveBack(Order credit, decimal amount)
    {
        if (credit.RefundOf is not { } id || amount == 0)
        {
            return;
        }

        var key = new OrderKey(credit.Key.Platform, id);
        var original = _orders.TryGetValue(key, out var found) && found.CustomerKey is not null && !_waiting.Contains(key) ? found : null;
        var before = original is null ? default : StandingOf(original);
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_givenBack, key, out _);
        sum += amount;
        if (sum == 0)
        {
            _givenBack.Remove(key);
        }

        if (original is not null && StandingOf(original) is var after && after != before)
        {
            var customer = _emails.OwnerOf(original.CustomerKey!);
            Discount(customer, original, before);
            Credit(customer, original, after);
        }
    }

    private void Move(string email, string from, string to)
    {
        if (string.Equals(from, to, StringComparison.Ordinal) || !_byEmail.TryGetValue(email, out var keys))
        {
            return;
        }

        var orders = keys.Where(key => !_waiting.Contains(key)).Select(key => _orders[key]).ToList();
        int credited = 0, discounted = 0;
        try
        {
            for (; credited < orders.Count; credited++)
            {
                Credit(to, orders[credited], StandingOf(orders[credited]));
            }

            for (; discounted < orders.Count; discounted++)
            {
                Discount(from, orders[discounted], StandingOf(orders[discounted]));
            }
        }
        catch (OverflowException)
        {
            orders.GetRange(0, discounted).ForEach(order => Credit(from, order, StandingOf(order)));
            orders.GetRange(0, credited).ForEach(order => Discount(to, order, StandingOf(order)));
            throw;
        }
    }

    private void Credit(string customer, Order order, OrderStanding standing)
    {
        var known = _accounts.TryGetValue(customer, out var account);
        account ??= new Account();
        account.Add(order, standing);
        if (!known)
        {
            _accounts.Add(customer, account);
        }

        _touched.Add(customer);
    }

    private void Discount(string customer, Order order, OrderStanding standing)
    {
        var account = _accounts[customer];
        account.Remove(order, standing, this);
        if (account.Places.Count == 0)
        {
            _accounts.Remove(customer);
        }

        _touched.Add(customer);
    }

    /// <summary>One customer: the totals, and the places of the orders in order of the timeline.</summary>
    private sealed class Account
    {
        public EngagementTotals Totals { get; private set; } = EngagementTotals.None;

        public List<TimelineCursor> Places { get; } = [];

        public void Add(Order order, OrderStanding standing)
        {
            Totals = Totals.Plus(order, standing);
            var place = new TimelineCursor(order.PlacedAt, order.Key);
            Places.Insert(~Places.BinarySearch(place), place);
        }

        public void Remove(Order order, OrderStanding standing, OrderBook book)
        {
            Totals = Totals.Minus(order, standing);
            Places.RemoveAt(Places.BinarySearch(new TimelineCursor(order.PlacedAt, order.Key)));
            if (standing == OrderStanding.Counts && (order.Date == Totals.FirstOrderOn || order.Date == Totals.LastOrderOn))
            {
                Totals = Totals with
                {
                    FirstOrderOn = First(Places.AsEnumerable().Reverse(), book),
                    LastOrderOn = First(Places, book),
                };
            }
        }

        private static DateOnly? First(IEnumerable<TimelineCursor> places, OrderBook book)
        {
            foreach (var place in places)
            {
                if (book.StandingOf(book._orders[place.Key]) == OrderStanding.Counts)
                {
                    return DateOnly.FromDateTime(place.PlacedAt);
                }
            }

            return null;
        }
    }
}
