using Loyalty.Memory;

namespace Loyalty.Creators;

/// <content>What a run holds. Each list is made anew by each call.</content>
public sealed partial class CreatorBook
{
    /// <summary>The creators that the run was given or made, as they are after <see cref="Decide"/>, in ordinal order of their handles.</summary>
    /// <remarks>They are all there are when they are as many as <see cref="CreatorOutcome.Totals"/> says; else the store has others, which the files do not touch.</remarks>
    public IReadOnlyList<Creator> Creators() =>
        Held(_stored.Creators, Changes.Creators, static (a, b) => Order(a.Handle, b.Handle));

    /// <summary>The samples that the run was given or made, in ordinal order of order id and SKU id.</summary>
    /// <inheritdoc cref="Creators" path="/remarks"/>
    public IReadOnlyList<CreatorSample> Samples() =>
        Held(_stored.Samples, Changes.Samples, static (a, b) => Order(a.OrderId, b.OrderId) is var order && order != 0 ? order : Order(a.SkuId, b.SkuId));

    /// <summary>The videos that the run was given or made, in ordinal order of their keys.</summary>
    /// <inheritdoc cref="Creators" path="/remarks"/>
    public IReadOnlyList<CreatorVideo> Videos() =>
        Held(_stored.Videos, Changes.Videos, static (a, b) => Order(a.Key, b.Key));

    /// <summary>The snapshots that the run was given or made, in order of creator, date and source.</summary>
    /// <inheritdoc cref="Creators" path="/remarks"/>
    public IReadOnlyList<CreatorSnapshot> Snapshots() => Held(
        _stored.Snapshots, Changes.Snapshots,
        static (a, b) => Order(a.Handle, b.Handle) is var order && order != 0 ? order : (a.Date, a.Source).CompareTo((b.Date, b.Source)));

    /// <summary>The brand links that the run was given or made, in order of brand and creator; figures without a sample make none.</summary>
    /// <inheritdoc cref="Creators" path="/remarks"/>
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
