using Loyalty.Creators;
using Loyalty.Programs;
using Loyalty.Storage.Runs;

namespace Loyalty.Storage.Creators;

/// <summary>Where creators, what the sources say of them, and what was said to them are kept, for one tenant.</summary>
/// <remarks>
/// Imports are runs that are kept wholly or not at all; one is open at a time. Reads see the last committed state and may be made from several
/// threads while a run is open.
/// </remarks>
public interface ICreatorStore
{
    /// <summary>Opens a run of imports.</summary>
    /// <param name="program">Whose creators they are, the currency and the badges.</param>
    /// <param name="options">The brand and the date of the run.</param>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <exception cref="StoreException">The store belongs to another tenant or currency, or has another run open.</exception>
    ValueTask<ICreatorRun> BeginRunAsync(LoyaltyProgram program, CreatorImportOptions options, CancellationToken cancellationToken = default);

    /// <summary>Runs imports from their beginning to their commit, and again when they were interrupted.</summary>
    /// <param name="program">Whose creators they are, the currency and the badges.</param>
    /// <param name="options">The brand and the date of the run.</param>
    /// <param name="run">Gives the run its files, decides and reads; called once for each attempt, with the same files each time. It must not commit.</param>
    /// <param name="cancellationToken">Gives up; nothing is kept then.</param>
    /// <returns>What <paramref name="run"/> returned in the attempt that was kept.</returns>
    /// <exception cref="StoreException">The store refused, or the last attempt was interrupted.</exception>
    ValueTask<T> RunAsync<T>(
        LoyaltyProgram program, CreatorImportOptions options, Func<ICreatorRun, CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken = default);

    /// <summary>What the store holds; <see langword="null"/> while it is empty.</summary>
    ValueTask<CreatorStatus?> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>One page of creators in ordinal order of their handles.</summary>
    ValueTask<CreatorPage> ListAsync(CreatorQuery query, CancellationToken cancellationToken = default);

    /// <summary>One creator with everything that is known, or <see langword="null"/>. An earlier handle finds its creator.</summary>
    /// <param name="handle">The normalised handle.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    ValueTask<CreatorDetail?> FindAsync(string handle, CancellationToken cancellationToken = default);

    /// <summary>Gives tags to a creator and takes others away.</summary>
    /// <returns>The creator's tags afterwards, in ordinal order; <see langword="null"/> when there is no such creator.</returns>
    /// <exception cref="ArgumentException">A tag is blank, longer than 100 characters, or has control characters.</exception>
    ValueTask<IReadOnlyList<string>?> TagAsync(
        string handle, IReadOnlyCollection<string> add, IReadOnlyCollection<string> remove, CancellationToken cancellationToken = default);

    /// <summary>Records that a creator took another handle: everything moves, and later imports that name the earlier handle mean the creator.</summary>
    /// <param name="handle">The earlier handle.</param>
    /// <param name="current">The handle now; when it is known already, both become one creator.</param>
    /// <param name="changedOn">The day of the change.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The creator after the change; <see langword="null"/> when there is none with the earlier handle.</returns>
    /// <exception cref="ArgumentException">The handles are the same, or one is no handle.</exception>
    ValueTask<Creator?> RenameAsync(string handle, string current, DateOnly changedOn, CancellationToken cancellationToken = default);

    /// <summary>Appends to the log of communications; an entry that is there already is not appended again.</summary>
    /// <returns>How many entries were new.</returns>
    /// <exception cref="ArgumentException">An entry has no handle, channel or status.</exception>
    ValueTask<int> AppendCommunicationsAsync(IReadOnlyCollection<Communication> entries, CancellationToken cancellationToken = default);

    /// <summary>The log of a creator's communications, newest first.</summary>
    /// <param name="handle">The normalised handle.</param>
    /// <param name="limit">How many entries at most, at least 1.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    ValueTask<IReadOnlyList<Communication>> ReadCommunicationsAsync(string handle, int limit = 100, CancellationToken cancellationToken = default);
}
