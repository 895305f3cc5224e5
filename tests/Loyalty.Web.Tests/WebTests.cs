using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Loyalty.Activities;
using Loyalty.DependencyInjection;
using Loyalty.Hosting;
using Loyalty.Json;
using Loyalty.Points.Runs;
using Loyalty.Postgres;
using Loyalty.Postgres.Sessions;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage;
using Loyalty.Storage.Members;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Loyalty.Telemetry;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Loyalty.Tests.Web;

/// <summary>The sample over HTTP: two tenants, orders and claims as they come, health, and what OpenTelemetry gets to see.</summary>
public sealed class WebTests : IDisposable
{
    private readonly List<System.Diagnostics.Activity> _spans = [];
    private readonly List<OpenTelemetry.Metrics.Metric> _metrics = [];
    private readonly WebApplicationFactory<global::Program> _application;
    private readonly HttpClient _client;

    public WebTests()
    {
        _application = new WebApplicationFactory<global::Program>().WithWebHostBuilder(host => host.ConfigureTestServices(services =>
        {
            services.AddSingleton<TimeProvider>(new Noon());
            services.ConfigureOpenTelemetryTracerProvider(t => t.AddInMemoryExporter(_spans));
            services.ConfigureOpenTelemetryMeterProvider(m => m.AddInMemoryExporter(_metrics));
        }));
        _client = _application.CreateClient();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _application.Dispose();

    [Fact]
    public async Task An_order_taken_live_earns_once_and_each_tenant_has_its_own()
    {
        Assert.True((await OrderAsync("acme", "o1", 250m)).IsNew);
        Assert.False((await OrderAsync("acme", "o1", 250m)).IsNew);
        Assert.True((await OrderAsync("winery", "o1", 250m)).IsNew);
        var acme = await GetAsync<PointsBalance>("/acme/members/ann/balance", LoyaltyJson.Default.PointsBalance);
        var winery = await GetAsync<PointsBalance>("/winery/members/ann/balance", LoyaltyJson.Default.PointsBalance);
        Assert.Equal((250L, 2.50m, 500L), (acme.Balance, acme.Value, winery.Balance));

        using var other = await _client.PostAsJsonAsync(new Uri("/acme/members/ann/orders/o1", UriKind.Relative), new { amount = 99m }, Token);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Equal(RowColumn.Amount, (await other.Content.ReadFromJsonAsync(LoyaltyJson.Default.RowOutcome, Token)).Column);
        using var fraction = await _client.PostAsJsonAsync(new Uri("/acme/members/ann/orders/o2", UriKind.Relative), new { amount = 1.005m }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, fraction.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(new Uri("/nobody/members/ann/balance", UriKind.Relative), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(new Uri("/acme/members/bob/balance", UriKind.Relative), Token)).StatusCode);
    }

    [Fact]
    public async Task A_claim_is_paid_once_and_refused_where_points_are_missing()
    {
        Assert.Equal(ClaimRefusal.InsufficientPoints, (await ClaimAsync("r0", HttpStatusCode.Conflict)).Claim);
        await OrderAsync("acme", "o1", 400m);
        Assert.True((await ClaimAsync("r1", HttpStatusCode.OK)).IsNew);
        Assert.False((await ClaimAsync("r1", HttpStatusCode.OK)).IsNew);
        Assert.Equal(ClaimRefusal.LimitReached, (await ClaimAsync("r2", HttpStatusCode.Conflict)).Claim);
        Assert.Equal(100, (await GetAsync("/acme/members/ann/balance", LoyaltyJson.Default.PointsBalance)).Available);
        Assert.Equal([400L, -300], (await GetAsync("/acme/members/ann/entries", LoyaltyJson.Default.IReadOnlyListLedgerEntry)).Select(static e => e.Points));
    }

    [Fact]
    public async Task Progress_and_program_come_back_over_HTTP()
    {
        var store = _application.Services.GetRequiredService<ILoyaltyStores>().Of("acme");
        var program = _application.Services.GetRequiredKeyedService<LoyaltyProgram>("acme");
        var day = new DateOnly(2025, 3, 1);
        await store.Members.RunAsync(
            program, day,
            async (run, token) =>
            {
                var batch = new ActivityBatch();
                batch.Add(new() { Handle = "ann"u8, Key = "v1"u8, Date = day, Sales = 1_500_00, Units = 3 });
                await run.ApplyAsync(batch, token);
                return await run.ReviewAsync(token);
            },
            Token);
        var progress = await GetAsync("/acme/members/ann/progress", LoyaltyJson.Default.MemberProgress);
        Assert.Equal(("ann", "Silver"), (progress.Handle, progress.Level.Name));
        Assert.Equal(program.Json.ToArray(), (await GetAsync("/acme/program", LoyaltyJson.Default.LoyaltyProgram)).Json.ToArray());
    }

    [Fact]
    public async Task Calls_of_stores_are_spans_below_their_request_with_status_and_duration_and_no_persons()
    {
        await OrderAsync("acme", "o1", 5m);
        var store = _application.Services.GetRequiredService<ILoyaltyStores>().Of("acme");
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.Points.TimeOutHoldsAsync(DateTime.UnixEpoch.ToLocalTime(), Token));
        await Assert.ThrowsAnyAsync<StoreException>(async () => await store.Points.RunAsync(
            Program("winery"), Noon.Day, Noon.Instant, static (run, token) => run.CloseDaysAsync(token), Token));
        Assert.NotEmpty(store.Points.ReadMembersAsync(Token).ToBlockingEnumerable(Token));
        _application.Services.GetRequiredService<TracerProvider>().ForceFlush();
        _application.Services.GetRequiredService<MeterProvider>().ForceFlush();
        var spans = _spans.Where(static s => s.Source.Name == StoreTelemetry.SourceName).ToList();
        var request = Assert.Single(_spans, static s => s.Source.Name == "Microsoft.AspNetCore");
        Assert.Contains(spans, s => s is { DisplayName: "Points.TakeOrders", Status: ActivityStatusCode.Unset } && s.ParentSpanId == request.SpanId);
        Assert.Contains(spans, static s => s is { DisplayName: "Points.ReadMembers", Status: ActivityStatusCode.Unset });
        Assert.Contains(spans, static s => s is { DisplayName: "Points.TimeOutHolds", Status: ActivityStatusCode.Error, StatusDescription: nameof(ArgumentException) });
        Assert.Contains(spans, static s => s is { DisplayName: "Points.Run", Status: ActivityStatusCode.Error, StatusDescription: nameof(StoreFault.OtherTenant) });
        Assert.DoesNotContain(spans.SelectMany(static s => s.TagObjects), static t => $"{t.Value}".Contains("ann", StringComparison.Ordinal));

        var durations = Assert.Single(_metrics, static m => m.Name == StoreTelemetry.DurationName);
        var calls = new List<string>();
        foreach (ref readonly var point in durations.GetMetricPoints())
        {
            Assert.True(point.GetHistogramCount() > 0);
            var tags = new List<string>();
            foreach (var tag in point.Tags)
            {
                tags.Add($"{tag.Key}={tag.Value}");
            }

            calls.Add(string.Join(' ', tags));
        }

        Assert.Contains("loyalty.call=Points.TakeOrders loyalty.tenant=acme", calls);
        Assert.Contains("error.type=ArgumentException loyalty.call=Points.TimeOutHolds loyalty.tenant=acme", calls);
    }

