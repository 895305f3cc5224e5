namespace Loyalty.Identity.Merging;

/// <summary>Where a value was read.</summary>
/// <param name="Source">The place of the source in the order of merging; 0 is asked first.</param>
/// <param name="File">The number of the file among those of its source; a higher one is newer.</param>
/// <param name="Line">The line of the file where the record starts.</param>
public readonly record struct MergeOrigin(int Source, int File, long Line);
