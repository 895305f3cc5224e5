using Loyalty.Connectors;
using System.Buffers;
using System.Net;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Loyalty.Queue;
using SmtpServer;
using SmtpServer.Authentication;
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

    /// <summary>By STARTTLS and by TLS from the first byte on; credentials and text arrive encrypted, at the server whose certificate is named.</summary>
    [Theory]
    [InlineData("starttls")]
    [InlineData("tls")]
    public async Task Mail_reaches_a_server_by_TLS_whose_certificate_is_named(string tls)
    {
        using var certificate = SelfSigned("localhost");
        var box = new Mailbox(SmtpReplyCode.Ok);
        await using var server = new Running(box, certificate, tls);
        var named = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
        string[] forms = [named, string.Join(':', certificate.GetCertHash(HashAlgorithmName.SHA256).Select(static b => b.ToString("X2", CultureInfo.InvariantCulture)))];
        foreach (var fingerprint in forms)
        {
            Assert.Equal(AnswerClass.Done, (await Given.SendAsync(server.Named(fingerprint, ", \"user\": \"club\", \"password\": { \"env\": \"SECRET\" }"), Given.Mail())).Class);
        }

        Assert.Equal(2, box.Texts.Count);
        Assert.All(box.Sessions, static s => Assert.Equal((true, "club"), s));
        var wrong = await Given.SendAsync(server.Named(named, ", \"user\": \"other\", \"password\": { \"env\": \"SECRET\" }"), Given.Mail());
        Assert.Equal((AnswerClass.Refused, true), (wrong.Class, wrong.StopsTarget));
        Assert.Equal(2, box.Texts.Count);
    }

    /// <summary>A certificate that nobody vouches for, and one that is another than the named one: nothing is sent, no credentials either.</summary>
    [Theory]
    [InlineData("starttls")]
    [InlineData("tls")]
    public async Task Nothing_leaves_for_a_server_whose_certificate_is_not_trusted(string tls)
    {
        using var certificate = SelfSigned("localhost");
        using var other = SelfSigned("localhost");
        var box = new Mailbox(SmtpReplyCode.Ok);
        await using var server = new Running(box, certificate, tls);
        const string Credentials = ", \"user\": \"club\", \"password\": { \"env\": \"SECRET\" }";
        var unknown = await Given.SendAsync(server.Named(null, Credentials), Given.Mail());
        Assert.Equal((AnswerClass.TryAgain, "the server's certificate is not trusted", false), (unknown.Class, unknown.Text, unknown.StopsTarget));
        var another = await Given.SendAsync(server.Named(Convert.ToHexStringLower(SHA256.HashData(other.RawData)), Credentials), Given.Mail());
        Assert.Equal((AnswerClass.TryAgain, "the server's certificate is another one than \"certificateSha256\""), (another.Class, another.Text));
        Assert.Empty(box.Texts);
        Assert.Empty(box.Asked);

        // The same server goes on taking mail from whoever names its certificate.
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(server.Named(Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)), Credentials), Given.Mail())).Class);
    }

    private static TargetOptions Target(int port, string tls = "none", string members = "") => Given.Target(
        null, "smtp", string.Create(CultureInfo.InvariantCulture, $"\"host\": \"127.0.0.1\", \"port\": {port}, \"tls\": \"{tls}\", \"from\": \"club@winery.example\"{members}"), timeout: 8);

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        // With its key as servers want it, on every system.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Mailbox(SmtpReplyCode code) : MessageStore, IUserAuthenticator
    {
        public List<string> Texts { get; } = [];

        /// <summary>Of each text whether it came encrypted, and who sent it.</summary>
        public List<(bool IsSecure, string User)> Sessions { get; } = [];

        /// <summary>Everybody who said credentials.</summary>
        public List<string> Asked { get; } = [];

        public override Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            Sessions.Add((context.Pipe.IsSecure, context.Authentication.IsAuthenticated ? context.Authentication.User : ""));
            Texts.Add(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
            return Task.FromResult(new SmtpResponse(code, "answer"));
        }

        public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken)
        {
            Asked.Add($"{user} {password}");
            return Task.FromResult(context.Pipe.IsSecure && (user, password) == ("club", "s3cret-value"));
        }
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _work;

        public Running(Mailbox box, X509Certificate2? certificate = null, string tls = "none")
        {
            int port;
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                port = ((IPEndPoint)free.LocalEndpoint).Port;
            }

            var provider = new ServiceProvider();
            provider.Add((IMessageStore)box);
            provider.Add((IUserAuthenticator)box);
            var options = new SmtpServerOptionsBuilder().ServerName("localhost").Endpoint(e =>
            {
                e = e.Endpoint(new IPEndPoint(IPAddress.Loopback, port)).AllowUnsecureAuthentication(false).IsSecure(tls is "tls");
                e = certificate is null ? e : e.Certificate(certificate);
            }).Build();
            _work = new SmtpServer.SmtpServer(options, provider).StartAsync(_stop.Token);
            Target = SmtpTests.Target(port);
            Named = (fingerprint, members) => SmtpTests.Target(port, tls, (fingerprint is null ? "" : $", \"certificateSha256\": \"{fingerprint}\"") + members);
        }

        public TargetOptions Target { get; }

        /// <summary>The server by TLS, with the fingerprint of the certificate that is expected, and more members.</summary>
        public Func<string?, string, TargetOptions> Named { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _work.ContinueWith(static _ => { }, TaskScheduler.Default);
            _stop.Dispose();
        }
    }
}
