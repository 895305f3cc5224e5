using System.Collections;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Storage.InMemory.Members;

/// <summary>The decisions of a run, made when they are asked for.</summary>
/// <param name="handles">The names of the members.</param>
/// <param name="rows">The rows of all decisions.</param>
/// <param name="rules">What decisions share.</param>
/// <param name="deciding">The members that were decided about in order, the first of their new rows, and how many decisions there are with theirs.</param>
internal sealed class RunDecisions(HandleTable handles, RowHeap<DecisionRow> rows, NumberedValues<DecisionRule> rules, (int Member, int First, int End)[] deciding) : IReadOnlyList<MemberDecision>
{
    public int Count => deciding.Length == 0 ? 0 : deciding[^1].End;

    /// <summary>How many there are of each kind.</summary>
    public long[] CountKinds()
    {
        var kinds = new long[(int)DecisionKind.GraceStarted + 1];
        var begin = 0;
        foreach (var (_, first, end) in deciding)
        {
            for (var row = first; row < first + end - begin; row++)
            {
                kinds[(int)rows[row].Kind]++;
            }

            begin = end;
        }

        return kinds;
    }

    public MemberDecision this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var (low, high) = (0, deciding.Length - 1);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = deciding[middle].End > index ? (low, middle) : (middle + 1, high);
            }

            return Make(low, index - (low == 0 ? 0 : deciding[low - 1].End));
        }
    }

    public IEnumerator<MemberDecision> GetEnumerator()
    {
        var begin = 0;
        for (var i = 0; i < deciding.Length; i++)
        {
            for (var number = 0; number < deciding[i].End - begin; number++)
            {
                yield return Make(i, number);
            }

            begin = deciding[i].End;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private MemberDecision Make(int place, int number) => new(handles.Text(deciding[place].Member), rows[deciding[place].First + number].ToDecision(rules));
}
