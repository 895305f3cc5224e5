using Loyalty.Connectors;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Loyalty.Tests.Connectors.Server;

/// <summary>A request as the server received it.</summary>
public sealed record SeenRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, DateTimeOffset At)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}

/// <summary>What the server answers, and how it misbehaves.</summary>
public sealed record ScriptedAnswer(int Status = 200, string Body = "")
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public TimeSpan Delay { get; init; }

    /// <summary>Close without a word once the request is read.</summary>
    public bool Cut { get; init; }

    /// <summary>Promise this many bytes more than are sent, then close.</summary>
    public int Missing { get; init; }

    /// <summary>Close the connection after the answer without saying so.</summary>
    public bool CloseAfter { get; init; }

    public static ScriptedAnswer Json(string body, int status = 200) => new(status, body) { Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json" } };
}

/// <summary>An HTTP server on the loopback that does exactly what a test says, down to the bytes on the wire.</summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<SeenRequest, int, ScriptedAnswer> _script;
    private readonly List<SeenRequest> _seen = [];
    private readonly Task _work;

    /// <param name="script">Gives the answer to a request and its number, from 0.</param>
    public ScriptedServer(Func<SeenRequest, int, ScriptedAnswer> script)
    {
        _script = script;
        _listener.Start(512);
        _work = Task.Run(AcceptAsync);
    }

    public ScriptedServer(params ScriptedAnswer[] answers)
        : this((_, n) => answers[Math.Min(n, answers.Length - 1)])
    {
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public IReadOnlyList<SeenRequest> Seen
    {
        get
        {
            lock (_seen)
            {
                return [.. _seen];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _work;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = Task.Run(() => ServeAsync(client));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await using var stream = client.GetStream();
                while (await ReadAsync(stream) is { } request)
                {
                    int number;
                    lock (_seen)
                    {
                        number = _seen.Count;
                        _seen.Add(request);
                    }

                    var answer = _script(request, number);
                    await Task.Delay(answer.Delay, _stop.Token);
                    if (answer.Cut)
                    {
                        client.LingerState = new LingerOption(true, 0);
                        return;
                    }

                    var body = Encoding.UTF8.GetBytes(answer.Body);
                    var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} Answer\r\n");
                    foreach (var (name, value) in answer.Headers)
                    {
                        head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
                    }

                    head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length + answer.Missing}\r\n\r\n");
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()).Concat(body).ToArray(), _stop.Token);
                    if (answer.Missing > 0 || answer.CloseAfter)
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The other side is gone.
            }
        }
    }

    private async Task<SeenRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!(head.Count >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n'))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, _stop.Token);
        var first = lines[0].Split(' ');
        return new SeenRequest(first[0], first[1], headers, body, DateTimeOffset.UtcNow);
    }
}
