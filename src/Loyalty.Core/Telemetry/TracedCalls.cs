using System.Diagnostics;
using System.Runtime.CompilerServices;
using Loyalty.Storage.Runs;

namespace Loyalty.Telemetry;

/// <summary>Traces the calls of one port. A call's name is its method's, without the ending.</summary>
internal sealed class TracedCalls(string port, string tenant, TimeProvider? time)
{
    private static bool IsHeard => StoreTelemetry.Source.HasListeners() || StoreTelemetry.Duration.Enabled;

    public ValueTask<T> CallAsync<T>(Func<ValueTask<T>> run, [CallerMemberName] string method = "") => IsHeard ? HeardAsync(run, method) : run();

    public ValueTask CallAsync(Func<ValueTask> run, [CallerMemberName] string method = "") => IsHeard ? HeardAsync(run, method) : run();

    public async IAsyncEnumerable<T> EachAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken, [CallerMemberName] string method = "")
    {
        using var call = Begin(method);
        IAsyncEnumerator<T> items;
        try
        {
            items = read(cancellationToken).GetAsyncEnumerator(cancellationToken);
        }
        catch (Exception e)
        {
            call.Fail(e);
            throw;
        }

        await using (items.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await items.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (Exception e)
                {
                    call.Fail(e);
                    throw;
                }

                yield return items.Current;
            }
        }
    }

    private async ValueTask<T> HeardAsync<T>(Func<ValueTask<T>> run, string method)
    {
        using var call = Begin(method);
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            call.Fail(e);
            throw;
        }
    }

    private async ValueTask HeardAsync(Func<ValueTask> run, string method)
    {
        using var call = Begin(method);
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            call.Fail(e);
            throw;
        }
    }

    private Call Begin(string method)
    {
        const string ending = "Async";
        var end = method.EndsWith(ending, StringComparison.Ordinal) ? method.Length - ending.Length : method.Length;
        return new Call($"{port}.{method.AsSpan(0, end)}", tenant, time);
    }

    /// <summary>A call that is going on.</summary>
    private sealed class Call : IDisposable
    {
        private readonly Activity? _span;
        private readonly TimeProvider? _time;
        private readonly long _began;
        private TagList _tags;

        public Call(string name, string tenant, TimeProvider? time)
        {
            _span = StoreTelemetry.Source.StartActivity(name);
            _span?.SetTag("loyalty.tenant", tenant);
            _time = time;
            _began = time?.GetTimestamp() ?? 0;
            _tags = new TagList { { "loyalty.call", name }, { "loyalty.tenant", tenant } };
        }

        // The message of an exception may name a member: only its kind is told.
        public void Fail(Exception e)
        {
            var fault = e is StoreException { Fault: var known } ? known.ToString() : e.GetType().Name;
            _tags.Add("error.type", fault);
            _span?.SetTag("error.type", fault);
            _span?.SetStatus(ActivityStatusCode.Error, fault);
        }

        public void Dispose()
        {
            if (_time is not null)
            {
                StoreTelemetry.Duration.Record(_time.GetElapsedTime(_began).TotalSeconds, _tags);
            }

            _span?.Dispose();
        }
    }
}
