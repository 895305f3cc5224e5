using System.Diagnostics;
using System.Diagnostics.Metrics;
using Loyalty.Money;
using Loyalty.Storage;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Queue;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Telemetry;

namespace Loyalty.Tests.Telemetry;

/// <summary>Every call of every port is a span and a duration, whatever store it is.</summary>
public sealed class StoreTelemetryTests
{
    private static readonly Currency Usd = Currency.Get("USD");

    public static TheoryData<Type, string> Ports => new()
    {
        { typeof(IMemberStore), nameof(ILoyaltyStore.Members) },
        { typeof(IScoreStore), nameof(ILoyaltyStore.Scores) },
        { typeof(IPointsStore), nameof(ILoyaltyStore.Points) },
        { typeof(ICreatorStore), nameof(ILoyaltyStore.Creators) },
        { typeof(IQueueStore), nameof(ILoyaltyStore.Queue) },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A port that a store gets is here, too, and no call of one goes past the watch by a default of the interface.</summary>
    [Theory]
    [MemberData(nameof(Ports))]
    public void Every_call_of_a_port_is_forwarded(Type port, string name)
    {
        Assert.Equal(5, typeof(ILoyaltyStore).GetProperties().Count(static p => p.PropertyType.IsInterface));
        var traced = new InMemoryLoyaltyStore("acme", Usd, TimeProvider.System).WithTelemetry(TimeProvider.System);
        var implementation = typeof(ILoyaltyStore).GetProperty(name)!.GetValue(traced)!.GetType();
        var map = implementation.GetInterfaceMap(port);
        Assert.NotEmpty(map.TargetMethods);
        Assert.All(map.TargetMethods, m => Assert.Equal(implementation, m.DeclaringType));
    }

    [Fact]
    public async Task A_call_is_a_span_with_the_tenant_and_a_failure_has_its_kind_and_no_text()
    {
        var spans = new List<System.Diagnostics.Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == StoreTelemetry.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        var calls = new List<string>();
        using var meters = new MeterListener { InstrumentPublished = static (i, l) => Listen(i, l) };
        meters.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
            calls.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{seconds:0} {string.Join(' ', tags.ToArray().Select(static t => t.Value))}")));
        meters.Start();

        var tenant = $"traced-{Guid.NewGuid():N}";
        var store = new InMemoryLoyaltyStore(tenant, Usd, TimeProvider.System).WithTelemetry(new TwoSeconds());
        Assert.Same(store, store.WithTelemetry(null));
        Assert.Null(await store.Scores.GetStatusAsync(Token));
        await foreach (var _ in store.Queue.ReadAsync(Token))
        {
            Assert.Fail("the queue is empty");
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await store.Creators.TagAsync("ann", [" "], [], Token));
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.Queue.EnqueueAsync([], stop.Token));

        Assert.Equal(
            ["Scores.GetStatus Unset ", "Queue.Read Unset ", "Creators.Tag Error ArgumentException", "Queue.Enqueue Error OperationCanceledException"],
            spans.Where(s => tenant.Equals(s.GetTagItem("loyalty.tenant"))).Select(static s => $"{s.DisplayName} {s.Status} {s.StatusDescription}"));
        Assert.Equal(
            [$"2 Scores.GetStatus {tenant}", $"2 Queue.Read {tenant}", $"2 Creators.Tag {tenant} ArgumentException", $"2 Queue.Enqueue {tenant} OperationCanceledException"],
            calls.Where(c => c.Contains(tenant, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_part_that_the_store_lacks_is_refused_as_without_telemetry()
    {
        ILoyaltyStore store = new InMemoryLoyaltyStore("acme", Usd);
        var traced = store.WithTelemetry(null);
        Assert.Equal(Record.Exception(() => store.Queue)?.GetType(), Record.Exception(() => traced.Queue)?.GetType());
        Assert.Equal(("acme", Usd), (traced.Tenant, traced.Currency));
    }

    private static void Listen(Instrument instrument, MeterListener listener)
    {
        if (instrument.Name == StoreTelemetry.DurationName)
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    /// <summary>Every call takes two seconds.</summary>
    private sealed class TwoSeconds : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds += 2;
    }
}
