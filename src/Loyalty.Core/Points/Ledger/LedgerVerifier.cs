namespace Loyalty.Points.Ledger;

/// <summary>Checks what must always hold for a member, by adding everything up anew.</summary>
public static class LedgerVerifier
{
    /// <summary>The first invariant that does not hold, or <see langword="null"/>.</summary>
    /// <param name="member">The member's ledger.</param>
    public static LedgerFault? Verify(MemberLedger member)
    {
        ArgumentNullException.ThrowIfNull(member);
        var sum = (Int128)0;
        var booked = int.MinValue;
        for (var i = 0; i < member.Entries.Length; i++)
        {
            var entry = member.Entries[i];
            sum += entry.Points;
            if (entry.Points == 0 || sum != entry.Balance)
            {
                return new(member.Member, i + 1, $"the entries up to here sum up to {sum}, but the balance says {entry.Balance}");
            }

            if (entry.BookedDay < booked)
            {
                return new(member.Member, i + 1, "it was booked before the entry before it");
            }

            booked = entry.BookedDay;
        }

        if (sum != member.Balance)
        {
            return new(member.Member, member.Entries.Length, $"the entries sum up to {sum}, but the balance is {member.Balance}");
        }

        return VerifyLots(member);
    }

    private static LedgerFault? VerifyLots(MemberLedger member)
    {
        var remaining = new long[member.Lots.Length];
        for (var lot = 0; lot < remaining.Length; lot++)
        {
            var state = member.Lots[lot];
            remaining[lot] = state.Opened;
            var points = member.Entries[state.Entry - 1].Points;
            if (state.Remaining < 0 || state.Remaining > state.Opened || state.Opened > points || state.Reversed > points || state.Expired > points)
            {
                return new(member.Member, state.Entry, $"its lot holds {state.Remaining} of {state.Opened} points, {state.Reversed} reversed, {state.Expired} expired");
            }
        }

        var last = 0;
        foreach (var movement in member.Movements)
        {
            if (movement.Entry < last || movement.Entry > member.Entries.Length)
            {
                return new(member.Member, movement.Entry, "a movement of its lots is out of order");
            }

            last = movement.Entry;
            remaining[movement.Lot] += movement.Points;
        }

        foreach (var settlement in member.Settlements)
        {
            remaining[settlement.Lot] += settlement.Points;
        }

        var (lots, held) = ((Int128)0, (Int128)0);
        for (var lot = 0; lot < remaining.Length; lot++)
        {
            lots += member.Lots[lot].Remaining;
            held += remaining[lot] - member.Lots[lot].Remaining;
            if (remaining[lot] < member.Lots[lot].Remaining)
            {
                return new(member.Member, member.Lots[lot].Entry, $"its lot holds {member.Lots[lot].Remaining} points, but the movements leave {remaining[lot]}");
            }
        }

        return lots != Math.Max(0, member.Available)
            ? new(member.Member, member.Entries.Length, $"the lots sum up to {lots}, but {member.Available} points are available")
            : held > member.Held || (member.Held == 0 && held != 0)
                ? new(member.Member, member.Entries.Length, $"{held} points are in no lot, but {member.Held} are held")
                : null;
    }
}
