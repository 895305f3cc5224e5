using System.Globalization;
using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;

namespace Loyalty.Tests.Points;

/// <summary>
/// Runs over rows as the rule book tells them: every day for every member, one kind of row after the other, everything searched in lists.
/// The oracle for <see cref="PointsRun"/>; gives the state as lines of text.
/// </summary>
internal sealed class NaiveBook(LoyaltyProgram program)
{
    private readonly SortedDictionary<string, Customer> _customers = new(StringComparer.Ordinal);
    private readonly List<Order> _orders = [];
    private readonly List<(RefundRow Row, int Arrival)> _refunds = [];
    private readonly List<RedemptionLine> _redemptionRows = [];
    private readonly List<Claim> _claims = [];
    private int _arrivals;
    private DateOnly? _asOf;

    public List<string> Rejects { get; } = [];

    public void Run(IEnumerable<OrderRow> orders, IEnumerable<RefundRow> refunds, IEnumerable<RedemptionRow> redemptions, DateOnly asOf)
    {
        // Rows whose keys are known change nothing; the rest gets a number.
        var (newOrders, newRefunds, newRedemptions) = (new List<Order>(), new List<(RefundRow Row, int Arrival)>(), new List<RedemptionLine>());
        foreach (var row in orders)
        {
            if (!_orders.Concat(newOrders).Any(o => o.Row.Id == row.Id))
            {
                newOrders.Add(new Order { Row = row, Arrival = _arrivals++ });
            }
        }

        _orders.AddRange(newOrders);
        foreach (var row in refunds)
        {
            if (!_refunds.Concat(newRefunds).Any(r => r.Row.Id == row.Id))
            {
                newRefunds.Add((row, _arrivals++));
            }
        }

        newRefunds.RemoveAll(r => !_orders.Any(o => o.Row.Id == r.Row.Order));
        _refunds.AddRange(newRefunds);
        foreach (var row in redemptions)
        {
            if (!_redemptionRows.Concat(newRedemptions).Any(r => r.Row.Id == row.Id && r.Row.Event == row.Event && (row.Event == RedemptionEvent.Claimed || r.Row.Date == row.Date)))
            {
                newRedemptions.Add(new RedemptionLine { Row = row, Arrival = _arrivals++ });
            }
        }

        _redemptionRows.AddRange(newRedemptions);

        // The last closed day once more for what is late, then every day through as-of.
        var first = _asOf ?? _orders.Select(o => o.Row.Date).Concat(_redemptionRows.Select(r => r.Row.Date)).Append(asOf).Min();
        for (var day = first; day <= asOf; day = day.AddDays(1))
        {
            foreach (var customer in _customers.Values)
            {
                Close(customer, day);
            }

            bool IsDue(DateOnly date) => day == _asOf ? date <= day : date == day;
            foreach (var order in _orders.Where(o => !o.Taken && IsDue(o.Row.Date)).OrderBy(o => o.Row.Date).ThenBy(o => o.Arrival).ToList())
            {
                Take(order, day);
            }

            DateOnly RefundDate(RefundRow r) => Max(r.Date, _orders.Single(o => o.Row.Id == r.Order).Row.Date);
            foreach (var refund in _refunds.Where(r => IsDue(RefundDate(r.Row)) && !_takenRefunds.Contains(r.Row.Id)).OrderBy(r => RefundDate(r.Row)).ThenBy(r => r.Arrival).ToList())
            {
                Take(refund.Row, day);
            }

            foreach (var line in _redemptionRows.Where(r => !r.Taken && IsDue(r.Row.Date)).OrderBy(r => r.Row.Date).ThenBy(r => r.Arrival).ToList())
            {
                line.Taken = true;
                line.Refusal = line.Row.Event == RedemptionEvent.Claimed ? TakeClaim(line.Row, day) : TakeEvent(line.Row, day);
            }
        }

        _asOf = asOf;
        Rejects.AddRange(newRedemptions.Where(r => r.Refusal is not null).Select(r => $"{r.Row.Id} {r.Row.Event} {r.Row.Date:O} {r.Refusal}"));
    }

