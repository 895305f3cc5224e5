using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Loyalty.Queue;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Loyalty.Connectors.Providers;

/// <summary>E-mail by a server that speaks SMTP. A connection for each message; calls cannot be repeated once the text is on its way.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class SmtpSender : IMessageSender
{
    private readonly TargetOptions _target;
    private readonly TimeProvider _clock;
    private readonly string _host;
    private readonly int _port;
    private readonly SecureSocketOptions _security;
    private readonly byte[]? _certificate;

    /// <summary>Creates the sender.</summary>
    /// <param name="target">A target of the kind, with host and from; port, tls, certificateSha256, user and password as the server needs them.</param>
    /// <param name="clock">The real clock; it dates the mail.</param>
    /// <exception cref="ArgumentException">certificateSha256 is no fingerprint.</exception>
    public SmtpSender(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(clock);
        (_target, _clock) = (target, clock);
        _host = target.Optional("host") ?? target.Url.Host;
        _security = target.Optional("tls") switch
        {
            "none" => SecureSocketOptions.None,
            "tls" => SecureSocketOptions.SslOnConnect,
            _ => SecureSocketOptions.StartTls,
        };
        _certificate = target.Optional("certificateSha256") is not { } fingerprint ? null
            : TryReadFingerprint(fingerprint) ?? throw new ArgumentException("\"certificateSha256\" is no SHA-256 in hexadecimal digits.", nameof(target));
        var port = target.Optional("port") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : target.Url.Port;
        _port = port > 0 ? port : _security == SecureSocketOptions.SslOnConnect ? 465 : 587;
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(scope);
        using var mail = Compose(message, _target.Setting("from"), _target.Optional("fromName"), _clock.GetUtcNow());
        if (mail is null)
        {
            return DeliveryAnswer.Refused("the address cannot be written to by e-mail");
        }

        await scope.EnterAsync().ConfigureAwait(false);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(scope.CancellationToken);
        timeout.CancelAfter(_target.Timeout);
        using var client = new SmtpClient { Timeout = (int)Math.Min(_target.Timeout.TotalMilliseconds, int.MaxValue), LocalDomain = "localhost" };
        if (_certificate is not null)
        {
            // Named by whoever runs the server: nobody else has to vouch for it, or to be asked whether it was revoked.
            client.ServerCertificateValidationCallback = (_, given, _, _) => IsNamed(given);
            client.CheckCertificateRevocation = false;
        }

        var text = new TextOnItsWay();
        try
        {
            await client.ConnectAsync(_host, _port, _security, timeout.Token).ConfigureAwait(false);
            if (_target.Optional("user") is { } user)
            {
                await client.AuthenticateAsync(user, _target.Setting("password"), timeout.Token).ConfigureAwait(false);
            }

            // One step at a time: then it is known whether the text has begun to leave.
            client.Capabilities &= ~(SmtpCapabilities.Pipelining | SmtpCapabilities.Chunking | SmtpCapabilities.BinaryMime);
            var answer = await client.SendAsync(mail, timeout.Token, text).ConfigureAwait(false);
            await SayGoodbyeAsync(client).ConfigureAwait(false);
            return DeliveryAnswer.Done(QueueRules.Cut(answer ?? string.Empty) is { Length: <= 200 } id ? id : string.Empty);
        }
        catch (OperationCanceledException) when (scope.CancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (SmtpCommandException e)
        {
            return OfCode((int)e.StatusCode, Words(e));
        }
        catch (ServiceNotAuthenticatedException e)
        {
            // The server said 530: it wants credentials that it did not get.
            return DeliveryAnswer.Refused(QueueRules.Cut($"530 {Words(e)}"), stopsTarget: true);
        }
        catch (AuthenticationException e)
        {
            return e.InnerException is SmtpCommandException { StatusCode: var code } && (int)code is >= 400 and < 500
                ? OfCode((int)code, Words(e))
                : DeliveryAnswer.Refused(QueueRules.Cut($"535 {Words(e)}"), stopsTarget: true);
        }
        catch (SslHandshakeException e) when (e.ServerCertificate is not null)
        {
            // Nothing has left. Whoever stands in between may be gone at the next attempt; a certificate that was changed waits for a person.
            return DeliveryAnswer.TryAgain(_certificate is null ? "the server's certificate is not trusted" : "the server's certificate is another one than \"certificateSha256\"");
        }
        catch (Exception e) when (e is SmtpProtocolException or ServiceNotConnectedException or SslHandshakeException
            or NotSupportedException or SocketException or IOException or TimeoutException or OperationCanceledException)
        {
            return text.HasBegun ? DeliveryAnswer.Unknown()
                : e is NotSupportedException ? DeliveryAnswer.Refused(QueueRules.Cut(e.Message), stopsTarget: true)
                : DeliveryAnswer.TryAgain(e is OperationCanceledException or TimeoutException ? "no connection in time" : "no connection");
        }
        finally
        {
            scope.Leave();
        }
    }

    /// <summary>The message as mail; <see langword="null"/> when the address is none.</summary>
    internal static MimeMessage? Compose(OutgoingMessage message, string from, string? fromName, DateTimeOffset date)
    {
        if (!MailboxAddress.TryParse(message.To, out var to) || !MailboxAddress.TryParse(from, out var sender))
        {
            return null;
        }

        var mail = new MimeMessage
        {
            Subject = MailHeaders.Line(message.Subject),
            MessageId = MailHeaders.MessageId(message.Key, sender.Address),
            Date = date.ToUniversalTime(),
        };
        mail.From.Add(fromName is null ? sender : new MailboxAddress(fromName, sender.Address));
        var name = MailHeaders.Line($"{message.Contact.FirstName} {message.Contact.LastName}".Trim());
        mail.To.Add(name.Length > 0 ? new MailboxAddress(name, to.Address) : to);
        mail.Headers.Add(MailHeaders.Key, MailHeaders.Line(message.Key));
        foreach (var (header, value) in MailHeaders.Unsubscribe(message))
        {
            mail.Headers.Add(header, value);
        }

        var text = message.Html is null || message.Text.Length > 0 ? new TextPart("plain") { Text = message.Text } : null;
        var html = message.Html is { } markup ? new TextPart("html") { Text = markup } : null;
        mail.Body = text is not null && html is not null
            ? new MultipartAlternative(text, html) { Boundary = MailHeaders.Boundary(message) }
            : (MimeEntity?)text ?? html!;
        return mail;
    }

    /// <summary>A fingerprint of a certificate, with or without colons between its bytes; <see langword="null"/> when it is none.</summary>
    internal static byte[]? TryReadFingerprint(string text)
    {
        var digits = text.Length == (3 * SHA256.HashSizeInBytes) - 1 && Enumerable.Range(1, SHA256.HashSizeInBytes - 1).All(i => text[(3 * i) - 1] == ':')
            ? text.Replace(":", string.Empty, StringComparison.Ordinal)
            : text;
        var fingerprint = new byte[SHA256.HashSizeInBytes];
        return digits.Length == 2 * fingerprint.Length && Convert.FromHexString(digits, fingerprint, out _, out _) == OperationStatus.Done ? fingerprint : null;
    }

    private bool IsNamed(X509Certificate? given) =>
        given is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(given.GetRawCertData()), _certificate);

    private static async Task SayGoodbyeAsync(SmtpClient client)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await client.DisconnectAsync(quit: true, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ServiceNotConnectedException or SmtpProtocolException or SmtpCommandException or IOException or SocketException
            or TimeoutException or OperationCanceledException)
        {
            // The message was taken; nothing else matters.
        }
    }

    /// <summary>What the server said, without the password, should it repeat it; one of three characters stands in many words.</summary>
    private string Words(Exception e) =>
        _target.Optional("password") is { Length: >= 4 } password ? e.Message.Replace(password, "***", StringComparison.Ordinal) : e.Message;

    private static DeliveryAnswer OfCode(int code, string message)
    {
        var text = QueueRules.Cut(string.Create(CultureInfo.InvariantCulture, $"{code} {message}"));
        return code switch
        {
            >= 400 and < 500 => DeliveryAnswer.TryAgain(text),
            530 or 534 or 535 or 538 => DeliveryAnswer.Refused(text, stopsTarget: true),
            _ => DeliveryAnswer.Refused(text),
        };
    }

    /// <summary>Notices when the text of the message begins to leave.</summary>
    private sealed class TextOnItsWay : ITransferProgress
    {
        private int _begun;

        public bool HasBegun => Volatile.Read(ref _begun) != 0;

        public void Report(long bytesTransferred, long totalSize) => Volatile.Write(ref _begun, 1);

        public void Report(long bytesTransferred) => Volatile.Write(ref _begun, 1);
    }
}
