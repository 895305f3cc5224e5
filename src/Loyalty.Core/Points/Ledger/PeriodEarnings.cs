using System.Runtime.InteropServices;

namespace Loyalty.Points.Ledger;

/// <summary>What members have earned in periods, which a cap is compared with; read from their entries once.</summary>
internal sealed class PeriodEarnings
{
    private readonly Dictionary<(string Member, int End), long> _sums = [];

    /// <summary>What a member has earned in the period of an order: by the entries, which say it also of what was read from storage.</summary>
    public long In(CalendarPeriod period, in LedgerOperation order, MemberLedger? member)
    {
        var end = EndOf(period, order.DayNumber);
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, (order.Member!, end), out var isKnown);
        if (!isKnown && member is not null)
        {
            for (var i = 0; i < member.Entries.Length; i++)
            {
                var entry = member.Entries[i];
                sum += entry.Kind is EntryKind.Earned or EntryKind.Bonus && EndOf(period, entry.EffectiveDay) == end ? entry.Points : 0;
            }
        }

        return sum;
    }

    /// <summary>Notes what a member has earned in the period of an order, with the order.</summary>
    public void Note(CalendarPeriod period, in LedgerOperation order, long points) => _sums[(order.Member!, EndOf(period, order.DayNumber))] = points;

    /// <summary>Forgets all, since the periods may be others.</summary>
    public void Clear() => _sums.Clear();

    private static int EndOf(CalendarPeriod period, int day) => ExpiryPolicy.AtEndOf(period).DayFrom(day);
}
