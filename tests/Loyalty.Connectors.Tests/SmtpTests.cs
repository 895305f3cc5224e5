using Loyalty.Connectors;
using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Loyalty.Queue;
using SmtpServer;
using SmtpServer.ComponentModel;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Loyalty.Tests.Connectors;

/// <summary>E-mail to a real SMTP server on the loopback.</summary>
public sealed class SmtpTests
{
    [Theory]
    [InlineData(250, AnswerClass.Done)]
    [InlineData(451, AnswerClass.TryAgain)]
    [InlineData(550, AnswerClass.Refused)]
    public async Task Replies_after_the_text_are_told_by_their_code(int code, AnswerClass expected)
    {
        var box = new Mailbox((SmtpReplyCode)code);
        await using var server = new Running(box);
        var answer = await Given.SendAsync(server.Target, Given.Mail());
        Assert.Equal(expected, answer.Class);
        Assert.Single(box.Texts);
        Assert.Contains("X-Loyalty-Key: message:c1:expired:email:enrollment:1", box.Texts[0], StringComparison.Ordinal);
        Assert.Contains($"Message-Id: <{DeliveryKey.FileName(Given.Mail().Key)}@winery.example>", box.Texts[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains("List-Unsubscribe: <https://winery.example/u?t=x.y>", box.Texts[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_it_is_tried_again_and_a_connection_lost_after_the_text_is_unknown()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        Assert.Equal(AnswerClass.TryAgain, (await Given.SendAsync(Target(port), Given.Mail())).Class);

        // A server that takes the whole text and says nothing more.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var silent = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream);
            await using var writer = new StreamWriter(stream) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("220 ready");
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("DATA", StringComparison.Ordinal))
                {
                    await writer.WriteLineAsync("354 go on");
                    while (await reader.ReadLineAsync() is { } text && text != ".")
                    {
                    }

                    return;
                }

                await writer.WriteLineAsync("250 ok");
            }
        });
        Assert.Equal(AnswerClass.Unknown, (await Given.SendAsync(Target(((IPEndPoint)listener.LocalEndpoint).Port), Given.Mail())).Class);
        await silent;
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused()
    {
        await using var server = new Running(new Mailbox(SmtpReplyCode.Ok));
        Assert.Equal(AnswerClass.Refused, (await Given.SendAsync(server.Target, Given.Mail() with { To = "@" })).Class);
    }

    private static TargetOptions Target(int port) => Given.Target(null, "smtp", $"\"host\": \"127.0.0.1\", \"port\": {port}, \"tls\": \"none\", \"from\": \"club@winery.example\"");

    private sealed class Mailbox(SmtpReplyCode code) : MessageStore
    {
        public List<string> Texts { get; } = [];

        public override Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            Texts.Add(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
            return Task.FromResult(new SmtpResponse(code, "answer"));
        }
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _work;

        public Running(Mailbox box)
        {
            int port;
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                port = ((IPEndPoint)free.LocalEndpoint).Port;
            }

            var provider = new ServiceProvider();
            provider.Add(box);
            var options = new SmtpServerOptionsBuilder().ServerName("localhost")
                .Endpoint(e => e.Endpoint(new IPEndPoint(IPAddress.Loopback, port))).Build();
            _work = new SmtpServer.SmtpServer(options, provider).StartAsync(_stop.Token);
            Target = SmtpTests.Target(port);
        }

        public TargetOptions Target { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _work.ContinueWith(static _ => { }, TaskScheduler.Default);
            _stop.Dispose();
        }
    }
}
