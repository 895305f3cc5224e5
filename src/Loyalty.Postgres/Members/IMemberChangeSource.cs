namespace Loyalty.Postgres.Members;

/// <summary>Gives what happened to members, in order of handles, a chunk of whole members at a time.</summary>
internal interface IMemberChangeSource
{
    /// <summary>The members of the chunk.</summary>
    List<ChangedMember> Members { get; }

    /// <summary>What happened to them.</summary>
    List<MemberChange> Changes { get; }

    /// <summary>Goes on to the next chunk.</summary>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> ReadAsync(CancellationToken cancellationToken);
}
