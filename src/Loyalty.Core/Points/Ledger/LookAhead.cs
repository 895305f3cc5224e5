using Loyalty.Memory;
using Loyalty.Storage.InMemory.Members;

namespace Loyalty.Points.Ledger;

/// <summary>
/// What several operations in a row gain: the tables are larger than the cache of a processor, which answers many questions at once as fast as one. So the
/// places of some operations are asked for, step by step, before the first of them is done.
/// </summary>
/// <param name="members">The members of the ledger.</param>
/// <param name="operationTable">The operations that are decided.</param>
internal readonly struct LookAhead(LedgerTable members, OperationTable operationTable)
{
    /// <summary>How many groups before the first one the steps begin.</summary>
    public const int Steps = 5;

    /// <summary>How many operations take a step together, since the processor looks up several addresses at once.</summary>
    public const int GroupLength = 8;

    /// <summary>Clues are kept from the second step on, until the operation is done; a power of two of groups.</summary>
    public const int CluesKept = 8 * GroupLength;

    /// <summary>The end of most ids and names, in bytes from the start of the object.</summary>
    private const int ShortText = 48;

    /// <summary>Takes the steps that lead to the groups of operations further on: their texts, the slots of their hashes, the member, the ends of its lists.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="next">The first of the group that is done next; below 0 where nothing is done yet.</param>
    /// <param name="clues">What is known of operations, by number.</param>
    public void Take(ReadOnlySpan<LedgerOperation> operations, int next, Span<OperationClue> clues)
    {
        foreach (ref readonly var operation in Group(operations, next + (5 * GroupLength), out _))
        {
            Cache.PrefetchObject(operation.Id);
            Cache.PrefetchObject(operation.Id, ShortText);
            Cache.PrefetchObject(operation.Member);
            Cache.PrefetchObject(operation.Member, ShortText);
        }

        foreach (ref readonly var operation in Group(operations, next + (4 * GroupLength), out var number))
        {
            var clue = OperationClue.Of(operation);
            clues[number++ & (CluesKept - 1)] = clue;
            operationTable.Prefetch(clue.Key);
            members.Prefetch(clue.Member);
        }

        foreach (ref var clue in Group(operations, clues, next + (3 * GroupLength)))
        {
            clue = clue with { Number = members.Guess(clue.Member) };
            members.PrefetchPlace(clue.Number);
            operationTable.PrefetchNumbered(clue.Key);
        }

        foreach (var clue in Group(operations, clues, next + (2 * GroupLength)))
        {
            MemberLedger.Prefetch(members[clue.Number]);
        }

        foreach (var clue in Group(operations, clues, next + GroupLength))
        {
            members[clue.Number]?.PrefetchEnds();
        }
    }

    /// <summary>The operations of the group that begins at a number, as far as there are such.</summary>
    public static ReadOnlySpan<LedgerOperation> Group(ReadOnlySpan<LedgerOperation> operations, int first, out int number)
    {
        number = first;
        return (uint)first < (uint)operations.Length ? operations.Slice(first, Math.Min(GroupLength, operations.Length - first)) : default;
    }

    private static Span<OperationClue> Group(ReadOnlySpan<LedgerOperation> operations, Span<OperationClue> clues, int first) =>
        clues.Slice(first & (CluesKept - 1), Group(operations, first, out _).Length);
}

/// <summary>Where an operation leads.</summary>
/// <param name="Key">The hash of its key.</param>
/// <param name="Member">The hash of its member.</param>
/// <param name="Number">The number that its member most likely has; -1 where nothing is known.</param>
internal readonly record struct OperationClue(uint Key, uint Member, int Number)
{
    public static OperationClue Of(in LedgerOperation operation) => operation.Id is null ? default : new(
        OperationTable.Hash(operation.Kind, operation.Id), operation.Member is { } member ? LedgerTable.Hash(member) : 0, -1);
}
