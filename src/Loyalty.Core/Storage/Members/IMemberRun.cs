using Loyalty.Activities;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Members;

/// <summary>
/// A run of members: takes activities, then adjustments, reviews the members, can be read, and is kept when it is committed.
/// </summary>
/// <remarks>The order of calls is fixed: activities, adjustments, review, reads, commit.</remarks>
public interface IMemberRun : IRun
{
    /// <summary>Takes in activities. The last one with a key wins; equal to what is stored, it changes nothing.</summary>
    /// <exception cref="ArgumentException">The store cannot keep a text: PostgreSQL keeps no U+0000 and only well-formed UTF-8. Readers of <c>Loyalty.Ingest</c> reject such rows.</exception>
    /// <exception cref="InvalidOperationException">Adjustments were taken or the review has begun.</exception>
    ValueTask ApplyAsync(ActivityBatch batch, CancellationToken cancellationToken = default);

    /// <summary>Takes in adjustments, by id as activities by key.</summary>
    /// <returns>
    /// The indexes of those whose handle no member has; they are not taken, and count neither as read nor as superseding an earlier one.
    /// </returns>
    /// <exception cref="ArgumentException">One cannot be kept: see <see cref="MemberRules.CheckStorable"/>. None was taken.</exception>
    /// <exception cref="InvalidOperationException">The review has begun.</exception>
    ValueTask<IReadOnlyList<int>> ApplyAsync(IReadOnlyList<Adjustment> adjustments, CancellationToken cancellationToken = default);

    /// <summary>Corrects the totals by what came in and reviews the members.</summary>
    /// <exception cref="InvalidOperationException">The review was begun already; one that failed cannot be repeated, dispose the run.</exception>
    /// <exception cref="OverflowException">A total or value of a member leaves the range of <see cref="long"/>; the message names the member.</exception>
    ValueTask<SyncOutcome> ReviewAsync(CancellationToken cancellationToken = default);

    /// <summary>All members as they are after the review, in ordinal order of their handles.</summary>
    /// <exception cref="InvalidOperationException">The review was not done yet.</exception>
    IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default);

    /// <summary>All mission instances after the review, in ordinal order of handle, mission, window start.</summary>
    /// <exception cref="InvalidOperationException">The review was not done yet.</exception>
    IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default);
}
