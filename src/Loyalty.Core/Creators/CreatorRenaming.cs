namespace Loyalty.Creators;

/// <summary>A creator takes another handle: what moves, and what the creator is afterwards.</summary>
/// <remarks>Immutable. When the new handle is known already, both become one creator: what the sources say of either counts, samples and videos add up.</remarks>
public sealed class CreatorRenaming
{
    private readonly string _before;
    private readonly EarlierHandle _earlier;
    private readonly List<BrandLink> _links = [];

    private CreatorRenaming(string before, EarlierHandle earlier, Creator creator) => (_before, _earlier, Creator) = (before, earlier, creator);

    /// <summary>The creator after the change.</summary>
    public Creator Creator { get; }

    /// <summary>The entry of the history.</summary>
    public EarlierHandle Earlier => _earlier;

    /// <summary>The brand links of the creator after the change.</summary>
    public IReadOnlyList<BrandLink> Links => _links;

    /// <summary>Decides what becomes of a creator that takes another handle.</summary>
    /// <param name="records">Both creators, as far as they are known, and their brand links.</param>
    /// <param name="handle">The earlier handle.</param>
    /// <param name="current">The handle now.</param>
    /// <param name="changedOn">The day of the change.</param>
    public static CreatorRenaming Decide(CreatorRecords records, string handle, string current, DateOnly changedOn)
    {
        ArgumentNullException.ThrowIfNull(records);
        var old = records.Creators[handle];
        var other = records.Creators.GetValueOrDefault(current);
        var creator = CreatorMerge.Merge(
            old with
            {
                Handle = current,
                Evidence = other is null ? old.Evidence : other.Evidence.Union(old.Evidence),
                Samples = old.Samples + (other?.Samples ?? 0),
                Videos = old.Videos + (other?.Videos ?? 0),
                Tags = other is null ? old.Tags : [.. other.Tags.Union(old.Tags, StringComparer.Ordinal).Order(Memory.CodePointOrder.Instance)],
            },
            records.Order);
        var renaming = new CreatorRenaming(handle, new EarlierHandle(handle, current, changedOn), creator);
        foreach (var link in records.Links.Values.Where(l => string.Equals(l.Handle, handle, StringComparison.Ordinal)))
        {
            var theirs = records.Links.GetValueOrDefault((link.Brand, current));
            renaming._links.Add(theirs is null
                ? link with { Handle = current }
                : theirs with
                {
                    Samples = theirs.Samples + link.Samples, Gmv = theirs.Gmv ?? link.Gmv, Videos = theirs.Videos ?? link.Videos, Lives = theirs.Lives ?? link.Lives,
                    ProductsSampled = theirs.ProductsSampled.Length > 0 ? theirs.ProductsSampled : link.ProductsSampled,
                });
        }

        return renaming;
    }

    /// <summary>Moves everything in records that are whole.</summary>
    internal void ApplyTo(CreatorRecords records)
    {
        var current = Creator.Handle;
        var merged = records.Creators.ContainsKey(current);
        records.Creators.Remove(_before);
        records.Creators[current] = Creator;
        foreach (var (key, sample) in records.Samples.Where(s => string.Equals(s.Value.Handle, _before, StringComparison.Ordinal)).ToArray())
        {
            records.Samples[key] = sample with { Handle = current };
        }

        foreach (var (key, video) in records.Videos.Where(v => string.Equals(v.Value.Handle, _before, StringComparison.Ordinal)).ToArray())
        {
            records.Videos[key] = video with { Handle = current };
        }

        var lostSnapshots = 0;
        foreach (var (key, snapshot) in records.Snapshots.Where(s => string.Equals(s.Key.Handle, _before, StringComparison.Ordinal)).ToArray())
        {
            records.Snapshots.Remove(key);
            lostSnapshots += records.Snapshots.TryAdd((current, key.Date, key.Source), snapshot with { Handle = current }) ? 0 : 1;
        }

        var lostLinks = 0;
        foreach (var link in _links)
        {
            lostLinks += records.Links[(link.Brand, _before)].IsLink && records.Links.GetValueOrDefault((link.Brand, current)) is { IsLink: true } ? 1 : 0;
            records.Links.Remove((link.Brand, _before));
            records.Links[(link.Brand, current)] = link;
        }

        // The handle is in use again.
        records.EarlierHandles.Remove(current);
        records.EarlierHandles[_before] = _earlier;
        var totals = records.Totals;
        records.Totals = totals with
        {
            Creators = totals.Creators - (merged ? 1 : 0), Snapshots = totals.Snapshots - lostSnapshots, BrandLinks = totals.BrandLinks - lostLinks,
        };
    }
}
