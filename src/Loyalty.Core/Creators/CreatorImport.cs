namespace Loyalty.Creators;

/// <summary>A line of the journal of imports: a file that was taken once, and what became of its rows.</summary>
/// <param name="Id">The number of the file, from 1, in the order in which files were first taken.</param>
/// <param name="Source">What kind of export it is.</param>
/// <param name="File">The name of the file.</param>
/// <param name="Fingerprint">The fingerprint by which the file is known again.</param>
/// <param name="RowsRead">Rows read.</param>
/// <param name="RowsSkipped">Rows that are no records.</param>
/// <param name="RowsRejected">Rows rejected.</param>
public sealed record CreatorImport(int Id, CreatorSource Source, string File, string Fingerprint, long RowsRead, long RowsSkipped, long RowsRejected);

/// <summary>How many of each kind a store has, or a run created or changed.</summary>
/// <param name="Creators">Creators.</param>
/// <param name="Samples">Samples.</param>
/// <param name="Videos">Videos.</param>
/// <param name="Snapshots">Performance snapshots.</param>
/// <param name="BrandLinks">Brand links.</param>
/// <param name="Products">Products.</param>
public readonly record struct CreatorCounts(int Creators, int Samples, int Videos, int Snapshots, int BrandLinks, int Products)
{
    /// <summary>Whether there is nothing of any kind.</summary>
    public bool AreZero => this == default;
}

/// <summary>What a run of imports did.</summary>
/// <param name="Totals">What the store has after it.</param>
/// <param name="Created">What is new.</param>
/// <param name="Changed">What has other values than before; where only the evidence of a creator is another one, the creator did not change.</param>
/// <param name="Known">The files of the run that had been taken before, by their fingerprints.</param>
/// <param name="Order">The order of merging.</param>
public sealed record CreatorOutcome(
    CreatorCounts Totals, CreatorCounts Created, CreatorCounts Changed, IReadOnlyList<CreatorImport> Known, IReadOnlyList<CreatorSource> Order);

/// <summary>What holds for all files of a run of imports.</summary>
public sealed record CreatorImportOptions
{
    /// <summary>The brand that gave the samples; <see langword="null"/> for the tenant, who is a brand.</summary>
    public string? Brand { get; init; }

    /// <summary>The date of the run: that of the snapshots. Required when a file has performance figures.</summary>
    public DateOnly? AsOf { get; init; }

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(CreatorImportOptions), PrintMembers);
}
