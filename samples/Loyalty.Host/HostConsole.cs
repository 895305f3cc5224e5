namespace Loyalty.Host;

/// <summary>The streams of the process: results on stdout, progress and notes on stderr.</summary>
internal sealed class HostConsole : IDisposable
{
    private readonly bool _showsProgress = !Console.IsErrorRedirected;
    private readonly TextWriter _terminal = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
    private long _lastProgress;
    private bool _progressShown;

    /// <summary>Standard input.</summary>
    public Stream Input { get; } = Console.OpenStandardInput();

    /// <summary>Standard output.</summary>
    public Stream Output { get; } = Console.OpenStandardOutput();

    /// <summary>Text for people or, with <c>--json</c>, for programs.</summary>
    public void WriteLine(string text)
    {
        EndProgress();
        Console.Out.WriteLine(text);
    }

    /// <summary>A line that is not the result.</summary>
    public void Note(string text)
    {
        EndProgress();
        Console.Error.WriteLine($"loyalty: {text}");
    }

    /// <summary>Says how far the work is, when stderr is a terminal; at most ten times a second.</summary>
    public void Progress(string what, long done, long total)
    {
        if (!_showsProgress || Environment.TickCount64 - _lastProgress < 100)
        {
            return;
        }

        _lastProgress = Environment.TickCount64;
        _progressShown = true;
        _terminal.Write(total > 0 ? $"\r{what} {done * 100 / total,3} %\u001b[K" : $"\r{what}\u001b[K");
    }

    public void Dispose()
    {
        EndProgress();
        Console.Out.Flush();
        _terminal.Dispose();
        Output.Dispose();
        Input.Dispose();
    }

    private void EndProgress()
    {
        if (_progressShown)
        {
            _terminal.Write("\r\u001b[K");
            _progressShown = false;
        }
    }
}
