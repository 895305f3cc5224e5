using System.Runtime.InteropServices;
using Loyalty.Activities;

namespace Loyalty.Ingest.Videos;

/// <summary>
/// The rows of an export of TikTok Shop, in which a video may stand once for each product. Of several rows the one with the largest GMV counts, of
/// equal ones that whose record is the ordinally smallest: it is handed out last, so that it takes the place of the others.
/// </summary>
internal sealed class ShopVideos
{
    private readonly ActivityBatch _all = new();
    private readonly List<bool> _isSuperseded = [];
    private readonly Dictionary<string, (int Row, byte[] Record)> _best = new(StringComparer.Ordinal);
    private int _next;
    private bool _isLast;

    /// <summary>Takes the last row of a batch that was read.</summary>
    /// <param name="activity">The row.</param>
    /// <param name="record">The record as read.</param>
    public void Add(in Activity activity, ReadOnlySpan<byte> record)
    {
        var row = _all.Count;
        _all.Add(activity);
        _isSuperseded.Add(false);
        ref var best = ref CollectionsMarshal.GetValueRefOrAddDefault(_best, System.Text.Encoding.UTF8.GetString(activity.Key), out var isKnown);
        if (!isKnown)
        {
            best = (row, record.ToArray());
            return;
        }

        var known = _all[best.Row].Sales;
        if (activity.Sales > known || (activity.Sales == known && record.SequenceCompareTo(best.Record) < 0))
        {
            _isSuperseded[best.Row] = true;
            best = (row, record.ToArray());
        }
        else
        {
            _isSuperseded[row] = true;
        }
    }

    /// <summary>Fills a batch with the next rows: those that others take the place of first.</summary>
    public void Fill(ActivityBatch batch, int most)
    {
        while (batch.Count < most)
        {
            if (_next == _all.Count)
            {
                if (_isLast)
                {
                    return;
                }

                (_isLast, _next) = (true, 0);
                continue;
            }

            if (_isSuperseded[_next] != _isLast)
            {
                batch.Add(_all[_next]);
            }

            _next++;
        }
    }
}