    public IEnumerable<string> Lines()
    {
        foreach (var (name, customer) in _customers)
        {
            foreach (var e in customer.Enrollments)
            {
                yield return $"enrollment {name} {e.Stage.Name} {Iso(e.EnrolledAt)} {Iso(e.Expires)} {e.Status} {(e.Ended is { } x ? Iso(x) : "")} {Iso(e.Started)} {e.By} {string.Join('|', e.ExtendedBy)}";
            }

            foreach (var o in customer.Operations)
            {
                yield return $"operation {name} {o}";
            }

            foreach (var (e, i) in customer.Points.Entries.Select((e, i) => (e, i + 1)))
            {
                yield return $"entry {name} {i} {e.Kind} {e.Points} {e.Balance} {Iso(e.On)} {e.Key}";
            }

            if (customer.HasOrdered)
            {
                yield return $"balance {name} {customer.Points.Balance} {customer.Points.Lifetime} {customer.Cumulative(_asOf!.Value)}";
            }
        }

        foreach (var claim in _claims.OrderBy(c => c.Row.Id, StringComparer.Ordinal))
        {
            yield return $"redemption {claim.Row.Id} {claim.Row.Customer} {claim.Row.Reward} {Iso(claim.On)} {claim.Status} {Iso(claim.Changed)} {claim.Points} {claim.Level}";
        }
    }

    private readonly HashSet<string> _takenRefunds = [];

    private static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateOnly Max(DateOnly a, DateOnly b) => a > b ? a : b;

    private Customer Get(string name)
    {
        if (!_customers.TryGetValue(name, out var customer))
        {
            _customers.Add(name, customer = new Customer());
        }

        return customer;
    }

    private static void Close(Customer customer, DateOnly day)
    {
        if (customer.Active is { } active && active.Expires <= day)
        {
            active.Status = "Expired";
            active.Ended = active.Expires;
            customer.Operate(active.Expires, "remove", active.Stage, active.By, "expiry");
        }

        customer.Points.Expire(day);
    }

    private void Take(Order order, DateOnly day)
    {
        order.Taken = true;
        var (customer, row, club, points) = (Get(order.Row.Customer), order.Row, program.Club!, program.Points!);
        Close(customer, day);
        customer.HasOrdered = true;
        var stage = club.Stages.LastOrDefault(s => row.Amount >= s.MinimumPurchase);
        if (stage is not null && customer.Active is { } active)
        {
            if (stage.MinimumPurchase > active.Stage.MinimumPurchase)
            {
                active.Status = "Upgraded";
                active.Ended = day;
                customer.Operate(day, "remove", active.Stage, active.By, "order:" + row.Id);
                customer.Begin(stage, active.EnrolledAt, day, Max(active.EnrolledAt.AddMonths(stage.Months), active.Expires), row.Id);
            }
            else
            {
                active.Expires = active.Expires.AddMonths(active.Stage.Months);
                active.ExtendedBy.Add(row.Id);
            }
        }
        else if (stage is not null)
        {
            customer.Begin(stage, day, day, day.AddMonths(stage.Months), row.Id);
        }

        customer.Points.Touch(row.Date);
        if (!customer.Enrollments.Any(e => e.EnrolledAt <= row.Date && row.Date < (e.Ended ?? e.Expires)) || customer.Cumulative(row.Date) < points.MinimumMembershipDays)
        {
            return;
        }

        var exact = row.Amount / (decimal)program.Currency.MinorUnits * points.PerUnit;
        var (earned, bonus) = (Round(exact), Round(exact * points.BonusPercent / 100));
        order.Earned = earned > 0 ? customer.Points.Receive(EntryKind.Earned, earned, row.Date, $"order:{row.Id}:earned", points.Expiry) : null;
        order.Bonus = bonus > 0 ? customer.Points.Receive(EntryKind.Bonus, bonus, row.Date, $"order:{row.Id}:bonus", points.Expiry) : null;
        customer.Points.Expire(day);
    }

