using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Loyalty.Ingest.Payments;

namespace Loyalty.Tests.Ingest.Payments;

/// <summary>Pages of a service on the loopback that is slow, wrong, limited, cut and repeats itself.</summary>
public sealed class PageSourceTests
{
    private static readonly PageSourceOptions Quick = new() { PageSize = 10, Attempts = 4, Pause = TimeSpan.FromMilliseconds(2), Timeout = TimeSpan.FromSeconds(2) };

    [Fact]
    public async Task All_items_come_once_and_in_order_through_every_kind_of_failure()
    {
        var calls = 0;
        using var server = new HostileServer(request =>
        {
            calls++;
            Assert.Equal("Basic " + Convert.ToBase64String("sk:"u8), request.Headers["authorization"]);
            var after = request.Query.GetValueOrDefault("after_id");
            return (calls % 7) switch
            {
                1 => HostileServer.Answer(503, "busy"),
                2 => HostileServer.Answer(429, "slow down", ("Retry-After", "0")),
                3 => HostileServer.Cut(Transactions(after)),
                4 => HostileServer.Answer(200, "{\"data\": [{\"id\": \"txn_1\""),
                5 => HostileServer.Answer(200, "{\"data\": []}"),
                _ => HostileServer.Answer(200, Transactions(after)),
            };
        });
        using var client = new HttpClient();
        var items = new List<string>();
        await foreach (var page in PageSource.Xendit(client, server.Address, PageList.Transactions, "sk", Quick with { Attempts = 10 }).ReadAsync())
        {
            items.AddRange(page.Items.Select(static i => i.Id));
            Assert.All(page.Items, static i => Assert.StartsWith("http://127.0.0.1", i.From, StringComparison.Ordinal));
        }

        Assert.Equal(Enumerable.Range(0, 45).Select(static i => $"txn_{i:00}"), items);
    }

    [Fact]
    public async Task Reading_goes_on_after_the_last_page_that_was_kept()
    {
        using var server = new HostileServer(static request => HostileServer.Answer(200, Transactions(request.Query.GetValueOrDefault("after_id"))));
        using var client = new HttpClient();
        var source = PageSource.Xendit(client, server.Address, PageList.Transactions, "sk", Quick);
        var first = await source.ReadAsync().FirstAsync();
        var rest = await source.ReadAsync(first.Next).ToListAsync();
        Assert.Equal("txn_10", rest[0].Items[0].Id);
        Assert.Equal(35, rest.Sum(static p => p.Items.Count));
        Assert.Null(rest[^1].Next);
    }

