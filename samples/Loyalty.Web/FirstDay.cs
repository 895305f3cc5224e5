using Loyalty.Programs;
using Loyalty.Storage;

namespace Loyalty.Web;

/// <summary>Gives each store its program when the application starts: a run without rows, through yesterday.</summary>
internal sealed class FirstDay(ILoyaltyStores stores, IServiceProvider services, TimeProvider time) : IHostedService
{
    /// <summary>The date of the tenant's zone, and the instant.</summary>
    public static (DateOnly Today, DateTime Now) Now(TimeProvider time, LoyaltyProgram program)
    {
        var now = time.GetUtcNow();
        return (DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, program.TimeZone).DateTime), now.UtcDateTime);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in stores.Tenants)
        {
            var program = services.GetRequiredKeyedService<LoyaltyProgram>(tenant);
            var (today, now) = Now(time, program);
            var points = stores.Of(tenant).Points;
            if (await points.GetStatusAsync(cancellationToken) is not { } status || status.AsOf < today.AddDays(-1))
            {
                await points.RunAsync(program, today.AddDays(-1), now, static (run, token) => run.CloseDaysAsync(token), cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
