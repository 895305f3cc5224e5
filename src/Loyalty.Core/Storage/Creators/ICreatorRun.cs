using Loyalty.Creators;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Creators;

/// <summary>A run of imports: take what the files say, decide, read, commit. What is not committed leaves no trace.</summary>
/// <remarks>Not thread-safe.</remarks>
public interface ICreatorRun : IRun
{
    /// <summary>Takes what files say, in the order of merging; of one source the newest file last. Called once, before <see cref="DecideAsync"/>.</summary>
    /// <exception cref="ArgumentException">A file has performance figures and the run has no date.</exception>
    ValueTask TakeAsync(IReadOnlyList<SourceStatements> files, CancellationToken cancellationToken = default);

    /// <summary>Merges and counts; what the run holds afterwards is what the store will hold.</summary>
    ValueTask<CreatorOutcome> DecideAsync(CancellationToken cancellationToken = default);

    /// <summary>All creators in ordinal order of their handles, as they are after the run.</summary>
    IAsyncEnumerable<Creator> ReadCreatorsAsync(CancellationToken cancellationToken = default);

    /// <summary>All samples in ordinal order of order id and SKU id.</summary>
    IAsyncEnumerable<CreatorSample> ReadSamplesAsync(CancellationToken cancellationToken = default);

    /// <summary>All videos in ordinal order of their keys.</summary>
    IAsyncEnumerable<CreatorVideo> ReadVideosAsync(CancellationToken cancellationToken = default);

    /// <summary>All snapshots in order of creator, date and source.</summary>
    IAsyncEnumerable<CreatorSnapshot> ReadSnapshotsAsync(CancellationToken cancellationToken = default);

    /// <summary>All brand links in order of brand and creator; figures without a sample make none.</summary>
    IAsyncEnumerable<BrandLink> ReadBrandLinksAsync(CancellationToken cancellationToken = default);
}
