using System.Net;
using System.Net.Sockets;

namespace Loyalty.Tests.Connectors.Server;

/// <summary>The steps of a conversation in SMTP with the server on the loopback.</summary>
public enum MailStep
{
    Greeting,
    Hello,
    Credentials,
    Sender,
    Receiver,
    Data,
    Text,
}

/// <summary>What the server says at a step instead of yes.</summary>
public sealed record MailAnswer(string Reply)
{
    /// <summary>Close without a word.</summary>
    public static MailAnswer Cut { get; } = new("");

    /// <summary>Say nothing, and keep the connection.</summary>
    public static MailAnswer Silence { get; } = new("");

    /// <summary>Close after so much of the reply, without the end of its line.</summary>
    public static MailAnswer Truncated(string start) => new(start);
}

/// <summary>A server of mail on the loopback that does at each step what a test says.</summary>
public sealed class ScriptedMailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<MailStep, int, MailAnswer?> _script;
    private readonly Task _work;
    private int _conversations;

    /// <param name="script">Gives the answer to a step of a conversation, whose number is from 0; <see langword="null"/>: yes.</param>
    public ScriptedMailServer(Func<MailStep, int, MailAnswer?> script)
    {
        _script = script;
        _listener.Start();
        _work = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The texts that came whole; the server keeps each before it answers.</summary>
    public List<string> Texts { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _work;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    await TalkAsync(client, _conversations++);
                }
                catch (IOException)
                {
                    // The other side is gone.
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The server ends.
        }
    }

    private async Task TalkAsync(TcpClient client, int number)
    {
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        async Task<bool> SayAsync(MailStep step, string yes)
        {
            var answer = _script(step, number) ?? new MailAnswer(yes);
            if (ReferenceEquals(answer, MailAnswer.Silence))
            {
                // Until the other side has had enough.
                await reader.ReadToEndAsync(_stop.Token);
                return false;
            }

            var isWhole = answer.Reply.Contains(' ', StringComparison.Ordinal);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(isWhole ? answer.Reply + "\r\n" : answer.Reply), _stop.Token);
            return isWhole;
        }

        if (!await SayAsync(MailStep.Greeting, "220 ready"))
        {
            return;
        }

        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var (step, yes) = line.Split(' ')[0].ToUpperInvariant() switch
            {
                "EHLO" or "HELO" => (MailStep.Hello, "250-localhost\r\n250 AUTH PLAIN"),
                "AUTH" => (MailStep.Credentials, "235 welcome"),
                "MAIL" => (MailStep.Sender, "250 ok"),
                "RCPT" => (MailStep.Receiver, "250 ok"),
                "DATA" => (MailStep.Data, "354 go on"),
                _ => (MailStep.Greeting, ""),
            };
            if (yes.Length == 0)
            {
                await stream.WriteAsync("221 bye\r\n"u8.ToArray(), _stop.Token);
                return;
            }

            if (!await SayAsync(step, yes))
            {
                return;
            }

            if (step == MailStep.Data && _script(step, number) is null)
            {
                var text = new List<string>();
                while (await reader.ReadLineAsync(_stop.Token) is { } part && part != ".")
                {
                    text.Add(part);
                }

                Texts.Add(string.Join('\n', text));
                if (!await SayAsync(MailStep.Text, "250 taken as 7"))
                {
                    return;
                }
            }
        }
    }
}
