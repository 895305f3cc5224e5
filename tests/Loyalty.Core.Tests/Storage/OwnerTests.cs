using Loyalty.Money;
using Loyalty.Orders;
using Loyalty.Programs;
using Loyalty.Scoring;
using Loyalty.Creators;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Tests.Storage;

/// <summary>Whose a store is, from before its first run on.</summary>
public sealed class OwnerTests
{
    private static readonly DateOnly Day = new(2025, 3, 1);
    private static readonly DateTime Now = new(2025, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData("globex", "USD", StoreFault.OtherTenant)]
    [InlineData("acme", "JPY", StoreFault.OtherCurrency)]
    public async Task The_first_run_of_another_tenant_or_currency_is_refused_and_leaves_the_store_its_own(string tenant, string currency, StoreFault fault)
    {
        var store = new InMemoryLoyaltyStore("acme", Currency.Get("USD"));
        var (own, other) = (Program("acme", "USD"), Program(tenant, currency));
        Assert.Equal(fault, (await Assert.ThrowsAsync<StoreException>(async () => await store.Members.BeginRunAsync(other, Day))).Fault);
        Assert.Equal(fault, (await Assert.ThrowsAsync<StoreException>(async () => await store.Points.BeginRunAsync(other, Day, Now))).Fault);
        Assert.Equal(fault, (await Assert.ThrowsAsync<StoreException>(async () => await store.Creators.BeginRunAsync(other, new CreatorImportOptions { Brand = "b" }))).Fault);
        Assert.Null(await store.Points.GetStatusAsync());
        await store.Points.RunAsync(own, Day, Now, static (run, stop) => run.CloseDaysAsync(stop));
        Assert.Equal("acme", (await store.Points.GetStatusAsync())!.Program.Tenant);
    }

    [Fact]
    public async Task An_order_without_a_key_is_refused_in_words()
    {
        var run = await new InMemoryLoyaltyStore("acme", Currency.Get("USD")).Scores.BeginRunAsync(ScoringProgram.Default, Day, OrderScope.Changes);
        await using (run)
        {
            Assert.Contains("no key", (await Assert.ThrowsAsync<ArgumentException>(async () => await run.PutAsync([new Order { Key = default, PlacedAt = DateTime.UnixEpoch, Net = 5, CustomerKey = "a" }]))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_store_without_a_clock_says_why_it_has_no_queue() => Assert.Contains(
        "TimeProvider", Assert.Throws<InvalidOperationException>(static () => new InMemoryLoyaltyStore("acme", Currency.Get("USD")).Queue).Message, StringComparison.Ordinal);

    private static LoyaltyProgram Program(string tenant, string currency) => LoyaltyProgram.Parse(
        $$"""
        { "tenant": "{{tenant}}", "currency": "{{currency}}", "timeZone": "Etc/UTC", "points": { "perUnit": 1, "minimumMembershipDays": 0 },
          "tiers": { "metric": "sales", "checkpoint": { "months": 4 }, "levels": [ { "name": "Base", "threshold": 0 }, { "name": "Gold", "threshold": 100 } ] } }
        """);
}
