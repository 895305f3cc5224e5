using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>What a run holds, as it is after <see cref="Decide"/>: all there is, when the store gave all it has or had nothing before. <see cref="CreatorOutcome.Totals"/> tells.</summary>
public sealed partial class CreatorBook
{
    /// <summary>Creators in ordinal order of their handles.</summary>
    public IReadOnlyList<Creator> Creators() =>
        Held(_stored.Creators, Changes.Creators, static (a, b) => Order(a.Handle, b.Handle));

    /// <summary>Samples in ordinal order of order id and SKU id.</summary>
    public IReadOnlyList<CreatorSample> Samples() =>
        Held(_stored.Samples, Changes.Samples, static (a, b) => Order(a.OrderId, b.OrderId) is var order && order != 0 ? order : Order(a.SkuId, b.SkuId));

    /// <summary>Videos in ordinal order of their keys.</summary>
    public IReadOnlyList<CreatorVideo> Videos() =>
        Held(_stored.Videos, Changes.Videos, static (a, b) => Order(a.Key, b.Key));

    /// <summary>Snapshots in order of creator, date and source.</summary>
    public IReadOnlyList<CreatorSnapshot> Snapshots() => Held(
        _stored.Snapshots, Changes.Snapshots,
        static (a, b) => Order(a.Handle, b.Handle) is var order && order != 0 ? order : (a.Date, a.Source).CompareTo((b.Date, b.Source)));

    /// <summary>Brand links in order of brand and creator; figures without a sample make none.</summary>
    public IReadOnlyList<BrandLink> BrandLinks() => Held(
        _stored.Links, Changes.Links, static (a, b) => Order(a.Brand, b.Brand) is var order && order != 0 ? order : Order(a.Handle, b.Handle), static l => l.IsLink);

    private static int Order(string a, string b) => CodePointOrder.Instance.Compare(a, b);

    private static List<T> Held<TKey, T>(Dictionary<TKey, T> stored, Dictionary<TKey, T> changes, Comparison<T> order, Func<T, bool>? filter = null)
        where TKey : notnull
    {
        var records = new List<T>(stored.Count + changes.Count);
        foreach (var (key, record) in stored)
        {
            if (!changes.ContainsKey(key) && filter?.Invoke(record) != false)
            {
                records.Add(record);
            }
        }

        records.AddRange(filter is null ? changes.Values : changes.Values.Where(filter));
        records.Sort(order);
        return records;
    }
}
