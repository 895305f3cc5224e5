using System.Text;
using Loyalty.Activities;

namespace Loyalty.Benchmarks.Postgres;

/// <summary>Rows as a videos export has them: creators with a few videos or many, keys in no order, texts of usual length.</summary>
internal sealed class VideoRows
{
    private readonly int _rows;
    private readonly int _creators;
    private readonly Dictionary<int, IReadOnlyList<ActivityBatch>> _made = [];

    public VideoRows(int rows, int creators)
    {
        _rows = rows;
        _creators = creators;
    }

    public int Count => _rows;

    /// <summary>All batches of <see cref="Batches"/>, made once, so that making them is no part of what is measured.</summary>
    public IReadOnlyList<ActivityBatch> Made(int changedEvery)
    {
        if (!_made.TryGetValue(changedEvery, out var batches))
        {
            _made.Add(changedEvery, batches = [.. Batches(changedEvery, () => new ActivityBatch())]);
        }

        return batches;
    }

    /// <summary>Batches of rows, one at a time in the same memory; every <paramref name="changedEvery"/>th row has other numbers, 0 for none.</summary>
    public IEnumerable<ActivityBatch> Batches(int changedEvery = 0)
    {
        var same = new ActivityBatch();
        return Batches(changedEvery, () =>
        {
            same.Clear();
            return same;
        });
    }

    private IEnumerable<ActivityBatch> Batches(int changedEvery, Func<ActivityBatch> next)
    {
        var batch = next();
        for (var i = 0; i < _rows; i++)
        {
            Add(batch, i, changedEvery > 0 && i % changedEvery == 0 ? 1 : 0);
            if (batch.Count == ActivityBatch.PreferredCount)
            {
                yield return batch;
                batch = next();
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private void Add(ActivityBatch batch, int i, int change)
    {
        var mixed = Mix((uint)i);
        Span<byte> handle = stackalloc byte[24];
        Span<byte> key = stackalloc byte[24];
        Span<byte> url = stackalloc byte[96];
        Span<byte> title = stackalloc byte[96];
        Span<byte> ctr = stackalloc byte[12];
        Encoding.UTF8.TryGetBytes($"creator_{mixed % (uint)_creators:D6}", handle, out var handleLength);
        Encoding.UTF8.TryGetBytes($"{7_300_000_000_000_000_000 + ((long)Mix((uint)i ^ 0x5bd1e995) << 20) + i}", key, out var keyLength);
        Encoding.UTF8.TryGetBytes(
            $"https://www.tiktok.com/@{Encoding.UTF8.GetString(handle[..handleLength])}/video/{Encoding.UTF8.GetString(key[..keyLength])}", url, out var urlLength);
        Encoding.UTF8.TryGetBytes($"Unboxing number {i} of my favourite things #fyp", title, out var titleLength);
        Encoding.UTF8.TryGetBytes($"{mixed % 9}.{mixed % 7}%", ctr, out var ctrLength);
        batch.Add(new Activity
        {
            Handle = handle[..handleLength],
            Key = key[..keyLength],
            Date = new DateOnly(2025, 1, 1).AddDays((int)(mixed >> 8) % 300),
            Sales = (mixed % 20_000) + change,
            Units = (int)(mixed % 20) + change,
            Views = (mixed % 100_000) + change,
            Likes = (int)(mixed % 500),
            Comments = (int)(mixed % 50),
            ClickThroughRate = ctr[..ctrLength],
            Title = title[..titleLength],
            Url = url[..urlLength],
        });
    }

    private static uint Mix(uint x)
    {
        x ^= x >> 16;
        x *= 0x7feb352d;
        x ^= x >> 15;
        x *= 0x846ca68b;
        return x ^ (x >> 16);
    }
}
