using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Loyalty.Queue;

namespace Loyalty.Connectors.Http;

/// <summary>Sends requests to one provider, each once, and says what became of it.</summary>
/// <remarks>No redirects, no cookies, no repeats; HTTP/1.1; at most one megabyte of an answer is read. Thread-safe.</remarks>
internal sealed class ProviderClient : IDisposable
{
    private const int LongestBody = 1 << 20;

    private readonly HttpClient _client;
    private readonly string _base;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;
    private string[] _secrets;

    /// <summary>Creates the client.</summary>
    /// <param name="target">Address and limits.</param>
    /// <param name="clock">The real clock.</param>
    /// <param name="secrets">Texts that no error may hold, should a provider repeat them.</param>
    public ProviderClient(TargetOptions target, TimeProvider clock, params ReadOnlySpan<string?> secrets)
    {
        _base = target.Url.AbsoluteUri.TrimEnd('/');
        _timeout = target.Timeout;
        _clock = clock;
        _secrets = [.. from s in secrets.ToArray() where s is { Length: >= 4 } select s];
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = target.Timeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(target.Repeats ? 30 : 4),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // Headers with the address of the call belong to nobody else.
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("Loyalty.Connectors/1");
    }

    /// <summary>Headers of every request.</summary>
    public HttpRequestHeaders Headers => _client.DefaultRequestHeaders;

    /// <summary>Basic credentials.</summary>
    public void SetBasic(string user, string password)
    {
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        Headers.Authorization = new("Basic", credentials);
        _secrets = [.. _secrets, credentials];
    }

    /// <summary>Sends JSON, or nothing.</summary>
    public Task<ProviderReply> SendAsync(HttpMethod method, string path, JsonNode? body, CallScope scope, string mediaType = "application/json") =>
        SendAsync(method, path, body is null ? default : Encoding.UTF8.GetBytes(body.ToJsonString()), body is null ? null : mediaType, null, scope);

    /// <summary>Sends a request and reads the answer.</summary>
    /// <exception cref="ConnectorException">There was no connection, or the answer was lost.</exception>
    public async Task<ProviderReply> SendAsync(
        HttpMethod method, string path, ReadOnlyMemory<byte> body, string? mediaType, IEnumerable<KeyValuePair<string, string>>? headers, CallScope scope)
    {
        await scope.EnterAsync().ConfigureAwait(false);
        var content = new OneShotContent(body, mediaType);
        try
        {
            using var request = new HttpRequestMessage(method, path.StartsWith("http", StringComparison.Ordinal) ? path : _base + path);
            request.Content = content;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            foreach (var (name, value) in headers ?? [])
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(scope.CancellationToken);
            timeout.CancelAfter(_timeout);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token).ConfigureAwait(false);
            var (bytes, isWhole) = await ReadAsync(response, timeout.Token).ConfigureAwait(false);
            scope.CancellationToken.ThrowIfCancellationRequested();
            return new ProviderReply((int)response.StatusCode, response.Headers, Scrub(bytes), isWhole, _clock);
        }
        catch (OperationCanceledException) when (scope.CancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException)
        {
            throw new ConnectorException(
                content.HasBegun ? DeliveryAnswer.Unknown() : DeliveryAnswer.TryAgain(e is OperationCanceledException ? "no connection in time" : "no connection"), e);
        }
        finally
        {
            scope.Leave();
            content.Dispose();
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<(byte[] Body, bool IsWhole)> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var chunk = new byte[8_192];
                for (int read; (read = await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false)) > 0;)
                {
                    buffer.Write(chunk, 0, read);
                    if (buffer.Length > LongestBody)
                    {
                        return ([], false);
                    }
                }
            }

            return (buffer.ToArray(), true);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The status is known; what the body said is not.
            return (buffer.ToArray(), false);
        }
    }

    private byte[] Scrub(byte[] body)
    {
        if (_secrets.Length == 0 || body.Length == 0 || !Array.Exists(_secrets, s => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(s)) >= 0))
        {
            return body;
        }

        var text = Encoding.UTF8.GetString(body);
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return Encoding.UTF8.GetBytes(text);
    }
}
