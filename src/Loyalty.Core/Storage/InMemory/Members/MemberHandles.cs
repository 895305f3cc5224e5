namespace Loyalty.Storage.InMemory.Members;

/// <summary>The handles of members as strings. In a run each is made once, for decisions, members and missions together.</summary>
internal sealed class MemberHandles
{
    private readonly HandleTable _handles;
    private readonly string?[] _made;

    private MemberHandles(HandleTable handles, int made)
    {
        _handles = handles;
        _made = made == 0 ? [] : new string?[made];
    }

    /// <summary>The handle of a member. Several threads may ask at once; the same string is not promised.</summary>
    public string this[int member] => member < _made.Length ? _made[member] ??= _handles.Text(member) : _handles.Text(member);

    /// <summary>Handles that are asked for once.</summary>
    public static MemberHandles Once(HandleTable handles) => new(handles, 0);

    /// <summary>Handles that are asked for several times, of that many members.</summary>
    public static MemberHandles Kept(HandleTable handles, int members) => new(handles, members);

    /// <summary>Asks for the text of a handle that is not made yet.</summary>
    public void Prefetch(int member)
    {
        if (member >= _made.Length || _made[member] is null)
        {
            _handles.PrefetchText(member);
        }
    }
}
