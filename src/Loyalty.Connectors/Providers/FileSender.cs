using System.Text;
using Loyalty.Queue;

namespace Loyalty.Connectors.Providers;

/// <summary>Writes each delivery to a file of its own: for trying things out, and for systems that read folders.</summary>
/// <remarks>
/// The name follows from the key, and the file is written beside its place and renamed; so a call that is repeated leaves one whole file.
/// Thread-safe.
/// </remarks>
public sealed class FileSender : IMessageSender, IOperationSink, IEventSink
{
    private readonly TargetOptions _target;
    private readonly TimeProvider _clock;
    private readonly string _folder;

    /// <summary>Creates the sender.</summary>
    /// <param name="target">A target of the kind, with a folder.</param>
    /// <param name="clock">Dates mail that does not say when it was due.</param>
    public FileSender(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(clock);
        (_target, _clock) = (target, clock);
        _folder = Path.GetFullPath(target.Setting("folder"));
    }

    /// <inheritdoc/>
    public async Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Channel is not "email")
        {
            return await WriteAsync(message.Key, ".json", stream => WriteText(stream, DeliveryJson.Of(message).ToJsonString()), scope).ConfigureAwait(false);
        }

        // Dated by what is told, not by when it is written: a call that is repeated writes the same bytes.
        using var mail = SmtpSender.Compose(message, "loyalty@localhost", null, message.DueAt ?? _clock.GetUtcNow());
        return mail is null
            ? DeliveryAnswer.Refused("the address cannot be written to by e-mail")
            : await WriteAsync(message.Key, ".eml", stream => mail.WriteTo(stream), scope).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<DeliveryAnswer> SendAsync(OutgoingOperation operation, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return WriteAsync(operation.Key, ".json", stream => WriteText(stream, DeliveryJson.Of(operation).ToJsonString()), scope);
    }

    /// <inheritdoc/>
    public Task<DeliveryAnswer> SendAsync(OutgoingEvent happening, CallScope scope)
    {
        ArgumentNullException.ThrowIfNull(happening);
        return WriteAsync(happening.Key, ".json", stream => WriteText(stream, happening.Json), scope);
    }

    private static void WriteText(FileStream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text + "\n"));

    private async Task<DeliveryAnswer> WriteAsync(string key, string ending, Action<FileStream> write, CallScope scope)
    {
        await scope.EnterAsync().ConfigureAwait(false);
        var path = Path.Combine(_folder, DeliveryKey.FileName(key) + ending);
        var beside = path + ".new";
        try
        {
            Directory.CreateDirectory(_folder);
            using (var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
            return DeliveryAnswer.Done(Path.GetFileName(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The path is the user's own and names nobody.
            return DeliveryAnswer.TryAgain(QueueRules.Cut($"the file cannot be written in '{_target.Optional("folder")}' ({e.GetType().Name})"));
        }
        finally
        {
            scope.Leave();
        }
    }
}
