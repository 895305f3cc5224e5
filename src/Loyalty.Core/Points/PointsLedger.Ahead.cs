using Loyalty.Storage.InMemory;

namespace Loyalty.Points;

/// <content>
/// One operation, and what several in a row gain: the tables are larger than the cache of a processor, which answers many questions at once as fast as
/// one. So the places of some operations are asked for, step by step, before the first of them is done.
/// </content>
public sealed partial class PointsLedger
{
    /// <summary>How many operations are looked at together.</summary>
    private const int LookAhead = 16;

    private static Hashes HashesOf(in LedgerOperation operation) => operation.Id is null ? default : new(
        OperationTable.Hash(operation.Kind, operation.Id), operation.Member is { } member ? MemberTable.Hash(member) : 0);

    private static void CheckIsUtc(DateTime recordedAt)
    {
        if (recordedAt.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("The instant must be in UTC.", nameof(recordedAt));
        }
    }

    private LedgerResult Apply(in LedgerOperation operation, Hashes hashes, int bookedDay, long recordedTicks)
    {
        if (operation.Id is null)
        {
            throw new ArgumentException("The default value is no operation; use a method of LedgerOperation.", nameof(operation));
        }

        if (!IsValid(operation))
        {
            return new(LedgerOutcome.Invalid, 0, 0, 0, 0);
        }

        if (_operations.Find(operation.Kind, operation.Id, hashes.Key) is var known and >= 0)
        {
            ref var first = ref _operations[known];
            var field = first.Operation.Difference(operation);
            return field == LedgerField.None
                ? first.Result with { IsRepeat = true }
                : new LedgerResult(LedgerOutcome.Conflict, 0, 0, 0, first.Result.Balance) { Field = field };
        }

        var member = operation.Member is { } name ? _members.Find(name, hashes.Member) : null;
        var number = _operations.Propose(operation);
        var result = Decide(number, operation, member, bookedDay, recordedTicks);
        if (result.Outcome == LedgerOutcome.UnknownTarget)
        {
            _operations.Drop();
        }
        else
        {
            _operations[number].Result = result;
            _operations.Keep(hashes.Key);
        }

        return result;
    }

    /// <summary>Hashes operations and asks for what they will look up.</summary>
    private void Prefetch(ReadOnlySpan<LedgerOperation> operations, Span<Hashes> hashes)
    {
        for (var i = 0; i < operations.Length; i++)
        {
            hashes[i] = HashesOf(operations[i]);
            _operations.Prefetch(hashes[i].Key);
            _members.Prefetch(hashes[i].Member);
        }

        for (var i = 0; i < operations.Length; i++)
        {
            _members.Guess(hashes[i].Member)?.Prefetch();
            if (_operations.Guess(hashes[i].Key) is var number and >= 0)
            {
                Cache.Prefetch(in _operations[number]);
            }
        }

        for (var i = 0; i < operations.Length; i++)
        {
            _members.Guess(hashes[i].Member)?.PrefetchEnds();
        }
    }

    /// <summary>The hashes of the key and of the member of an operation.</summary>
    private readonly record struct Hashes(uint Key, uint Member);
}
