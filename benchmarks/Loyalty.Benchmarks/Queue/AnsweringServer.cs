using System.Net;
using System.Net.Sockets;

namespace Loyalty.Benchmarks.Queue;

/// <summary>An HTTP server on the loopback that takes every request and answers 200 with an empty object, as fast as it can.</summary>
internal sealed class AnsweringServer : IDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private long _requests;

    public AnsweringServer()
    {
        _listener.Start(512);
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public long Requests => Interlocked.Read(ref _requests);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener is closed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            client.NoDelay = true;
            var buffer = new byte[1 << 16];
            var filled = 0;
            try
            {
                while (await client.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None) is > 0 and var read)
                {
                    filled += read;
                    while (LengthOf(buffer.AsSpan(0, filled)) is { } length && length <= filled)
                    {
                        Interlocked.Increment(ref _requests);
                        buffer.AsSpan(length, filled - length).CopyTo(buffer);
                        filled -= length;
                        await client.SendAsync(Answer, SocketFlags.None);
                    }
                }
            }
            catch (SocketException)
            {
                // The other side is gone.
            }
        }
    }

    /// <summary>How long the first request in the bytes is, head and body; <see langword="null"/> while its head is not there.</summary>
    private static int? LengthOf(ReadOnlySpan<byte> bytes)
    {
        var head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return null;
        }

        var name = "Content-Length: "u8;
        var at = bytes[..head].IndexOf(name);
        var body = 0;
        for (var i = at + name.Length; at >= 0 && i < head && bytes[i] is >= (byte)'0' and <= (byte)'9'; i++)
        {
            body = (body * 10) + bytes[i] - '0';
        }

        return head + 4 + body;
    }
}
