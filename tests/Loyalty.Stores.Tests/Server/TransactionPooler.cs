using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Loyalty.Tests.Stores.Server;

/// <summary>
/// A pooler in transaction mode, as simple as one can be: many clients share few connections to the server; a client keeps one from its first
/// message until the server says that no transaction is open, then the next client gets it as it is, without any reset.
/// </summary>
/// <remarks>The server must trust its clients. A client that leaves in the middle of a transaction takes the connection with it.</remarks>
internal sealed class TransactionPooler : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly ConcurrentQueue<Backend> _idle = new();
    private readonly SemaphoreSlim _free;
    private readonly CancellationTokenSource _stop = new();
    private long _handovers;
    private int _clients;

    public TransactionPooler(string connectionString, int connections)
    {
        _settings = new NpgsqlConnectionStringBuilder(connectionString);
        _free = new SemaphoreSlim(connections);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string ConnectionString => new NpgsqlConnectionStringBuilder(_settings.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
        NoResetOnClose = true,

        // A request to cancel would need the number of the backend, which changes; the client leaves instead.
        CancellationTimeout = -1,
    }.ConnectionString;

    /// <summary>How often a connection went from one client to another.</summary>
    public long Handovers => Interlocked.Read(ref _handovers);

    /// <summary>How many clients have come.</summary>
    public int Clients => Volatile.Read(ref _clients);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        while (_idle.TryDequeue(out var backend))
        {
            backend.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                client.NoDelay = true;
                _ = ServeAsync(client, Interlocked.Increment(ref _clients));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        Backend? backend = null;
        try
        {
            await using var client = new NetworkStream(socket, ownsSocket: true);
            await using var buffered = new BufferedStream(client, 1 << 15);
            await Wire.ReadAsync(buffered, hasType: false);
            (await TakeAsync(number)).GiveBackTo(this, out var greeting);
            await client.WriteAsync(greeting);
            while (true)
            {
                var message = await Wire.ReadAsync(buffered, hasType: true);
                if (message[0] == 'X')
                {
                    return;
                }

                backend ??= await TakeAsync(number);
                await backend.SendAsync(message);
                if (message[0] is (byte)'Q' or (byte)'S' or (byte)'c' or (byte)'f')
                {
                    // In the middle of a COPY the server has more to hear before it has an answer.
                    if (await backend.AnswerAsync(client) == 'I')
                    {
                        var served = backend;
                        backend = null;
                        served.GiveBackTo(this, out _);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or EndOfStreamException or OperationCanceledException)
        {
        }
        finally
        {
            if (backend is not null)
            {
                backend.Dispose();
                _free.Release();
            }
        }
    }

    private async Task<Backend> TakeAsync(int client)
    {
        await _free.WaitAsync(_stop.Token);
        if (!_idle.TryDequeue(out var backend))
        {
            backend = await Backend.OpenAsync(_settings);
        }

        if (backend.LastClient != client)
        {
            Interlocked.Increment(ref _handovers);
            backend.LastClient = client;
        }

        return backend;
    }

    /// <summary>A connection to the server.</summary>
    private sealed class Backend : IDisposable
    {
        private readonly Socket _socket;
        private readonly BufferedStream _answers;
        private readonly byte[] _greeting;

        private Backend(Socket socket, BufferedStream answers, byte[] greeting)
        {
            _socket = socket;
            _answers = answers;
            _greeting = greeting;
        }

        public int LastClient { get; set; }

        public static async Task<Backend> OpenAsync(NpgsqlConnectionStringBuilder settings)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{settings.Host}/.s.PGSQL.{settings.Port}"));
            var answers = new BufferedStream(new NetworkStream(socket, ownsSocket: true), 1 << 15);
            var text = Encoding.UTF8.GetBytes($"user\0{settings.Username}\0database\0{settings.Database}\0client_encoding\0UTF8\0\0");
            var startup = new byte[8 + text.Length];
            BinaryPrimitives.WriteInt32BigEndian(startup, startup.Length);
            BinaryPrimitives.WriteInt32BigEndian(startup.AsSpan(4), 196_608);
            text.CopyTo(startup, 8);
            await socket.SendAsync(startup);

            // "You are in", the parameters, the key and "ready" are what each client is told, too.
            using var greeting = new MemoryStream();
            byte[] message;
            do
            {
                message = await Wire.ReadAsync(answers, hasType: true);
                if (message[0] == 'E')
                {
                    throw new InvalidOperationException("The server refuses the pooler: " + Encoding.UTF8.GetString(message));
                }

                greeting.Write(message);
            }
            while (message[0] != 'Z');
            return new Backend(socket, answers, greeting.ToArray());
        }

        public async Task SendAsync(ReadOnlyMemory<byte> message)
        {
            while (!message.IsEmpty)
            {
                message = message[await _socket.SendAsync(message)..];
            }
        }

        /// <summary>Hands on the answer.</summary>
        /// <returns>Whether a transaction is open after it: I no, T yes, E yes and failed; G when the server waits for data.</returns>
        public async Task<char> AnswerAsync(Stream client)
        {
            using var answer = new MemoryStream();
            while (true)
            {
                var message = await Wire.ReadAsync(_answers, hasType: true);
                answer.Write(message);
                if (message[0] is (byte)'Z' or (byte)'G')
                {
                    await client.WriteAsync(answer.GetBuffer().AsMemory(0, (int)answer.Length));
                    return message[0] == 'Z' ? (char)message[5] : 'G';
                }
            }
        }

        public void GiveBackTo(TransactionPooler pooler, out byte[] greeting)
        {
            greeting = _greeting;
            pooler._idle.Enqueue(this);
            pooler._free.Release();
        }

        public void Dispose() => _answers.Dispose();
    }

    /// <summary>Messages of PostgreSQL's protocol.</summary>
    private static class Wire
    {
        public static async Task<byte[]> ReadAsync(Stream stream, bool hasType)
        {
            var head = new byte[hasType ? 5 : 4];
            await stream.ReadExactlyAsync(head);
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(hasType ? 1 : 0)) + (hasType ? 1 : 0)];
            head.CopyTo(message, 0);
            await stream.ReadExactlyAsync(message.AsMemory(head.Length));
            return message;
        }
    }
}