    [Fact]
    public async Task A_bare_list_ends_with_an_empty_page_and_a_service_that_gives_few_items_is_read_to_the_end()
    {
        using var server = new HostileServer(static request =>
        {
            Assert.Equal("/v2/invoices", request.Path);
            var start = request.Query.TryGetValue("last_invoice", out var last) ? int.Parse(last.AsSpan(4), CultureInfo.InvariantCulture) + 1 : 0;
            return HostileServer.Answer(200, $"[{string.Join(',', Enumerable.Range(start, Math.Clamp(7 - start, 0, 3)).Select(static i => $"{{\"id\":\"inv_{i}\",\"external_id\":\"e{i}\"}}"))}]");
        });
        using var client = new HttpClient();
        var pages = await PageSource.Xendit(client, server.Address, PageList.Invoices, "sk", Quick).ReadAsync().ToListAsync();
        Assert.Equal(7, pages.Sum(static p => p.Items.Count));
    }

    [Fact]
    public async Task A_service_that_repeats_a_page_is_told_from_one_that_goes_on()
    {
        using var server = new HostileServer(static _ => HostileServer.Answer(200, Transactions(null)));
        using var client = new HttpClient();
        var e = await Assert.ThrowsAsync<PageSourceException>(async () => await PageSource.Xendit(client, server.Address, PageList.Transactions, "sk", Quick).ReadAsync().ToListAsync());
        Assert.Contains("gave before", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsFinal);
    }

    [Theory]
    [InlineData(401, "LOYALTY_SYSTEMEIO_KEY")]
    [InlineData(403, "LOYALTY_SYSTEMEIO_KEY")]
    [InlineData(422, "limit must be")]
    [InlineData(404, "404")]
    public async Task Other_answers_are_final_and_asked_for_once(int status, string told)
    {
        var calls = 0;
        using var server = new HostileServer(request =>
        {
            calls++;
            Assert.Equal("key", request.Headers["x-api-key"]);
            return HostileServer.Answer(status, "{\"violations\":[{\"message\":\"limit must be at least 10\"}]}");
        });
        using var client = new HttpClient();
        var e = await Assert.ThrowsAsync<PageSourceException>(async () => await PageSource.Systemeio(client, server.Address, "key", Quick).ReadAsync().ToListAsync());
        Assert.True(e.IsFinal);
        Assert.Contains(told, e.Message, StringComparison.Ordinal);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_limit_waits_as_long_as_the_service_says_and_not_longer_than_was_allowed()
    {
        var calls = 0;
        using var server = new HostileServer(_ => ++calls == 1 ? HostileServer.Answer(429, "", ("Retry-After", "1")) : HostileServer.Answer(200, "{\"items\":[{\"id\":7}],\"hasMore\":false}"));
        using var client = new HttpClient();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var page = Assert.Single(await PageSource.Systemeio(client, server.Address, "key", Quick).ReadAsync().ToListAsync());
        Assert.Equal("7", Assert.Single(page.Items).Id);
        Assert.True(clock.ElapsedMilliseconds >= 950);
        using var greedy = new HostileServer(static _ => HostileServer.Answer(429, "", ("Retry-After", "4000")));
        var e = await Assert.ThrowsAsync<PageSourceException>(async () => await PageSource.Systemeio(client, greedy.Address, "key", Quick).ReadAsync().ToListAsync());
        Assert.Contains("4000 s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_given_up_in_time_and_cancelling_ends_at_once()
    {
        using var server = new HostileServer(static _ => null);
        using var client = new HttpClient();
        var e = await Assert.ThrowsAsync<PageSourceException>(async () =>
            await PageSource.Systemeio(client, server.Address, "key", Quick with { Timeout = TimeSpan.FromMilliseconds(60), Attempts = 2 }).ReadAsync().ToListAsync());
        Assert.Contains("did not answer", e.Message, StringComparison.Ordinal);
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await PageSource.Systemeio(client, server.Address, "key", Quick).ReadAsync(cancellationToken: cancel.Token).ToListAsync(cancel.Token));
    }

    private static string Transactions(string? after)
    {
        var start = after is null ? 0 : int.Parse(after.AsSpan(4), CultureInfo.InvariantCulture) + 1;
        var items = Enumerable.Range(start, Math.Min(10, 45 - start)).Select(static i => $"{{\"id\":\"txn_{i:00}\",\"reference_id\":\"e{i}\"}}");
        return $"{{\"has_more\":{(start + 10 < 45 ? "true" : "false")},\"data\":[{string.Join(',', items)}]}}";
    }

    /// <summary>A server that answers with whatever bytes a test says.</summary>
    private sealed class HostileServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Func<Request, byte[]?> _answer;

        public HostileServer(Func<Request, byte[]?> answer)
        {
            _answer = answer;
            _listener.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
            _ = Task.Run(AcceptAsync);
        }

        public Uri Address { get; }

        public static byte[] Answer(int status, string body, params (string Name, string Value)[] headers) => Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} X\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{string.Concat(headers.Select(static h => $"{h.Name}: {h.Value}\r\n"))}\r\n{body}");

        public static byte[] Cut(string body) => Answer(200, body)[..^(body.Length / 2)];

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            while (true)
            {
                TcpClient client;
                try
                {
                    client = await _listener.AcceptTcpClientAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }

                _ = Task.Run(async () =>
                {
                    using (client)
                    {
                        var stream = client.GetStream();
                        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                        var line = (await reader.ReadLineAsync())!.Split(' ');
                        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                        while (await reader.ReadLineAsync() is { Length: > 0 } header)
                        {
                            var colon = header.IndexOf(':', StringComparison.Ordinal);
                            headers[header[..colon]] = header[(colon + 1)..].Trim();
                        }

                        var parts = line[1].Split('?');
                        var query = parts.Length < 2 ? [] : parts[1].Split('&').Select(static p => p.Split('=')).ToDictionary(static p => p[0], static p => p[1]);
                        if (_answer(new Request(parts[0], query, headers)) is { } answer)
                        {
                            await stream.WriteAsync(answer);
                        }
                        else
                        {
                            await Task.Delay(3_000);
                        }
                    }
                });
            }
        }
    }

    private sealed record Request(string Path, Dictionary<string, string> Query, Dictionary<string, string> Headers);
}
