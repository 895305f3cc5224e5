using Loyalty.Storage.InMemory;

namespace Loyalty.Points;

/// <summary>The members of a ledger, found by name and numbered as they came. None is ever removed.</summary>
internal sealed class MemberTable
{
    private HashSlots _slots = new(0);
    private MemberLedger[] _ledgers = [];

    public int Count { get; private set; }

    public ReadOnlySpan<MemberLedger> All => _ledgers.AsSpan(0, Count);

    public static uint Hash(string name) => (uint)name.GetHashCode(StringComparison.Ordinal);

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

    /// <summary>Asks for the place that leads to the member who most likely has a hash.</summary>
    public void PrefetchNumbered(uint hash)
    {
        if (_slots.Peek(hash) is var number and >= 0)
        {
            Cache.Prefetch(in _ledgers[number]);
        }
    }

    /// <summary>The member who most likely has a hash; for asking for the memory only.</summary>
    public MemberLedger? Guess(uint hash) => _slots.Peek(hash) is var number and >= 0 ? _ledgers[number] : null;
}
