using System.Diagnostics;
using System.Globalization;
using Loyalty.Messages;
using Loyalty.Queue;
using Loyalty.Storage.Queue;
using Microsoft.Extensions.Logging;

namespace Loyalty.Connectors.Delivering;

/// <summary>Makes one attempt of one claimed delivery: looks once more, begins, sends, ends.</summary>
internal sealed class AttemptRunner(
    IQueueStore store, ReportBatcher reports, BackOffClock clock, DeliveryOptions options, RunTally tally, ILogger log, CancellationToken late)
{
    private readonly OutgoingFactory _outgoing = new(options);

    /// <summary>Works on a claim until nothing more is sent; the gate of its target was entered for the first request.</summary>
    /// <returns>Done when it is kept how the claim ended.</returns>
    public async Task<Task> RunAsync(ReadyClaim ready)
    {
        var (target, claim) = (ready.Target, ready.Claim);
        var attempt = new Attempt(this, ready);
        try
        {
            try
            {
                return await attempt.MakeAsync().ConfigureAwait(false);
            }
            finally
            {
                attempt.LeaveUnused();
            }
        }
        catch (LeaseLostException)
        {
            // Neither sent nor stored.
            DeliveryLog.Overtaken(log, DeliveryKey.LogName(claim.Delivery.Key), target.Options.Name);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            // The run ends at once: an attempt that began stays so, and its answer counts as lost.
        }

        return Task.CompletedTask;
    }

    private sealed class LeaseLostException : Exception;

    private sealed class Attempt(AttemptRunner runner, ReadyClaim ready)
    {
        private readonly DeliveryTarget _target = ready.Target;
        private readonly ClaimedDelivery _claim = ready.Claim;
        private readonly string _name = DeliveryKey.LogName(ready.Claim.Delivery.Key);
        private long _leasedAt = ready.ClaimedAt;
        private bool _hasPermit = true;

        private Delivery Delivery => _claim.Delivery;

        private TimeProvider Clock => runner.Options.Clock;

        /// <returns>Done when it is kept how it ended.</returns>
        public async Task<Task> MakeAsync()
        {
            var customer = ready.Customer;
            if (Delivery.Kind == DeliveryKind.Message)
            {
                // What the customer wants is looked at right before sending.
                var names = await runner.Store.ReadCustomersAsync([Delivery.Customer], runner.Late).ConfigureAwait(false);
                customer = names[Delivery.Customer];
            }

            object? outgoing;
            DeliveryEnd? end;
            try
            {
                (outgoing, end) = runner.Outgoing.Make(Delivery, customer, _target, runner.Clock.Now);
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or Templates.TemplateException)
            {
                (outgoing, end) = (null, QueueRules.Park($"refused: the delivery cannot be made into a message ({e.GetType().Name})", runner.Clock.Now));
            }

            if (_claim.IsLost && (end is null || end.Status == DeliveryStatus.Parked))
            {
                end = await ResolveLostAsync(outgoing).ConfigureAwait(false) ?? end;
            }

            if (end is not null)
            {
                return EndAsync(end);
            }

            return EndAsync(await SendAsync(outgoing!).ConfigureAwait(false));
        }

        public void LeaveUnused()
        {
            if (_hasPermit)
            {
                _hasPermit = false;
                _target.Gate.Leave(wasSent: false);
            }
        }

        /// <summary>What an attempt of somebody who is gone leaves to do: nothing, when it may simply be made again.</summary>
        private async Task<DeliveryEnd?> ResolveLostAsync(object? outgoing)
        {
            var now = runner.Clock.Now;
            if (_target.Repeats)
            {
                return Delivery.Attempts >= runner.Options.Retry.Attempts ? QueueRules.Park($"gave up: {DeliveryAnswer.AnswerLost}", now) : null;
            }

            return outgoing is not null && await LookUpAsync(outgoing, BegunAt()).ConfigureAwait(false) is { } found
                ? QueueRules.End(Delivery.Attempts, found, repeats: false, runner.Options.Retry, runner.Clock.Now, 0)
                : QueueRules.Park(DeliveryAnswer.AnswerLost, runner.Clock.Now);
        }

        private Task<DeliveryAnswer?> LookUpAsync(object outgoing, DateTimeOffset begunAt) =>
            _target.LookUpAsync(outgoing, begunAt, new CallScope(EnterAsync, () => _target.Gate.Leave(), runner.Late));

        /// <summary>When the last attempt began, by the real clock: the history has it.</summary>
        private DateTimeOffset BegunAt() => Delivery.History.LastOrDefault(static e => e.Event is "begun") is { } begun
            && DateTimeOffset.TryParse(begun.Detail, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : Clock.GetUtcNow();

        /// <returns>How it is to end.</returns>
        private async Task<DeliveryEnd> SendAsync(object outgoing)
        {
            using var activity = DeliveryTelemetry.Source.StartActivity("loyalty.delivery.attempt", ActivityKind.Client);
            activity?.SetTag("loyalty.delivery", _name);
            activity?.SetTag("loyalty.target", _target.Options.Name);
            var begunAt = Clock.GetUtcNow();
            var leasedAt = Clock.GetTimestamp();
            var begun = new DeliveryEvent(runner.Clock.Now, "begun", begunAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            if (!await BeginAsync(begun).ConfigureAwait(false))
            {
                throw new LeaseLostException();
            }

            _leasedAt = leasedAt;
            var attempts = Delivery.Attempts + 1;
            DeliveryLog.Begins(runner.Log, _name, attempts, _target.Options.Name);
            var started = Clock.GetTimestamp();
            var answer = await AskAsync(outgoing).ConfigureAwait(false);
            DeliveryTelemetry.Duration.Record(Clock.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("target", _target.Options.Name));
            if (answer.Class == AnswerClass.Unknown && !_target.Repeats
                && await LookUpAsync(outgoing, begunAt).ConfigureAwait(false) is { } found)
            {
                answer = found;
            }

            if (answer.Wait is { } wait && answer.Class == AnswerClass.TryAgain)
            {
                _target.Gate.Hold(wait);
                DeliveryLog.Held(runner.Log, _target.Options.Name, wait);
            }

            if (answer.StopsTarget && !_target.IsStopped)
            {
                _target.IsStopped = true;
                DeliveryLog.Stopped(runner.Log, _target.Options.Name);
            }

            if (answer.Class == AnswerClass.OptedOut && Delivery.Kind == DeliveryKind.Message)
            {
                await runner.Store.AppendConsentAsync(
                    [new ConsentEntry(Delivery.Customer, null, Delivery.Channel, false, true, runner.Clock.Now, ConsentSource.Provider, QueueRules.Cut(answer.Text))], runner.Late)
                    .ConfigureAwait(false);
            }

            activity?.SetStatus(answer.Class == AnswerClass.Done ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
            return QueueRules.End(attempts, answer, _target.Repeats, runner.Options.Retry, runner.Clock.Now, Random.Shared.NextDouble());
        }

        private async Task<bool> BeginAsync(DeliveryEvent begun)
        {
            try
            {
                return await runner.Reports.ReportAsync(new DeliveryReport(_claim, ReportKind.Begin, _target.Options.Name, runner.Options.Lease, Event: begun)).ConfigureAwait(false);
            }
            catch (Storage.Runs.StoreException)
            {
                // Nothing left: whether the beginning was kept or not, it is taken back.
                await runner.Reports.ReportAsync(new DeliveryReport(_claim, ReportKind.Release, _target.Options.Name)).ConfigureAwait(false);
                throw;
            }
        }

        private async Task<DeliveryAnswer> AskAsync(object outgoing)
        {
            try
            {
                return await _target.SendAsync(outgoing, new CallScope(EnterAsync, () => _target.Gate.Leave(), runner.Late)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not LeaseLostException and not OperationCanceledException and not OutOfMemoryException and not ConnectorException)
            {
                // A connector that throws what it should not throw may have sent or not.
                DeliveryLog.Failed(runner.Log, _name, _target.Options.Name, e.GetType().Name);
                return DeliveryAnswer.Unknown($"the connector failed ({e.GetType().Name})");
            }
        }

        /// <summary>Before each request: room at the target, and a lease that outlasts it.</summary>
        private async ValueTask EnterAsync(CancellationToken cancellation)
        {
            if (_hasPermit)
            {
                _hasPermit = false;
            }
            else
            {
                await _target.Gate.EnterAsync(cancellation).ConfigureAwait(false);
            }

            var isHeld = false;
            try
            {
                if (runner.Options.Lease - Clock.GetElapsedTime(_leasedAt) < _target.Options.Timeout)
                {
                    var at = Clock.GetTimestamp();
                    if (!await runner.Reports.ReportAsync(new DeliveryReport(_claim, ReportKind.Renew, _target.Options.Name, runner.Options.Lease)).ConfigureAwait(false))
                    {
                        throw new LeaseLostException();
                    }

                    _leasedAt = at;
                }

                isHeld = true;
            }
            finally
            {
                if (!isHeld)
                {
                    _target.Gate.Leave(wasSent: false);
                }
            }
        }

        private async Task EndAsync(DeliveryEnd end)
        {
            if (!await runner.Reports.ReportAsync(new DeliveryReport(_claim, ReportKind.End, _target.Options.Name, End: end)).ConfigureAwait(false))
            {
                DeliveryLog.Overtaken(runner.Log, _name, _target.Options.Name);
                return;
            }

            runner.Tally.Ended(Delivery, end.Status);
            DeliveryTelemetry.Attempts.Add(
                1, new KeyValuePair<string, object?>("target", _target.Options.Name), new KeyValuePair<string, object?>("outcome", end.Status.Word()));
            var outcome = end.Status == DeliveryStatus.Waiting ? "to be tried again" : end.Status.Word();
            if (end.Status == DeliveryStatus.Parked)
            {
                DeliveryLog.Parked(runner.Log, _name, _target.Options.Name, Reason(end.Error));
            }
            else
            {
                DeliveryLog.Ended(runner.Log, _name, _target.Options.Name, outcome);
            }
        }

        /// <summary>The queue's own word of an error, without the provider's.</summary>
        private static string Reason(string error) => error.IndexOf(':') is > 0 and var colon ? error[..colon] : error;
    }

    private IQueueStore Store => store;

    private ReportBatcher Reports => reports;

    private BackOffClock Clock => clock;

    private DeliveryOptions Options => options;

    private RunTally Tally => tally;

    private ILogger Log => log;

    private CancellationToken Late => late;

    private OutgoingFactory Outgoing => _outgoing;
}
