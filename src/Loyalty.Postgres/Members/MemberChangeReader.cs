using Loyalty.Postgres.Sessions;
using Npgsql;

namespace Loyalty.Postgres.Members;

/// <summary>One thing that happened to a member in a run, or the mark that the member is due.</summary>
/// <param name="Kind">0 due, 1 activity added, -1 activity taken away, 2 adjustment added, -2 adjustment taken away.</param>
/// <param name="Day">The day it counts on; 0 for the mark.</param>
/// <param name="Sales">Minor units.</param>
/// <param name="Units">Units.</param>
/// <param name="Views">Views.</param>
/// <param name="Likes">Likes.</param>
/// <param name="Comments">Comments.</param>
internal readonly record struct MemberChange(int Kind, int Day, long Sales, long Units, long Views, int Likes, int Comments);

/// <summary>A member to be reviewed: the handle, and which of the changes of the chunk are theirs.</summary>
internal readonly record struct ChangedMember(string Handle, int First, int End);

/// <summary>Reads what happened to members in order of handles, a chunk of whole members at a time, from a cursor.</summary>
internal sealed class MemberChangeReader : IMemberChangeSource
{
    private readonly TenantTransaction _transaction;
    private readonly StoreLimits _limits;
    private readonly string _fetch;
    private readonly List<(string Handle, MemberChange MemberChange)> _ahead = [];
    private int _next;
    private bool _ended;

    /// <summary>Reads from a cursor over handle, kind, day, sales, units, views, likes, comments, in order of handles.</summary>
    public MemberChangeReader(TenantTransaction transaction, string cursor, StoreLimits limits)
    {
        _limits = limits;
        _transaction = transaction;
        _fetch = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"FETCH FORWARD {limits.FetchRows} FROM {cursor}");
    }

    public List<ChangedMember> Members { get; } = [];

    public List<MemberChange> Changes { get; } = [];

    /// <summary>Reads the next chunk.</summary>
    /// <returns>Whether there was one.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        Members.Clear();
        Changes.Clear();
        string? handle = null;
        var first = 0;
        while (true)
        {
            if (_next == _ahead.Count && !await FetchAsync(cancellationToken).ConfigureAwait(false))
            {
                break;
            }

            var (of, change) = _ahead[_next];
            if (!string.Equals(of, handle, StringComparison.Ordinal))
            {
                if (handle is not null)
                {
                    Members.Add(new ChangedMember(handle, first, Changes.Count));
                    if (Members.Count == _limits.ChunkMembers || Changes.Count >= _limits.FetchRows * 4)
                    {
                        return true;
                    }
                }

                handle = of;
                first = Changes.Count;
            }

            Changes.Add(change);
            _next++;
        }

        if (handle is not null)
        {
            Members.Add(new ChangedMember(handle, first, Changes.Count));
        }

        return Members.Count > 0;
    }

    private async ValueTask<bool> FetchAsync(CancellationToken cancellationToken)
    {
        _ahead.Clear();
        _next = 0;
        if (_ended)
        {
            return false;
        }

        var command = _transaction.LocalCommand(_fetch);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    _ahead.Add((reader.GetString(0), ReadChange(reader)));
                }
            }
        }

        _ended = _ahead.Count < _limits.FetchRows;
        return _ahead.Count > 0;
    }

    private static MemberChange ReadChange(NpgsqlDataReader reader)
    {
        var kind = reader.GetInt32(1);
        return kind switch
        {
            0 => default,
            2 or -2 => new MemberChange(kind, MemberRow.Day(reader, 2), reader.GetInt64(3), reader.GetInt64(4), 0, 0, 0),
            _ => new MemberChange(
                kind, MemberRow.Day(reader, 2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt32(6), reader.GetInt32(7)),
        };
    }
}