    private long Round(decimal points) => (long)(program.Points!.Rounding switch
    {
        PointsRounding.Up => Math.Ceiling(points),
        PointsRounding.Nearest => Math.Floor(points + 0.5m),
        _ => Math.Floor(points),
    });

    private void Take(RefundRow refund, DateOnly day)
    {
        _takenRefunds.Add(refund.Id);
        var order = _orders.Single(o => o.Row.Id == refund.Order);
        var customer = Get(order.Row.Customer);
        order.Refunded = Math.Min(order.Row.Amount, order.Refunded + refund.Amount);
        var floor = program.Points!.Negative == NegativeRule.Clamp ? 0 : program.Points.NegativeLimit is { } limit ? -limit : -1_000_000_000_000L;
        customer.Points.Reverse(order.Earned, order.Refunded, order.Row.Amount, floor, day, $"refund:{refund.Id}:earned");
        customer.Points.Reverse(order.Bonus, order.Refunded, order.Row.Amount, floor, day, $"refund:{refund.Id}:bonus");
    }

    private string? TakeClaim(RedemptionRow row, DateOnly day)
    {
        var customer = Get(row.Customer);
        Close(customer, day);
        var reward = program.Rewards.FirstOrDefault(r => r.Id == row.Reward);
        var last = customer.Enrollments.LastOrDefault();
        var level = customer.Active?.Stage.Name;
        var counting = _claims.Where(c => c.Row.Reward == row.Reward && c.Status is "Pending" or "Fulfilled" or "Concluded" && c.Row.Reward == row.Reward).ToList();
        var mine = counting.Where(c => c.Row.Customer == row.Customer).ToList();
        var refusal =
            reward is null ? "UnknownReward"
            : (reward.AvailableFrom is { } from && day < from) || (reward.AvailableUntil is { } until && day >= until) ? "NotAvailable"
            : reward.Levels is not null && (level is null || !reward.Levels.Contains(level)) ? "NotEligible"
            : Reached(reward.Limit, mine, last, customer.Enrollments.Count, day) ? "LimitReached"
            : counting.Count >= (reward.Stock ?? int.MaxValue) ? "OutOfStock"
            : reward.Points > Math.Max(0, customer.Points.Balance) ? "InsufficientPoints"
            : null;
        _claims.Add(new Claim
        {
            Row = row, On = day, Changed = day, Level = level, Achievement = customer.Enrollments.Count,
            Status = refusal is null ? "Pending" : "Refused", Points = refusal is null ? reward!.Points : 0,
        });
        if (refusal is null)
        {
            var taken = customer.Points.Take(reward!.Points);
            _claims[^1].Entry = reward.Points > 0 ? customer.Points.Add(EntryKind.Redeemed, -reward.Points, day, $"redemption:{row.Id}:redeemed") : null;
            _claims[^1].Entry?.Taken.AddRange(taken);
            customer.Points.Touch(day);
        }

        return refusal;
    }

    private static bool Reached(RewardLimit limit, List<Claim> mine, Enrollment? last, int achievement, DateOnly day)
    {
        switch (limit.Kind)
        {
            case RewardLimitKind.None:
                return false;
            case RewardLimitKind.Once:
                return mine.Count >= 1;
            case RewardLimitKind.OncePerAchievement:
                return mine.Any(c => c.Achievement == achievement);
            default:
                var start = last?.Started ?? DateOnly.MinValue;
                while (start.AddDays(limit.Days) <= day)
                {
                    start = start.AddDays(limit.Days);
                }

                return mine.Count(c => c.On >= start && c.On < start.AddDays(limit.Days)) >= limit.Count;
        }
    }

