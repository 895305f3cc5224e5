using System.Runtime.InteropServices;
using Loyalty.Activities;
using Loyalty.Postgres.Sessions;

namespace Loyalty.Postgres.Members;

/// <summary>
/// What a first load of moderate size means for members, remembered while the rows went by: 44 bytes a row instead of a sort in the database
/// and a second journey of every row. Members can then be reviewed while the database writes their activity.
/// </summary>
internal sealed class RememberedChanges : IMemberChangeSource
{
    private readonly StoreLimits _limits;
    private readonly HandleNumbers _handles = new();
    private readonly List<int> _members = [];
    private readonly List<MemberChange> _changes = [];
    private Dictionary<string, List<MemberChange>> _adjustments = [];
    private int[] _order = [];
    private int[] _first = [];
    private int[] _rows = [];
    private int _next;

    public RememberedChanges(StoreLimits limits) => _limits = limits;

    public List<ChangedMember> Members { get; } = [];

    public List<MemberChange> Changes { get; } = [];

    public int Count => _changes.Count;

    public void Add(in Activity activity)
    {
        _members.Add(_handles.GetOrAdd(activity.Handle));
        _changes.Add(new MemberChange(
            1, activity.Date.DayNumber, activity.Sales, activity.Units, activity.Views, activity.Likes, activity.Comments));
    }

    /// <summary>Ends the taking of rows and brings them into order of members.</summary>
    /// <param name="adjustments">What the adjustments of the run mean for members.</param>
    public void Close(Dictionary<string, List<MemberChange>> adjustments)
    {
        _adjustments = adjustments;
        _order = _handles.InOrder();
        _first = new int[_handles.Count + 1];
        foreach (var member in CollectionsMarshal.AsSpan(_members))
        {
            _first[member + 1]++;
        }

        for (var i = 1; i < _first.Length; i++)
        {
            _first[i] += _first[i - 1];
        }

        _rows = new int[_members.Count];
        var at = _first.AsSpan(0, _handles.Count).ToArray();
        for (var row = 0; row < _rows.Length; row++)
        {
            _rows[at[_members[row]]++] = row;
        }
    }

    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Members.Clear();
        Changes.Clear();
        for (; _next < _order.Length && Members.Count < _limits.ChunkMembers; _next++)
        {
            var member = _order[_next];
            var first = Changes.Count;
            for (var i = _first[member]; i < _first[member + 1]; i++)
            {
                Changes.Add(_changes[_rows[i]]);
            }

            var handle = _handles.Text(member);
            if (_adjustments.TryGetValue(handle, out var adjustments))
            {
                Changes.AddRange(adjustments);
            }

            Members.Add(new ChangedMember(handle, first, Changes.Count));
        }

        return new(Members.Count > 0);
    }
}
