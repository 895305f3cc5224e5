using Loyalty.Memory;
using Loyalty.Storage.InMemory.Members;

namespace Loyalty.Points.Ledger;

/// <content>
/// One operation, and what several in a row gain: the tables are larger than the cache of a processor, which answers many questions at once as fast as
/// one. So the places of some operations are asked for, step by step, before the first of them is done.
/// </content>
public sealed partial class PointsLedger
{
    private const int Steps = 5;

    /// <summary>How many operations take a step together, since the processor looks up several addresses at once.</summary>
    private const int GroupLength = 8;

    /// <summary>The end of most ids and names, in bytes from the start of the object.</summary>
    private const int ShortText = 48;

    /// <summary>Clues are kept from the second step on, until the operation is done; a power of two of groups.</summary>
    private const int CluesKept = 8 * GroupLength;

    /// <summary>Asks for the place of the key of an order that earns soon.</summary>
    internal void PrefetchEarn(string order) => _operations.Prefetch(OperationTable.Hash(LedgerOperationKind.Earn, order));

    private static Clue ClueOf(in LedgerOperation operation) => operation.Id is null ? default : new(
        OperationTable.Hash(operation.Kind, operation.Id), operation.Member is { } member ? LedgerTable.Hash(member) : 0, -1);

    private static void CheckIsUtc(DateTime recordedAt)
    {
        if (recordedAt.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("The instant must be in UTC.", nameof(recordedAt));
        }
    }

    private LedgerResult Apply(in LedgerOperation operation, Clue clue, int bookedDay, long recordedTicks)
    {
        if (operation.Id is null)
        {
            throw new ArgumentException("The default value is no operation; use a method of LedgerOperation.", nameof(operation));
        }

        if (!IsValid(operation))
        {
            return new(LedgerOutcome.Invalid, 0, 0, 0, 0);
        }

        if (_operations.Find(operation.Kind, operation.Id, clue.Key) is var known and >= 0)
        {
            ref var first = ref _operations[known];
            var field = first.Operation.Difference(operation);
            return field == LedgerField.None
                ? first.Result with { IsRepeat = true }
                : new LedgerResult(LedgerOutcome.Conflict, 0, 0, 0, first.Result.Balance) { Field = field };
        }

        var member = operation.Member is { } name ? _members.Find(name, clue.Member, clue.Number) : null;
        var number = _operations.Propose(operation);
        var result = Decide(number, operation, member, bookedDay, recordedTicks);
        if (result.Outcome == LedgerOutcome.UnknownTarget)
        {
            _operations.Drop();
        }
        else
        {
            _operations[number].Result = result;
            _operations.Keep(clue.Key);
        }

        return result;
    }

    /// <summary>Takes the steps that lead to the groups of operations further on: their texts, the slots of their hashes, the member, the ends of its lists.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="next">The first of the group that is done next; below 0 where nothing is done yet.</param>
    /// <param name="clues">What is known of operations, by number.</param>
    private void LookAhead(ReadOnlySpan<LedgerOperation> operations, int next, Span<Clue> clues)
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
            var clue = ClueOf(operation);
            clues[number++ & (CluesKept - 1)] = clue;
            _operations.Prefetch(clue.Key);
            _members.Prefetch(clue.Member);
        }

        foreach (ref var clue in Group(operations, clues, next + (3 * GroupLength)))
        {
            clue = clue with { Number = _members.Guess(clue.Member) };
            _members.PrefetchPlace(clue.Number);
            _operations.PrefetchNumbered(clue.Key);
        }

        foreach (var clue in Group(operations, clues, next + (2 * GroupLength)))
        {
            MemberLedger.Prefetch(_members[clue.Number]);
        }

        foreach (var clue in Group(operations, clues, next + GroupLength))
        {
            _members[clue.Number]?.PrefetchEnds();
        }
    }

    /// <summary>The operations of the group that begins at a number, as far as there are such.</summary>
    private static ReadOnlySpan<LedgerOperation> Group(ReadOnlySpan<LedgerOperation> operations, int first, out int number)
    {
        number = first;
        return (uint)first < (uint)operations.Length ? operations.Slice(first, Math.Min(GroupLength, operations.Length - first)) : default;
    }

    private static Span<Clue> Group(ReadOnlySpan<LedgerOperation> operations, Span<Clue> clues, int first) =>
        clues.Slice(first & (CluesKept - 1), Group(operations, first, out _).Length);

    /// <summary>Where an operation leads.</summary>
    /// <param name="Key">The hash of its key.</param>
    /// <param name="Member">The hash of its member.</param>
    /// <param name="Number">The number that its member most likely has; -1 where nothing is known.</param>
    private readonly record struct Clue(uint Key, uint Member, int Number);
}
