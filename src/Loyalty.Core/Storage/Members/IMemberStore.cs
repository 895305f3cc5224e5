using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Members;

/// <summary>Where members, their activity and what was decided about them are kept, for one tenant.</summary>
/// <remarks>
/// Everything is changed through runs that are kept wholly or not at all. Reads see the last one that was committed. A store may be read from
/// several threads while a run is open; one run is open at a time.
/// </remarks>
public interface IMemberStore
{
    /// <summary>Opens a run that takes in new data and reviews members through a date.</summary>
    /// <param name="program">The program; its tiers decide. It applies from the first date not yet reviewed.</param>
    /// <param name="asOf">The last date to review, at most 9998-12-31. Activity dated later is stored and counts from its own date on.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="ArgumentException">The program has no tiers, or the date is out of bounds.</exception>
    /// <exception cref="StoreException">
    /// The store belongs to another tenant or currency, was reviewed through a later date already, holds a member on a level that the program
    /// does not have, or has another run open.
    /// </exception>
    ValueTask<IMemberRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken = default);

    /// <summary>Makes a run from its beginning to its commit, and again when it was interrupted, where the store knows such a thing.</summary>
    /// <param name="program">The program; its tiers decide.</param>
    /// <param name="asOf">The last date to review, at most 9998-12-31.</param>
    /// <param name="run">
    /// Gives the run all its input, reviews, and reads what it needs. Called once for each attempt, it must give the same input each time; it must not commit.
    /// </param>
    /// <param name="cancellationToken">Gives up; nothing is kept then.</param>
    /// <returns>What <paramref name="run"/> returned in the attempt that was kept.</returns>
    /// <remarks>Attempts are bounded and share one run id, so that no run is kept twice.</remarks>
    /// <exception cref="StoreException">The store refused, or the last attempt was interrupted.</exception>
    async ValueTask<T> RunAsync<T>(
        LoyaltyProgram program,
        DateOnly asOf,
        Func<IMemberRun, CancellationToken, ValueTask<T>> run,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var open = await BeginRunAsync(program, asOf, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            var result = await run(open, cancellationToken).ConfigureAwait(false);
            await open.CommitAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
    }

    /// <summary>What the store holds and how far it was reviewed; <see langword="null"/> while it is empty.</summary>
    ValueTask<StoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>All members in ordinal order of their handles.</summary>
    IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default);

    /// <summary>One member's progress, read without aggregation, or <see langword="null"/> when there is no such member.</summary>
    /// <param name="handle">The normalised handle.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    ValueTask<MemberProgress?> FindProgressAsync(string handle, CancellationToken cancellationToken = default);

    /// <summary>All mission instances ever made, in ordinal order of handle, mission, window start.</summary>
    IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default);

    /// <summary>One member with every decision and mission, or <see langword="null"/> when there is no such member.</summary>
    /// <param name="handle">The normalised handle.</param>
    /// <param name="asOf">
    /// The date to show the member at: standing and decisions as of then, totals from the activity known now.
    /// <see langword="null"/>: the date through which the store was reviewed, which is also the latest allowed.
    /// </param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="asOf"/> is after the date through which the store was reviewed.</exception>
    ValueTask<MemberDetail?> FindMemberAsync(string handle, DateOnly? asOf = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Replays the stored activity under another program, through the date through which the store was reviewed. Stores nothing.
    /// </summary>
    /// <param name="program">The other program; its tiers decide, its missions are not looked at.</param>
    /// <param name="since">
    /// The first date on which it decides; before, everything stands as it was decided. <see langword="null"/>: from each member's joined date on.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>All members in ordinal order of their handles; none when the store is empty.</returns>
    /// <exception cref="ArgumentException">The program has no tiers.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="since"/> is after the date through which the store was reviewed.</exception>
    /// <exception cref="StoreException">
    /// The store belongs to another tenant or currency, or a member stands, the day before <paramref name="since"/>, on a level that the program does not have.
    /// </exception>
    IAsyncEnumerable<MemberSimulation> SimulateAsync(LoyaltyProgram program, DateOnly? since = null, CancellationToken cancellationToken = default);

    /// <summary>Recomputes every total and every decision's value from all activity and compares.</summary>
    ValueTask<Verification> VerifyAsync(CancellationToken cancellationToken = default);
}
