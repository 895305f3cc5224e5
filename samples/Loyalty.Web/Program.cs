using Loyalty.DependencyInjection;
using Loyalty.Hosting;
using Loyalty.Json;
using Loyalty.Postgres;
using Loyalty.Programs;
using Loyalty.Telemetry;
using Loyalty.Web;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

// Several tenants in one process, each with its program and its store.
var builder = WebApplication.CreateBuilder(args);
var options = builder.Configuration.GetSection(WebOptions.Section).Get<WebOptions>() ?? new WebOptions();
if (options.Postgres.Length > 0)
{
    builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(options.Postgres));
}

foreach (var program in options.ReadPrograms(AppContext.BaseDirectory))
{
    var tenant = builder.Services.AddLoyalty(program);
    if (options.Postgres.Length > 0)
    {
        tenant.UsePostgres();
    }
}

builder.Services.AddHostedService<FirstDay>();
builder.Services.AddHealthChecks().AddLoyaltyStores();
builder.Services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, LoyaltyJson.Default));
builder.Services.AddOpenTelemetry()
    .WithTracing(static t => t.AddAspNetCoreInstrumentation().AddSource(StoreTelemetry.SourceName))
    .WithMetrics(static m => m.AddMeter(StoreTelemetry.SourceName));

var app = builder.Build();
app.MapHealthChecks("/health");
app.MapGet("/{tenant}/program", static (string tenant, IServiceProvider services) =>
    services.GetKeyedService<LoyaltyProgram>(tenant) is { } program ? Results.Ok(program) : Results.NotFound());
MemberEndpoints.Map(app);
app.Run();
