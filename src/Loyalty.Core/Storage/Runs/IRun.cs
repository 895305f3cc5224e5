namespace Loyalty.Storage.Runs;

/// <summary>A run that is open on a store: takes its input, decides, can be read as it will stand, and is kept when it is committed.</summary>
/// <remarks>
/// <para>
/// The order is fixed: take, decide, read, commit. Disposed without a commit, or after an error, a run leaves no trace. After an error it is of no
/// more use: dispose it and begin a new one, as <c>RunAsync</c> of every store does for what is worth another attempt.
/// </para>
/// <para>Not thread-safe.</para>
/// </remarks>
public interface IRun : IAsyncDisposable
{
    /// <summary>The id under which the run stands in the journal of a store that keeps one.</summary>
    Guid RunId { get; }

    /// <summary>Notes a file that the run reads, for the journal of a store that keeps one.</summary>
    /// <exception cref="InvalidOperationException">The run was committed.</exception>
    /// <exception cref="ObjectDisposedException">The run was disposed.</exception>
    void AddInput(RunInput input);

    /// <summary>Keeps everything that the run did, in one step.</summary>
    /// <param name="cancellationToken">Gives up, without a trace, as long as nothing is kept.</param>
    /// <exception cref="InvalidOperationException">The run has not decided yet, was committed already, or failed.</exception>
    /// <exception cref="ObjectDisposedException">The run was disposed.</exception>
    /// <exception cref="StoreException">
    /// The run was not kept (<see cref="StoreFault.Interrupted"/>), or the store could not be asked whether it was
    /// (<see cref="StoreFault.OutcomeUnknown"/>).
    /// </exception>
    ValueTask CommitAsync(CancellationToken cancellationToken = default);
}