    private string? TakeEvent(RedemptionRow row, DateOnly day)
    {
        var claim = _claims.FirstOrDefault(c => c.Row.Id == row.Id);
        if (claim is null)
        {
            return "UnknownRedemption";
        }

        if (claim.Row.Customer != row.Customer || claim.Row.Reward != row.Reward)
        {
            return "Conflict";
        }

        var to = (claim.Status, row.Event) switch
        {
            ("Pending", RedemptionEvent.Fulfilled) => "Fulfilled",
            ("Pending", RedemptionEvent.Cancelled) => "Cancelled",
            ("Pending", RedemptionEvent.Rejected) => "Rejected",
            ("Fulfilled", RedemptionEvent.Concluded) => "Concluded",
            ("Fulfilled" or "Concluded", RedemptionEvent.Refunded) => "Refunded",
            _ => null,
        };
        if (to is null)
        {
            return "WrongStatus";
        }

        (claim.Status, claim.Changed) = (to, day);
        if (to is "Cancelled" or "Rejected" or "Refunded" && claim.Entry is { } entry)
        {
            var points = Get(row.Customer).Points;
            var debt = Math.Max(0, -points.Balance);
            points.Add(EntryKind.Reversed, -entry.Points, day, $"redemption:{row.Id}:reversed");
            points.PutBack(entry.Taken, debt);
            points.Expire(day, day);
            points.ReverseAgain(entry.Taken.Select(t => t.Lot), day);
        }

        return null;
    }

    private sealed class Order
    {
        public required OrderRow Row;
        public required int Arrival;
        public bool Taken;
        public NaiveLot? Earned;
        public NaiveLot? Bonus;
        public decimal Refunded;
    }

    private sealed class RedemptionLine
    {
        public required RedemptionRow Row;
        public required int Arrival;
        public bool Taken;
        public string? Refusal;
    }

    private sealed class Claim
    {
        public required RedemptionRow Row;
        public required DateOnly On;
        public required string Status;
        public DateOnly Changed;
        public string? Level;
        public int Achievement;
        public long Points;
        public NaiveEntry? Entry;
    }

    private sealed class Enrollment
    {
        public required Loyalty.Clubs.ClubStage Stage;
        public required DateOnly EnrolledAt;
        public required DateOnly Started;
        public required string By;
        public required DateOnly Expires;
        public string Status = "Active";
        public DateOnly? Ended;
        public List<string> ExtendedBy = [];
    }

    private sealed class Customer
    {
        public readonly NaiveMember Points = new();
        public readonly List<Enrollment> Enrollments = [];
        public readonly List<string> Operations = [];
        public bool HasOrdered;

        public Enrollment? Active => Enrollments.LastOrDefault(e => e.Status == "Active");

        /// <summary>Counts the covered days one by one.</summary>
        public int Cumulative(DateOnly date)
        {
            if (Enrollments.Count == 0)
            {
                return 0;
            }

            var days = 0;
            for (var day = Enrollments.Min(e => e.EnrolledAt); day < date; day = day.AddDays(1))
            {
                days += Enrollments.Any(e => e.EnrolledAt <= day && day < (e.Ended ?? e.Expires)) ? 1 : 0;
            }

            return days;
        }

        public void Begin(Loyalty.Clubs.ClubStage stage, DateOnly enrolledAt, DateOnly day, DateOnly expires, string order)
        {
            Enrollments.Add(new Enrollment { Stage = stage, EnrolledAt = enrolledAt, Started = day, By = order, Expires = expires });
            Operate(day, "add", stage, order, "order:" + order);
        }

        public void Operate(DateOnly day, string what, Loyalty.Clubs.ClubStage stage, string by, string cause) =>
            Operations.Add($"{Operations.Count + 1} {Iso(day)} {what} {stage.Name} {stage.DiscountPercent.ToString(CultureInfo.InvariantCulture)} enrollment:{by}:{what} {cause}");
    }
}
