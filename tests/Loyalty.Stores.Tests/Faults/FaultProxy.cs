using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Loyalty.Storage.Members;
using Npgsql;

namespace Loyalty.Tests.Stores.Faults;

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
/// queries (BEGIN, COPY, COMMIT), ends of extended queries, pieces of COPY data and their end. One point can be given a fault, once. It can also
/// have the server raise an error in the place of a statement.
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
    private int _errorAt;
    private readonly Queue<string> _errors = [];

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

    /// <summary>Whether each statement of a batch is a point, beside the end of the batch.</summary>
    public bool CountsStatements { get; init; }

    /// <summary>How many errors of <see cref="ArmErrors"/> are still to be raised.</summary>
    public int ErrorsLeft
    {
        get
        {
            lock (_lock)
            {
                return _errors.Count;
            }
        }
    }

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

    /// <summary>Has the server raise an error in the place of a statement, in one transaction after the other.</summary>
    /// <param name="statement">The place of the statement in its transaction, from 1, BEGIN aside.</param>
    /// <param name="sqlStates">The errors, one for each transaction.</param>
    public void ArmErrors(int statement, params ReadOnlySpan<string> sqlStates)
    {
        lock (_lock)
        {
            _errorAt = statement;
            _errors.Clear();
            foreach (var state in sqlStates)
            {
                _errors.Enqueue(state);
            }
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

    private string? ErrorAt(int statement)
    {
        lock (_lock)
        {
            return statement == _errorAt && _errors.TryDequeue(out var sqlState) ? sqlState : null;
        }
    }

    /// <summary>One connection through the proxy.</summary>
    private sealed class Link(FaultProxy proxy, Socket client)
    {
        private readonly Socket _server = proxy.Connect();
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _backend;
        private int _statement = int.MinValue;
        private volatile bool _swallow;
        private volatile bool _hide;

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
                if (IsStatement(message) && proxy.ErrorAt(++_statement) is { } sqlState)
                {
                    await RaiseAsync(sqlState, message);
                    continue;
                }

                if ((message[0] is (byte)'Q' or (byte)'S' or (byte)'d' or (byte)'c' || (message[0] == 'E' && proxy.CountsStatements)) && proxy.Next() is { } fault)
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

        /// <summary>Whether a message runs a statement of a transaction; counting starts with BEGIN.</summary>
        private bool IsStatement(byte[] message)
        {
            if (message[0] != 'Q')
            {
                return message[0] == 'E';
            }

            if (message.AsSpan(5).StartsWith("BEGIN"u8))
            {
                _statement = 0;
                return false;
            }

            return !message.AsSpan(5).StartsWith("ROLLBACK"u8);
        }

        /// <summary>Sends a statement that fails in the place of another one; within a batch the server then passes over the rest of it.</summary>
        private async Task RaiseAsync(string sqlState, byte[] message)
        {
            var sql = Encoding.ASCII.GetBytes($"DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '{sqlState}'; END $$\0");
            if (message[0] == 'Q')
            {
                await SendAsync(_server, Message('Q', sql));
                return;
            }

            // The client did not send these, so that it must not see them answered; the error comes after both answers.
            _hide = true;
            await SendAsync(_server, Message('P', [0, .. sql, 0, 0]));
            await SendAsync(_server, Message('B', [0, 0, 0, 0, 0, 0, 0, 0]));
            await SendAsync(_server, Message('E', [0, 0, 0, 0, 0]));
        }

        private static byte[] Message(char type, byte[] body)
        {
            var message = new byte[5 + body.Length];
            message[0] = (byte)type;
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + body.Length);
            body.CopyTo(message, 5);
            return message;
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

                    // A piece of COPY data has no answer, and the answers to statements of a batch come at its end.
                    await Task.WhenAny(_answered.Task, Task.Delay(message[0] is (byte)'d' or (byte)'E' ? 2 : 10_000));
                    return true;
            }
        }

        private async Task AnswerAsync()
        {
            await using var stream = new NetworkStream(_server, ownsSocket: false);
            using var buffered = new BufferedStream(stream, 1 << 16);
            var kept = new List<byte[]>();
            while (true)
            {
                var message = await ReadAsync(buffered, hasType: true);
                if (_hide)
                {
                    kept.Add(message);
                    if (message[0] != 'E')
                    {
                        continue;
                    }

                    _hide = false;
                    if (kept is [.., [(byte)'1', ..], [(byte)'2', ..], _] && message.AsSpan().IndexOf("made up"u8) > 0)
                    {
                        kept.RemoveRange(kept.Count - 3, 2);
                    }

                    foreach (var answer in kept)
                    {
                        await SendAsync(client, answer);
                    }

                    kept.Clear();
                    continue;
                }

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
