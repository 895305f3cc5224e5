using Loyalty.Points.Runs;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Storage;
using Loyalty.Storage.Points;

namespace Loyalty.Web;

/// <summary>An order as it comes.</summary>
/// <param name="Amount">Its amount in units of the currency.</param>
/// <param name="Date">Its date; <see langword="null"/>: today. The same when it is sent again.</param>
internal sealed record NewOrder(decimal Amount, DateOnly? Date);

/// <summary>A claim as it comes.</summary>
/// <param name="Reward">The id of the reward.</param>
/// <param name="Date">Its date; <see langword="null"/>: today. The same when it is sent again.</param>
internal sealed record NewClaim(string Reward, DateOnly? Date);

/// <summary>What is asked and told about one member of one tenant.</summary>
internal static class MemberEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var members = app.MapGroup("/{tenant}/members/{member}").AddEndpointFilter(static async (context, next) =>
            context.HttpContext.RequestServices.GetRequiredService<ILoyaltyStores>().Tenants.Contains(context.GetArgument<string>(0), StringComparer.Ordinal)
                ? await next(context)
                : Results.NotFound());

        members.MapGet("/progress", static async (string tenant, string member, ILoyaltyStores stores, CancellationToken token) =>
            await stores.Of(tenant).Members.FindProgressAsync(member, token) is { } progress ? Results.Ok(progress) : Results.NotFound());

        members.MapGet("/balance", static async (string tenant, string member, ILoyaltyStores stores, CancellationToken token) =>
            await stores.Of(tenant).Points.FindBalanceAsync(member, token) is { } balance ? Results.Ok(balance) : Results.NotFound());

        members.MapGet("/entries", static async (string tenant, string member, int? after, ILoyaltyStores stores, CancellationToken token) =>
            Results.Ok(await stores.Of(tenant).Points.ReadEntriesAsync(member, after ?? 0, 100, token)));

        members.MapPost(
            "/orders/{id}",
            static async (string tenant, string member, string id, NewOrder order, ILoyaltyStores stores, IServiceProvider services, TimeProvider time, CancellationToken token) =>
            {
                var store = stores.Of(tenant);
                if (!store.Currency.TryToMinor(order.Amount, out var amount))
                {
                    return Results.BadRequest(FormattableString.Invariant($"expected an amount with at most {store.Currency.Digits} decimals, found {order.Amount}"));
                }

                var (today, now) = FirstDay.Now(time, services.GetRequiredKeyedService<LoyaltyProgram>(tenant));
                var outcome = await store.Points.TakeOrdersAsync([new OrderRow(id, member, order.Date ?? today, amount)], today, now, token);
                return Answer(outcome[0]);
            });

        members.MapPost(
            "/claims/{id}",
            static async (string tenant, string member, string id, NewClaim claim, ILoyaltyStores stores, IServiceProvider services, TimeProvider time, CancellationToken token) =>
            {
                var (today, now) = FirstDay.Now(time, services.GetRequiredKeyedService<LoyaltyProgram>(tenant));
                var row = new RedemptionRow(id, member, claim.Date ?? today, claim.Reward, RedemptionEvent.Claimed);
                var outcome = await stores.Of(tenant).Points.TakeRedemptionsAsync([new RedemptionRequest(row)], today, now, token);
                return Answer(outcome[0]);
            });
    }

    private static IResult Answer(RowOutcome outcome) => outcome.IsRejected ? Results.Conflict(outcome) : Results.Ok(outcome);
}
