namespace Loyalty.Points.Ledger;

/// <summary>The n-th entry and the n-th lot of a member, side by side: there are never more lots than entries.</summary>
/// <remarks>
/// A value of 56 bytes. Where all entries come in, both belong together, so that what is written together lies together. It holds no reference, so a
/// collection has nothing to look at in the millions of them.
/// </remarks>
internal struct LedgerLine
{
    public RecordedEntry Entry;
    public OpenLot Lot;
}

/// <summary>An entry as the ledger keeps it; its sequence number is its place.</summary>
/// <param name="Points">The points, signed.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="RecordedTicks">When it was recorded.</param>
/// <param name="Id">The number of the id of its key.</param>
/// <param name="Kinds">Kind, source and number of the key, as in <see cref="LedgerEntry.KindsOf"/>.</param>
/// <param name="EffectiveDay">The date on which it counts.</param>
/// <param name="BookedDay">The day on which it was taken into the books.</param>
internal readonly record struct RecordedEntry(long Points, long Balance, long RecordedTicks, int Id, int Kinds, int EffectiveDay, int BookedDay);
