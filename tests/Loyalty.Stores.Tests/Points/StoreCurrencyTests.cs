using Loyalty.Money;
using Loyalty.Postgres;
using Loyalty.Storage.Points;
using Loyalty.Storage.Runs;
using Loyalty.Testing.Points;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Points;

public sealed class StoreCurrencyTests(TestServer server) : IDisposable
{
    private readonly TestDatabase _database = server.CreateDatabase();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task The_first_run_of_another_currency_is_refused_and_leaves_the_tenant_its_own()
    {
        var (yen, dollars) = (new PostgresLoyaltyStore(_database.App, "t", Currency.Get("JPY")), new PostgresLoyaltyStore(_database.App, "t", Currency.Get("USD")));
        var program = PointsGiven.Program("t");
        Assert.Equal("USD", program.Currency.Code);
        Assert.Equal(StoreFault.OtherCurrency, (await Assert.ThrowsAsync<StoreException>(async () => await yen.Points.BeginRunAsync(program, PointsGiven.Date(1), PointsGiven.Noon))).Fault);
        Assert.Null(await dollars.Points.GetStatusAsync());
        await dollars.Points.RunAsync(program, 1);
        Assert.NotNull(await dollars.Points.GetStatusAsync());
    }
}
