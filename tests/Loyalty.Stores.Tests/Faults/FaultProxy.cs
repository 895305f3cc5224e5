using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Loyalty.Stores.Tests.Faults;

/// <summary>What goes wrong at a point.</summary>
public enum FaultKind
{
    /// <summary>The message never reaches the server, and the connection is lost.</summary>
    FailsBefore,

    /// <summary>The server ends the backend, then the message arrives.</summary>
    ServerEndsBackend,

    /// <summary>The server does what the message says, and the connection is lost before the answer arrives.</summary>
    AnswerLost,

    /// <summary>The client dies in the middle of the message: half of it arrives, then the connection is closed.</summary>
    ClientKilled,
}

/// <summary>
/// A proxy between Npgsql and the server that speaks PostgreSQL's protocol just well enough to number everything that has an effect: simple
/// queries (BEGIN, COPY, COMMIT), ends of extended queries, pieces of COPY data and their end. One point can be given a fault, once.
/// </summary>
/// <remarks>The store under test is the real one: it has no seam for tests.</remarks>
public sealed class FaultProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly string _admin;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private int _points;
    private int _faultAt;
    private FaultKind _kind;

    public FaultProxy(string connectionString, string admin)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _admin = admin;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string ConnectionString => new NpgsqlConnectionStringBuilder(_server.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
        Pooling = false,
        Timeout = 10,
        CommandTimeout = 20,
        CancellationTimeout = 2_000,
    }.ConnectionString;

    /// <summary>Points seen since <see cref="Arm"/>.</summary>
    public int Points
    {
        get
        {
            lock (_lock)
            {
                return _points;
            }
        }
    }

    /// <summary>Starts counting again, with a fault at a point; 0 for none.</summary>
    public void Arm(int faultAt, FaultKind kind)
    {
        lock (_lock)
        {
            _points = 0;
            _faultAt = faultAt;
            _kind = kind;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                client.NoDelay = true;
                _ = new Link(this, client).RunAsync();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private Socket Connect()
    {
        var host = _server.Host!;
        Socket socket;
        if (host.StartsWith('/'))
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint($"{host}/.s.PGSQL.{_server.Port}"));
        }
        else
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(host, _server.Port);
        }

        return socket;
    }

    private FaultKind? Next()
    {
        lock (_lock)
        {
            if (++_points != _faultAt)
            {
                return null;
            }

            _faultAt = 0;
            return _kind;
        }
    }

    /// <summary>One connection through the proxy.</summary>
    private sealed class Link(FaultProxy proxy, Socket client)
    {
        private readonly Socket _server = proxy.Connect();
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _backend;
        private volatile bool _swallow;

        public async Task RunAsync()
        {
            try
            {
                await Task.WhenAny(ForwardAsync(), AnswerAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or EndOfStreamException)
            {
            }
            finally
            {
                client.Dispose();
                _server.Dispose();
            }
        }

        private async Task ForwardAsync()
        {
            await using var stream = new NetworkStream(client, ownsSocket: false);
            using var buffered = new BufferedStream(stream, 1 << 16);
            var startup = await ReadAsync(buffered, hasType: false);
            await SendAsync(_server, startup);
            while (true)
            {
                var message = await ReadAsync(buffered, hasType: true);
                if (message[0] is (byte)'Q' or (byte)'S' or (byte)'d' or (byte)'c' && proxy.Next() is { } fault)
                {
                    if (await FailAsync(fault, message))
                    {
                        return;
                    }

                    continue;
                }

                await SendAsync(_server, message);
            }
        }

        private async Task<bool> FailAsync(FaultKind fault, byte[] message)
        {
            switch (fault)
            {
                case FaultKind.FailsBefore:
                    return true;
                case FaultKind.ClientKilled:
                    await SendAsync(_server, message.AsMemory(0, message.Length / 2));
                    return true;
                case FaultKind.ServerEndsBackend:
                    Server.TestServer.Execute(proxy._admin, $"SELECT pg_terminate_backend({_backend}, 5000)");
                    await SendAsync(_server, message);
                    return false;
                default:
                    _swallow = true;
                    await SendAsync(_server, message);

                    // A piece of COPY data has no answer.
                    await Task.WhenAny(_answered.Task, Task.Delay(message[0] == 'd' ? 2 : 10_000));
                    return true;
            }
        }

        private async Task AnswerAsync()
        {
            await using var stream = new NetworkStream(_server, ownsSocket: false);
            using var buffered = new BufferedStream(stream, 1 << 16);
            while (true)
            {
                var message = await ReadAsync(buffered, hasType: true);
                if (message[0] == 'K')
                {
                    _backend = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(5));
                }

                if (!_swallow)
                {
                    await SendAsync(client, message);
                }
                else if (message[0] is (byte)'Z' or (byte)'G' or (byte)'H')
                {
                    _answered.TrySetResult();
                }
            }
        }

        private static async Task<byte[]> ReadAsync(Stream stream, bool hasType)
        {
            var head = new byte[hasType ? 5 : 4];
            await stream.ReadExactlyAsync(head);
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(hasType ? 1 : 0));
            var message = new byte[length + (hasType ? 1 : 0)];
            head.CopyTo(message, 0);
            await stream.ReadExactlyAsync(message.AsMemory(head.Length));
            return message;
        }

        private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes)..];
            }
        }
    }
}
