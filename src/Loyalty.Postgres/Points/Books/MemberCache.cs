using Loyalty.Postgres.Points.Rows;

namespace Loyalty.Postgres.Points.Books;

/// <summary>
/// Members as they were after the last batch of operations, so that the next one need not read them: a member with many entries costs what is
/// new. They are right as long as nobody else wrote to the book, which its version tells. Not thread-safe.
/// </summary>
internal sealed class MemberCache(int mostEntries)
{
    private readonly Dictionary<string, LinkedListNode<StoredMember>> _members = new(StringComparer.Ordinal);
    private readonly LinkedList<StoredMember> _byUse = [];
    private long _version = -1;
    private long _epoch;
    private long _entries;

    /// <summary>How many claims of rewards with a stock count, as of the version.</summary>
    public Dictionary<string, int> Taken { get; } = new(StringComparer.Ordinal);

    /// <summary>Says at which version the book is; when that is not where it was left, every member must be looked at again.</summary>
    public void SeeAt(long version)
    {
        if (version != _version)
        {
            _epoch++;
            Taken.Clear();
        }

        _version = version;
    }

    /// <summary>A member, and whether it is certainly as in the database.</summary>
    public StoredMember? Find(string name, out bool isRight)
    {
        isRight = false;
        if (!_members.TryGetValue(name, out var node))
        {
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        isRight = node.Value.SeenAt == _epoch;
        return node.Value;
    }

    /// <summary>Keeps members of a batch that was kept at a version; the members used longest ago are forgotten when there is too much.</summary>
    public void Keep(IEnumerable<StoredMember> members, long version)
    {
        foreach (var member in members)
        {
            Forget(member.Ledger.Member);
            member.SeenAt = _epoch;
            _members.Add(member.Ledger.Member, _byUse.AddFirst(member));
            _entries += Weight(member);
        }

        _version = version;
        while (_entries > mostEntries && _byUse.Last is { } last && _byUse.Count > 1)
        {
            Forget(last.Value.Ledger.Member);
        }
    }

    /// <summary>Forgets a member, such as one that a batch changed which was not kept.</summary>
    public void Forget(string name)
    {
        if (_members.Remove(name, out var node))
        {
            _byUse.Remove(node);
            _entries -= node.Value.CountedAs;
        }
    }

    private static long Weight(StoredMember member) => member.CountedAs =
        member.Ledger.Entries.Length + 10 + (member.Book is { } book ? book.Claims.Count + (4 * book.Club.Enrollments.Count) : 0);
}
