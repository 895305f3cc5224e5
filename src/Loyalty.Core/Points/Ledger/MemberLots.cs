namespace Loyalty.Points.Ledger;

/// <summary>The lots of a member that are not empty, oldest first.</summary>
internal static class MemberLots
{
    /// <summary>As they are now; points that a hold keeps are not in them.</summary>
    public static List<Lot> Now(MemberLedger ledger)
    {
        var lots = new List<Lot>();
        for (var lot = 0; lot < ledger.Lots.Length; lot++)
        {
            if (ledger.Lots[lot].Remaining is var remaining and > 0)
            {
                lots.Add(Of(ledger, lot, remaining));
            }
        }

        return lots;
    }

    /// <summary>As they stood after the first <paramref name="count"/> entries; holds are not looked at.</summary>
    public static List<Lot> After(MemberLedger ledger, int count)
    {
        var remaining = new long[ledger.Lots.Length];
        for (var lot = 0; lot < remaining.Length; lot++)
        {
            remaining[lot] = ledger.At(lot).Entry <= count ? ledger.Lots[lot].Opened : 0;
        }

        foreach (var movement in ledger.Movements)
        {
            if (movement.Entry > count)
            {
                break;
            }

            remaining[movement.Lot] += movement.Points;
        }

        foreach (var settlement in ledger.Settlements)
        {
            remaining[settlement.Lot] += settlement.Entry <= count ? settlement.Points : 0;
        }

        var lots = new List<Lot>();
        for (var lot = 0; lot < remaining.Length; lot++)
        {
            if (remaining[lot] != 0)
            {
                lots.Add(Of(ledger, lot, remaining[lot]));
            }
        }

        return lots;
    }

    private static Lot Of(MemberLedger ledger, int lot, long remaining)
    {
        var state = ledger.Lots[lot];
        var expiry = ledger.ExpiryOf(lot);
        return new Lot(
            state.Entry, ledger.Entries[state.Entry - 1].Key, state.Opened, remaining, expiry == ExpiryPolicy.Never ? null : DateOnly.FromDayNumber(expiry));
    }
}
