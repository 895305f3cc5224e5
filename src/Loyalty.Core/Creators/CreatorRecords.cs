namespace Loyalty.Creators;

/// <summary>Records of creators by their keys: all that a store has, or the part of it that a run touches.</summary>
/// <remarks>The records are immutable; the dictionaries are not thread-safe.</remarks>
public sealed class CreatorRecords
{
    /// <summary>Creators by handle.</summary>
    public Dictionary<string, Creator> Creators { get; } = new(StringComparer.Ordinal);

    /// <summary>Samples by order id and SKU id.</summary>
    public Dictionary<(string OrderId, string SkuId), CreatorSample> Samples { get; } = [];

    /// <summary>Videos by key.</summary>
    public Dictionary<string, CreatorVideo> Videos { get; } = new(StringComparer.Ordinal);

    /// <summary>Snapshots by creator, date and source.</summary>
    public Dictionary<(string Handle, DateOnly Date, CreatorSource Source), CreatorSnapshot> Snapshots { get; } = [];

    /// <summary>Links by brand and creator.</summary>
    public Dictionary<(string Brand, string Handle), BrandLink> Links { get; } = [];

    /// <summary>Products by id.</summary>
    public Dictionary<string, CreatorProduct> Products { get; } = new(StringComparer.Ordinal);

    /// <summary>Earlier handles.</summary>
    public Dictionary<string, EarlierHandle> EarlierHandles { get; } = new(StringComparer.Ordinal);

    /// <summary>The journal of imports.</summary>
    public List<CreatorImport> Imports { get; } = [];

    /// <summary>The order of merging: the order in which the sources were first taken.</summary>
    public List<CreatorSource> Order { get; } = [];

    /// <summary>How many there are of each kind in the whole store.</summary>
    public CreatorCounts Totals { get; set; }

    /// <summary>Puts changes into records that are whole.</summary>
    internal void ApplyTo(CreatorRecords whole)
    {
        Put(Creators, whole.Creators);
        Put(Samples, whole.Samples);
        Put(Videos, whole.Videos);
        Put(Snapshots, whole.Snapshots);
        Put(Links, whole.Links);
        Put(Products, whole.Products);
        whole.Imports.AddRange(Imports);
        whole.Order.Clear();
        whole.Order.AddRange(Order);
        whole.Totals = Totals;
    }

    private static void Put<TKey, T>(Dictionary<TKey, T> changes, Dictionary<TKey, T> whole)
        where TKey : notnull
    {
        if (whole.Count == 0)
        {
            whole.EnsureCapacity(changes.Count);
        }

        foreach (var (key, record) in changes)
        {
            whole[key] = record;
        }
    }

    /// <summary>The handle under which a creator is kept now.</summary>
    public string Current(string handle)
    {
        // A chain of changes ends, because a handle that is in use again is no earlier one.
        while (EarlierHandles.TryGetValue(handle, out var earlier))
        {
            handle = earlier.Current;
        }

        return handle;
    }
}

/// <summary>A handle that a creator had before.</summary>
/// <param name="Handle">The earlier handle.</param>
/// <param name="Current">The handle of the creator now.</param>
/// <param name="ChangedOn">The day on which the creator took another handle.</param>
public sealed record EarlierHandle(string Handle, string Current, DateOnly ChangedOn)
{
    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(EarlierHandle), PrintMembers);
}