    [Fact]
    public async Task Health_says_of_each_tenant_through_which_day_it_is_closed()
    {
        using var healthy = await _client.GetAsync(new Uri("/health", UriKind.Relative), Token);
        Assert.Equal((HttpStatusCode.OK, "Healthy"), (healthy.StatusCode, await healthy.Content.ReadAsStringAsync(Token)));
        var report = await _application.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
        Assert.Equal(
            new Dictionary<string, object> { ["acme"] = "2025-02-28", ["winery"] = "2025-02-28" }, report.Entries[StoreHealth.Name].Data);
    }

    [Fact]
    public async Task A_store_that_cannot_be_reached_is_unhealthy_and_names_its_tenant()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(static _ => Npgsql.NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Timeout=1"));
        services.AddLoyalty(Program("acme"));
        services.AddLoyalty(Program("winery")).UsePostgres(new PostgresStoreOptions { MaxAttempts = 1, RetryDelay = TimeSpan.Zero });
        services.AddHealthChecks().AddLoyaltyStores();
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Equal("Stores do not answer: winery: Interrupted.", report.Entries[StoreHealth.Name].Description);
        Assert.Equal("empty", report.Entries[StoreHealth.Name].Data["acme"]);
    }

    [Fact]
    public void Every_fault_of_every_program_is_told_before_the_application_starts()
    {
        var folder = Directory.CreateTempSubdirectory("loyalty-web");
        try
        {
            var broken = Path.Combine(folder.FullName, "broken.json");
            File.WriteAllText(broken, """{"tenant":"","currency":"USD","timeZone":"Nowhere/Land","points":{"perUnit":1}}""");
            using var application = new WebApplicationFactory<global::Program>().WithWebHostBuilder(host => host
                .UseSetting("Loyalty:Programs:0", broken).UseSetting("Loyalty:Programs:1", "nowhere.json"));
            var thrown = Assert.ThrowsAny<Exception>(() => application.Services);
            var options = Assert.IsType<OptionsValidationException>(thrown.GetBaseException());
            Assert.Contains(options.Failures, static f => f.Contains("broken.json: $.tenant", StringComparison.Ordinal));
            Assert.Contains(options.Failures, static f => f.Contains("broken.json: $.timeZone", StringComparison.Ordinal));
            Assert.Contains(options.Failures, static f => f.StartsWith("nowhere.json: there is no such file", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private LoyaltyProgram Program(string tenant) => _application.Services.GetRequiredKeyedService<LoyaltyProgram>(tenant);

    private async Task<RowOutcome> OrderAsync(string tenant, string id, decimal amount)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri($"/{tenant}/members/ann/orders/{id}", UriKind.Relative), new { amount }, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync(LoyaltyJson.Default.RowOutcome, Token);
    }

    private async Task<RowOutcome> ClaimAsync(string id, HttpStatusCode expected)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri($"/acme/members/ann/claims/{id}", UriKind.Relative), new { reward = "tote" }, Token);
        Assert.Equal(expected, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync(LoyaltyJson.Default.RowOutcome, Token);
    }

    private async Task<T> GetAsync<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> info) =>
        (await _client.GetFromJsonAsync(new Uri(path, UriKind.Relative), info, Token))!;

    /// <summary>Noon of a day, in every zone of the tenants.</summary>
    private sealed class Noon : TimeProvider
    {
        public static DateOnly Day { get; } = new(2025, 3, 1);

        public static DateTime Instant { get; } = new(2025, 3, 1, 20, 0, 0, DateTimeKind.Utc);

        public override DateTimeOffset GetUtcNow() => new(Instant);
    }
}
