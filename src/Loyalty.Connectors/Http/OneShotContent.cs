using System.Net;

namespace Loyalty.Connectors.Http;

/// <summary>
/// The body of a request, which is written once: the client never repeats a request whose body has begun, so an empty body is one, too. It knows
/// whether the request has begun to leave, which tells a call that certainly did not arrive from one that may have.
/// </summary>
internal sealed class OneShotContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _body;
    private int _begun;

    public OneShotContent(ReadOnlyMemory<byte> body, string? mediaType)
    {
        _body = body;
        if (mediaType is not null)
        {
            Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }
    }

    public bool HasBegun => Volatile.Read(ref _begun) != 0;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        await SerializeToStreamAsync(stream, context, CancellationToken.None).ConfigureAwait(false);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
        {
            throw new InvalidOperationException("A request leaves once.");
        }

        await stream.WriteAsync(_body, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
