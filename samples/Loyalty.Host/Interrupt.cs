using System.Runtime.InteropServices;

namespace Loyalty.Host;

/// <summary>Ends the command within a second of Ctrl-C.</summary>
internal sealed class Interrupt : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    // Not disposed: a signal may still be on its way when the command has ended.
    private readonly CancellationTokenSource _cancel = new();
    private readonly ManualResetEventSlim _ended = new();

    public CancellationToken Token => _cancel.Token;

    public void Handle(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _cancel.Cancel();
        if (!_ended.Wait(Patience) && Unfinished.TryGiveUp())
        {
            // It does not listen: it waits for input, or reads or writes a large state.
            Console.Error.WriteLine(Failures.Cancelled);
            Environment.Exit(ExitCode.Cancelled);
        }
    }

    public void Dispose() => _ended.Set();
}
