using Loyalty.Memory;
using Loyalty.Storage.InMemory.Members;

namespace Loyalty.Points.Ledger;

/// <summary>The members of a ledger, found by name and numbered as they came. None is ever removed.</summary>
internal sealed class LedgerTable
{
    private HashSlots _slots = new(0);
    private MemberLedger[] _ledgers = [];

    public int Count { get; private set; }

    public ReadOnlySpan<MemberLedger> All => _ledgers.AsSpan(0, Count);

    public static uint Hash(string name) => (uint)name.GetHashCode(StringComparison.Ordinal);

    /// <summary>The member of a number, or nobody.</summary>
    public MemberLedger? this[int number] => (uint)number < (uint)Count ? _ledgers[number] : null;

    /// <summary>Finds a member, at once where the guess is right.</summary>
    public MemberLedger? Find(string name, uint hash, int guess) =>
        this[guess] is { } member && string.Equals(member.Member, name, StringComparison.Ordinal) ? member : Find(name, hash);

    public MemberLedger? Find(string name) => Find(name, Hash(name));

    public MemberLedger? Find(string name, uint hash)
    {
        var slot = _slots.Start(hash);
        for (var number = _slots.Next(ref slot, hash); number >= 0; number = _slots.Next(ref slot, hash))
        {
            if (string.Equals(_ledgers[number].Member, name, StringComparison.Ordinal))
            {
                return _ledgers[number];
            }
        }

        return null;
    }

    /// <summary>Adds a member who is not in the table.</summary>
    public MemberLedger Add(MemberLedger ledger, uint hash)
    {
        if (Count == _ledgers.Length)
        {
            Array.Resize(ref _ledgers, Math.Max(4, Count * 2));
        }

        _slots.Add(hash, Count);
        return _ledgers[Count++] = ledger;
    }

    /// <summary>Asks for the slot of a hash that is looked up soon.</summary>
    public void Prefetch(uint hash) => _slots.Prefetch(hash);

    /// <summary>The number of the member who most likely has a hash, or -1.</summary>
    public int Guess(uint hash) => _slots.Peek(hash);

    /// <summary>Asks for the place that leads to the member of a number.</summary>
    public void PrefetchPlace(int number)
    {
        if ((uint)number < (uint)Count)
        {
            Cache.Prefetch(in _ledgers[number]);
        }
    }
}
