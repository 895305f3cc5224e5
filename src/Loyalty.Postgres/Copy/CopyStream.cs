using Npgsql;

namespace Loyalty.Postgres.Copy;

/// <summary>An open COPY into a table. Disposed without completion it is cancelled, and nothing of it is kept.</summary>
internal sealed class CopyStream : IAsyncDisposable
{
    private readonly NpgsqlRawCopyStream _stream;
    private bool _completed;

    private CopyStream(NpgsqlRawCopyStream stream) => _stream = stream;

    public static async ValueTask<CopyStream> OpenAsync(NpgsqlConnection connection, string command, CancellationToken cancellationToken)
    {
        var copy = new CopyStream(await connection.BeginRawBinaryCopyAsync(command, cancellationToken).ConfigureAwait(false));
        var header = new CopyBuffer(32);
        header.Header();
        await copy.SendAsync(header, cancellationToken).ConfigureAwait(false);
        return copy;
    }

    /// <summary>Sends what is in the buffer and empties it.</summary>
    public async ValueTask SendAsync(CopyBuffer buffer, CancellationToken cancellationToken)
    {
        await SendAsync(buffer.Written, cancellationToken).ConfigureAwait(false);
        buffer.Clear();
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> rows, CancellationToken cancellationToken) => _stream.WriteAsync(rows, cancellationToken);

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        var trailer = new CopyBuffer(2);
        trailer.Trailer();
        await SendAsync(trailer, cancellationToken).ConfigureAwait(false);
        _completed = true;

        // Disposing a raw stream is what tells the server that the data is whole, and reads its answer.
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_completed)
        {
            return;
        }

        _completed = true;
        try
        {
            await _stream.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is lost or closing; the server gives up on its own.
        }
    }
}
