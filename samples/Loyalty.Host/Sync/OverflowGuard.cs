using System.Text;
using Loyalty.Activities;
using Loyalty.Ingest.Videos;
using Loyalty.Storage.Members;

namespace Loyalty.Host.Sync;

/// <summary>
/// Adds the rows of members up one by one whose totals left 64 bits in an earlier attempt, so that the row that does it can be rejected: hardly ever
/// anybody. What is above zero and what is below are added up apart, because stores add in orders of their own.
/// </summary>
internal sealed class OverflowGuard
{
    private readonly Dictionary<string, Sums> _members = new(StringComparer.Ordinal);

    /// <summary>Whether anybody is watched.</summary>
    public bool IsNeeded => _members.Count > 0;

    /// <summary>Watches a member: at first what the files say, and when that was not enough, what is stored with it.</summary>
    /// <returns>Whether there is anything left to try.</returns>
    public async ValueTask<bool> TryWatchAsync(IMemberStore members, string handle, CancellationToken cancellation)
    {
        if (_members.TryAdd(handle, new Sums(stored: null)))
        {
            return true;
        }

        if (_members[handle].Stored is not null || await members.FindProgressAsync(handle, cancellation) is not { } progress)
        {
            return false;
        }

        _members[handle] = new Sums(progress.Totals);
        return true;
    }

    /// <summary>Forgets the rows of an attempt.</summary>
    public void Restart()
    {
        foreach (var (handle, sums) in _members)
        {
            _members[handle] = new Sums(sums.Stored);
        }
    }

    /// <inheritdoc cref="OverflowCheck"/>
    public Metric? Take(in Activity activity) => _members.TryGetValue(Encoding.UTF8.GetString(activity.Handle), out var sums)
        ? sums.Take(Encoding.UTF8.GetString(activity.Key), activity.Totals)
        : null;

    /// <summary>Whether an adjustment may be taken; it counts then.</summary>
    public bool TryTake(Adjustment adjustment) =>
        !_members.TryGetValue(adjustment.Handle, out var sums)
        || sums.Take($"adjustment {adjustment.Id}", new ActivityTotals(adjustment.Sales, adjustment.Units, 0, 0, 0, 0)) is null;

    private sealed class Sums(MemberTotals? stored)
    {
        private static readonly Metric[] Metrics = Enum.GetValues<Metric>();
        private readonly Dictionary<string, ActivityTotals> _rows = new(StringComparer.Ordinal);
        private readonly Int128[] _above = [.. Metrics.Select(m => Above(StoredOf(stored, m)))];
        private readonly Int128[] _below = [.. Metrics.Select(m => Above(-StoredOf(stored, m)))];

        public MemberTotals? Stored => stored;

        public Metric? Take(string key, ActivityTotals row)
        {
            var before = _rows.GetValueOrDefault(key);
            for (var i = 0; i < Metrics.Length; i++)
            {
                Int128 now = Of(row, Metrics[i]), was = Of(before, Metrics[i]);
                if (_above[i] + Above(now) - Above(was) > long.MaxValue || _below[i] + Above(-now) - Above(-was) > long.MaxValue)
                {
                    return Metrics[i];
                }
            }

            for (var i = 0; i < Metrics.Length; i++)
            {
                Int128 now = Of(row, Metrics[i]), was = Of(before, Metrics[i]);
                _above[i] += Above(now) - Above(was);
                _below[i] += Above(-now) - Above(-was);
            }

            _rows[key] = row;
            return null;
        }

        private static Int128 Above(Int128 value) => value > 0 ? value : 0;

        private static Int128 StoredOf(MemberTotals? stored, Metric metric) => stored is not { } totals ? 0 : Of(totals.Lifetime, metric) + metric switch
        {
            Metric.Sales => (Int128)totals.LifetimeAdjustments.Sales,
            Metric.Units => totals.LifetimeAdjustments.Units,
            _ => 0,
        };

        private static Int128 Of(ActivityTotals totals, Metric metric) => metric switch
        {
            Metric.Sales => totals.Sales,
            Metric.Units => totals.Units,
            Metric.Videos => totals.Videos,
            Metric.Views => totals.Views,
            Metric.Likes => totals.Likes,
            _ => totals.Comments,
        };
    }
}
