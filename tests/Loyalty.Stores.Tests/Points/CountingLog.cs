using Microsoft.Extensions.Logging;

namespace Loyalty.Tests.Stores.Points;

/// <summary>Counts how often batches and runs were interrupted and done again.</summary>
internal sealed class CountingLog : ILoggerFactory, ILogger
{
    private int _interrupted;

    public int Interrupted => Volatile.Read(ref _interrupted);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name is "BatchInterrupted" or "RunInterrupted")
        {
            Interlocked.Increment(ref _interrupted);
        }
    }

    public void Dispose()
    {
    }
}
