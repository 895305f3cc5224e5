using Loyalty.Memory;
using Loyalty.Points.Ledger;

namespace Loyalty.Points.Runs;

/// <summary>
/// The members of orders that are due. Each is looked up some orders before its turn, and what the order needs of it is asked for step by step, since the
/// members of a run are far more than the cache of a processor holds.
/// </summary>
internal sealed class OrdersAhead(PointsBook book, DueRows<OrderRow> orders)
{
    /// <summary>How many orders lie between two steps.</summary>
    private const int StepLength = 3;

    /// <summary>More than the orders between the first step with a member and the last one; a power of two.</summary>
    private const int Kept = 16;

    private readonly BookMember[] _members = new BookMember[Kept];
    private int _found;

    /// <summary>The member of an order; orders are asked for in their order.</summary>
    /// <param name="number">The number of the order among those that are due.</param>
    public BookMember MemberOf(int number)
    {
        Find(number + (4 * StepLength));
        if (number + (3 * StepLength) < _found)
        {
            var member = Found(number + (3 * StepLength));
            MemberLedger.Prefetch(member.Ledger);
            member.Club.Prefetch();
        }

        if (number + (2 * StepLength) < _found)
        {
            var member = Found(number + (2 * StepLength));
            member.Ledger.PrefetchEnds();
            member.Club.PrefetchEnrollments();
            book.Ledger.PrefetchEarn(orders[number + (2 * StepLength)].Row.Id);
        }

        if (number + StepLength < _found)
        {
            Found(number + StepLength).Club.PrefetchLast();
        }

        return Found(number);
    }

    private BookMember Found(int number) => _members[number & (Kept - 1)];

    /// <summary>Looks up the members of orders through a number.</summary>
    private void Find(int last)
    {
        for (; _found <= last && _found < orders.Count; _found++)
        {
            if (_found + StepLength < orders.Count)
            {
                Cache.PrefetchObject(orders[_found + StepLength].Row.Customer);
            }

            var member = book.Member(orders[_found].Row.Customer);
            Cache.PrefetchObject(member);
            _members[_found & (Kept - 1)] = member;
        }
    }
}
